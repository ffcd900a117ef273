// The report: one HTML file that says what happened, to be mailed and printed. From plain data; the
// same data gives the same bytes.
#pragma once

#include <string>
#include <vector>

#include "cli/event_text.h"
#include "cli/view.h"
#include "core/event.h"
#include "core/run.h"
#include "store/store.h"

namespace blip {

// What is shown of each kind, worst first; the rest is counted on the page.
inline constexpr size_t kReportFindings = 12, kReportPeriods = 6, kReportLanes = 16,
                        kReportCharts = 8, kReportHeatRows = 12, kReportEvents = 200,
                        kReportEvidence = 16, kReportLivesPerLane = 600;
inline constexpr size_t kHeatParts = 120, kChartParts = 560;

// A stretch of time in which something lived. A page of logs from two years shows two stretches and
// not one long emptiness.
struct ReportPeriod {
  Time from = kNoTime, to = kNoTime;
};

// What the logs cover and when events were, within the time asked for: joined unless more lies
// between than was covered at all (and more than a day); in order of time. Never empty ones: a
// moment alone is widened to a minute.
std::vector<ReportPeriod> periods_of(const std::vector<Checkpoint>& streams,
                                     const std::vector<Event>& events, const EventQuery& query);

struct ReportHeat {
  size_t period = 0;  // index in ReportData::periods
  std::string service;
  std::vector<uint64_t> counts;  // of kHeatParts parts of the period
};

// The samples behind a leak or a drift.
struct ReportSeries {
  uint64_t event = 0;  // its id
  ReportPeriod shown;
  std::vector<SamplePoint> points;  // an outline of them
};

struct ReportData {
  std::string version;
  EventQuery query;           // what was asked for
  std::vector<Event> events;  // in order of time
  std::vector<Run> lives;     // of the services that have a lane, in order of begin
  size_t untold = 0;          // services asked for of which there is no event
  std::vector<ReportPeriod> periods;
  std::vector<ReportHeat> heat;
  std::vector<ReportSeries> series;
  bool only_newest = false;    // there were more events than are ever looked at
  size_t quiet_periods = 0;    // periods of which nothing is told: not in `periods`
  size_t earlier_periods = 0;  // nor are these, for there are too many
};

// Leaks and drifts worth a chart of their own, worst first; at most kReportCharts.
std::vector<const Event*> charted(const std::vector<Event>& events);
size_t count_charted(const std::vector<Event>& events);  // how many there are

// Services of which something is told in the period, worst first.
std::vector<std::string> services_told(const std::vector<Event>& events,
                                       const ReportPeriod& period);

std::string report_page(const ReportData& data, const View& view, const ShortId& id);

}  // namespace blip
