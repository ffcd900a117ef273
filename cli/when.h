// The times that --since and --until take.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "cli/render/clock.h"
#include "core/result.h"
#include "core/time.h"

namespace blip {

struct Period {
  Time from = kNoTime;
  Time to = kNoTime;  // only of words that name a stretch with an end ("last-night"); else unknown
};

// How long: "90s", "10m", "2h", "3d", "1w"; 200 years at most.
std::optional<std::chrono::seconds> parse_span(std::string_view text);

// `now`: what "2h" and "today" count from; `clock`: whose midnight, and the zone of times that name
// none. The error begins with the text in quotes.
Result<Period> parse_when(std::string_view text, Time now, const Clock& clock);

}  // namespace blip
