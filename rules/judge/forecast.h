// When a leak would reach its limit, if nothing reset it any more.
#pragma once

#include <optional>
#include <string>

#include "rules/judge/growth.h"

namespace blip {

struct Forecast {
  double limit = 0;
  std::string limit_is;  // "memory_quota", or "where its lives usually end"
  double hours = 0, from_hours = 0, to_hours = 0;
  std::optional<double> error;  // of the same forecast for the last life that ended, as a share
};

// What ends the lives of a growing gauge: "leak" (they end at one level), "schedule" (at one age,
// at one time of day, or planned), "coincidence"; empty when too few have ended to tell.
std::string what_ends_lives(const Growth& growth, const Docket& docket);

// None from one life, with slopes that differ by more than four times, or beyond 30 days.
std::optional<Forecast> forecast(const Series& series, const Growth& growth, const Docket& docket,
                                 const std::string& ended_by);

}  // namespace blip
