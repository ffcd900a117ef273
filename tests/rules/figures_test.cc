// How often leaks and drifts are found, and how often one is claimed where there is none: many
// series of known shape, drawn from seeds that nothing was tuned on, through all judges of a
// service.
//
//   rss_mb   118 119 119 121 ... 164 | 118 120 ...      its supervisor tells each restart |

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "rules/judge/judge.h"

namespace blip {
namespace {
constexpr double kPi = 3.14159265358979;
constexpr double kDay = 1440;  // minutes

// Numbers of a seed, the same with every library.
class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed) {}
  double between(double from, double to) {
    return from + (to - from) * static_cast<double>(state_()) / 4294967296.0;
  }
  bool chance(double share) { return between(0, 1) < share; }
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += between(0, 1);
    return sum;
  }

 private:
  std::mt19937 state_;
};

// Values that pull back to 0, of standard deviation `size`; neighbours are alike for `memory`
// minutes.
class Wander {
 public:
  Wander(double size, double memory) : size_(size), memory_(memory) {}
  double step(double minutes, Random& random) {
    const double keep = std::exp(-minutes / memory_);
    return value_ = keep * value_ + std::sqrt(1 - keep * keep) * size_ * random.normal();
  }

 private:
  double size_, memory_, value_ = 0;
};

// A service of one gauge. Times in minutes since its first line.
class Service {
 public:
  Service(std::string metric, double weekday) : metric_(std::move(metric)), bench_("web") {
    begin_ = std::chrono::sys_days(std::chrono::year(2024) / 5 / 6) +  // a Monday
             Micros(static_cast<int64_t>(weekday * 86400e6));
  }
  void restart(double at) {
    Signal start = signal(SignalKind::supervisor_start, at);
    start.subject = "test.respawn";
    start.after = -1;
    bench_.weigh(start);
  }
  void sample(double at, double value) {
    if (at >= alive_ + 10) {
      bench_.weigh(signal(SignalKind::progress, at));
      alive_ = at;
    }
    Signal sample = signal(SignalKind::sample, at);
    sample.subject = metric_;
    sample.after = value;
    bench_.weigh(sample);
  }
  // What is claimed by now.
  std::optional<Event> told(EventKind kind) {
    for (const Event& event : bench_.settle({}).events) {
      if (event.kind == kind && event.score >= 0) return event;
    }
    return {};
  }
  // Of the day and of the week, for what follows people.
  double hour(double at) const { return std::fmod(minutes(at) / 60, 24); }
  bool weekend(double at) const {
    const int64_t day = static_cast<int64_t>(minutes(at) / kDay) % 7;  // 1970 began on a Thursday
    return day == 2 || day == 3;
  }

 private:
  double minutes(double at) const { return seconds_of(begin_ - Time{}) / 60 + at; }
  Signal signal(SignalKind kind, double at) {
    Signal out;
    out.kind = kind;
    out.service = "web";
    out.time = out.since = begin_ + Micros(static_cast<int64_t>(at * 60e6));
    out.at = {7, 100 * ++number_, number_};
    out.count = number_;
    return out;
  }
  std::string metric_;
  Bench bench_;
  Time begin_;
  double alive_ = -100;
  uint64_t number_ = 0;
};

// ---- leaks

// What a process holds by its age, in lives of one service: at the start, and added a minute.
struct Holder {
  double start = 0, slope = 0;
  double cache = 0, fills = 1;   // what a cache adds in the end, and in how many minutes
  double teeth = 0, period = 1;  // of a collector
  double noise = 0, rhythm = 0;  // of each sample; of the day, as a share
  std::vector<double> lives;     // minutes
  double every = 1;              // minutes between samples
};

Holder draw_holder(Random& random) {
  Holder out;
  out.start = random.between(40, 900);
  out.noise = out.start * random.between(0.002, 0.04);
  const double usual =
      random.chance(0.3) ? random.between(1.5 * kDay, 5 * kDay) : random.between(150, 1.5 * kDay);
  const auto lives = static_cast<int>(random.between(1, usual > 1.5 * kDay ? 4 : 9));
  for (int i = 0; i < lives; ++i) out.lives.push_back(usual * random.between(0.6, 1.4));
  if (lives == 1) out.lives[0] = std::max(out.lives[0], 2 * kDay);
  out.every = random.between(1, 6);
  if (random.chance(0.4)) {
    out.teeth = out.start * random.between(0.1, 0.8);
    out.period = random.between(4, 40);
  }
  if (random.chance(0.4)) out.rhythm = random.between(0.01, 0.06);
  return out;
}

double usual_life(const Holder& holder) {
  double sum = 0;
  for (const double life : holder.lives) sum += life;
  return sum / static_cast<double>(holder.lives.size());
}

std::optional<Event> leak_of(const Holder& holder, Random& random) {
  Service web(holder.teeth > 0 ? "heap_mb" : "rss_mb", random.between(0, 7));
  double at = 0;
  for (const double life : holder.lives) {
    if (at > 0) web.restart(at += 0.1);
    for (double age = 0.3; age < life; age += holder.every) {
      const double base =
          holder.start * (1 + holder.rhythm * std::sin(2 * kPi * (web.hour(at + age) - 9) / 24));
      web.sample(at + age, base + holder.slope * age +
                               holder.cache * (1 - std::exp(-age / holder.fills)) +
                               holder.teeth * std::fmod(age, holder.period) / holder.period +
                               holder.noise * random.normal());
    }
    at += life;
  }
  return web.told(EventKind::leak);
}

