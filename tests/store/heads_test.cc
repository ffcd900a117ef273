// What summaries of a long history read: how events begin, when they were, and short ids.

#include <algorithm>

#include "tests/store/support.h"

namespace blip {
namespace {
const Time kBegin = time_from_us(1403639453000000);

Event line(uint64_t id, Severity severity) {
  Event event = full_event(id);
  event.kind = EventKind::match;
  event.severity = severity;
  event.time = kBegin + std::chrono::seconds(id);
  event.end = kNoTime;
  event.confidence = 1;
  return event;
}

class HeadsTest : public testing::Test {
 protected:
  void SetUp() override {
    Event undated = full_event(0x51be080000000000), doubtful = full_event(3), early = full_event(4);
    undated.time = undated.end = kNoTime;
    doubtful.confidence = 0.2;
    early.time = kBegin - std::chrono::hours(9);
    early.end = kBegin + std::chrono::seconds(5);
    Event sure = full_event(0x51be070000000000);
    ASSERT_EQ(error_of(store.settle("api", {sure, undated, doubtful, early}, {})), "");
    ASSERT_EQ(error_of(store.commit({.facts = {line(10, Severity::info), line(11, Severity::error),
                                               line(12, Severity::info)}})),
              "");
  }
  Scratch scratch;
  Store store = must_open(scratch.file("blip.db"));
};

TEST_F(HeadsTest, AreThoseThatEventsGives) {
  for (const Time since : {kNoTime, kBegin, kBegin + std::chrono::hours(1)}) {
    EventQuery query;
    query.since = since;
    std::vector<uint64_t> expected, listed;
    for (const Event& event : must(store.events(query))) expected.push_back(event.seq);
    const Heads all = must(store.heads(query, 100));
    for (const EventHead& head : all.listed) listed.push_back(head.seq);
    std::sort(listed.begin(), listed.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(listed, expected);
    EXPECT_EQ(all.lines, 0u);
  }
  // Without room for the lines that nobody worries about they are counted.
  const Heads few = must(store.heads({}, 0));
  EXPECT_EQ(few.listed.size(), 4u);
  EXPECT_EQ(few.lines, 2u);
  EXPECT_EQ(must(store.heads({.service = "a*"}, 0)).listed.size(), 4u);
  EXPECT_EQ(must(store.heads({.service = "web"}, 0)).listed.size(), 0u);
  // Whole ones, in the order asked for.
  const std::vector<Event> whole =
      must(store.events_at({few.listed[1].seq, few.listed[0].seq, 999}));
  ASSERT_EQ(whole.size(), 2u);
  EXPECT_EQ(whole[0].seq, few.listed[1].seq);
  EXPECT_TRUE(whole[0].evidence.empty());
}

TEST_F(HeadsTest, TheNewestAreTheEndOfAll) {
  for (const Time since : {kNoTime, kBegin, kBegin + std::chrono::seconds(11)}) {
    EventQuery query;
    query.since = since;
    std::vector<uint64_t> all, newest;
    for (const Event& event : must(store.events(query))) all.push_back(event.id);
    ASSERT_GE(all.size(), 3u);
    for (query.limit = 1; query.limit <= all.size() + 1; ++query.limit) {
      newest.clear();
      for (const Event& event : must(store.events(query))) newest.push_back(event.id);
      const size_t expected = std::min(query.limit, all.size());
      EXPECT_EQ(newest,
                std::vector<uint64_t>(all.end() - static_cast<ptrdiff_t>(expected), all.end()));
    }
  }
}

TEST_F(HeadsTest, WeightsCountWhatIsWorthDrawing) {
  Event other = full_event(0x51be090000000000);
  other.service = "web";
  other.time = kBegin - std::chrono::hours(10);
  other.end = kNoTime;
  ASSERT_EQ(error_of(store.settle("web", {other}, {})), "");
  using Weights = std::map<std::string, size_t>;
  for (const Time since : {kNoTime, kBegin, kBegin + std::chrono::hours(1)}) {
    EventQuery query;
    query.since = since;
    const Heads heads = must(store.heads(query, 0));
    Weights expected;
    for (const EventHead& head : heads.listed) {
      if (head.severity != Severity::info || head.kind == EventKind::restart)
        ++expected[heads.services[head.service]];
    }
    EXPECT_EQ(must(store.weights(query, 100)), expected);
  }
  EXPECT_EQ(must(store.weights({}, 2)), (Weights{{"api", 2}}));
  EXPECT_EQ(must(store.weights({.service = "w*"}, 100)), (Weights{{"web", 1}}));
}

TEST_F(HeadsTest, TimesOfOneKind) {
  const std::vector<Time> times =
      must(store.times("api", EventKind::match, kBegin + std::chrono::seconds(11), kNoTime));
  EXPECT_EQ(times, (std::vector<Time>{kBegin + std::chrono::seconds(11),
                                      kBegin + std::chrono::seconds(12)}));
  EXPECT_TRUE(must(store.times("web", EventKind::match, kNoTime, kNoTime)).empty());
}

TEST_F(HeadsTest, IdsAreAsLongAsTheyMustBe) {
  EXPECT_EQ(must(store.digits_of(0x51be070000000000, 4)), 6u);
  EXPECT_EQ(must(store.digits_of(0x51be080000000000, 6)), 6u);
  EXPECT_EQ(must(store.digits_of(3, 6)), 16u);
  EXPECT_EQ(must(store.digits_of(0xffffffffffffffff, 6)), 6u);
}

TEST_F(HeadsTest, AHeldStoreStaysAsItWas) {
  Store reader = must_open(scratch.file("blip.db"), Access::read_only);
  ASSERT_EQ(error_of(reader.hold()), "");
  const size_t before = must(reader.events({})).size();
  ASSERT_EQ(error_of(store.commit({.facts = {line(13, Severity::error)}})), "");
  EXPECT_EQ(must(reader.events({})).size(), before);
  EXPECT_EQ(must(store.events({})).size(), before + 1);
}
}  // namespace
}  // namespace blip
