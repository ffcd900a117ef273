// What charts read: few points with every peak among them, and counts.

#include <algorithm>

#include "tests/store/support.h"

namespace blip {
namespace {
const Time kBegin = time_from_us(1403639453000000);

Signal sample(uint64_t offset, Time time, double value, const char* instance = "") {
  Signal signal;
  signal.kind = SignalKind::sample;
  signal.at = {.stream = 7, .offset = offset, .number = offset};
  signal.service = "api";
  signal.instance = instance;
  signal.time = time;
  signal.subject = "rss";
  signal.after = value;
  return signal;
}

class Outline : public testing::Test {
 protected:
  Scratch scratch;
  Store store = must_open(scratch.file("blip.db"));
};

TEST_F(Outline, KeepsEveryPeakAndFallInFewPoints) {
  Batch batch;
  for (uint64_t i = 0; i < 10'000; ++i) {
    const double value = i == 4321 ? 900 : i == 7777 ? -5 : static_cast<double>(i % 1000) / 10;
    batch.signals.push_back(sample(i, kBegin + std::chrono::seconds(i), value));
  }
  ASSERT_EQ(error_of(store.commit(batch)), "");
  const auto points =
      must(store.outline("api", "rss", batch.signals.front().at, kBegin, kBegin + 10'000s, 50));
  EXPECT_LE(points.size(), 100u);
  EXPECT_GE(points.size(), 50u);
  EXPECT_TRUE(std::is_sorted(points.begin(), points.end(),
                             [](const auto& a, const auto& b) { return a.time < b.time; }));
  const auto has_point = [&points](uint64_t second, double value) {
    return std::any_of(points.begin(), points.end(), [&](const SamplePoint& point) {
      return point.time == kBegin + std::chrono::seconds(second) && point.value == value;
    });
  };
  EXPECT_TRUE(has_point(4321, 900));
  EXPECT_TRUE(has_point(7777, -5));
  EXPECT_TRUE(has_point(2999, 99.9) && has_point(3000, 0));  // the fall between two teeth
}

TEST_F(Outline, IsOfTheSeriesThatBeginsAtTheHead) {
  Batch batch;
  batch.signals = {sample(1, kBegin, 10, "a"), sample(2, kBegin + 1s, 20, "b"),
                   sample(3, kBegin + 2s, 11, "a"), sample(4, kBegin + 3s, 21, "b")};
  ASSERT_EQ(error_of(store.commit(batch)), "");
  const auto values = [&](const Anchor& head) {
    std::vector<double> out;
    for (const SamplePoint& point :
         must(store.outline("api", "rss", head, kBegin, kBegin + 9s, 9))) {
      out.push_back(point.value);
    }
    return out;
  };
  EXPECT_EQ(values(batch.signals[0].at), (std::vector<double>{10, 11}));
  EXPECT_EQ(values(batch.signals[1].at), (std::vector<double>{20, 21}));
  EXPECT_EQ(values({.stream = 99}), (std::vector<double>{10, 11}));  // the head is gone
  EXPECT_TRUE(must(store.outline("api", "cgo", {}, kBegin, kBegin + 9s, 9)).empty());
  EXPECT_TRUE(must(store.outline("api", "rss", {}, kNoTime, kBegin, 9)).empty());
  EXPECT_TRUE(must(store.outline("api", "rss", {}, kBegin, kBegin + 9s, 0)).empty());
}

TEST_F(Outline, CountsSignalsOfTheKindsByParts) {
  Batch batch;
  for (uint64_t i = 0; i < 10; ++i) {
    Signal signal = sample(i, kBegin + std::chrono::seconds(i), 1);
    signal.kind = i % 2 == 0 ? SignalKind::symptom : SignalKind::progress;
    batch.signals.push_back(signal);
  }
  ASSERT_EQ(error_of(store.commit(batch)), "");
  const auto counts = [&](std::vector<SignalKind> kinds, Time to) {
    return must(store.signal_counts("api", kinds, kBegin, to, 2));
  };
  EXPECT_EQ(counts({SignalKind::symptom}, kBegin + 10s), (std::vector<uint64_t>{3, 2}));
  EXPECT_EQ(counts({SignalKind::symptom, SignalKind::progress}, kBegin + 10s),
            (std::vector<uint64_t>{5, 5}));
  EXPECT_EQ(counts({SignalKind::symptom}, kBegin + 8s), (std::vector<uint64_t>{2, 2}));
  EXPECT_EQ(counts({}, kBegin + 10s), (std::vector<uint64_t>{0, 0}));
  EXPECT_EQ(counts({SignalKind::symptom}, kBegin), (std::vector<uint64_t>{0, 0}));
}
}  // namespace
}  // namespace blip
