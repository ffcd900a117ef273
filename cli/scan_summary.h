// What `blip scan` prints for people.
#pragma once

#include <string>
#include <vector>

#include "agent/scan.h"
#include "cli/findings.h"
#include "core/event.h"
#include "core/run.h"

namespace blip {

// `events` in order of time, those that the flags ask for; `lives` of the scanned services. Covers
// the view's clock with every time it shows.
std::string scan_summary(const ScanReport& report, const std::vector<Event>& events,
                         const std::vector<Run>& lives, View& view, const ShortId& id, bool kept,
                         bool show_unparsed);

}  // namespace blip
