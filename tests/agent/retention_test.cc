// An agent forgets a little at a time: not at its start, then every few hours.

#include "agent/retention.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "store/store.h"

namespace blip {
namespace {
constexpr Time kNow{1'403'568'000s};

class RetentionTest : public testing::Test {
 protected:
  RetentionTest() {
    std::string name = (std::filesystem::temp_directory_path() / "blip-keep-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    path_ = folder_ + "/blip.db";
    Result<Store> opened = Store::open(path_, Access::read_write);
    if (!opened) std::abort();
    Batch batch;
    for (int day = 0; day < 100; ++day) {
      for (uint64_t n = 0; n < 50; ++n) {
        batch.signals.push_back({.at = {.stream = 1, .offset = static_cast<uint64_t>(day) * 50 + n},
                                 .service = "api",
                                 .time = kNow - std::chrono::hours(24 * day)});
      }
    }
    EXPECT_TRUE(opened->commit(batch));
  }
  ~RetentionTest() override { std::filesystem::remove_all(folder_); }

  size_t signals() {
    Result<Store> store = Store::open(path_, Access::read_only);
    if (!store) std::abort();
    size_t count = 0;
    EXPECT_TRUE(store->each_signal("api", [&count](const Signal&) { ++count; }));
    return count;
  }

  std::string folder_, path_;
};

TEST_F(RetentionTest, ForgetsWhatIsOlderThanItKeeps) {
  const Retention::Clock::time_point begin{};
  Retention retention(path_, {.keep = std::chrono::hours(24 * 30)}, begin);
  ASSERT_TRUE(retention.tick(begin + 59min, kNow));
  EXPECT_EQ(signals(), 5'000u);
  std::optional<Pruned> told;
  for (int second = 0; second < 500 && !told; ++second) {
    const auto ticked = retention.tick(begin + 1h + std::chrono::seconds(second), kNow);
    ASSERT_TRUE(ticked);
    told = *ticked;
  }
  ASSERT_TRUE(told);
  EXPECT_EQ(told->signals, 50u * 69);  // days 31 to 99
  EXPECT_EQ(signals(), 50u * 31);
  // Nothing more to forget, and nothing said of it, until the days go on.
  for (int hours = 2; hours < 13; ++hours) {
    const auto ticked = retention.tick(begin + std::chrono::hours(hours), kNow);
    ASSERT_TRUE(ticked);
    EXPECT_FALSE(*ticked);
  }
  const auto next = retention.tick(begin + 48h, kNow + 24h);
  ASSERT_TRUE(next);
  EXPECT_EQ(signals(), 50u * 30);
}

TEST_F(RetentionTest, KeepsAllWithoutLimits) {
  Retention retention(path_, {}, {});
  ASSERT_TRUE(retention.tick(Retention::Clock::time_point{} + 1000h, kNow + 10'000h));
  EXPECT_EQ(signals(), 5'000u);
}

TEST_F(RetentionTest, TellsWhatWentWrongAndTriesAgain) {
  Retention retention(folder_ + "/none/blip.db", {.keep = std::chrono::hours(1)}, {});
  const Retention::Clock::time_point begin{};
  EXPECT_FALSE(retention.tick(begin + 1h, kNow));
  EXPECT_TRUE(retention.tick(begin + 2h, kNow));  // not yet
  EXPECT_FALSE(retention.tick(begin + 7h, kNow));
}
}  // namespace
}  // namespace blip
