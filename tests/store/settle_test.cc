// Events and runs: round trips, revisions, and the questions that can be asked.

#include <cmath>
#include <functional>

#include "tests/store/support.h"

namespace blip {
namespace {
std::vector<Event> all_events(const Store& store) {
  return must(store.events({.min_confidence = 0}));
}

TEST(Settle, EveryFieldOfAnEventSurvives) {
  Store store = must_open("");
  const Event event = full_event(0xfffffffffffffffe);
  ASSERT_TRUE(store.commit(
      {.checkpoints = {{.stream = {.key = event.at.stream, .path = "/var/log/api.log"}}}}));
  ASSERT_EQ(error_of(store.settle("api", {event}, {})), "");
  const std::vector<Event> events = all_events(store);
  ASSERT_EQ(events.size(), 1u);
  const Event& stored = events[0];
  EXPECT_EQ(stored.id, event.id);
  EXPECT_EQ(stored.revision, 1u);
  EXPECT_EQ(stored.kind, event.kind);
  EXPECT_EQ(stored.service, event.service);
  EXPECT_EQ(stored.host, event.host);
  EXPECT_EQ(stored.at.stream, event.at.stream);
  EXPECT_EQ(stored.at.offset, event.at.offset);
  EXPECT_EQ(stored.at.number, event.at.number);
  EXPECT_EQ(stored.file, "/var/log/api.log");
  EXPECT_EQ(stored.time, event.time);
  EXPECT_EQ(stored.end, event.end);
  EXPECT_EQ(stored.quality, event.quality);
  EXPECT_EQ(stored.planned, event.planned);
  EXPECT_EQ(stored.explicit_, event.explicit_);
  EXPECT_EQ(stored.silent, event.silent);
  EXPECT_EQ(stored.cause, event.cause);
  EXPECT_EQ(stored.score, event.score);
  EXPECT_EQ(stored.confidence, event.confidence);
  EXPECT_EQ(stored.severity, event.severity);
  EXPECT_EQ(stored.title, event.title);
  EXPECT_EQ(stored.attributes, event.attributes);
  ASSERT_EQ(stored.evidence.size(), event.evidence.size());
  for (size_t i = 0; i < event.evidence.size(); ++i) {
    EXPECT_EQ(stored.evidence[i].signal, event.evidence[i].signal);
    EXPECT_EQ(stored.evidence[i].weight, event.evidence[i].weight);
    EXPECT_EQ(stored.evidence[i].at.stream, event.evidence[i].at.stream);
    EXPECT_EQ(stored.evidence[i].at.offset, event.evidence[i].at.offset);
    EXPECT_EQ(stored.evidence[i].at.number, event.evidence[i].at.number);
    EXPECT_EQ(stored.evidence[i].file, "");  // its stream has no checkpoint
    EXPECT_EQ(stored.evidence[i].time, event.evidence[i].time);
    EXPECT_EQ(stored.evidence[i].text, event.evidence[i].text);
  }
}

// A match of several lines is judged; one of a single line is a fact, beside it under one service.
TEST(Settle, MatchesThatAreJudgedAreSettledAndFactsAreNot) {
  Store store = must_open("");
  Event fact = full_event(1), judged = full_event(2), other = full_event(3);
  for (Event* event : {&fact, &judged, &other}) event->kind = EventKind::match;
  ASSERT_TRUE(store.commit({.facts = {fact}}));
  ASSERT_EQ(error_of(store.settle("api", {judged, other}, {})), "");
  ASSERT_EQ(error_of(store.settle("api", {judged, other}, {})), "");
  EXPECT_EQ(all_events(store).size(), 3u);
  for (const Event& event : all_events(store)) EXPECT_EQ(event.revision, 1u);
  ASSERT_EQ(error_of(store.settle("api", {judged}, {})), "");
  const std::vector<Event> left = all_events(store);
  ASSERT_EQ(left.size(), 2u);
  for (const Event& event : left) EXPECT_NE(event.id, 3u);
}

TEST(Settle, WhatJsonCannotCarryIsTold) {
  Store store = must_open("");
  Event event = full_event(1);
  event.score = NAN;
  event.confidence = NAN;  // not below any bound: still found
  event.planned = std::nullopt;
  event.time = event.end = kNoTime;
  event.attributes = {{"infinite", INFINITY}, {"text", kHostile}, {"most", INT64_MAX}};
  ASSERT_EQ(error_of(store.settle("api", {event}, {})), "");
  ASSERT_EQ(error_of(store.settle("api", {event}, {})), "");
  const std::vector<Event> events = must(store.events({}));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].revision, 1u);  // NaN is no change either
  EXPECT_TRUE(std::isnan(events[0].score));
  EXPECT_EQ(events[0].planned, std::nullopt);
  EXPECT_EQ(events[0].time, kNoTime);
  EXPECT_TRUE(std::isnan(std::get<double>(events[0].attributes.at("infinite"))));
  EXPECT_EQ(events[0].attributes.at("most"), Attribute(INT64_MAX));
  const auto text = std::get<std::string>(events[0].attributes.at("text"));
  EXPECT_EQ(text.substr(0, 11), kHostile.substr(0, 11));
  EXPECT_NE(text.find("\xef\xbf\xbd"), std::string::npos);
}

