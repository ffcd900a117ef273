// Why an event is believed: the evidence with its weights, and what would turn the verdict.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/event_text.h"
#include "cli/render/clock.h"
#include "cli/render/style.h"
#include "core/event.h"
#include "core/run.h"

namespace blip {

// What is known around an event; what is not stays empty.
struct Surroundings {
  std::optional<Run> before;    // the life that it ended
  std::string gauge;            // of that life, the one that moved most
  std::vector<double> samples;  // its values, in order of time
  size_t alike = 0;             // events of the same kind and cause, this one included
  Time alike_since = kNoTime;   // the first of them
};

std::string explanation(const Event& event, const Surroundings& around, const Clock& clock,
                        const Style& style, std::string_view short_id);

// Weights rounded to tenths so that, as printed, they add up to `total` (in tenths, rounded as
// well): what rounding leaves over goes to the rows that it changed most.
std::vector<long> tenths_that_add_up(const std::vector<double>& weights, double total);

// "a stop notice or mark within 30 s before: planned", "without start phrase (+7.0): unlikely"
std::vector<std::string> what_would_change(const Event& event);

// Kinds that state a fact weigh nothing.
bool is_weighed(EventKind kind);

}  // namespace blip
