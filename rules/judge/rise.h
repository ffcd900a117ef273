// The rows for and against a gauge that rises inside lives: what a leak and a drift have in common.
#pragma once

#include <string>

#include "core/event.h"
#include "rules/judge/growth.h"

namespace blip {

inline constexpr double kRisePrior = -4;     // one gauge in 55 rises so
inline constexpr size_t kEnoughFloors = 16;  // for any verdict

// Writes the rows, the prior first, and score and confidence. `least_growth`: of a usual life, as a
// share of the level at its start.
void weigh_growth(const Growth& growth, const Docket& docket, double least_growth, Event& event);

// Do restarts bring it back: at least two, and most of those that ended a life?
bool is_masked(const Growth& growth);
// Level at the start of its lives, and at their end: of those that ended, else now.
double level_at_start(const Growth& growth);
double level_at_end(const Growth& growth);

std::string short_number(double value);  // "132", "0.0471", "41022"

}  // namespace blip
