// The shape of a day and of a week in a gauge, and the gauge without them: what is slow at noon
// each day, or faster at weekends, is not getting slower.
#pragma once

#include <cstddef>
#include <vector>

#include "rules/judge/judge.h"

namespace blip {

// The points [from, to), each value divided by what its hour of the day (UTC) usually is to the 24
// hours around it, and those of weekends by what they are to the days beside. Empty where nothing
// can be said: of less than a week, or of values of 0 and less.
std::vector<GaugePoint> without_day_shape(const std::vector<GaugePoint>& points, size_t from,
                                          size_t to);

}  // namespace blip
