// goroutines  9 ... 40,812 | 9 ... 39,774 | 9 ... 41,022     a restart at each |
//
// Each life is laid over the others from its own zero. A floor is the least of a stretch of
// samples, so the teeth of garbage collection do not count; the first quarter is warm-up. Lives too
// short for a verdict of their own are pooled: S and its variance add up, and slopes are compared
// only within a life.

#include "rules/judge/growth.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "rules/judge/day_shape.h"

namespace blip {
namespace {
constexpr size_t kMostFloors = 32;
constexpr size_t kLongLife = 12;        // floors that make a verdict of their own
constexpr size_t kShortLife = 4;        // floors that can be pooled
constexpr double kCollectedFloor = 15;  // minutes
constexpr double kRising = 2.5;         // z
constexpr size_t kLastLives = 5;
constexpr size_t kMostFloorsOfDays = 64;  // of a life of a week and more
constexpr size_t kLeastOfFloor = 4;       // samples
constexpr size_t kLeastDays = 5;          // with samples to their end
constexpr double kDayMinutes = 24 * 60;
constexpr double kSameRise = 0.25;  // of the usual slope
constexpr size_t kGone = 2;         // lives that do not grow any more
constexpr double kHardlyRises = 1.5, kHardlyRisesShort = 0.5, kMostZ = 5;

double minutes(Micros span) { return seconds_of(span) / 60; }

// Where the lives begin: the index of a life's first point, and the turn that began it.
struct Cut {
  size_t point = 0;
  std::optional<size_t> turn;
};

double level(const std::vector<GaugePoint>& points, size_t from, size_t to) {
  std::vector<double> values;
  for (size_t i = from; i < to; ++i) values.push_back(points[i].value.last);
  return median(std::move(values));
}

std::vector<Cut> cuts_of(const Series& series, const Docket& docket) {
  const std::vector<GaugePoint>& points = series.points;
  std::vector<Cut> cuts = {{}};
  for (size_t i = 0; i < docket.turns.size(); ++i) {
    const Turn& turn = docket.turns[i];
    if (!known(turn.begun)) continue;
    const auto at =
        std::lower_bound(points.begin(), points.end(), turn.begun,
                         [](const GaugePoint& point, Time when) { return point.from < when; });
    const auto first = static_cast<size_t>(at - points.begin());
    if (turn.instance != series.instance && first > 0 && first < points.size()) {
      // Another program's of the same file, perhaps: its restart leaves this gauge alone.
      const size_t before = first - std::min<size_t>(first, 3);
      const double old = level(points, before, first);
      const double fresh = level(points, first, std::min(points.size(), first + 3));
      if (fresh > 0.9 * old) continue;
    }
    if (cuts.back().point == first && cuts.size() > 1) {
      cuts.back().turn = i;  // a crash loop: lives without a sample
    } else {
      cuts.push_back({first, i});
    }
  }
  return cuts;
}

void set_floors(const std::vector<GaugePoint>& points, size_t from, size_t to, Reduce how,
                GaugeLifeline& life) {
  const size_t count = to - from;
  size_t floors = std::min(count, kMostFloors);
  if (how == Reduce::floors_of_15_min) {
    const double span = minutes(life.to - life.from);
    if (span >= kLongLife * kCollectedFloor) {
      floors = std::min(floors, static_cast<size_t>(span / kCollectedFloor));
    }
  }
  if (how == Reduce::medians && count >= 4 * kShortLife) floors = std::min(floors, count / 4);
  for (size_t k = 0; k < floors; ++k) {
    const size_t begin = from + k * count / floors, end = from + (k + 1) * count / floors;
    if (how == Reduce::medians) {
      const Micros age = points[(begin + end) / 2].from - life.from;
      life.floors.push_back({minutes(age), level(points, begin, end)});
      continue;
    }
    size_t least = begin;
    for (size_t i = begin; i < end; ++i) {
      if (points[i].value.low < points[least].value.low) least = i;
    }
    life.floors.push_back({minutes(points[least].from - life.from), points[least].value.low});
  }
  life.settled.assign(life.floors.begin() + static_cast<ptrdiff_t>(floors / 4), life.floors.end());
}

size_t falls_by(double least, const std::vector<double>& values) {
  size_t falls = 0;
  double highest = values.front();
  for (const double value : values) {
    highest = std::max(highest, value);
    if (highest - value <= least) continue;
    ++falls;
    highest = value;
  }
  return falls;
}

size_t falls_of(const TrendPoints& points) {
  std::vector<double> values;
  for (const TrendPoint& point : points) values.push_back(point.y);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return falls_by((*high - *low) / 2, values);
}

// Single delays scatter: theirs are looked for in the medians.
void count_falls(const std::vector<GaugePoint>& points, size_t from, size_t to, Reduce how,
                 GaugeLifeline& life) {
  if (how == Reduce::medians) {
    life.own_falls = falls_of(life.floors);
    return;
  }
  std::vector<double> values;
  for (size_t i = from; i < to; ++i) values.push_back(points[i].value.low);
  life.own_falls = falls_by((life.high - life.low) / 2, values);
}

GaugeLifeline lifeline(const std::vector<GaugePoint>& points, size_t from, size_t to, Reduce how) {
  GaugeLifeline life;
  life.from = points[from].from;
  life.to = points[to - 1].from;
  life.samples = to - from;
  const size_t few = std::max<size_t>(1, std::min<size_t>(3, life.samples / 8));
  const bool merged = points[from].value.samples > 1;
  life.start = merged ? points[from].value.first : level(points, from, from + few);
  life.last = level(points, to - few, to);
  life.low = life.high = points[from].value.last;
  for (size_t i = from; i < to; ++i) {
    life.low = std::min(life.low, points[i].value.low);
    life.high = std::max(life.high, points[i].value.high);
  }
  for (size_t i = from + 1; i < to; ++i) {
    const double step = points[i].value.last - points[i - 1].value.last;
    life.steps_up += step > 0;
    life.steps_down += step < 0;
  }
  set_floors(points, from, to, how, life);
  count_falls(points, from, to, how, life);
  return life;
}

// The medians of its days, of those that are whole.
TrendPoints days_of(const std::vector<GaugePoint>& points, Time from) {
  TrendPoints days;
  for (size_t begin = 0; begin < points.size();) {
    const double age = minutes(points[begin].from - from);
    const double next = (std::floor(age / kDayMinutes) + 1) * kDayMinutes;
    size_t end = begin + 1;
    while (end < points.size() && minutes(points[end].from - from) < next) ++end;
    if (minutes(points[end - 1].from - from) > next - kDayMinutes / 2)
      days.push_back({next - kDayMinutes / 2, level(points, begin, end)});
    begin = end;
  }
  return days;
}

// About the line that never falls and lies nearest: what rises late or by steps scatters no more.
double scatter_of(const TrendPoints& points) {
  double squares = 0;
  for (const double left : left_of_rise(points)) squares += left * left;
  return std::sqrt(squares / static_cast<double>(points.size()));
}

// Each with its two neighbours: one day of trouble is no fall.
TrendPoints smoothed(const TrendPoints& points) {
  TrendPoints out = points;
  for (size_t i = 1; i + 1 < points.size(); ++i)
    out[i].y = median({points[i - 1].y, points[i].y, points[i + 1].y});
  return out;
}

// Of delays: where days enough were seen, without the shape of the day. One sample scatters more
// than it drifts, so levels and falls are those of its days, and a day is warm-up enough.
GaugeLifeline lifeline_of_delays(const std::vector<GaugePoint>& points, size_t from, size_t to) {
  const std::vector<GaugePoint> even = without_day_shape(points, from, to);
  const TrendPoints days = days_of(even, points[from].from);
  if (even.size() < 4 * kMostFloors || days.size() < kLeastDays)
    return lifeline(points, from, to, Reduce::medians);
  GaugeLifeline life = lifeline(even, 0, even.size(), Reduce::medians);
  life.floors.clear();
  life.settled.clear();
  // Of even length: old samples are merged and fewer.
  const double length = minutes(life.to - life.from) / static_cast<double>(kMostFloorsOfDays);
  for (size_t begin = 0; begin < even.size();) {
    const double end_age =
        (std::floor(minutes(even[begin].from - life.from) / length) + 1) * length;
    size_t end = begin + 1;
    while (end < even.size() && minutes(even[end].from - life.from) < end_age) ++end;
    const TrendPoint floor = {end_age - length / 2, level(even, begin, end)};
    if (end - begin >= kLeastOfFloor) life.floors.push_back(floor);
    if (end - begin >= kLeastOfFloor && floor.x >= kDayMinutes) life.settled.push_back(floor);
    begin = end;
  }
  if (life.floors.size() < kLongLife || life.settled.size() < kLongLife)
    return lifeline(points, from, to, Reduce::medians);
  life.scatter = scatter_of(days);
  life.start = days.front().y;
  life.last = days.back().y;
  life.own_falls = falls_of(smoothed(days));
  return life;
}

double usual_length(const std::vector<GaugeLifeline>& lives) {
  std::vector<double> lengths;
  for (const GaugeLifeline& life : lives) {
    if (life.floors.size() >= kShortLife) lengths.push_back(life.floors.back().x);
  }
  return median(std::move(lengths));
}

// The slopes of all lives within a stretch of their age, as one.
double slope_between(const std::vector<GaugeLifeline>& lives, double from, double to) {
  std::vector<double> slopes;
  for (const GaugeLifeline& life : lives) append_slopes(life.floors, from, to, slopes);
  return median(std::move(slopes));
}

double ratio_of(double later, double earlier) {
  if (earlier <= 0) return later > 0 ? 1 : 0;
  return later / earlier;
}

void compare_halves(const std::vector<const GaugeLifeline*>& told,
                    const std::vector<GaugeLifeline>& pooled, Growth& out) {
  std::vector<double> ratios, evenness;
  for (const GaugeLifeline* life : told) {
    const double from = life->settled.front().x, to = life->settled.back().x;
    std::vector<double> first, second;
    append_slopes(life->settled, from, (from + to) / 2, first);
    append_slopes(life->settled, (from + to) / 2, to, second);
    ratios.push_back(ratio_of(median(std::move(second)), median(std::move(first))));
    const double third = life->floors.back().x / 3;
    std::vector<double> outer, middle;
    append_slopes(life->floors, 0, third, outer);
    append_slopes(life->floors, 2 * third, 3 * third, outer);
    append_slopes(life->floors, third, 2 * third, middle);
    evenness.push_back(ratio_of(median(std::move(outer)), median(std::move(middle))));
  }
  if (told.empty()) {
    const double length = usual_length(pooled);
    out.ratio = ratio_of(slope_between(pooled, 0.625 * length, length),
                         slope_between(pooled, 0.25 * length, 0.625 * length));
    return;
  }
  out.ratio = median(std::move(ratios));
  out.evenness = median(std::move(evenness));
}

void tell_returns(Growth& out) {
  for (const GaugeLifeline& life : out.lives) {
    if (!life.ended_by || life.samples < 2) continue;
    ++out.ended;
    const double grown = life.last - life.start;
    if (grown <= 0) continue;
    const double away = std::abs(life.next_start - life.start);
    if (away > std::max(0.2 * std::abs(life.start), 0.25 * grown)) continue;
    if (life.next_start > life.last - grown / 2) continue;
    ++out.returned;
    out.reset_by.push_back(*life.ended_by);
  }
}

std::vector<GaugeLifeline> all_lives(const Series& series, const Docket& docket, Reduce how) {
  std::vector<GaugeLifeline> lives;
  const std::vector<Cut> cuts = cuts_of(series, docket);
  for (size_t i = 0; i < cuts.size(); ++i) {
    const size_t from = cuts[i].point;
    size_t to = i + 1 < cuts.size() ? cuts[i + 1].point : series.points.size();
    // Merged samples may reach over the restart: not this life's.
    if (i + 1 < cuts.size()) {
      const Time end = docket.turns[*cuts[i + 1].turn].begun;
      while (to > from && series.points[to - 1].to >= end) --to;
    }
    if (to <= from) continue;
    GaugeLifeline life = how == Reduce::medians ? lifeline_of_delays(series.points, from, to)
                                                : lifeline(series.points, from, to, how);
    if (!lives.empty() && lives.back().ended_by) lives.back().next_start = life.start;
    if (i + 1 < cuts.size()) life.ended_by = cuts[i + 1].turn;
    lives.push_back(std::move(life));
  }
  if (!lives.empty() && lives.back().ended_by) lives.back().next_start = lives.back().last;
  return lives;
}

struct Told {
  size_t life = 0;
  Kendall trend;
  double score = 0;  // above 0: rises
  double slope = 0;  // per minute
};

// The lives that can be compared.
std::vector<Told> told_of(const std::vector<GaugeLifeline>& lives) {
  std::vector<Told> told;
  for (size_t i = 0; i < lives.size(); ++i) {
    const GaugeLifeline& life = lives[i];
    if (life.floors.size() < kShortLife) continue;
    Told one{.life = i, .trend = kendall(life.settled), .slope = theil_sen(life.settled)};
    if (life.floors.size() >= kLongLife) {
      one.trend.variance *= life.scatter > 0 ? likeness_of_neighbours(left_of_rise(life.settled))
                                             : likeness_of_neighbours(life.settled);
      one.score = std::min(one.trend.z(), kMostZ) - kHardlyRises;
    } else if (one.trend.variance > 0) {
      one.score = one.trend.s / std::sqrt(one.trend.variance) - kHardlyRisesShort;
    }
    told.push_back(one);
  }
  return told;
}

// The stretch with the greatest sum of scores (Kadane's algorithm): [first, last).
std::pair<size_t, size_t> best_stretch(const std::vector<Told>& told) {
  std::pair<size_t, size_t> best = {0, told.size()};
  double most = 0, sum = 0;
  size_t from = 0;
  for (size_t i = 0; i < told.size(); ++i) {
    if (sum <= 0) {
      sum = 0;
      from = i;
    }
    sum += told[i].score;
    if (sum <= most) continue;
    most = sum;
    best = {from, i + 1};
  }
  // Lives at its ends that rise by chance, and far more slowly, are no part of it.
  std::vector<double> slopes;
  for (size_t i = best.first; i < best.second; ++i) slopes.push_back(told[i].slope);
  const double least = kSameRise * median(std::move(slopes));
  while (best.second - best.first > 1 && told[best.second - 1].slope < least) --best.second;
  while (best.second - best.first > 1 && told[best.first].slope < least) ++best.first;
  return best;
}
}  // namespace

Growth growth_of(const Series& series, const Docket& docket, Reduce how) {
  Growth out;
  std::vector<GaugeLifeline> lives = all_lives(series, docket, how);
  const std::vector<Told> all = told_of(lives);
  if (all.empty()) return out;
  const auto [first, last] = best_stretch(all);
  out.told = last - first;
  out.of = all.size();
  out.to_the_end = last + kGone > all.size();
  std::vector<GaugeLifeline> pooled;
  std::vector<const GaugeLifeline*> long_ones;
  Kendall together;
  std::vector<double> starts;
  for (size_t i = first; i < last; ++i) {
    const GaugeLifeline& life = lives[all[i].life];
    starts.push_back(life.start);
    std::set<double> levels;
    for (const TrendPoint& floor : life.floors) levels.insert(floor.y);
    out.levels = std::max(out.levels, levels.size());
    if (life.floors.size() >= kLongLife) {
      ++out.long_lives;
      out.rising += all[i].trend.z() > kRising;
      out.slopes.push_back(all[i].slope);
      long_ones.push_back(&life);
    }
    together += all[i].trend;
    pooled.push_back(life);
  }
  out.z = together.z();
  out.points = together.points;
  if (out.slopes.empty()) {
    std::vector<double> slopes;
    for (const GaugeLifeline& life : pooled) {
      append_slopes(life.settled, 0, life.floors.back().x, slopes);
    }
    out.slope = median(std::move(slopes));
  } else {
    const size_t recent = std::min(out.slopes.size(), kLastLives);
    out.slope = median({out.slopes.end() - static_cast<ptrdiff_t>(recent), out.slopes.end()});
  }
  const double start = std::abs(median(std::move(starts)));
  const double grown = out.slope * usual_length(pooled);
  out.share = start > 0 ? grown / start : grown > 0 ? 1 : 0;
  std::vector<double> scatters;
  for (const GaugeLifeline& life : pooled) {
    if (life.scatter > 0) scatters.push_back(life.scatter);
  }
  if (start > 0) out.scatter = median(std::move(scatters)) / start;
  compare_halves(long_ones, pooled, out);
  const size_t begin = first == 0 ? 0 : all[first].life;
  const size_t end = out.to_the_end ? lives.size() : all[last - 1].life + 1;
  out.lives.assign(lives.begin() + static_cast<ptrdiff_t>(begin),
                   lives.begin() + static_cast<ptrdiff_t>(end));
  tell_returns(out);
  return out;
}

}  // namespace blip
