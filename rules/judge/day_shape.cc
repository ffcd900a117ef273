// Ratio to the moving average, as in the classical decomposition of a series by season:
//
//   hour      ...  10   11   12   13   14  ...      12 o'clock on each day, to its 24 h around:
//   median ms      41   48   55   52   44           1.31  1.27  1.35  1.30   ->  1.305
//
// The 24 hours around an hour rise as it does, so a trend leaves the shape alone; the median over
// the days bears a day of trouble.

#include "rules/judge/day_shape.h"

#include <algorithm>
#include <array>
#include <optional>

#include "rules/judge/trend.h"

namespace blip {
namespace {
constexpr int64_t kHour = 3'600'000'000;
constexpr int64_t kLeastHours = 7 * 24 - 1;  // six ratios for each hour of the day
constexpr int64_t kMostHours = 366 * 24;     // no longer life is looked at
constexpr size_t kLeastAround = 8;           // of the 24 hours around that have a value
constexpr size_t kLeastRatios = 2;
constexpr size_t kLeastOfDay = 24;  // values

using Hours = std::vector<std::optional<double>>;  // the median of each

int64_t hour_of(Time time) { return to_us(time) / kHour; }
size_t of_day(int64_t hour) { return static_cast<size_t>(((hour % 24) + 24) % 24); }

Hours medians_by_hour(const std::vector<GaugePoint>& points, size_t from, size_t to) {
  const int64_t first = hour_of(points[from].from);
  Hours hours(static_cast<size_t>(hour_of(points[to - 1].from) - first) + 1);
  for (size_t i = from; i < to;) {
    const int64_t hour = hour_of(points[i].from);
    std::vector<double> values;
    for (; i < to && hour_of(points[i].from) == hour; ++i) values.push_back(points[i].value.last);
    const auto at = static_cast<size_t>(hour - first);
    if (hour >= first && at < hours.size()) hours[at] = median(std::move(values));
  }
  return hours;
}

// To the mean of the 24 hours around it, of which the outermost two are halves of one.
std::optional<double> ratio_at(const Hours& hours, size_t at) {
  if (!hours[at]) return {};
  double sum = 0, weights = 0;
  size_t seen = 0;
  for (size_t i = at - 12; i <= at + 12; ++i) {
    if (!hours[i]) continue;
    const double weight = i == at - 12 || i == at + 12 ? 0.5 : 1;
    sum += weight * *hours[i];
    weights += weight;
    ++seen;
  }
  if (seen < kLeastAround || sum <= 0) return {};
  return *hours[at] * weights / sum;
}
int64_t weekday_of(Time time) { return (hour_of(time) / 24 + 3) % 7; }  // 0: Monday
int64_t week_of(Time time) { return (hour_of(time) / 24 + 2) / 7; }     // from Tuesday on

// A weekend to its Friday and Monday, in the middle of which a trend has it.
std::optional<double> weekend_to_beside(const std::array<std::vector<double>, 3>& days) {
  if (days[1].size() < kLeastOfDay) return {};
  std::vector<double> beside;
  for (const size_t day : {size_t{0}, size_t{2}}) {
    if (days[day].size() >= kLeastOfDay) beside.push_back(median(days[day]));
  }
  const double around = median(std::move(beside));
  if (around <= 0) return {};
  return median(days[1]) / around;
}

// The median over its weekends.
double weekend_of(const std::vector<GaugePoint>& points) {
  std::vector<double> ratios;
  for (size_t i = 0; i < points.size();) {
    const int64_t week = week_of(points[i].from);
    std::array<std::vector<double>, 3> days;  // Friday, the weekend, Monday
    for (; i < points.size() && week_of(points[i].from) == week; ++i) {
      const int64_t weekday = weekday_of(points[i].from);
      if (weekday == 4) days[0].push_back(points[i].value.last);
      if (weekday >= 5) days[1].push_back(points[i].value.last);
      if (weekday == 0) days[2].push_back(points[i].value.last);
    }
    if (const auto ratio = weekend_to_beside(days)) ratios.push_back(*ratio);
  }
  return ratios.empty() ? 1 : median(std::move(ratios));
}

void divide(GaugePoint& point, double by) {
  for (double* part :
       {&point.value.first, &point.value.last, &point.value.low, &point.value.high}) {
    *part /= by;
  }
}
}  // namespace

std::vector<GaugePoint> without_day_shape(const std::vector<GaugePoint>& points, size_t from,
                                          size_t to) {
  const int64_t first = hour_of(points[from].from);
  const int64_t span = hour_of(points[to - 1].from) - first;
  if (span < kLeastHours || span > kMostHours) return {};
  const Hours hours = medians_by_hour(points, from, to);
  std::array<std::vector<double>, 24> ratios;
  for (size_t at = 12; at + 12 < hours.size(); ++at) {
    const auto ratio = ratio_at(hours, at);
    if (ratio) ratios[of_day(first + static_cast<int64_t>(at))].push_back(*ratio);
  }
  std::array<double, 24> shape;
  for (size_t hour = 0; hour < 24; ++hour) {
    shape[hour] = ratios[hour].size() < kLeastRatios ? 1 : median(ratios[hour]);
    if (shape[hour] <= 0) return {};
  }
  std::vector<GaugePoint> out(points.begin() + static_cast<ptrdiff_t>(from),
                              points.begin() + static_cast<ptrdiff_t>(to));
  for (GaugePoint& point : out) {
    divide(point, shape[of_day(hour_of(point.from))]);
  }
  const double weekend = weekend_of(out);
  if (weekend <= 0) return {};
  for (GaugePoint& point : out) {
    if (weekday_of(point.from) >= 5) divide(point, weekend);
  }
  return out;
}

}  // namespace blip
