// Restarts and what a balancer saw: tied where chance does not tie them, and only there.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "rules/judge/judge.h"

namespace blip {
namespace {
constexpr Time kBegin = std::chrono::sys_days(std::chrono::year(2024) / 5 / 1);

class Dice {
 public:
  double next() {  // [0, 1)
    seed_ = seed_ * 1664525 + 1013904223;
    return static_cast<double>(seed_ >> 8) / (1 << 24);
  }
  uint32_t seed_ = 29;
};

Signal signal_at(SignalKind kind, Time time, uint64_t number) {
  Signal out;
  out.kind = kind;
  out.service = "api";
  out.time = out.since = time;
  out.at = {7, 100 * number, number};
  return out;
}

SymptomSeries series_of(std::string service, std::vector<Time> times) {
  SymptomSeries series;
  series.service = std::move(service);
  series.signature = "elb.no_answer";
  std::sort(times.begin(), times.end());
  uint64_t number = 0;
  for (const Time time : times) {
    Signal seen = signal_at(SignalKind::symptom, time, ++number);
    seen.at.stream = 9;
    seen.text = "504";
    series.add(seen);
  }
  return series;
}

// What is told of a service that a supervisor started at these times, with a line a minute.
std::vector<Event> told(const std::vector<Time>& restarts,
                        const std::vector<SymptomSeries>& outside) {
  Bench bench("api");
  std::vector<Signal> all;
  uint64_t number = 0;
  for (Time now = kBegin; now < kBegin + std::chrono::hours(24 * 9); now += 600s) {
    all.push_back(signal_at(SignalKind::progress, now, ++number));
  }
  for (const Time time : restarts) {
    Signal start = signal_at(SignalKind::supervisor_start, time, ++number);
    start.subject = "test.respawn";
    start.after = -1;
    start.since = time - 2s;
    all.push_back(start);
  }
  std::sort(all.begin(), all.end(), earlier);
  for (const Signal& one : all) bench.weigh(one);
  std::vector<Event> symptoms;
  for (const Event& event : bench.settle({}, {}, outside).events) {
    if (event.kind != EventKind::symptom) continue;
    double sum = 0;
    for (const Evidence& row : event.evidence) sum += row.weight;
    EXPECT_NEAR(sum, event.score, 0.01) << event.title;
    symptoms.push_back(event);
  }
  return symptoms;
}

std::vector<Event> shown(std::vector<Event> events) {
  std::erase_if(events, [](const Event& event) { return event.score < 0; });
  return events;
}

std::vector<Time> some_times(Dice& dice, size_t count, double days = 8.9) {
  std::vector<Time> times;
  for (size_t i = 0; i < count; ++i) {
    times.push_back(kBegin + Micros(static_cast<int64_t>((0.05 + dice.next() * days) * 86400e6)));
  }
  std::sort(times.begin(), times.end());
  return times;
}

TEST(Symptoms, OfABalancerAtMostRestarts) {
  Dice dice;
  const std::vector<Time> restarts = some_times(dice, 14);
  std::vector<Time> seen = some_times(dice, 40);  // it has troubles of its own
  for (size_t i = 0; i < 12; ++i) seen.push_back(restarts[i] + 1s);
  const auto events = shown(told(restarts, {series_of("elb", seen)}));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_GE(events[0].score, 2);
  EXPECT_EQ(events[0].service, "api");
  EXPECT_EQ(std::get<std::string>(events[0].attributes.at("seen_by")), "elb");
  EXPECT_GE(std::get<int64_t>(events[0].attributes.at("met")), 12);
  EXPECT_EQ(std::get<int64_t>(events[0].attributes.at("restarts")), 14);
  EXPECT_LE(std::get<double>(events[0].attributes.at("p")), 0.01);
  EXPECT_GE(std::get<double>(events[0].attributes.at("lift")), 5);
}

TEST(Symptoms, ThatComeWhenTheyLikeAreTiedToNothing) {
  Dice dice;
  size_t claimed = 0;
  for (int i = 0; i < 60; ++i) {
    const std::vector<Time> restarts = some_times(dice, 20);
    claimed += shown(told(restarts, {series_of("elb", some_times(dice, 400))})).size();
  }
  EXPECT_LE(claimed, 2u);  // one in a hundred
}

TEST(Symptoms, OfTheBusyHourAreTiedToNothingThatRestartsThen) {
  Dice dice;
  std::vector<Time> restarts, seen;
  for (int day = 0; day < 9; ++day) {
    const Time noon = kBegin + std::chrono::hours(24 * day + 12);
    const auto within = [&] { return noon + Micros(static_cast<int64_t>(dice.next() * 3600e6)); };
    restarts.push_back(within());
    for (int i = 0; i < 25; ++i) seen.push_back(within());
  }
  EXPECT_TRUE(shown(told(restarts, {series_of("elb", seen)})).empty());
}

TEST(Symptoms, OfFewRestartsAreSuspectedAtMost) {
  Dice dice;
  const std::vector<Time> restarts = some_times(dice, 4);
  std::vector<Time> seen = some_times(dice, 10);
  for (size_t i = 0; i < 3; ++i) seen.push_back(restarts[i] + 1s);
  const auto events = told(restarts, {series_of("elb", seen)});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_LT(events[0].score, 0);
  EXPECT_EQ(events[0].attributes.count("p"), 0u);
  EXPECT_NE(events[0].title.find("3 of 4"), std::string::npos) << events[0].title;
}

TEST(Symptoms, OfAServiceItselfAreNoViewFromOutside) {
  Dice dice;
  const std::vector<Time> restarts = some_times(dice, 14);
  std::vector<Time> seen;
  for (const Time time : restarts) seen.push_back(time + 1s);
  EXPECT_TRUE(told(restarts, {series_of("api", seen)}).empty());
}

TEST(Symptoms, ThatNeverEndAreBounded) {
  SymptomSeries series = series_of("elb", {});
  for (uint64_t i = 0; i < 3 * SymptomSeries::kMaxSeen; ++i) {
    series.add(signal_at(SignalKind::symptom, kBegin + std::chrono::seconds(10 * i), i));
  }
  EXPECT_EQ(series.seen.size(), SymptomSeries::kMaxSeen);
  EXPECT_EQ(series.seen.back().at.number, 3 * SymptomSeries::kMaxSeen - 1);
}
}  // namespace
}  // namespace blip
