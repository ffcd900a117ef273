// Forgetting: what is old goes in small steps, what stays is not changed by judging again, and what
// went does not come back.

#include "store/prune.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "store/connection.h"
#include "tests/store/support.h"

namespace blip {
namespace {
constexpr Time kNow{1'403'568'000s};  // 2014-06-24

Time day(int n) { return kNow + std::chrono::hours(24 * n); }

Signal signal_at(Time time, const std::string& service, uint64_t offset) {
  return {.kind = SignalKind::progress,
          .at = {.stream = 7, .offset = offset},
          .service = service,
          .time = time};
}

Event event_at(uint64_t id, Time time, EventKind kind = EventKind::restart, Time end = kNoTime) {
  Event event;
  event.id = id;
  event.kind = kind;
  event.service = "api";
  event.at = {.stream = 7, .offset = id};
  event.time = time;
  event.end = end;
  event.evidence = {{.signal = "prior", .weight = -4, .text = "x"}};
  if (known(end)) event.attributes["metric"] = std::string("rss");
  return event;
}

Run run_at(uint64_t id, Time begin, Time end) {
  Run run;
  run.id = id;
  run.service = "api";
  run.begins = {.stream = 7, .offset = id};
  run.begin = {begin, begin};
  run.end = {end, end};
  if (!known(end)) run.end.from = kNow;
  run.gauges["rss"] = {
      .first = static_cast<double>(id), .last = 50, .low = 1, .high = 50, .samples = 4};
  return run;
}

using Life = Run;  // testing::Test has a Run of its own

class Prune : public testing::Test {
 protected:
  // Signals of each day of the last 100, and a restart of every tenth.
  Prune() : store_(must_open(path_)) {
    Batch batch;
    for (int n = -100; n <= 0; ++n) {
      batch.signals.push_back(signal_at(day(n), "api", static_cast<uint64_t>(n + 200)));
    }
    batch.signals.push_back(signal_at(kNoTime, "api", 1));
    EXPECT_EQ(error_of(store_.commit(batch)), "");
    EXPECT_EQ(error_of(store_.settle("api", claims_, lives_)), "");
  }

  std::string ids() {
    std::string out;
    EventQuery query;
    query.min_confidence = 0;
    for (const Event& event : must(store_.events(query))) out += std::to_string(event.id) + " ";
    return out;
  }
  std::string lives() {
    std::string out;
    for (const Life& run : must(store_.runs("api"))) out += std::to_string(run.id) + " ";
    return out;
  }
  Pruned forget(Time before, uint64_t max_bytes = 0) {
    return must(prune(path_, {.before = before, .max_bytes = max_bytes, .now = kNow}));
  }

  Scratch scratch_;
  const std::string path_ = scratch_.file("blip.db");
  std::vector<Event> claims_ = {event_at(90, day(-90)),
                                event_at(70, day(-70)),
                                event_at(40, day(-40)),
                                event_at(85, day(-85), EventKind::leak, day(0)),
                                event_at(95, day(-95), EventKind::leak, day(-92)),
                                event_at(1, day(-1)),
                                event_at(5, kNoTime)};
  std::vector<Life> lives_ = {run_at(100, day(-100), day(-90)), run_at(91, day(-90), day(-70)),
                              run_at(71, day(-70), day(-40)), run_at(41, day(-40), day(-1)),
                              run_at(2, day(-1), kNoTime)};
  Store store_;
};

TEST_F(Prune, ForgetsWhatWasOverAndNothingElse) {
  const Pruned pruned = forget(day(-60));
  EXPECT_EQ(pruned.signals, 40u);
  EXPECT_EQ(pruned.events, 3u);
  EXPECT_EQ(pruned.runs, 2u);
  EXPECT_EQ(ids(), "5 85 40 1 ");  // the leak that goes on, and what has no time, stay
  EXPECT_EQ(lives(), "71 41 2 ");
  EXPECT_EQ(query(path_, "SELECT count(*) FROM evidence"), "4");
  EXPECT_EQ(query(path_, "SELECT count(*) FROM signals"), "62");
  const Pruned again = forget(day(-60));
  EXPECT_EQ(again.signals + again.events + again.runs, 0u);
}

TEST_F(Prune, WhatWentDoesNotComeBackAndWhatStayedDoesNotChange) {
  forget(day(-60));
  const std::string before = query(path_,
                                   "SELECT group_concat(id || revision || title) FROM events"
                                   " WHERE kind = 'restart'");
  // A fold over what is left claims other things at its edge, and some of the old ones otherwise.
  std::vector<Event> claims = {event_at(90, day(-90)), event_at(59, day(-59)),
                               event_at(40, day(-40)), event_at(1, day(-1))};
  claims[2].title = "told otherwise";
  EXPECT_EQ(error_of(store_.settle("api", claims, lives_)), "");
  EXPECT_EQ(ids(), "5 85 40 1 ");
  EXPECT_EQ(query(path_,
                  "SELECT group_concat(id || revision || title) FROM events"
                  " WHERE kind = 'restart'"),
            before);
  EXPECT_EQ(error_of(store_.settle("api", {}, {})), "");  // even when nothing is claimed any more
  EXPECT_EQ(ids(), "5 85 40 ");                           // but for what is younger than the line
}

TEST_F(Prune, JudgingGoesOnAfterTheLine) {
  forget(day(-60));
  std::vector<Event> claims = {event_at(1, day(-1)), event_at(77, kNow)};
  claims[0].title = "now with a cause";
  EXPECT_EQ(error_of(store_.settle("api", claims, {})), "");
  EXPECT_EQ(ids(), "5 85 40 1 77 ");
  EXPECT_EQ(query(path_, "SELECT title || revision FROM v_events WHERE id = '0000000000000001'"),
            "now with a cause2");
}

TEST_F(Prune, ALeakThatGoesOnKeepsItsIdAndItsBeginning) {
  forget(day(-60));
  Event leak = event_at(60, day(-60), EventKind::leak, kNow + 1h);  // its first lives are gone
  leak.title = "grows";
  Event other = event_at(61, day(-60), EventKind::leak, kNow + 1h);
  other.attributes["metric"] = std::string("fds");
  EXPECT_EQ(error_of(store_.settle("api", {leak, other, event_at(1, day(-1))}, {})), "");
  EXPECT_EQ(ids(), "5 85 40 1 ");
  EXPECT_EQ(query(path_, "SELECT title || time || end FROM v_events WHERE kind = 'leak'"),
            "grows2014-03-31T00:00:00.000Z2014-06-24T01:00:00.000Z");
  // And once more: the same claim is the same event, revised by nothing.
  EXPECT_EQ(error_of(store_.settle("api", {leak, event_at(1, day(-1))}, {})), "");
  EXPECT_EQ(query(path_, "SELECT revision FROM v_events WHERE kind = 'leak'"), "2");
}

TEST_F(Prune, ALifeThatGoesOnKeepsItsBeginning) {
  forget(day(-20));
  EXPECT_EQ(lives(), "41 2 ");
  // What is left of life 41 begins at the edge.
  EXPECT_EQ(error_of(store_.settle("api", {},
                                   {run_at(20, day(-20), day(-1)), run_at(2, day(-1), kNoTime)})),
            "");
  EXPECT_EQ(lives(), "41 2 ");
  EXPECT_EQ(query(path_,
                  "SELECT begin_from || json_extract(gauges, '$.rss.first') FROM v_runs"
                  " WHERE line = 0 AND offset = 41"),
            "2014-05-15T00:00:00.000Z41.0");
}

TEST_F(Prune, OtherServicesKeepTheirs) {
  Event other = event_at(33, day(-10));
  other.service = "web";
  EXPECT_EQ(error_of(store_.commit({.signals = {signal_at(day(-10), "web", 900)}})), "");
  EXPECT_EQ(error_of(store_.settle("web", {other}, {})), "");
  forget(day(-60));
  EXPECT_EQ(query(path_, "SELECT count(*) FROM events WHERE service = 'web'"), "1");
  EXPECT_EQ(query(path_, "SELECT count(*) FROM horizons WHERE service = 'web'"), "1");
}

TEST_F(Prune, BySizeTheOldestGoAndTheLastTwoDaysStay) {
  Batch batch;
  for (int n = 0; n < 20'000; ++n) {
    Signal signal = signal_at(day(-100) + std::chrono::minutes(7 * n), "bulk",
                              static_cast<uint64_t>(10'000 + n));
    signal.text = std::string(100, 'x');
    batch.signals.push_back(signal);
  }
  EXPECT_EQ(error_of(store_.commit(batch)), "");
  const uint64_t half = forget(kNoTime).bytes_before / 2;
  const Pruned pruned = forget(kNoTime, half);
  EXPECT_LE(pruned.bytes_after, half);
  EXPECT_GT(pruned.bytes_after, half / 3);  // no more than needed
  EXPECT_GT(pruned.signals, 5'000u);
  const Pruned all = forget(kNoTime, 1);  // it can't be that small
  EXPECT_GT(all.signals, 0u);
  EXPECT_LE(all.before, day(-2));
  EXPECT_NE(
      query(path_, "SELECT count(*) FROM signals WHERE time >= " + std::to_string(to_us(day(-2)))),
      "0");
}

TEST_F(Prune, PreviewChangesNothing) {
  const std::string before = ids();
  const Pruned would = must(prune_preview(path_, {.before = day(-60), .now = kNow}));
  EXPECT_EQ(would.signals, 40u);
  EXPECT_EQ(would.events, 3u);
  EXPECT_EQ(would.runs, 2u);
  EXPECT_EQ(ids(), before);
  EXPECT_EQ(query(path_, "SELECT count(*) FROM horizons"), "0");
}

// What goes is found before the lock is taken: who writes in between has the last word.
TEST_F(Prune, WhatGoesOnMeanwhileStays) {
  Result<Pruner> pruner = Pruner::open(path_, {.before = day(-60), .now = kNow});
  ASSERT_TRUE(pruner);
  bool revised = false;
  while (must(pruner->step())) {
    if (revised || pruner->done().signals < 40 || pruner->done().events > 0) continue;
    query(path_, "UPDATE events SET end = " + std::to_string(to_us(day(-1))) +
                     " WHERE kind = 'leak' AND end < " + std::to_string(to_us(day(-60))));
    revised = true;
  }
  EXPECT_TRUE(revised);
  EXPECT_EQ(pruner->done().events, 2u);
  EXPECT_EQ(ids(), "5 95 85 40 1 ");
  EXPECT_EQ(query(path_, "SELECT count(*) FROM evidence"), "5");
}

TEST_F(Prune, TakesMarksAndAcknowledgementsAlong) {
  EXPECT_EQ(error_of(add_mark(path_, {"api", "old", day(-99), day(-98)})), "");
  EXPECT_EQ(error_of(add_mark(path_, {"api", "new", day(-1), day(1)})), "");
  EXPECT_EQ(error_of(add_ack(path_, {.event = 90, .note = "gone", .at = day(-80)})), "");
  EXPECT_EQ(error_of(add_ack(path_, {.event = 40, .note = "stays", .at = day(-80)})), "");
  forget(day(-60));
  EXPECT_EQ(query(path_, "SELECT group_concat(text) FROM marks"), "new");
  EXPECT_EQ(query(path_, "SELECT group_concat(note) FROM acks"), "stays");
}

// A writer whose commit is page kLogPages of the log carries all pages over itself: that they do
// not come to be so many is the pruner's part.
TEST_F(Prune, CarriesOverItsPagesItself) {
  Batch batch;
  for (int n = 0; n < 25'000; ++n) {
    Signal signal =
        signal_at(day(-90) + std::chrono::minutes(n), "bulk", 100'000 + static_cast<uint64_t>(n));
    signal.text = std::string(1'000, 'x');
    batch.signals.push_back(signal);
  }
  ASSERT_EQ(error_of(store_.commit(batch)), "");
  query(path_, "PRAGMA wal_checkpoint(TRUNCATE)");
  Result<Pruner> pruner = Pruner::open(path_, {.before = day(-60), .now = kNow});
  ASSERT_TRUE(pruner);
  uintmax_t log_bytes = 0;
  while (must(pruner->step())) {
    const uintmax_t now = std::filesystem::file_size(path_ + "-wal");
    EXPECT_GE(now, log_bytes);  // to cut it takes the disk's time, under the lock
    log_bytes = now;
  }
  EXPECT_GE(pruner->done().signals, 25'000u);
  const auto log_pages = log_bytes / 4096;
  EXPECT_GT(log_pages, static_cast<uint64_t>(kLogPages) / 3);
  EXPECT_LT(log_pages, static_cast<uint64_t>(kLogPages) * 7 / 8);
}

// The bound of issue 7 is 50 ms; a machine that runs other tests beside this one may be slower at
// once, not as a rule.
TEST_F(Prune, AWriterBesideItHardlyWaits) {
  for (int round = 0; round < 20; ++round) {
    Batch batch;
    for (int n = 0; n < 5'000; ++n) {
      Signal signal = signal_at(day(-90) + std::chrono::minutes(n), "bulk",
                                static_cast<uint64_t>(100'000 * (round + 1) + n));
      signal.text = std::string(100, 'x');
      batch.signals.push_back(signal);
    }
    ASSERT_EQ(error_of(store_.commit(batch)), "");
  }
  std::atomic<bool> pruned = false;
  Pruned done;
  std::thread pruner([&] {
    done = must(prune(path_, {.before = day(-60), .now = kNow}));
    pruned = true;
  });
  std::vector<double> waits;
  for (uint64_t n = 0; !pruned || waits.size() < 50; ++n) {
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(error_of(store_.commit({.signals = {signal_at(day(0), "live", 50'000'000 + n)}})),
              "");
    waits.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count());
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  pruner.join();
  std::sort(waits.begin(), waits.end());
  EXPECT_EQ(done.signals, 100'040u);
  EXPECT_LT(waits[waits.size() * 99 / 100], 50) << "of " << waits.size();
  RecordProperty("longest_wait_ms", std::to_string(waits.back()));
  RecordProperty("longest_step_us", std::to_string(done.longest_step.count()));
}
}  // namespace
}  // namespace blip
