// sample#memory_rss 424.8, +1.9 a minute, sample#memory_quota 512     46 min (41 ... 52 min)
//
// The range is that of the slopes of the last five lives. A limit is a gauge of the same lane named
// so that never changed; failing that, the level at which lives driven by the leak end.

#include "rules/judge/forecast.h"

#include <algorithm>
#include <cmath>

#include "rules/judge/metrics.h"

namespace blip {
namespace {
constexpr size_t kLastLives = 5;
constexpr double kMostSpread = 4, kMostHours = 30 * 24;
constexpr double kSameAge = 0.03;
constexpr double kDay = 86400, kSameClock = 300;  // seconds
constexpr size_t kEnough = 4;                     // ended lives

bool memory(MetricKind kind) { return kind == MetricKind::memory || kind == MetricKind::heap; }

// Ended at the same time of day, within five minutes?
bool same_clock(const std::vector<double>& ends) {
  const double first = std::fmod(ends.front(), kDay);
  for (const double end : ends) {
    const double away = std::abs(std::fmod(end, kDay) - first);
    if (std::min(away, kDay - away) > kSameClock) return false;
  }
  return ends.back() - ends.front() > kDay / 2;
}

std::optional<double> known_limit(const Series& series, const Docket& docket, std::string& name) {
  std::optional<double> least;
  for (const Series& other : docket.series) {
    if (other.instance != series.instance || kind_of_metric(other.metric) != MetricKind::limit) {
      continue;
    }
    if (other.points.empty() || !memory(kind_of_metric(series.metric))) continue;
    const double value = other.points.back().value.last;
    const bool constant =
        std::all_of(other.points.begin(), other.points.end(), [&](const GaugePoint& point) {
          return point.value.low == value && point.value.high == value;
        });
    if (!constant || (least && *least <= value)) continue;
    least = value;
    name = other.metric;
  }
  return least;
}
}  // namespace

std::string what_ends_lives(const Growth& growth, const Docket& docket) {
  std::vector<double> ages, levels, ends;
  size_t planned = 0;
  for (const GaugeLifeline& life : growth.lives) {
    if (!life.ended_by || life.samples < 2) continue;
    const Turn& turn = docket.turns[*life.ended_by];
    planned += docket.events[turn.event].planned == std::optional(true);
    ages.push_back(seconds_of(turn.begun - life.from));
    ends.push_back(seconds_of(turn.begun - Time{}));
    levels.push_back(life.last - life.start);
  }
  if (ages.size() < 3) return {};
  if (2 * planned > ages.size() || same_clock(ends)) return "schedule";
  if (ages.size() < kEnough) return {};
  const double age = coefficient_of_variation(ages), level = coefficient_of_variation(levels);
  const double oldest = *std::max_element(ages.begin(), ages.end());
  const double youngest = *std::min_element(ages.begin(), ages.end());
  if (oldest - youngest < kSameAge * median(ages)) return "schedule";
  return level < 0.6 * age ? "leak" : "coincidence";
}

std::optional<Forecast> forecast(const Series& series, const Growth& growth, const Docket& docket,
                                 const std::string& ended_by) {
  if (growth.slopes.size() < 2 || growth.lives.empty()) return std::nullopt;
  Forecast out;
  const std::optional<double> limit = known_limit(series, docket, out.limit_is);
  std::vector<double> at_death;
  for (const GaugeLifeline& life : growth.lives) {
    if (life.ended_by) at_death.push_back(life.last);
  }
  if (limit) {
    out.limit = *limit;
  } else if (ended_by == "leak" && at_death.size() >= kEnough) {
    out.limit = median(at_death);
    out.limit_is = "where its lives usually end";
  } else {
    return std::nullopt;
  }
  const size_t last = std::min(kLastLives, growth.slopes.size());
  const std::vector<double> slopes(growth.slopes.end() - static_cast<ptrdiff_t>(last),
                                   growth.slopes.end());
  const double slow = quantile(slopes, 0.1), fast = quantile(slopes, 0.9);
  const double left = out.limit - growth.lives.back().last;
  if (slow <= 0 || fast > kMostSpread * slow || left <= 0) return std::nullopt;
  out.hours = left / median(slopes) / 60;
  out.from_hours = left / fast / 60;
  out.to_hours = left / slow / 60;
  if (out.hours > kMostHours) return std::nullopt;
  // The same said of the last life that ended, from the slopes of those before it.
  for (size_t i = growth.lives.size(); i-- > 1;) {
    const GaugeLifeline& life = growth.lives[i];
    if (!life.ended_by || limit) continue;
    const double actual = seconds_of(docket.turns[*life.ended_by].begun - life.from) / 60;
    const double foretold = (out.limit - life.start) / median(slopes);
    if (actual > 0) out.error = std::abs(foretold - actual) / actual;
    break;
  }
  return out;
}

}  // namespace blip
