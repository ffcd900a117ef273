// What the stories hide: their leaks and drifts, found from the logs alone.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "agent/dump.h"
#include "agent/judging.h"
#include "agent/scan.h"
#include "store/store.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
template <class T>
T attribute(const Event& event, std::string_view name) {
  const auto found = event.attributes.find(name);
  return found == event.attributes.end() ? T() : std::get<T>(found->second);
}

// Events of a kind in a story, without series that only say the same under another name.
std::vector<Event> told(const std::string& story, EventKind kind) {
  Result<Store> store = Store::open("", Access::read_write);
  ScanOptions options;
  options.paths = {(testing::stories() / story).string()};
  EXPECT_TRUE(scan(*store, options));
  EventQuery query;
  query.kinds = {kind};
  const auto events = store->events(query);
  std::vector<Event> leading;
  for (const Event& event : events ? *events : std::vector<Event>{}) {
    if (event.attributes.count("follows") == 0) leading.push_back(event);
  }
  return leading;
}

TEST(StoryLeaks, GoroutinesOfBuildAAndNoneLater) {
  for (const char* host : {"web-1", "web-2", "web-3"}) {
    SCOPED_TRACE(host);
    const auto leaks = told(std::string("1-saved-by-the-bug/") + host, EventKind::leak);
    ASSERT_EQ(leaks.size(), 1u);
    EXPECT_EQ(attribute<std::string>(leaks[0], "metric"), "goroutines");
    EXPECT_NEAR(attribute<double>(leaks[0], "slope_per_min"), 132, 7);
    EXPECT_TRUE(attribute<bool>(leaks[0], "masked"));
    EXPECT_TRUE(attribute<bool>(leaks[0], "gone"));
  }
}

TEST(StoryLeaks, DockerdHoldsTheMemoryAndNotAnApp) {
  const auto leaks = told("2-weathering-the-storm", EventKind::leak);
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_EQ(attribute<std::string>(leaks[0], "metric"), "cgroup_memory_bytes docker.service");
  EXPECT_NEAR(attribute<double>(leaks[0], "slope_per_min"), 2'004'318, 100'000);
  EXPECT_TRUE(attribute<bool>(leaks[0], "masked"));
}

TEST(StoryLeaks, TheQueuerAloneAndItsPlannedExitsHideIt) {
  const auto leaks = told("3-off-and-on-again", EventKind::leak);
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_EQ(leaks[0].service, "queuer.1");
  EXPECT_NEAR(attribute<double>(leaks[0], "slope_per_min"), 1.9, 0.1);
  EXPECT_TRUE(attribute<bool>(leaks[0], "masked"));
  EXPECT_EQ(attribute<std::string>(leaks[0], "ended_by"), "schedule");
}

TEST(StoryLeaks, NoneWhereOnlyTheCollectorOfGarbageWorks) {
  EXPECT_EQ(told("4-live-demo", EventKind::leak).size(), 0u);
  EXPECT_EQ(told("4-live-demo", EventKind::drift).size(), 0u);
  EXPECT_EQ(told("5-slow-collector", EventKind::leak).size(), 0u);
}

TEST(StoryDrifts, CollectingGetsSlowerUntilARestart) {
  const auto drifts = told("5-slow-collector", EventKind::drift);
  bool found = false;
  for (const Event& drift : drifts) {
    EXPECT_EQ(drift.service, "collector");
    EXPECT_TRUE(attribute<bool>(drift, "masked"));
    found |= attribute<std::string>(drift, "metric") == "latency of POST /collect" &&
             attribute<double>(drift, "to") > 8000 && attribute<int64_t>(drift, "resets") >= 3;
  }
  EXPECT_TRUE(found);
}

TEST(StorySymptoms, TheBalancerSawMostOfTheSilentRestarts) {
  const testing::TempFolder folder;
  std::filesystem::copy(testing::stories() / "1-saved-by-the-bug/web-1", folder.path(),
                        std::filesystem::copy_options::recursive);
  std::filesystem::copy(testing::stories() / "1-saved-by-the-bug/elb.log", folder.path());
  Result<Store> store = Store::open("", Access::read_write);
  ScanOptions options;
  options.paths = {folder.path().string()};
  ASSERT_TRUE(scan(*store, options));
  EventQuery query;
  query.kinds = {EventKind::symptom};
  const auto events = store->events(query);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1u);
  const Event& event = events->front();
  EXPECT_EQ(event.service, "app");
  EXPECT_EQ(attribute<std::string>(event, "signature"), "elb.no_answer");
  EXPECT_GE(attribute<int64_t>(event, "met"), 20) << event.title;
  EXPECT_LE(attribute<double>(event, "p"), 0.01);
  EXPECT_GE(attribute<double>(event, "lag_s"), -1);
  EXPECT_LE(attribute<double>(event, "lag_s"), 3);
  // As an agent meets them, one after the other, whoever comes first.
  std::string expected, have;
  ASSERT_TRUE(write_canonical_dump(*store, expected));
  const Result<Watched> watched = Watched::of(*store);
  for (const std::vector<std::string>& order :
       {std::vector<std::string>{"elb", "app"}, {"app", "elb"}}) {
    Stops stops;
    Outside outside;
    for (const std::string& name : order) {
      ASSERT_TRUE(judge(*store, {name}, *watched, stops, outside));
      if (name == "app" && order[0] == "app") {
        EXPECT_TRUE(store->events(query)->empty());
      }
    }
    have.clear();
    ASSERT_TRUE(write_canonical_dump(*store, have));
    EXPECT_EQ(have, expected) << order[0];
  }
}

}  // namespace
}  // namespace blip