TEST(Figures, LeaksAreFoundAndTheirSlopesHold) {
  constexpr int kServices = 120;
  int found = 0, near = 0;
  for (int i = 0; i < kServices; ++i) {
    Random random(73'000 + static_cast<uint32_t>(i));
    Holder holder = draw_holder(random);
    // From a tenth to three times its start in a usual life: what a person would call a leak.
    holder.slope =
        holder.start * std::exp(random.between(std::log(0.1), std::log(3))) / usual_life(holder);
    if (random.chance(0.3)) {
      holder.cache = holder.start * random.between(0.05, 0.5);
      holder.fills = usual_life(holder) * random.between(0.01, 0.06);
    }
    const auto leak = leak_of(holder, random);
    if (!leak) continue;
    ++found;
    const double slope = std::get<double>(leak->attributes.at("slope_per_min"));
    near += std::abs(slope / holder.slope - 1) <= 0.4;
  }
  RecordProperty("found", found);
  RecordProperty("near", near);
  EXPECT_GE(found, 0.75 * kServices);
  EXPECT_GE(near, 0.95 * found);
}

TEST(Figures, CachesThatWarmUpAreHardlyEverLeaks) {
  constexpr int kServices = 120;
  int found = 0;
  for (int i = 0; i < kServices; ++i) {
    Random random(74'000 + static_cast<uint32_t>(i));
    Holder holder = draw_holder(random);
    holder.cache = holder.start * random.between(0.2, 3);
    holder.fills = usual_life(holder) * random.between(0.02, 0.35);
    found += leak_of(holder, random).has_value();
  }
  RecordProperty("found", found);
  EXPECT_LE(found, 0.1 * kServices);
}

// ---- drifts

struct Delays {
  double usual = 0;    // ms
  double noise = 0;    // of each median, as a share: few requests in five minutes
  double rhythm = 0;   // slower at noon
  double weekend = 1;  // times as slow then
  double days = 0;     // how a day differs from another
  double waves = 0, wave_hours = 1;
  double restart_each = 0;  // days
};

Delays draw_delays(Random& random) {
  Delays out;
  out.usual = random.between(3, 400);
  out.noise = random.between(0.05, 0.4);
  if (random.chance(0.7)) out.rhythm = random.between(0.05, 0.5);
  if (random.chance(0.5)) out.weekend = random.between(0.7, 1);
  out.days = random.between(0, 0.02);
  out.waves = random.between(0, 0.08);
  out.wave_hours = random.between(0.5, 6);
  return out;
}

// Days on which a drift is told, of the days from `first` on, at each one's end; stops at the first
// one if there is `growth`, a share a day from day `first` on.
struct Told {
  int days = 0, on = 0, anew = 0;
};

Told drifts_of(const Delays& delays, int first, int last, double growth, Random& random) {
  Service web("latency of GET /", static_cast<double>(static_cast<int>(random.between(0, 7))));
  Wander waves(delays.waves, 60 * delays.wave_hours);
  double today = 0, next_restart = delays.restart_each * kDay;
  Told told;
  bool before = false;
  for (int day = 0; day < last; ++day) {
    today = delays.days * random.normal();
    for (double at = day * kDay + 2; at < (day + 1) * kDay; at += 5) {
      if (delays.restart_each > 0 && at > next_restart) {
        web.restart(at - 1);
        next_restart = at + delays.restart_each * kDay * random.between(0.5, 1.5);
      }
      double level = delays.usual * (1 + growth * std::max(0.0, at / kDay - first));
      level *= 1 + delays.rhythm * std::sin(2 * kPi * (web.hour(at) - 8) / 24);
      if (web.weekend(at)) level *= delays.weekend;
      level *= std::exp(today + waves.step(5, random) + delays.noise * random.normal());
      web.sample(at, level);
    }
    if (growth > 0 && day < first) continue;
    ++told.days;
    const bool now = web.told(EventKind::drift).has_value();
    told.on += now;
    told.anew += now && !before;
    before = now;
    if (now && growth > 0) break;
  }
  return told;
}

// After a week of habit. Where the days are even it is told in time, where they are not in most.
TEST(Figures, ADriftOfAFifthInNineDaysIsFoundWithinFive) {
  constexpr int kSeries = 60;
  for (const bool even : {true, false}) {
    SCOPED_TRACE(even ? "even" : "uneven");
    int found = 0;
    for (int i = 0; i < kSeries; ++i) {
      Random random(77'000 + static_cast<uint32_t>(i));
      Delays delays = draw_delays(random);
      if (even) {
        delays.days /= 2;
        delays.waves /= 2;
        delays.wave_hours /= 2;
      }
      found += drifts_of(delays, 7, 12, 0.2 / 9, random).on > 0;
    }
    RecordProperty(even ? "found_even" : "found_uneven", found);
    EXPECT_GE(found, (even ? 0.8 : 0.5) * kSeries);
  }
}

TEST(Figures, DriftsAreHardlyEverToldWhereThereAreNone) {
  constexpr int kSeries = 120;
  Told all;
  for (int i = 0; i < kSeries; ++i) {
    Random random(78'000 + static_cast<uint32_t>(i));
    Delays delays = draw_delays(random);
    if (i % 4 == 0) delays.restart_each = random.between(0.5, 4);
    if (i % 4 == 1) delays.restart_each = random.between(7, 10);
    const Told told = drifts_of(delays, 0, i % 10 == 2 ? 40 : 16, 0, random);
    all.days += told.days;
    all.on += told.on;
    all.anew += told.anew;
  }
  RecordProperty("days", all.days);
  RecordProperty("on", all.on);
  RecordProperty("anew", all.anew);
  EXPECT_LE(all.on, 0.01 * all.days);
}

}  // namespace
}  // namespace blip