TEST(Settle, AnyChangeIsARevisionAndNoneIsNone) {
  const std::vector<std::function<void(Event&)>> changes = {
      [](Event& e) { e.kind = EventKind::restart; },
      [](Event& e) { e.host = "web-2"; },
      [](Event& e) { e.at.stream += 1; },
      [](Event& e) { e.at.offset += 1; },
      [](Event& e) { e.at.number += 1; },
      [](Event& e) { e.time += 1us; },
      [](Event& e) { e.end = kNoTime; },
      [](Event& e) { e.quality = TimeQuality::no_zone; },
      [](Event& e) { e.planned = true; },
      [](Event& e) { e.planned = std::nullopt; },
      [](Event& e) { e.explicit_ = false; },
      [](Event& e) { e.silent = false; },
      [](Event& e) { e.cause = "oom"; },
      [](Event& e) { e.score += 1e-9; },
      [](Event& e) { e.confidence = 0.987; },
      [](Event& e) { e.severity = Severity::error; },
      [](Event& e) { e.title += " "; },
      [](Event& e) { e.attributes["count"] = int64_t{-4}; },
      [](Event& e) { e.attributes["lifetime_s"] = int64_t{3}; },
      [](Event& e) { e.attributes.erase("masked"); },
      [](Event& e) { e.evidence.pop_back(); },
      [](Event& e) { std::swap(e.evidence[0], e.evidence[1]); },
      [](Event& e) { e.evidence[0].signal += "s"; },
      [](Event& e) { e.evidence[0].weight = 0; },
      [](Event& e) { e.evidence[0].at.offset = 1; },
      [](Event& e) { e.evidence[0].time = time_from_us(0); },
      [](Event& e) { e.evidence[1].text.pop_back(); },
  };
  Store store = must_open("");
  Event event = full_event(7);
  ASSERT_TRUE(store.settle("api", {event}, {}));
  uint32_t revision = 1;
  for (size_t i = 0; i < changes.size(); ++i) {
    SCOPED_TRACE("change " + std::to_string(i));
    event = full_event(7);
    changes[i](event);
    for (int time = 0; time < 2; ++time) {  // told twice, written once
      ASSERT_EQ(error_of(store.settle("api", {event}, {})), "");
      EXPECT_EQ(all_events(store).at(0).revision, revision + 1);
    }
    EXPECT_EQ(all_events(store).at(0).evidence.size(), event.evidence.size());
    ASSERT_TRUE(store.settle("api", {full_event(7)}, {}));
    revision += 2;
  }
}

TEST(Settle, WhatIsNoLongerClaimedGoes) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  Store store = must_open(path);
  Event other = full_event(3);
  other.service = "billing";
  ASSERT_TRUE(store.settle("billing", {other}, {}));
  ASSERT_TRUE(store.settle("api", {full_event(1), full_event(2)}, {full_run(1), full_run(2)}));
  ASSERT_TRUE(store.settle("api", {full_event(2)}, {full_run(2)}));
  EXPECT_EQ(all_events(store).size(), 2u);
  EXPECT_EQ(must(store.runs("api")).size(), 1u);
  EXPECT_EQ(query(path, "SELECT count(*) FROM evidence"), "4");
  ASSERT_TRUE(store.settle("api", {}, {}));
  EXPECT_EQ(all_events(store).size(), 1u);
  EXPECT_EQ(query(path, "SELECT count(*) FROM evidence"), "2");
  EXPECT_TRUE(must(store.runs("")).empty());
}

TEST(Settle, AnIdClaimedTwiceIsOneEvent) {
  Store store = must_open("");
  Event twin = full_event(1);
  twin.cause = "other";
  for (int time = 0; time < 2; ++time) {
    ASSERT_EQ(error_of(store.settle("api", {full_event(1), twin}, {})), "");
    ASSERT_EQ(all_events(store).size(), 1u);
    EXPECT_EQ(all_events(store)[0].cause, "panic");
    EXPECT_EQ(all_events(store)[0].revision, 1u);
  }
}

TEST(Settle, AnEventMovesToARenamedService) {
  Store store = must_open("");
  ASSERT_TRUE(store.settle("api", {full_event(1)}, {}));
  Event renamed = full_event(1);
  renamed.service = "api-v2";
  ASSERT_EQ(error_of(store.settle("api-v2", {renamed}, {})), "");
  ASSERT_EQ(error_of(store.settle("api", {}, {})), "");
  ASSERT_EQ(all_events(store).size(), 1u);
  EXPECT_EQ(all_events(store)[0].service, "api-v2");
  EXPECT_EQ(all_events(store)[0].revision, 2u);
}

TEST(SettleDeathTest, RefusesAnotherServicesEvent) {
  Store store = must_open("");
  EXPECT_DEATH((void)store.settle("billing", {full_event(1)}, {}), "under another service");
}

