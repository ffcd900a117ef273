// The pictures of a report, out of its data: which lanes, which points, which floors. How they look
// is svg.cc's.
#pragma once

#include <string>

#include "cli/render/html.h"
#include "cli/render/svg.h"
#include "cli/report_page.h"

namespace blip {

// Lanes of one period, with a caption that says what was left out. `number`: of the period, from 0.
Html lanes_figure(const ReportData& data, size_t number, const View& view, const ShortId& id);
// Empty when the period has no errors.
Html heat_figure(const ReportData& data, size_t number, const View& view);
// The charts of one leak or drift: the whole of it, and where there are many lives the last ones.
Html rise_figures(const ReportData& data, const Event& event, const View& view, const ShortId& id);

// "06-21 19:50:53 to 06-30 20:31:56"
std::string period_text(const ReportPeriod& period, const Clock& clock);

// The straight floor of the samples of one life: robust against single values (Theil and Sen), from
// the lowest of each of 12 stretches. None from fewer than 6 of them.
std::vector<FloorLine> floors_of(const std::vector<SamplePoint>& points,
                                 const std::vector<Time>& cuts);

}  // namespace blip
