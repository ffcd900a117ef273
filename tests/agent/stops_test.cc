// Several services that are asked to stop at once: whoever asked, no service's own log says why.
//
//   web.log   10:00:57 received SIGTERM, shutting down
//   mail.log  10:00:58 received SIGTERM, shutting down
//   cart.log  10:00:58 received SIGTERM, shutting down

#include "agent/stops.h"

#include <gtest/gtest.h>

#include <fstream>

#include "agent/dump.h"
#include "agent/judging.h"
#include "agent/scan.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
using testing::TempFolder;

const Time kNoon = std::chrono::sys_days(std::chrono::year(2024) / 5 / 1) + std::chrono::hours(12);

// A life of a minute, a stop `late` after noon and a minute of the next life.
std::string log_of(const std::string& name, Micros late) {
  const auto stamp = [](Time time) {
    std::string text = format_rfc3339(time);
    text[10] = ' ';
    return text.substr(0, 19) + " ";
  };
  std::string text;
  const auto live = [&](Time from) {
    text += stamp(from) + name + " 2.4.1 starting\n";
    for (int i = 1; i < 30; ++i) {
      text += stamp(from + std::chrono::seconds(2 * i)) + "served page " +
              std::to_string(i * 7919 % 5000) + "\n";
    }
  };
  live(kNoon + late - 60s);
  text += stamp(kNoon + late) + "received SIGTERM, shutting down\n";
  live(kNoon + late + 2s);
  return text;
}

void scan_into(Store& store, const std::string& folder) {
  ScanOptions options;
  options.paths = {folder};
  ASSERT_TRUE(scan(store, options));
}

// Service -> cause of its one restart; all are planned.
std::map<std::string, std::string> causes_of(const Store& store) {
  EventQuery query;
  query.kinds = {EventKind::restart};
  std::map<std::string, std::string> causes;
  const auto events = store.events(query);
  EXPECT_TRUE(events);
  for (const Event& event : events ? *events : std::vector<Event>{}) {
    EXPECT_EQ(event.planned, std::optional(true)) << event.service;
    EXPECT_TRUE(causes.emplace(event.service, event.cause).second) << event.service;
  }
  return causes;
}

std::map<std::string, std::string> causes_when(const std::map<std::string, Micros>& stops) {
  const TempFolder folder;
  for (const auto& [name, late] : stops) {
    std::ofstream(folder.path() / (name + ".log")) << log_of(name, late);
  }
  Result<Store> store = Store::open("", Access::read_write);
  scan_into(*store, folder.path().string());
  return causes_of(*store);
}

using Causes = std::map<std::string, std::string>;

TEST(Stops, OfThreeServicesAtOnceHaveNoCauseOfTheirOwn) {
  EXPECT_EQ(causes_when({{"web", 0s}, {"mail", 1s}, {"cart", 1s}}),
            (Causes{{"web", "unknown"}, {"mail", "unknown"}, {"cart", "unknown"}}));
}

TEST(Stops, OfTwoServicesAreTheirOwn) {
  EXPECT_EQ(causes_when({{"web", 0s}, {"mail", 1s}}),
            (Causes{{"web", "sigterm"}, {"mail", "sigterm"}}));
}

TEST(Stops, OneAfterTheOtherAreTheirOwn) {
  EXPECT_EQ(causes_when({{"web", 0s}, {"mail", 40s}, {"cart", 80s}}),
            (Causes{{"web", "sigterm"}, {"mail", "sigterm"}, {"cart", "sigterm"}}));
}

// As an agent meets them: whoever was judged before the others' stops were known is judged again.
TEST(Stops, AreTheSameInWhateverOrderTheyAreJudged) {
  const TempFolder folder;
  for (const char* name : {"web", "mail", "cart"}) {
    std::ofstream(folder.path() / (std::string(name) + ".log")) << log_of(name, 0s);
  }
  Result<Store> at_once = Store::open("", Access::read_write);
  scan_into(*at_once, folder.path().string());
  std::string expected, have;
  ASSERT_TRUE(write_canonical_dump(*at_once, expected));
  const Result<Watched> watched = Watched::of(*at_once);
  for (const std::string& first : {std::string("web"), std::string("mail")}) {
    Stops stops;
    Outside outside;
    for (const std::string& name :
         {first, std::string("cart"), std::string("web"), std::string("mail")}) {
      ASSERT_TRUE(judge(*at_once, {name}, *watched, stops, outside));
    }
    have.clear();
    ASSERT_TRUE(write_canonical_dump(*at_once, have));
    EXPECT_EQ(have, expected) << first;
  }
  // And those that the store remembers are not judged anew for nothing.
  Result<Stops> known = Stops::of(*at_once);
  ASSERT_TRUE(known);
  EventQuery query;
  query.kinds = {EventKind::restart};
  query.service = "web";
  const auto events = at_once->events(query);
  ASSERT_TRUE(events);
  EXPECT_TRUE(known->learn("web", *events).empty());
  EXPECT_EQ(known->learn("web", {}), (std::set<std::string>{"cart", "mail"}));
}
}  // namespace
}  // namespace blip
