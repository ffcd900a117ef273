// What is a leak and what is none: gauges of known shape, with and without restarts, through all
// judges of a service.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "rules/judge/growth.h"
#include "rules/judge/judge.h"
#include "rules/judge/metrics.h"

namespace blip {
namespace {
constexpr double kPi = 3.14159265358979;

// A service whose gauge is sampled once in `every`; its lives are told by its supervisor.
class Service {
 public:
  std::string metric = "rss_mb";
  std::chrono::seconds every = 300s;
  double noise = 1;  // standard deviation, about

  // A life of so many minutes, with the gauge as a function of its age in minutes.
  Service& life(double minutes, const std::function<double(double)>& gauge) {
    if (lives_++ > 0) {
      now_ += 5s;
      Signal start = signal(SignalKind::supervisor_start);
      start.subject = "test.respawn";
      start.after = -1;
      signals_.push_back(start);
    }
    const Time begun = now_;
    for (now_ += 20s; seconds_of(now_ - begun) < 60 * minutes; now_ += every) {
      Signal alive = signal(SignalKind::progress);
      alive.count = number_;
      signals_.push_back(alive);
      Signal sample = signal(SignalKind::sample);
      sample.subject = metric;
      sample.after = gauge(seconds_of(now_ - begun) / 60) + noise * jitter();
      signals_.push_back(sample);
    }
    return *this;
  }
  Docket settle() const {
    Bench bench("web");
    for (const Signal& one : signals_) bench.weigh(one);
    return bench.settle({});
  }
  std::vector<Event> leaks() const {
    std::vector<Event> found;
    for (const Event& event : settle().events) {
      if (event.kind == EventKind::leak && event.score >= 0) found.push_back(event);
    }
    return found;
  }
  // Minutes since midnight of the next line.
  double clock() const { return std::fmod(seconds_of(now_ - Time{}), 86400) / 60; }

 private:
  Signal signal(SignalKind kind) {
    Signal out;
    out.kind = kind;
    out.service = "web";
    out.time = out.since = now_;
    out.at = {7, 100 * ++number_, number_};
    return out;
  }
  double jitter() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) {
      seed_ = seed_ * 1664525 + 1013904223;
      sum += static_cast<double>(seed_ >> 8) / (1 << 24);
    }
    return sum;
  }
  std::vector<Signal> signals_;
  Time now_ = std::chrono::sys_days(std::chrono::year(2024) / 5 / 1);
  uint64_t number_ = 0;
  size_t lives_ = 0;
  uint32_t seed_ = 11;
};

double number_of(const Event& event, std::string_view name) {
  const auto found = event.attributes.find(name);
  if (found == event.attributes.end()) return std::nan("");
  return std::get<double>(found->second);
}
bool masked(const Event& event) { return std::get<bool>(event.attributes.at("masked")); }

// ---- always a leak

TEST(AlwaysALeak, ARiseThatRestartsReset) {
  Service web;
  for (const double minutes : {300, 420, 350, 500, 380})
    web.life(minutes, [](double age) { return 80 + 0.5 * age; });
  const auto leaks = web.leaks();
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_TRUE(masked(leaks[0]));
  EXPECT_NEAR(number_of(leaks[0], "slope_per_min"), 0.5, 0.1);
  for (const Event& event : web.settle().events) {
    if (event.kind != EventKind::restart) continue;
    EXPECT_EQ(std::get<std::string>(event.attributes.at("masked")), "leak");
  }
}

TEST(AlwaysALeak, ShortLivesArePooled) {
  Service web;
  for (int i = 0; i < 8; ++i) web.life(33, [](double age) { return 80 + 0.9 * age; });
  const auto leaks = web.leaks();
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_NEAR(number_of(leaks[0], "slope_per_min"), 0.9, 0.3);
}

TEST(AlwaysALeak, OneLongLifeWithoutARestart) {
  Service web;
  web.life(3 * 1440, [](double age) { return 100 + 0.05 * age; });
  const auto leaks = web.leaks();
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_FALSE(masked(leaks[0]));
}

TEST(AlwaysALeak, UnderTheTeethOfGarbageCollection) {
  Service web;
  web.metric = "heapUsedMb";
  for (int i = 0; i < 4; ++i) {
    web.life(1500, [](double age) { return 60 + 0.05 * age + 40 * std::fmod(age, 35) / 35; });
  }
  const auto leaks = web.leaks();
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_NEAR(number_of(leaks[0], "slope_per_min"), 0.05, 0.02);
}

TEST(AlwaysALeak, WithTheWarmUpOfACacheBeforeIt) {
  Service web;
  for (int i = 0; i < 5; ++i) {
    web.life(900, [](double age) { return 80 + 60 * (1 - std::exp(-age / 40)) + 0.2 * age; });
  }
  EXPECT_EQ(web.leaks().size(), 1u);
}

TEST(AlwaysALeak, InTheLivesOfOneBuildOnly) {
  Service web;
  for (int i = 0; i < 6; ++i) web.life(400, [](double age) { return 80 + 0.5 * age; });
  for (int i = 0; i < 9; ++i) web.life(400, [](double) { return 80; });
  const auto leaks = web.leaks();
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_TRUE(std::get<bool>(leaks[0].attributes.at("gone")));
  EXPECT_NEAR(number_of(leaks[0], "slope_per_min"), 0.5, 0.1);
}

