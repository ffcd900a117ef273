// Signals, checkpoints and states: what goes in comes out, in the order in which judges fold.

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/store/support.h"

namespace blip {
namespace {
bool same(const Signal& a, const Signal& b) {
  const auto number = [](double x) { return std::isnan(x) ? -1.25e-300 : x; };
  return a.kind == b.kind && a.at.stream == b.at.stream && a.at.offset == b.at.offset &&
         a.at.number == b.at.number && a.service == b.service && a.instance == b.instance &&
         a.time == b.time && a.since == b.since && a.quality == b.quality && a.text == b.text &&
         a.subject == b.subject && a.detail == b.detail && a.frame == b.frame &&
         a.fingerprint == b.fingerprint && number(a.before) == number(b.before) &&
         number(a.after) == number(b.after) && a.count == b.count;
}

TEST(Signals, EveryFieldSurvives) {
  Signal full{.kind = SignalKind::death_note,
              .at = {.stream = ~uint64_t{0}, .offset = uint64_t{1} << 42, .number = 77},
              .service = kHostile,
              .instance = kHostile + "2",
              .time = time_from_us(-5),
              .since = time_from_us(-99),
              .quality = TimeQuality::exact,
              .text = kHostile,
              .subject = kHostile,
              .detail = kHostile,
              .frame = kHostile,
              .fingerprint = 0xfedcba9876543210,
              .before = -0.5,
              .after = NAN,  // a log may well say "heap: nan"
              .count = ~uint64_t{0}};
  Store store = must_open("");
  EXPECT_EQ(error_of(store.commit({.signals = {full}})), "");
  EXPECT_EQ(must(store.services()), std::vector<std::string>{kHostile});
  const std::vector<Signal> stored = signals_of(store, kHostile);
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_TRUE(same(stored[0], full));
}

TEST(Signals, EmptyFieldsSurvive) {
  const Signal empty;
  Store store = must_open("");
  EXPECT_EQ(error_of(store.commit({.signals = {empty}})), "");
  const std::vector<Signal> stored = signals_of(store, "");
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_TRUE(same(stored[0], empty));
}

TEST(Signals, ComeInTheOrderOfEarlier) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const uint64_t streams[] = {0, 1, INT64_MAX, uint64_t{1} << 63, ~uint64_t{0}};
  const Time times[] = {kNoTime, time_from_us(-1), time_from_us(0), time_from_us(7)};
  const std::string subjects[] = {"", "a", std::string("a\0", 2), "b", "\xff"};
  std::vector<Signal> all;
  for (const uint64_t stream : streams) {
    for (uint64_t offset = 0; offset < 8; ++offset) {
      const Time time = times[random() % 4];
      for (const std::string& subject : subjects) {
        Signal signal = sample_signal(stream, offset);
        signal.kind = static_cast<SignalKind>(random() % 21);
        signal.subject = subject;
        signal.time = time;
        all.push_back(signal);
      }
    }
  }
  std::shuffle(all.begin(), all.end(), random);
  Store store = must_open("");
  for (size_t i = 0; i < all.size(); i += 16) {
    const size_t end = std::min(i + 16, all.size());
    const auto from = all.begin();
    ASSERT_TRUE(
        store.commit({.signals = {from + static_cast<long>(i), from + static_cast<long>(end)}}));
  }
  std::sort(all.begin(), all.end(), earlier);
  const std::vector<Signal> stored = signals_of(store, "api");
  ASSERT_EQ(stored.size(), all.size());
  EXPECT_TRUE(std::equal(all.begin(), all.end(), stored.begin(), same));
}

TEST(Signals, TheSameBytesReadAgainAddNothing) {
  Store store = must_open("");
  const Signal first = sample_signal(1, 100);
  Signal again = first;
  again.time += 1h;  // another guess at its year, say: what was judged stands
  again.after = 0;
  EXPECT_EQ(error_of(store.commit({.signals = {first, first}})), "");
  EXPECT_EQ(error_of(store.commit({.signals = {again, first}})), "");
  const std::vector<Signal> stored = signals_of(store, "api");
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_TRUE(same(stored[0], first));
}

TEST(Signals, ServicesAreKeptApart) {
  Store store = must_open("");
  Signal other = sample_signal(1, 200);
  other.service = "billing";
  other.instance = "api";  // a name in another role
  EXPECT_EQ(error_of(store.commit({.signals = {other, sample_signal(1, 100)}})), "");
  EXPECT_EQ(must(store.services()), (std::vector<std::string>{"api", "billing"}));
  EXPECT_EQ(signals_of(store, "api").size(), 1u);
  EXPECT_EQ(signals_of(store, "billing").size(), 1u);
  EXPECT_TRUE(signals_of(store, "nobody").empty());
}

TEST(Signals, MoreNamesThanAreRemembered) {
  Store store = must_open("");
  Batch batch;
  for (uint64_t i = 0; i < 10'000; ++i) {
    batch.signals.push_back(sample_signal(1, i));
    batch.signals.back().instance = std::to_string(i % 5'000);
  }
  ASSERT_EQ(error_of(store.commit(batch)), "");
  size_t right = 0;
  for (const Signal& signal : signals_of(store, "api")) {
    right += signal.instance == std::to_string(signal.at.offset % 5'000);
  }
  EXPECT_EQ(right, 10'000u);
}

TEST(Signals, VisitorsMayReadTheStore) {
  Store store = must_open("");
  ASSERT_TRUE(store.commit({.signals = {sample_signal(1, 1), sample_signal(1, 2)}}));
  size_t seen = 0;
  const Status done = store.each_signal(
      "api", [&](const Signal& signal) { seen += signals_of(store, signal.service).size(); });
  EXPECT_EQ(error_of(done), "");
  EXPECT_EQ(seen, 4u);
}

TEST(Samples, AreThinnedEvenlyWithTheirEnds) {
  Store store = must_open("");
  Batch batch;
  for (uint64_t offset = 0; offset <= 100; ++offset) {
    batch.signals.push_back(sample_signal(1, offset));
    batch.signals.push_back(sample_signal(1, offset));
    batch.signals.back().subject = "heap";
    batch.signals.push_back(sample_signal(2, offset));
    batch.signals.back().instance = "other";
  }
  ASSERT_TRUE(store.commit(batch));
  using Values = std::vector<double>;
  const auto thinned = [&](Time from, Time to, size_t points) {
    return must(store.samples("api", "", "goroutines", from, to, points));
  };
  const Time start = time_from_us(1403639453000000);
  EXPECT_EQ(thinned(kNoTime, kNoTime, 5), (Values{0, 25, 50, 75, 100}));
  EXPECT_EQ(thinned(kNoTime, kNoTime, 1), Values{100});
  EXPECT_EQ(thinned(kNoTime, kNoTime, 0), Values{});
  EXPECT_EQ(thinned(kNoTime, kNoTime, 1'000'000'000).size(), 101u);
  EXPECT_EQ(thinned(start + 10us, start + 12us, 9), (Values{10, 11, 12}));
  EXPECT_EQ(thinned(start + 1h, kNoTime, 9), Values{});
  EXPECT_EQ(must(store.samples("nobody", "", "goroutines", kNoTime, kNoTime, 9)), Values{});
}

TEST(Samples, CourseIsTheHighestOfEachPart) {
  Store store = must_open("");
  const auto sample = [](int64_t time, double value, const std::string& instance) {
    return Signal{.kind = SignalKind::sample,
                  .at = {.stream = 1, .offset = static_cast<uint64_t>(time * 10 + value)},
                  .service = "api",
                  .instance = instance,
                  .time = time_from_us(time),
                  .subject = "rss",
                  .after = value};
  };
  EXPECT_EQ(error_of(store.commit(
                {.signals = {sample(100, 5, "a"), sample(109, 3, "a"), sample(110, NAN, "a"),
                             sample(125, 2, "a"), sample(126, 7, "b"), sample(140, 9, "a"),
                             sample(141, 99, "a")}})),
            "");
  const auto course = [&](const char* instance) {
    return must(store.course("api", instance, "rss", time_from_us(100), time_from_us(140), 4));
  };
  const std::vector<double> all = course(""), one = course("a");
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0], 5);
  EXPECT_TRUE(std::isnan(all[1]));
  EXPECT_EQ(all[2], 7);
  EXPECT_EQ(one[2], 2);
  EXPECT_EQ(all[3], 9);  // the end belongs to the last part
}

TEST(Checkpoints, AreReplacedByKey) {
  Store store = must_open("");
  Checkpoint point{.stream = {.key = ~uint64_t{0},
                              .source = "/var/log/" + kHostile,
                              .path = "/var/log/api.log.1",
                              .format = "go_log",
                              .first_line = ~uint64_t{7},
                              .file = {2049, ~uint64_t{0}, -5, 0xfffffffe},
                              .first = time_from_us(1),
                              .last = kNoTime},
                   .begin = 17,
                   .offset = 1 << 20,
                   .number = 8123,
                   .marker = {1024, 0xffeeddccbbaa9988},
                   .whole = true};
  ASSERT_TRUE(store.commit({.checkpoints = {point, {.stream = {.key = 3}}}}));
  point.offset += 1;
  point.whole = false;
  ASSERT_TRUE(store.commit({.checkpoints = {point}}));
  const std::vector<Checkpoint> stored = must(store.checkpoints());
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_EQ(stored[0].stream.key, 3u);
  const Checkpoint& last = stored[1];
  EXPECT_EQ(last.stream.key, point.stream.key);
  EXPECT_EQ(last.stream.source, point.stream.source);
  EXPECT_EQ(last.stream.path, point.stream.path);
  EXPECT_EQ(last.stream.format, point.stream.format);
  EXPECT_EQ(last.stream.first, point.stream.first);
  EXPECT_EQ(last.stream.last, point.stream.last);
  EXPECT_EQ(last.offset, point.offset);
  EXPECT_EQ(last.number, point.number);
  EXPECT_EQ(last.marker, point.marker);
  EXPECT_EQ(last.begin, point.begin);
  EXPECT_EQ(last.stream.first_line, point.stream.first_line);
  EXPECT_EQ(last.stream.file, point.stream.file);
  EXPECT_FALSE(last.whole);
}

TEST(States, AreReplacedByOwner) {
  Store store = must_open("");
  EXPECT_EQ(must(store.state("sense/api")), std::nullopt);
  ASSERT_TRUE(store.commit({.states = {{"sense/api", "old"}, {"judge/api", ""}}}));
  ASSERT_TRUE(store.commit({.states = {{"sense/api", kHostile}}}));
  EXPECT_EQ(must(store.state("sense/api")), kHostile);
  EXPECT_EQ(must(store.state("judge/api")), "");
}
// What a source would say if no more came gives way to what it says next.
TEST(Signals, ProvisionalOnesAreTakenBackByTheirSource) {
  Store store = must_open("");
  const auto offsets = [&store] {
    std::vector<uint64_t> all;
    EXPECT_TRUE(store.each_signal(sample_signal(1, 0).service,
                                  [&](const Signal& signal) { all.push_back(signal.at.offset); }));
    std::sort(all.begin(), all.end());
    return all;
  };
  ASSERT_TRUE(store.commit(
      {.signals = {sample_signal(1, 10)},
       .provisional = {{"a", {sample_signal(1, 20)}}, {"b", {sample_signal(1, 30)}}}}));
  EXPECT_EQ(offsets(), (std::vector<uint64_t>{10, 20, 30}));
  // The same signal for good, and another one until more comes.
  ASSERT_TRUE(store.commit(
      {.signals = {sample_signal(1, 20)}, .provisional = {{"a", {sample_signal(1, 40)}}}}));
  EXPECT_EQ(offsets(), (std::vector<uint64_t>{10, 20, 30, 40}));
  ASSERT_TRUE(store.commit({.provisional = {{"a", {}}, {"b", {}}}}));
  EXPECT_EQ(offsets(), (std::vector<uint64_t>{10, 20}));
}

Event matched(uint64_t offset, const std::string& seq) {
  Event event;
  event.kind = EventKind::match;
  event.at = {1, offset, 1};
  event.id = event_id(event.at, event.kind, "test.line");
  event.service = "api";
  event.title = "a line";
  event.attributes["seq"] = seq;
  event.evidence.push_back({.signal = "match", .at = event.at, .text = "seq=" + seq});
  return event;
}

TEST(Facts, AreWrittenOnceAndSettlingLeavesThemAlone) {
  Store store = must_open("");
  ASSERT_TRUE(store.commit({.facts = {matched(10, "1"), matched(20, "2")}}));
  const uint64_t seq = must(store.last_seq());
  ASSERT_TRUE(store.commit({.facts = {matched(10, "1"), matched(20, "2")}}));
  EXPECT_EQ(must(store.last_seq()), seq) << "the same bytes, read again, wrote something";
  // A last line that was cut when it was first met.
  ASSERT_TRUE(store.commit({.facts = {matched(20, "22")}}));
  ASSERT_TRUE(store.settle("api", {}, {}));
  const std::vector<Event> events = must(store.events({}));
  ASSERT_EQ(events.size(), 2u);
  const std::vector<Event> news = must(store.events_after(seq, 10));
  ASSERT_EQ(news.size(), 1u);
  EXPECT_EQ(std::get<std::string>(news[0].attributes.at("seq")), "22");
  EXPECT_EQ(news[0].revision, 2u);
  ASSERT_EQ(news[0].evidence.size(), 1u);
  EXPECT_EQ(news[0].evidence[0].text, "seq=22");
}

}  // namespace
}  // namespace blip