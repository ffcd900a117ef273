// What one service may cost in memory, however hostile its log: all that its sensors and its judges
// remember, as they save it.
//
//   2024-05-01T10:00:00Z INFO vexo rilu 41 took 3 ms conns0=12 conns1=40 ... conns79=7

#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <string>

#include "agent/judging.h"
#include "agent/scan.h"
#include "rules/judge/judge.h"
#include "store/store.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
using testing::TempFolder;

constexpr size_t kMost = 2 << 20;  // bytes a service

class Random {
 public:
  uint32_t next() { return (state_ = state_ * 1103515245 + 12345) >> 16 & 0xffff; }
  std::string word() {
    static constexpr const char* kSyllables[] = {"ve", "xo", "ri", "lu", "ma", "to", "ke", "du"};
    std::string text;
    for (int i = 0; i < 4; ++i) text += kSyllables[next() % 8];
    return text;
  }

 private:
  uint32_t state_ = 4711;
};

std::string stamp(int second) {
  return format_rfc3339(Time{} + std::chrono::seconds(1714557600 + second));
}

// Thousands of templates, pids by turns, counters, gauges and latencies without end, restarts.
std::string hostile(int lines) {
  Random random;
  std::string text;
  for (int i = 0; i < lines; ++i) {
    text += stamp(i) + " INFO [" + std::to_string(300 + random.next() % 9) + "] ";
    switch (i % 6) {
      case 0:
        text += random.word() + " " + random.word() + " " + std::to_string(random.next());
        break;
      case 1:
        text += "stats";
        for (int k = 0; k < 12; ++k) {
          text += " " + random.word() + "_conns=" + std::to_string(i + random.next() % 7);
        }
        break;
      case 2:
        text += "ERROR " + random.word() + " failed: " + random.word();
        break;
      case 3:
        text +=
            "GET /" + random.word() + " 200 took " + std::to_string(random.next() % 900) + " ms";
        break;
      case 4:
        text += i % 600 == 4 ? "server starting, version 1.2." + std::to_string(i)
                             : "tick " + random.word();
        break;
      default:
        text += "done " + std::to_string(i) + " of " + std::to_string(i * 3);
        break;
    }
    text += '\n';
  }
  return text;
}

// One that is as most are: a few templates, two gauges, a restart in six hours.
std::string usual(int lines) {
  Random random;
  std::string text;
  for (int i = 0; i < lines; ++i) {
    text += stamp(10 * i) + " INFO [" + std::to_string(300 + i / 2160) + "] ";
    if (i % 2160 == 0)
      text += "server starting";
    else if (i % 6 == 0)
      text += "stats rss_mb=" + std::to_string(90 + i % 2160 / 9) +
              " conns=" + std::to_string(random.next() % 40) +
              " served=" + std::to_string(i % 2160);
    else
      text += "GET /order/" + std::to_string(random.next()) + " 200 took " +
              std::to_string(random.next() % 90) + " ms";
    text += '\n';
  }
  return text;
}

struct Sizes {
  size_t sensors = 0, judges = 0;
};

Sizes sizes_of(const std::string& text) {
  const TempFolder folder;
  const std::string path = (folder.path() / "app.log").string();
  std::ofstream(path, std::ios::binary) << text;
  Result<Store> store = Store::open("", Access::read_write);
  ScanOptions options;
  options.paths = {path};
  EXPECT_TRUE(scan(*store, options));
  Sizes sizes;
  const auto state = store->state("sense:" + path);
  EXPECT_TRUE(state && *state);
  if (state && *state) sizes.sensors = (*state)->size();
  const auto services = store->services();
  EXPECT_TRUE(services);
  for (const std::string& service : *services) {
    Bench bench(service);
    EXPECT_TRUE(store->each_signal(service, [&](const Signal& signal) { bench.weigh(signal); }));
    sizes.judges = std::max(sizes.judges, bench.save().size());
  }
  return sizes;
}

TEST(Bounds, AUsualServiceOfAMonth) {
  const Sizes sizes = sizes_of(usual(30 * 8640));
  EXPECT_LE(sizes.sensors, kMost);
  EXPECT_LE(sizes.judges, kMost);
}

TEST(Bounds, AHostileService) {
  const Sizes sizes = sizes_of(hostile(120'000));
  EXPECT_LE(sizes.sensors, kMost);
  EXPECT_LE(sizes.judges, kMost);
}

// Busy as a server is: ten lines a second for eight hours. In time of the processor, so that others
// on the machine do not matter.
TEST(Bounds, JudgingIsATenthOfAScanAtMost) {
  std::string text;
  Random random;
  for (int i = 0; i < 300'000; ++i) {
    text += stamp(i / 10) + " INFO [" + std::to_string(300 + i / 75'000) + "] ";
    if (i % 75'000 == 0)
      text += "server starting";
    else if (i % 600 == 0)
      text += "stats rss_mb=" + std::to_string(90 + i % 75'000 / 900) +
              " served=" + std::to_string(i % 75'000);
    else
      text += "GET /order/" + std::to_string(random.next()) + " 200 took " +
              std::to_string(random.next() % 90) + " ms";
    text += '\n';
  }
  const TempFolder folder;
  const std::string path = (folder.path() / "app.log").string();
  std::ofstream(path, std::ios::binary) << text;
  Result<Store> store = Store::open("", Access::read_write);
  ScanOptions options;
  options.paths = {path};
  const std::clock_t begun = std::clock();
  ASSERT_TRUE(scan(*store, options));
  const std::clock_t scanned = std::clock();
  ASSERT_TRUE(judge_all(*store));
  const std::clock_t judged = std::clock();
  EXPECT_LE(10 * (judged - scanned), scanned - begun);
}
}  // namespace
}  // namespace blip