TEST(Runs, EveryFieldSurvivesInOrderOfBegin) {
  Store store = must_open("");
  blip::Run later = full_run(1);
  later.begin.to += 1us;
  blip::Run timeless = full_run(3);
  timeless.begin = {kNoTime, kNoTime};
  const blip::Run run = full_run(0xffffffffffffffff);
  ASSERT_EQ(error_of(store.settle("api", {}, {later, run, timeless})), "");
  const auto runs = must(store.runs("api"));
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0].id, 3u);
  EXPECT_EQ(runs[2].id, 1u);
  const blip::Run& stored = runs[1];
  EXPECT_EQ(stored.id, run.id);
  EXPECT_EQ(stored.service, run.service);
  EXPECT_EQ(stored.instance, run.instance);
  EXPECT_EQ(stored.begins.stream, run.begins.stream);
  EXPECT_EQ(stored.begins.offset, run.begins.offset);
  EXPECT_EQ(stored.begins.number, run.begins.number);
  EXPECT_EQ(stored.begin.from, run.begin.from);
  EXPECT_EQ(stored.begin.to, run.begin.to);
  EXPECT_EQ(stored.end.from, run.end.from);
  EXPECT_EQ(stored.end.to, kNoTime);
  EXPECT_EQ(stored.began_by, run.began_by);
  EXPECT_EQ(stored.ended_by, 0u);
  EXPECT_EQ(stored.ending, run.ending);
  ASSERT_EQ(stored.gauges.size(), 1u);
  const GaugeLife& gauge = stored.gauges.at("goroutines");
  EXPECT_EQ(gauge.first, 9);
  EXPECT_EQ(gauge.last, 41022);
  EXPECT_EQ(gauge.low, 8.5);
  EXPECT_EQ(gauge.high, 41022);
  EXPECT_EQ(gauge.samples, 7u);
}

class Questions : public testing::Test {
 protected:
  // Ids 1.. in order of time; the last one has none.
  void SetUp() override {
    const EventKind kinds[] = {EventKind::restart, EventKind::crash, EventKind::leak};
    std::vector<Event> events;
    for (uint64_t id = 1; id <= 6; ++id) {
      Event& event = events.emplace_back(full_event(id));
      event.kind = kinds[id % 3];
      event.time = id == 6 ? kNoTime : time_from_us(static_cast<int64_t>(id) * 1000);
      event.end = kNoTime;
      event.confidence = id == 5 ? 0.4 : 0.9;
    }
    ASSERT_TRUE(store_.settle("api", events, {}));
    Event other = full_event(uint64_t{1} << 63);
    other.service = "billing";
    other.time = time_from_us(1000);  // as event 1: the greater id comes later
    other.end = time_from_us(2500);
    ASSERT_TRUE(store_.settle("billing", {other}, {}));
  }
  std::vector<uint64_t> ids(const EventQuery& query) {
    std::vector<uint64_t> found;
    for (const Event& event : must(store_.events(query))) found.push_back(event.id);
    return found;
  }
  Store store_ = must_open("");
};

TEST_F(Questions, AreAnsweredInOrderOfTimeAndId) {
  using Ids = std::vector<uint64_t>;
  const uint64_t other = uint64_t{1} << 63;
  EXPECT_EQ(ids({}), (Ids{6, 1, other, 2, 3, 4}));
  EXPECT_EQ(ids({.min_confidence = 0}), (Ids{6, 1, other, 2, 3, 4, 5}));
  EXPECT_EQ(ids({.since = time_from_us(2000), .until = time_from_us(4000)}), (Ids{6, other, 2, 3}))
      << "one that began before and went on";
  EXPECT_EQ(ids({.since = time_from_us(3000), .until = time_from_us(4000)}), (Ids{6, 3}));
  EXPECT_EQ(ids({.kinds = {EventKind::restart}}), (Ids{6, 3}));
  EXPECT_EQ(ids({.kinds = {EventKind::restart, EventKind::leak}}), (Ids{6, 2, 3}));
  EXPECT_EQ(ids({.service = "b*g"}), (Ids{other}));
  EXPECT_EQ(ids({.service = "b'; DROP TABLE events"}), Ids{});
  EXPECT_EQ(ids({.limit = 2}), (Ids{3, 4}));
}

TEST_F(Questions, FindByPrefix) {
  EXPECT_EQ(must(store_.events_by_prefix("8")).size(), 1u);
  EXPECT_EQ(must(store_.events_by_prefix("000000")).size(), 6u);
  EXPECT_EQ(must(store_.events_by_prefix("0000000000000003")).size(), 1u);
  EXPECT_EQ(must(store_.events_by_prefix("abcdef")).size(), 0u);
  ASSERT_TRUE(store_.settle("api", {full_event(0xABCDEF0123456789)}, {}));
  EXPECT_EQ(must(store_.events_by_prefix("ABCdef")).size(), 1u);
  EXPECT_EQ(must(store_.events_by_prefix("ffffffffffffffff")).size(), 0u);
  for (const char* wrong : {"", "xyz", "51be07'", "00000000000000001"}) {
    EXPECT_FALSE(store_.events_by_prefix(wrong)) << wrong;
  }
}
}  // namespace
}  // namespace blip
