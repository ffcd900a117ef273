// The canonical dump says the same of two stores that read the same bytes, and only then.

#include "agent/dump.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace blip {
namespace {
Event crash(uint64_t id) {
  Event event;
  event.id = id;
  event.kind = EventKind::crash;
  event.service = "api";
  event.at = {.stream = 0xfedcba9876543210, .offset = id, .number = id};
  event.time = time_from_us(1403639453000000);
  event.quality = TimeQuality::exact;
  event.score = 2;
  event.evidence = {
      {.signal = "prior", .weight = -1.5},
      {.signal = "death note", .weight = 3.5, .time = event.time, .text = "panic\xff"}};
  event.attributes = {{"count", int64_t{2}}};
  return event;
}

std::string dump(const std::vector<std::vector<Event>>& settled, const std::string& path = "") {
  Result<Store> store = Store::open("", Access::read_write);
  EXPECT_TRUE(store);
  Checkpoint point;
  point.stream = {.key = 0xfedcba9876543210, .path = path};
  EXPECT_TRUE(store->commit({.checkpoints = {point}}));
  for (const std::vector<Event>& events : settled) EXPECT_TRUE(store->settle("api", events, {}));
  std::string out = "what was there before";
  EXPECT_TRUE(write_canonical_dump(*store, out));
  return out;
}

TEST(Dump, OneLine) {
  EXPECT_EQ(dump({}), "");
  EXPECT_EQ(dump({{crash(9)}}),
            R"({"id":"0000000000000009","kind":"crash","service":"api","host":"",)"
            R"("stream":"fedcba9876543210","offset":9,"line":9,"time":"2014-06-24T19:50:53.000Z",)"
            R"("end":null,"planned":null,"explicit":false,"silent":false,"cause":"unknown",)"
            R"("score":"2.000000","confidence":"1.000000","severity":"info","title":"",)"
            R"("evidence":[{"signal":"prior","weight":"-1.500000","stream":"0000000000000000",)"
            R"("offset":0,"line":0,"time":null,"text":""},{"signal":"death note",)"
            R"("weight":"3.500000","stream":"0000000000000000","offset":0,"line":0,)"
            R"("time":"2014-06-24T19:50:53.000Z","text":"panic)"
            "\xef\xbf\xbd"
            R"("}],"attributes":{"count":2}})"
            "\n");
}

TEST(Dump, LeavesOutWhatReadingsDifferIn) {
  Event draft = crash(1);
  draft.title = "told before its cause was known";
  const std::string once = dump({{crash(1), crash(2)}}, "/var/log/api.log");
  EXPECT_EQ(dump({{draft}, {crash(2), crash(1)}}, "/mnt/copy/api.log.1"), once);

  Event guessed = crash(1), otherwise = crash(1);
  guessed.quality = otherwise.quality = TimeQuality::estimated;
  otherwise.time += 7s;  // and in another order beside event 2
  otherwise.evidence[1].time += 7s;
  Event second = crash(2);
  second.quality = TimeQuality::estimated;
  second.time += 3s;
  EXPECT_EQ(dump({{guessed, second}}), dump({{otherwise, second}}));
}

TEST(Dump, ShowsEveryOtherDifference) {
  const std::function<void(Event&)> changes[] = {
      [](Event& e) { e.cause = "oom"; },        [](Event& e) { e.at.stream = 1; },
      [](Event& e) { e.at.offset += 1; },       [](Event& e) { e.at.number += 1; },
      [](Event& e) { e.planned = false; },      [](Event& e) { e.silent = true; },
      [](Event& e) { e.explicit_ = true; },     [](Event& e) { e.host = "web-1"; },
      [](Event& e) { e.time += 1s; },           [](Event& e) { e.end = e.time; },
      [](Event& e) { e.score = 2.001; },        [](Event& e) { e.confidence = 0.1; },
      [](Event& e) { e.title = "t"; },          [](Event& e) { e.kind = EventKind::restart; },
      [](Event& e) { e.attributes.clear(); },   [](Event& e) { e.severity = Severity::error; },
      [](Event& e) { e.evidence.pop_back(); },  [](Event& e) { e.evidence[0].weight = 0; },
      [](Event& e) { e.evidence[1].text = ""; }};
  const std::string before = dump({{crash(1)}});
  for (size_t i = 0; i < std::size(changes); ++i) {
    Event event = crash(1);
    changes[i](event);
    EXPECT_NE(dump({{event}}), before) << "change " << i;
  }
}

TEST(Dump, IsInOrderOfTimeAndId) {
  Event first = crash(~uint64_t{0});
  first.time -= 1s;
  const std::string out = dump({{crash(uint64_t{1} << 63), crash(3), first}});
  const size_t a = out.find("\"id\":\"ffff"), b = out.find("\"id\":\"0000"),
               c = out.find("\"id\":\"8000");
  EXPECT_LT(a, b);
  EXPECT_LT(b, c);
  EXPECT_NE(c, std::string::npos);
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 3);
}
}  // namespace
}  // namespace blip
