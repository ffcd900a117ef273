// Rates by hour of day, each an exponential mean over its days:
//
//   hour (UTC)   0    1    2   ...  11   12      and of late: 0.4 of what these hours have
//   lines/s    0.02 0.02 0.01      0.9  1.1
//
// Sundays are not Mondays: what came in the last hours scales what the coming ones promise, down
// and never up.

#include "rules/judge/habits.h"

#include <algorithm>
#include <cmath>

namespace blip {
namespace {
constexpr int64_t kHour = 3'600'000'000;
constexpr double kForget = 0.15;        // of an hour's rate with each further day
constexpr double kRecent = 2 * 3600.0;  // seconds in which what came of late fades to 1/e
constexpr Micros kTwoDays = 2 * 86400s;
constexpr double kMostDispersion = 4;

int64_t floor_hour(Time time) {
  const int64_t us = to_us(time);
  return us >= 0 ? us / kHour : -((-us + kHour - 1) / kHour);
}
size_t hour_of_day(int64_t hour) { return static_cast<size_t>(((hour % 24) + 24) % 24); }
}  // namespace

double Habits::rate() const { return seconds_ <= 0 ? 0 : lines_ / seconds_; }
bool Habits::knows_hours() const { return watched_ >= kTwoDays; }

double Habits::usual(size_t hour) const {
  return knows_hours() && hours_[hour].days > 0 ? hours_[hour].rate : rate();
}

void Habits::learn(Time from, Time to, double lines) {
  const double length = seconds_of(to - from);
  if (length <= 0) return;
  const double expected_lines = expected(from, to);
  if (expected_lines > 0 && seconds_ > 0 && length < 1800) {
    excess_ += (lines - expected_lines) * (lines - expected_lines) - expected_lines;
    square_ += expected_lines * expected_lines;
  }
  for (int64_t hour = floor_hour(from); hour <= floor_hour(to); ++hour) {
    const Time begin = std::max(from, time_from_us(hour * kHour));
    const Time end = std::min(to, time_from_us((hour + 1) * kHour));
    if (end <= begin) continue;
    const double seconds = seconds_of(end - begin);
    const double share = lines * seconds / length;
    if (hour != cell_) close();
    cell_ = hour;
    const double fade = std::exp(-seconds / kRecent);
    recent_ = recent_ * fade + share;
    recent_usual_ = recent_usual_ * fade + usual(hour_of_day(hour)) * seconds;
    recent_seconds_ = recent_seconds_ * fade + seconds;
    cell_lines_ += share;
    cell_seconds_ += seconds;
    lines_ += share;
    seconds_ += seconds;
  }
  watched_ += to - from;
}

void Habits::close() {
  if (cell_ != INT64_MIN && cell_seconds_ >= 300) {
    Hour& hour = hours_[hour_of_day(cell_)];
    const double seen = cell_lines_ / cell_seconds_;
    hour.rate += std::max(kForget, 1 / (hour.days + 1)) * (seen - hour.rate);
    ++hour.days;
  }
  cell_lines_ = cell_seconds_ = 0;
}

void Habits::quiet(Time from, Micros length) {
  longest_ = std::max(longest_, length);
  Micros& known = hours_[hour_of_day(floor_hour(from))].quiet;
  known = std::max(known, length);
}

double Habits::expected(Time from, Time to) const {
  double scale = 1;
  if (recent_usual_ > 0) scale = std::min(1.0, (recent_ + 1) / (recent_usual_ + 1));
  double lines = 0;
  constexpr int64_t kMostHours = 24 * 14;
  const int64_t first = floor_hour(from);
  for (int64_t hour = first; hour <= std::min(floor_hour(to), first + kMostHours); ++hour) {
    const Time begin = std::max(from, time_from_us(hour * kHour));
    const Time end = std::min(to, time_from_us((hour + 1) * kHour));
    if (end > begin) lines += usual(hour_of_day(hour)) * seconds_of(end - begin);
  }
  return lines * scale;
}

double Habits::dispersion() const {
  return square_ <= 0 ? 0 : std::clamp(excess_ / square_, 0.0, kMostDispersion);
}

Micros Habits::longest_quiet(Time at) const {
  if (!knows_hours()) return longest_;
  const size_t hour = hour_of_day(floor_hour(at));
  Micros longest{0};
  for (const size_t near : {hour, (hour + 1) % 24, (hour + 23) % 24}) {
    longest = std::max(longest, hours_[near].quiet);
  }
  return longest;
}

}  // namespace blip