// The level at death is alike, the ages are not: the leak itself ends the lives.
TEST(AlwaysALeak, ThatEndsTheLivesHasAForecast) {
  Service web;
  const double slopes[] = {0.5, 0.8, 0.4, 0.65, 0.55, 0.7};
  for (const double slope : slopes)
    web.life(400 / slope, [&](double age) { return 80 + slope * age; });
  web.life(300, [](double age) { return 80 + 0.6 * age; });
  const auto leaks = web.leaks();
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_EQ(std::get<std::string>(leaks[0].attributes.at("ended_by")), "leak");
  EXPECT_NEAR(number_of(leaks[0], "limit"), 480, 20);
  EXPECT_NEAR(number_of(leaks[0], "hours_to_limit"), 220 / 0.6 / 60, 2);
  EXPECT_LT(number_of(leaks[0], "hours_from"), number_of(leaks[0], "hours_to"));
}

TEST(AlwaysALeak, ThatAScheduleHides) {
  Service web;
  for (int i = 0; i < 6; ++i) web.life(1440, [](double age) { return 80 + 0.1 * age; });
  const auto leaks = web.leaks();
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_EQ(std::get<std::string>(leaks[0].attributes.at("ended_by")), "schedule");
}

// ---- never a leak

TEST(NeverALeak, ALevelGauge) {
  Service web;
  for (int i = 0; i < 6; ++i) web.life(400, [](double) { return 80; });
  EXPECT_EQ(web.leaks().size(), 0u);
}

TEST(NeverALeak, ACacheThatFills) {
  for (const double tau : {20.0, 60.0, 120.0, 200.0}) {
    Service web;
    for (int i = 0; i < 6; ++i) {
      web.life(600, [&](double age) { return 80 + 200 * (1 - std::exp(-age / tau)); });
    }
    EXPECT_EQ(web.leaks().size(), 0u) << "tau " << tau;
  }
}

TEST(NeverALeak, ACacheThatFillsOnceAndIsFull) {
  Service web;
  web.life(2880, [](double age) { return 80 + std::min(300.0, 0.4 * age); });
  EXPECT_EQ(web.leaks().size(), 0u);
}

TEST(NeverALeak, TheTeethOfGarbageCollection) {
  for (const double period : {5.0, 17.0, 60.0, 120.0}) {
    Service web;
    web.metric = "heapUsedMb";
    web.life(2000, [&](double age) { return 60 + 80 * std::fmod(age, period) / period; });
    web.life(1500, [&](double age) { return 60 + 80 * std::fmod(age, period) / period; });
    EXPECT_EQ(web.leaks().size(), 0u) << "period " << period;
  }
}

TEST(NeverALeak, ADailyCycle) {
  for (const double hours : {9.0, 18.0, 60.0}) {
    Service web;
    web.metric = "connections";
    web.life(60 * hours, [](double age) { return 100 - 60 * std::cos(2 * kPi * age / 1440); });
    EXPECT_EQ(web.leaks().size(), 0u) << hours << " h";
  }
}

TEST(NeverALeak, ADailyCycleWithRestarts) {
  Service web;
  web.metric = "connections";
  for (const double minutes : {700, 1900, 1300, 2500, 900, 1700}) {
    const double begun = web.clock();
    web.life(minutes,
             [&](double age) { return 100 - 60 * std::cos(2 * kPi * (begun + age) / 1440); });
  }
  EXPECT_EQ(web.leaks().size(), 0u);
}

TEST(NeverALeak, ACounterNamedAsAGauge) {
  for (const char* name : {"totalAlloc", "queued message", "memory quota"}) {
    Service web;
    web.metric = name;
    web.noise = 0;
    for (int i = 0; i < 6; ++i) web.life(400, [](double age) { return 80 + std::floor(2 * age); });
    EXPECT_EQ(web.leaks().size(), 0u) << name;
  }
}

TEST(NeverALeak, AGaugeOfFewLevels) {
  Service web;
  web.metric = "threads";
  web.noise = 0;
  web.life(4000, [](double age) { return age < 1500 ? 4 : age < 2500 ? 5 : 6; });
  EXPECT_EQ(web.leaks().size(), 0u);
}

TEST(NeverALeak, AGaugeThatWanders) {
  int found = 0;
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    Service web;
    uint32_t state = seed;
    double level = 200;
    web.metric = "queue depth";
    web.life(2880, [&](double) {
      state = state * 1664525 + 1013904223;
      return level += static_cast<double>(state >> 8) / (1 << 24) * 8 - 4 + (200 - level) / 100;
    });
    found += web.leaks().empty() ? 0 : 1;
  }
  EXPECT_LE(found, 2) << "of 40";
}

TEST(Metrics, TheirNamesTellWhatTheyAre) {
  EXPECT_EQ(kind_of_metric("sample#memory_quota"), MetricKind::limit);
  EXPECT_EQ(kind_of_metric("heapUsedMb"), MetricKind::heap);
  EXPECT_EQ(kind_of_metric("rssMb"), MetricKind::memory);
  EXPECT_EQ(kind_of_metric("event loop delay"), MetricKind::delay);
  EXPECT_EQ(kind_of_metric("totalAlloc"), MetricKind::total);
  EXPECT_EQ(kind_of_metric("open handles"), MetricKind::held);
}

// Rows of a verdict add up to its score, also those of what was not told.
TEST(Leaks, RowsAddUp) {
  Service web;
  for (int i = 0; i < 5; ++i) web.life(400, [](double age) { return 80 + 0.1 * age; });
  for (const Event& event : web.settle().events) {
    double sum = 0;
    for (const Evidence& row : event.evidence) sum += row.weight;
    EXPECT_NEAR(sum, event.score, 0.01) << event.title;
  }
}

}  // namespace
}  // namespace blip
