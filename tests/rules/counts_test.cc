// Counting lines: what is a burst, a silence, news, and what only looks like one. Generated logs of
// known shape go through the real sensors and judges; the seeds are none that anything was tuned
// on.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rules/judge/judge.h"
#include "rules/sense/failure_words.h"
#include "rules/sense/senses.h"
#include "rules/sense/surprise.h"

namespace blip {
namespace {
constexpr double kPi = 3.14159265358979;
constexpr double kDay = 86400;

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  double uniform() {  // (0, 1)
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return (static_cast<double>(state_ >> 11) + 0.5) / 9007199254740992.0;
  }
  double exponential(double mean) { return -mean * std::log(uniform()); }
  // Gamma of mean 1 and this variance.
  double clump(double variance) {
    const double shape = 1 / variance;
    const double boost = shape < 1 ? std::pow(uniform(), 1 / shape) : 1;  // Marsaglia and Tsang
    const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    while (true) {
      const double x = std::sqrt(-2 * std::log(uniform())) * std::cos(2 * kPi * uniform());
      const double v = std::pow(1 + c * x, 3);
      if (v > 0 && std::log(uniform()) < 0.5 * x * x + d - d * v + d * std::log(v))
        return d * v * variance * boost;
    }
  }

 private:
  uint64_t state_;
};

const SignatureSet& signatures() {
  static const SignatureSet set(builtin_signatures());
  return set;
}

// A log of one service, written line by line; what its sensors say is kept.
class Log : public SignalSink {
 public:
  explicit Log(uint64_t seed) : random(seed), senses_(std::in_place, signatures()) {
    senses_->turn_to(senses_->unit("web", ""));
  }

