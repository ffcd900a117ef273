// A minute of nine containers under a real dockerd: docker/events.ndjson is what it told, and
// docker/json-file/ what its log driver wrote. The containers themselves counted their starts.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "agent/scan.h"
#include "store/store.h"
#include "tests/support/stories.h"

namespace blip {
namespace {

struct Count {
  int automatic = 0, planned = 0;  // restarts
  int crashes = 0;
  std::string cause;  // of all its automatic restarts, or "several"
  bool operator==(const Count&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Count& count) {
  return out << count.automatic << " automatic (" << count.cause << "), " << count.planned
             << " planned, " << count.crashes << " crashes";
}

std::map<std::string, Count> counts_of(const std::vector<std::string>& paths) {
  Result<Store> store = Store::open("", Access::read_write);
  EXPECT_TRUE(store);
  ScanOptions options;
  for (const std::string& path : paths) {
    options.paths.push_back(std::string(BLIP_SOURCE_DIR) + "/tests/agent/docker/" + path);
  }
  EXPECT_TRUE(scan(*store, options));
  EventQuery query;
  query.kinds = {EventKind::restart, EventKind::crash};
  std::map<std::string, Count> counts;
  const Result<std::vector<Event>> events = store->events(query);
  EXPECT_TRUE(events);
  for (const Event& event : *events) {
    if (event.confidence < 0.5) continue;
    Count& count = counts[event.service];
    if (event.kind == EventKind::crash) {
      ++count.crashes;
    } else if (event.planned == std::optional(true)) {
      ++count.planned;
    } else {
      ++count.automatic;
      count.cause = count.cause.empty() || count.cause == event.cause ? event.cause : "several";
    }
  }
  return counts;
}

TEST(Docker, EventsTellEachRestartAndWhoWantedIt) {
  const std::map<std::string, Count> expected = {
      {"crashloop", {9, 0, 10, "exit2"}},
      {"slowcrash", {4, 0, 4, "exit2"}},
      {"onfail", {3, 0, 4, "exit1"}},
      {"exit0", {4, 0, 0, "exit0"}},
      {"oom1", {8, 0, 8, "oom"}},
      {"oomchild", {0, 0, 13, ""}},  // children of a process that lives on: masked
      {"hostkill", {1, 0, 1, "kill9"}},
      {"manual", {0, 2, 0, ""}},
  };
  EXPECT_EQ(counts_of({"events.ndjson"}), expected);
}

TEST(Docker, LogsAddTheirLastWords) {
  const std::map<std::string, Count> expected = {
      {"crashloop", {9, 0, 10, "panic"}},
      {"slowcrash", {4, 0, 4, "oom"}},  // Go's own: out of memory
      {"onfail", {3, 0, 4, "exit1"}},
      {"exit0", {4, 0, 0, "exit0"}},
      {"oom1", {8, 0, 8, "oom"}},
      {"oomchild", {0, 0, 13, ""}},
      {"hostkill", {1, 0, 1, "kill9"}},
      {"manual", {0, 2, 0, ""}},
  };
  EXPECT_EQ(counts_of({"events.ndjson", "json-file"}), expected);
}

TEST(Docker, LogsAloneTellThoseThatSaySomething) {
  const std::map<std::string, Count> counts = counts_of({"json-file"});
  ASSERT_EQ(counts.count("crashloop"), 1u);
  ASSERT_EQ(counts.count("slowcrash"), 1u);
  EXPECT_EQ(counts.at("crashloop").automatic, 9);
  EXPECT_EQ(counts.at("slowcrash").automatic, 4);
  EXPECT_EQ(counts.count("health"), 0u);
}

// In the driver's own words it is a loss; in a program's it is a line like any other.
TEST(Docker, WhatTheDriverDroppedIsALoss) {
  const testing::TempFolder folder;
  std::ofstream(folder.path() / "c4bd.log")
      << R"({"log":"work 1\n","stream":"stdout","attrs":{"blip.service":"api"},"time":"2026-11-20T17:06:30.1Z"}
{"blip":"lost","lines":12,"bytes":3400,"attrs":{"blip.service":"api"},"time":"2026-11-20T17:06:30.5Z"}
{"log":"{\"blip\":\"lost\",\"lines\":7,\"bytes\":9,\"time\":\"2026-11-20T17:06:30.5Z\"}\n","stream":"stdout","attrs":{"blip.service":"api"},"time":"2026-11-20T17:06:31Z"}
)";
  Result<Store> store = Store::open("", Access::read_write);
  ScanOptions options;
  options.paths = {folder.path().string()};
  ASSERT_TRUE(scan(*store, options));
  EventQuery query;
  query.kinds = {EventKind::loss};
  const auto events = store->events(query);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front().service, "api");
  EXPECT_EQ(events->front().cause, "dropped");
  EXPECT_EQ(std::get<int64_t>(events->front().attributes.at("lines")), 12);
}

}  // namespace
}  // namespace blip
