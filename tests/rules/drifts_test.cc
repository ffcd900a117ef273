// Slower and slower, until somebody restarts it: delays of known shape through all judges.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "rules/judge/judge.h"

namespace blip {
namespace {
constexpr double kPi = 3.14159265358979;

// A service that tells the median latency of each minute; its lives are told by its supervisor.
class Service {
 public:
  Service& wait(double hours) {
    now_ += Micros(static_cast<int64_t>(hours * 3600e6));
    lives_ = 0;  // the same life goes on
    return *this;
  }
  Service& life(double hours, const std::function<double(double)>& latency) {
    if (lives_++ > 0) {
      Signal start = signal(SignalKind::supervisor_start);
      start.subject = "test.respawn";
      start.after = -1;
      signals_.push_back(start);
    }
    const Time begun = now_;
    for (now_ += 20s; seconds_of(now_ - begun) < 3600 * hours; now_ += 60s) {
      signals_.push_back(signal(SignalKind::progress));
      Signal sample = signal(SignalKind::sample);
      sample.subject = "latency of GET /";
      // Medians of few requests scatter by a third.
      sample.after = latency(seconds_of(now_ - begun) / 3600) * std::exp(0.3 * jitter());
      signals_.push_back(sample);
    }
    return *this;
  }
  std::vector<Event> drifts() const {
    Bench bench("web");
    for (const Signal& one : signals_) bench.weigh(one);
    std::vector<Event> found;
    for (const Event& event : bench.settle({}).events) {
      double sum = 0;
      for (const Evidence& row : event.evidence) sum += row.weight;
      EXPECT_NEAR(sum, event.score, 0.01) << event.title;
      if (event.kind == EventKind::drift && event.score >= 0) found.push_back(event);
    }
    return found;
  }
  double hour() const { return std::fmod(seconds_of(now_ - Time{}), 86400) / 3600; }

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
  uint32_t seed_ = 5;
};

TEST(Drift, FiresWhenEachLifeSlowsDownAndARestartHeals) {
  Service web;
  for (const double hours : {7.0, 12.0, 9.0, 7.5})
    web.life(hours, [](double age) { return 20 + 40 * age; });
  const auto drifts = web.drifts();
  ASSERT_EQ(drifts.size(), 1u);
  EXPECT_TRUE(std::get<bool>(drifts[0].attributes.at("masked")));
  EXPECT_EQ(std::get<int64_t>(drifts[0].attributes.at("resets")), 3);
  EXPECT_NEAR(std::get<double>(drifts[0].attributes.at("slope_per_min")), 40.0 / 60, 0.15);
}

TEST(Drift, FiresOnDaysOfSlowingDownWithoutARestart) {
  Service web;
  web.life(96, [](double age) { return 20 + age; });
  const auto drifts = web.drifts();
  ASSERT_EQ(drifts.size(), 1u);
  EXPECT_FALSE(std::get<bool>(drifts[0].attributes.at("masked")));
}

// 2 % a day, under a noon that is twice as slow as the night: seen against the hours' own habit.
TEST(Drift, FiresOnAFewPercentADayUnderTheDaysOwnShape) {
  const auto rhythm = [](double age) { return 1 - 0.33 * std::cos(2 * kPi * age / 24); };
  Service growing, steady;
  growing.life(14 * 24, [&](double age) { return 60 * (1 + 0.02 * age / 24) * rhythm(age); });
  const auto drifts = growing.drifts();
  ASSERT_EQ(drifts.size(), 1u);
  EXPECT_NEAR(std::get<double>(drifts[0].attributes.at("from")), 60, 4);
  EXPECT_NEAR(std::get<double>(drifts[0].attributes.at("to")), 76, 4);
  steady.life(14 * 24, [&](double age) { return 60 * rhythm(age); });
  EXPECT_EQ(steady.drifts().size(), 0u);
}

// 2024-05-01 is a Wednesday.
TEST(Drift, QuietWhenWeekendsAreFast) {
  for (const double days : {8.0, 13.0, 16.0, 20.0}) {
    Service web;
    web.life(24 * days, [](double age) { return std::fmod(age / 24 + 2, 7) < 5 ? 60 : 40; });
    EXPECT_EQ(web.drifts().size(), 0u) << days;
  }
}

// Two heaps of samples days apart have no shape of a day, and are no reason to fall over.
TEST(Drift, QuietOnSamplesNowAndThen) {
  Service web;
  web.life(3, [](double) { return 60; });
  web.wait(24 * 9).life(0.1, [](double) { return 60; });
  EXPECT_EQ(web.drifts().size(), 0u);
}

TEST(Drift, QuietOnSteadyLatencies) {
  Service web;
  for (int i = 0; i < 6; ++i) web.life(8, [](double) { return 35; });
  EXPECT_EQ(web.drifts().size(), 0u);
}

TEST(Drift, QuietWhenNoonIsSlow) {
  for (const double hours : {7.0, 11.0, 17.0}) {
    Service web;
    for (int i = 0; i < 6; ++i) {
      const double begun = web.hour();
      web.life(hours, [&](double age) { return 60 - 40 * std::cos(2 * kPi * (begun + age) / 24); });
    }
    EXPECT_EQ(web.drifts().size(), 0u) << hours;
  }
}

TEST(Drift, QuietWhenItIsSlowWhileItWarmsUp) {
  Service web;
  for (int i = 0; i < 6; ++i) web.life(8, [](double age) { return 30 + 400 * std::exp(-4 * age); });
  EXPECT_EQ(web.drifts().size(), 0u);
}

TEST(Drift, QuietOnOneStall) {
  Service web;
  web.life(30, [](double age) { return age > 20 && age < 21 ? 2000 : 30; });
  EXPECT_EQ(web.drifts().size(), 0u);
}

}  // namespace
}  // namespace blip