  Log& say(Level level, const std::string& message, double at) {
    text_ = message;
    Record record;
    record.line.text = text_;
    record.message = text_;
    record.level = level;
    record.format = "test";
    record.time = begin() + Micros(static_cast<int64_t>(at * 1e6));
    record.quality = TimeQuality::exact;
    const Anchor anchor{7, offset_, ++number_};
    offset_ += text_.size() + 1;
    senses_->observe(record, anchor, record.time, record.quality, no_hits_, false, *this);
    return *this;
  }
  Log& work(double at) {
    const auto n = static_cast<int>(random.uniform() * 90'000);
    return say(Level::info, "served order " + std::to_string(10'000 + n) + " in 12 ms", at);
  }
  Log& fail(double at) {
    const auto n = static_cast<int>(random.uniform() * 90'000);
    return say(Level::error, "payment gateway timeout for order " + std::to_string(10'000 + n), at);
  }
  // Traffic from a to b, at so many lines a second, a share of it errors.
  Log& traffic(double from, double to, const std::function<double(double)>& rate, double errors) {
    for (double at = from + random.exponential(1 / rate(from)); at < to;
         at += random.exponential(1 / std::max(1e-6, rate(at)))) {
      if (random.uniform() < errors)
        fail(at);
      else
        work(at);
    }
    return *this;
  }
  void fact(SignalKind kind, double at) {
    Signal signal;
    signal.kind = kind;
    signal.at = {9, ++facts_ * 100, facts_};
    signal.service = "web";
    signal.time = signal.since = time(at);
    signal.quality = TimeQuality::exact;
    signal.subject = "test";
    signal.after = -1;
    signals.push_back(signal);
  }
  void save_and_restore() {
    StateWriter out;
    senses_->save(out);
    const std::string blob = out.seal("test", 1);
    Senses fresh(signatures());
    StateReader in(blob, "test", 1);
    ASSERT_TRUE(fresh.restore(in));
    senses_.emplace(std::move(fresh));
    senses_->turn_to(senses_->unit("web", ""));
  }

  // What the judges make of it. `watched_until`: other logs went on until then.
  std::vector<Event> events(EventKind kind, double watched_until = 0) {
    // What they would say if no more came counts as well, and is taken back.
    const size_t said = signals.size();
    senses_->pause(*this);
    std::vector<Signal> sorted = signals;
    signals.resize(said);
    std::sort(sorted.begin(), sorted.end(), earlier);
    Bench bench("web");
    for (const Signal& one : sorted) bench.weigh(one);
    // Judges can be put aside and taken up again.
    Bench again("web");
    EXPECT_TRUE(again.restore(bench.save()));
    const Interval watched[] = {{begin() - 60s, time(watched_until)}};
    const Docket docket = again.settle({}, watched);
    std::vector<Event> found;
    for (const Event& event : docket.events) {
      double sum = 0;
      for (const Evidence& row : event.evidence) sum += row.weight;
      EXPECT_NEAR(sum, event.score, 0.01) << event.title;
      if (event.kind == kind && event.score >= 0) found.push_back(event);
    }
    due = docket.due;
    return found;
  }

  static Time begin() { return std::chrono::sys_days(std::chrono::year(2024) / 5 / 6); }  // Monday
  static Time time(double at) { return begin() + Micros(static_cast<int64_t>(at * 1e6)); }
  static double at(Time time) { return seconds_of(time - begin()); }

  void emit(Signal signal) override { signals.push_back(std::move(signal)); }
  void match(Match) override {}

  Random random;
  std::vector<Signal> signals;
  Time due = kNoTime;

 private:
  std::optional<Senses> senses_;
  const std::vector<uint32_t> no_hits_;
  std::string text_;
  uint64_t offset_ = 0, number_ = 0, facts_ = 0;
};

std::function<double(double)> steady(double rate) {
  return [rate](double) { return rate; };
}
// Quiet at night, a third at weekends.
std::function<double(double)> human(double rate) {
  return [rate](double at) {
    const double hour = std::fmod(at, kDay) / 3600;
    const bool weekend = std::fmod(at / kDay, 7) >= 5;
    return rate * (0.55 - 0.5 * std::cos(2 * kPi * (hour - 2) / 24)) * (weekend ? 0.33 : 1);
  };
}

// -- bursts
// ----------------------------------------------------------------------------------------

TEST(NeverABurst, ClumpedTraffic) {
  size_t found = 0;
  for (const uint64_t seed : {101, 102, 103}) {
    Log log(seed);
    double rate = 0.2;
    for (double at = 0; at < 7 * kDay; at += 60) {
      rate = 0.2 * log.random.clump(1.5);
      if (rate > 1e-4) log.traffic(at, at + 60, steady(rate), 0.1);
    }
    found += log.events(EventKind::error_burst).size();
  }
  RecordProperty("found", static_cast<int>(found));
  EXPECT_LT(static_cast<double>(found), 0.2 * 21);
}

TEST(NeverABurst, NegativeBinomialNoise) {
  size_t found = 0;
  for (const uint64_t seed : {111, 112, 113}) {
    Log log(seed);
    for (double at = 0; at < 10 * kDay; at += 60) {
      log.work(at);
      const double rate = 2.0 / 60 * log.random.clump(1);
      for (double next = at + log.random.exponential(1 / rate); next < at + 60;
           next += log.random.exponential(1 / rate)) {
        log.fail(next);
      }
    }
    found += log.events(EventKind::error_burst).size();
  }
  RecordProperty("found", static_cast<int>(found));
  EXPECT_LT(static_cast<double>(found), 0.2 * 30);
}

TEST(NeverABurst, NightlyBatchWithTheUsualShareOfErrors) {
  Log log(121);
  const auto rate = [](double at) {
    const double hour = std::fmod(at, kDay) / 3600;
    return hour >= 2 && hour < 2.25 ? 5.0 : 0.1;
  };
  log.traffic(0, 14 * kDay, rate, 0.02);
  EXPECT_EQ(log.events(EventKind::error_burst).size(), 0u);
}

TEST(NeverABurst, TheSameErrorsEachNightAfterAFewNights) {
  Log log(131);
  for (int day = 0; day < 14; ++day) {
    const double night = day * kDay + 7200;
    log.traffic(day * kDay, night, steady(0.1), 0.01);
    for (int i = 0; i < 60; ++i) log.fail(night + i);
    log.traffic(night + 60, (day + 1) * kDay, steady(0.1), 0.01);
  }
  EXPECT_LE(log.events(EventKind::error_burst).size(), 4u);
}

TEST(AlwaysABurst, FarMoreErrorsThanUsual) {
  size_t hits = 0;
  for (uint64_t seed = 141; seed < 161; ++seed) {
    Log log(seed);
    const double when = kDay * (1 + 2 * log.random.uniform());
    log.traffic(0, when, human(0.2), 0.02);
    for (int i = 0; i < 40; ++i) log.fail(when + 0.5 * i);
    log.traffic(when + 20, 4 * kDay, human(0.2), 0.02);
    const auto found = log.events(EventKind::error_burst);
    hits += std::any_of(found.begin(), found.end(), [&](const Event& event) {
      return std::abs(Log::at(event.time) - when) < 30 && Log::at(event.end) < when + 60;
    });
    EXPECT_LE(found.size(), 2u) << seed;
  }
  EXPECT_GE(hits, 19u);
}

TEST(AlwaysABurst, InAShortLogToo) {
  size_t hits = 0;
  for (uint64_t seed = 171; seed < 191; ++seed) {
    Log log(seed);
    log.traffic(0, 400, steady(2), 0.02);
    for (int i = 0; i < 30; ++i) log.fail(400 + 0.1 * i);
    log.traffic(403, 500, steady(2), 0.02);
    hits += log.events(EventKind::error_burst).size() == 1;
  }
  EXPECT_GE(hits, 19u);
}

TEST(AlwaysABurst, AFewAMinuteForHoursWhereNoneAreUsual) {
  size_t hits = 0, more = 0;
  for (uint64_t seed = 191; seed < 201; ++seed) {
    Log log(seed);
    const double when = kDay * (1 + log.random.uniform());
    log.traffic(0, when, steady(0.2), 0.001);
    for (double at = when; at < when + 4 * 3600; at += 20) log.fail(at).work(at + 1);
    log.traffic(when + 4 * 3600, 3 * kDay, steady(0.2), 0.001);
    for (const Event& event : log.events(EventKind::error_burst)) {
      const bool hit = std::abs(Log::at(event.time) - when) < 900;
      hits += hit;
      more += !hit;
    }
  }
  EXPECT_EQ(hits, 10u);
  EXPECT_LE(more, 1u);
}

TEST(Surprise, IsTheTailOfTheDistribution) {
  EXPECT_NEAR(surprise(1, 1, 0), 0, 0.3);
  EXPECT_NEAR(surprise(10, 1, 0), 6.95, 0.05);  // Poisson: P(X >= 10 | 1) = 1.1e-7
  EXPECT_NEAR(surprise(10, 1, 1), 3.01, 0.05);  // geometric: 2^-10
  EXPECT_EQ(surprise(3, 5, 1), 0);
  EXPECT_EQ(surprise(1e6, 0.01, 0), kMostSurprise);
}

TEST(FailureWords, AreProseAndNoNumbersOrPaths) {
  using Tokens = std::vector<std::string>;
  EXPECT_TRUE(tells_failure(Tokens{"connection", "to", "#", "timed", "out"}));
  EXPECT_TRUE(tells_failure(Tokens{"BackendConnectionError", ":", "dial", "#"}));
  EXPECT_TRUE(tells_failure(Tokens{"java", ".", "lang", ".", "NullPointerException"}));
  EXPECT_FALSE(tells_failure(Tokens{"errors", "=", "#"}));
  EXPECT_FALSE(tells_failure(Tokens{"#", "errors"}));
  EXPECT_FALSE(tells_failure(Tokens{"no", "errors", "found"}));
  EXPECT_FALSE(tells_failure(Tokens{"GET", "/", "api", "/", "errors", "/", "list"}));
  EXPECT_FALSE(tells_failure(Tokens{"order", "shipped"}));
}

// -- silences
// --------------------------------------------------------------------------------------

TEST(Silence, IsRareWhereThereIsNone) {
  size_t found = 0;
  for (uint64_t seed = 201; seed < 205; ++seed) {
    Log log(seed);
    log.traffic(0, 28 * kDay, human(seed % 2 == 0 ? 0.05 : 0.02), 0);
    found += log.events(EventKind::silence, 28 * kDay).size();
  }
  RecordProperty("found", static_cast<int>(found));
  EXPECT_LE(found, 1u);  // 112 service-days
}

TEST(Silence, AnHourOfOutageIsFound) {
  size_t hits = 0, more = 0;
  for (uint64_t seed = 211; seed < 241; ++seed) {
    Log log(seed);
    const double when = kDay * (3 + 4 * log.random.uniform());
    log.traffic(0, when, human(0.1), 0).traffic(when + 3600, 8 * kDay, human(0.1), 0);
    for (const Event& event : log.events(EventKind::silence, 8 * kDay)) {
      // From the last line before it to the first after it.
      const bool hit = Log::at(event.time) < when + 1 && Log::at(event.end) > when + 3599;
      hits += hit;
      more += !hit;
    }
  }
  RecordProperty("hits", static_cast<int>(hits));
  RecordProperty("more", static_cast<int>(more));
  EXPECT_GE(hits, 27u);
  EXPECT_LE(more, 2u);  // 210 service-days
}

TEST(Silence, IsOpenWhenOthersGoOn) {
  Log log(251);
  log.traffic(0, 3.5 * kDay, human(0.1), 0);
  EXPECT_EQ(log.events(EventKind::silence, 3.5 * kDay).size(), 0u);  // where the logs end
  ASSERT_TRUE(known(log.due));
  EXPECT_LT(Log::at(log.due), 3.6 * kDay);
  EXPECT_EQ(log.events(EventKind::silence, Log::at(log.due) - 1).size(), 0u);
  const auto open = log.events(EventKind::silence, Log::at(log.due));
  ASSERT_EQ(open.size(), 1u);
  EXPECT_FALSE(known(open[0].end));
  // However long the others go on, it is told in the same words.
  const auto later = log.events(EventKind::silence, 5 * kDay);
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0].title, open[0].title);
  EXPECT_EQ(later[0].score, open[0].score);
  // And it is the same when it speaks again.
  log.traffic(3.6 * kDay, 3.7 * kDay, human(0.1), 0);
  const auto closed = log.events(EventKind::silence, 5 * kDay);
  ASSERT_GE(closed.size(), 1u);
  EXPECT_EQ(closed[0].id, open[0].id);
  EXPECT_TRUE(known(closed[0].end));
}

TEST(Silence, OfARestartIsTheRestarts) {
  Log log(261);
  log.traffic(0, 3.5 * kDay, human(0.1), 0);
  log.fact(SignalKind::supervisor_start, 3.5 * kDay + 3598);
  log.traffic(3.5 * kDay + 3600, 4 * kDay, human(0.1), 0);
  EXPECT_EQ(log.events(EventKind::silence, 4 * kDay).size(), 0u);
}

TEST(Silence, AHeartbeatThatStops) {
  Log log(271);
  const auto minutes = [&](double from, double to, bool beats) {
    for (double at = from; at < to; at += 60) {
      log.traffic(at, at + 60, steady(0.2), 0);
      if (beats) log.say(Level::info, "pool: 4 idle, 2 busy", at + 60);
    }
  };
  minutes(0, 7200, true);
  minutes(7200, 9000, false);
  minutes(9000, 12000, true);
  const auto found = log.events(EventKind::silence);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(std::get<std::string>(found[0].attributes.at("reason")), "heartbeat");
  EXPECT_NEAR(Log::at(found[0].time), 7200, 61);
  EXPECT_NEAR(Log::at(found[0].end), 9060, 61);
}

TEST(Silence, IrregularLinesAreNoHeartbeat) {
  Log log(281);
  log.traffic(0, 2 * kDay, steady(0.2), 0);
  for (int i = 0; i < 40; ++i) {
    log.say(Level::info, "cache emptied", 2 * kDay + i * 600 + log.random.exponential(500));
    log.traffic(2 * kDay + i * 600, 2 * kDay + i * 600 + 60, steady(0.2), 0);
  }
  log.traffic(2 * kDay + 24000, 3 * kDay, steady(0.2), 0);
  for (const Event& event : log.events(EventKind::silence)) {
    EXPECT_NE(std::get<std::string>(event.attributes.at("reason")), "heartbeat");
  }
}

// -- the others
// ------------------------------------------------------------------------------------

TEST(NewError, IsOneNeverSeenInDays) {
  Log log(301);
  log.traffic(0, 5 * kDay, steady(0.05), 0.02);
  log.say(Level::error, "cannot parse ledger row: unexpected end of input", 5 * kDay + 1);
  log.traffic(5 * kDay + 2, 6 * kDay, steady(0.05), 0.02);
  log.say(Level::error, "cannot parse ledger row: unexpected end of input", 6 * kDay + 1);
  const auto found = log.events(EventKind::new_error);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(Log::at(found[0].time), 5 * kDay + 1, 0.01);
}

TEST(NewError, FreeTextIsNoNews) {
  Log log(311);
  log.traffic(0, 3 * kDay, steady(0.05), 0.02);
  for (int i = 0; i < 300; ++i) {
    std::string name;
    for (int k = 0; k < 9; ++k) name += static_cast<char>('g' + log.random.uniform() * 19);
    log.say(Level::error, "login failed for " + name + " at the door", 3 * kDay + 60 * i);
  }
  EXPECT_LE(log.events(EventKind::new_error).size(), 2u);
}

TEST(Verbosity, DebugSwitchedOnAndOff) {
  Log log(321);
  log.traffic(0, kDay, steady(0.2), 0.01);
  for (double at = kDay; at < 1.5 * kDay; at += 10) {
    log.work(at).say(Level::debug, "cache lookup key=77 hit", at + 1);
  }
  log.traffic(1.5 * kDay, 2 * kDay, steady(0.2), 0.01);
  const auto found = log.events(EventKind::verbosity);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(std::get<bool>(found[0].attributes.at("on")));
  EXPECT_NEAR(Log::at(found[0].time), kDay, 60);
  EXPECT_FALSE(std::get<bool>(found[1].attributes.at("on")));
  EXPECT_NEAR(Log::at(found[1].time), 1.5 * kDay, 700);
  EXPECT_EQ(log.events(EventKind::restart).size(), 0u);
}

TEST(Verbosity, AQuietNightIsNone) {
  Log log(331);
  for (double at = 0; at < 10 * kDay; at += 60) {
    const bool night = std::fmod(at, kDay) < kDay / 4;
    if (!night || log.random.uniform() < 0.05) log.work(at);
    if (!night && log.random.uniform() < 0.5) log.say(Level::debug, "cache lookup hit", at + 1);
  }
  EXPECT_EQ(log.events(EventKind::verbosity).size(), 0u);
}

TEST(Down, WhenASupervisorGaveUp) {
  Log log(341);
  log.traffic(0, 7200, steady(0.2), 0);
  log.fact(SignalKind::gave_up, 7201);
  const auto found = log.events(EventKind::down);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, Severity::critical);
  EXPECT_FALSE(known(found[0].end));
}

TEST(Down, WhenNothingStartsItForTenMinutes) {
  Log log(351);
  log.traffic(0, 7200, steady(0.2), 0);
  log.fact(SignalKind::supervisor_exit, 7201);
  log.signals.back().detail = "SIGKILL";
  EXPECT_EQ(log.events(EventKind::down, 7500).size(), 0u);
  ASSERT_EQ(log.events(EventKind::down, 7900).size(), 1u);
  EXPECT_EQ(log.events(EventKind::down, 7900)[0].cause, "kill9");
  log.signals.back().detail = "exit 0";  // its work was done
  EXPECT_EQ(log.events(EventKind::down, 7900).size(), 0u);
}

TEST(CrashLoop, ThreeStartsInTenMinutes) {
  Log log(361);
  log.traffic(0, 7200, steady(0.2), 0);
  for (const double at : {7200.0, 7260.0, 7330.0, 7390.0}) {
    log.fact(SignalKind::supervisor_start, at);
    log.traffic(at, at + 50, steady(0.5), 0);
  }
  const auto found = log.events(EventKind::crash_loop, 9000);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(std::get<int64_t>(found[0].attributes.at("count")), 4);
  EXPECT_EQ(found[0].severity, Severity::critical);
}

TEST(CrashLoop, NotOneRestartAnHour) {
  Log log(371);
  for (int i = 0; i < 8; ++i) {
    if (i > 0) log.fact(SignalKind::supervisor_start, 3600 * i);
    log.traffic(3600 * i, 3600 * i + 3590, steady(0.2), 0);
  }
  EXPECT_EQ(log.events(EventKind::crash_loop, 8 * 3600).size(), 0u);
}

// What the sensors say does not depend on where reading stopped and went on.
TEST(Counts, SavedAndRestoredAtAnyLineSayTheSame) {
  const auto run = [](bool stops) {
    Log log(381);
    for (int part = 0; part < 60; ++part) {
      const double at = part * 1800;
      log.traffic(at, at + 1700, steady(0.1), 0.05);
      if (part % 7 == 3) {
        for (int i = 0; i < 40; ++i) {
          log.fail(at + 1700 + i);
          if (stops && i % 9 == 4) log.save_and_restore();
        }
      }
      if (stops) log.save_and_restore();
    }
    std::string said;
    for (const Signal& one : log.signals) {
      said += std::to_string(to_us(one.time)) + ' ' + std::string(signal_name(one.kind)) + ' ' +
              one.subject + ' ' + std::to_string(one.at.offset) + ' ' + std::to_string(one.after) +
              ' ' + one.text + '\n';
    }
    return said;
  };
  const std::string expected = run(false);
  EXPECT_NE(expected.find("burst"), std::string::npos);
  EXPECT_EQ(run(true), expected);
}

}  // namespace
}  // namespace blip
