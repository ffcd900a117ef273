// A restart that `blip mark` announced is planned; the same one unannounced is not.

#include "store/marks.h"

#include <gtest/gtest.h>

#include <fstream>

#include "agent/scan.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
using testing::TempFolder;

void write_log(const fs::path& path) {
  std::ofstream log(path);
  const auto line = [&log](int second, const std::string& text) {
    char stamp[40];
    snprintf(stamp, sizeof stamp, "2026-01-02T03:%02d:%02d.000Z ", second / 60, second % 60);
    log << stamp << "web-3 " << text << "\n";
  };
  for (int i = 0; i < 300; i += 5)
    line(i, "api[100]: GET /orders took " + std::to_string(i) + " ms");
  line(301, "systemd[1]: api.service: Main process exited, code=killed, status=9/KILL");
  line(302, "systemd[1]: api.service: Scheduled restart job, restart counter is at 1.");
  line(302, "systemd[1]: Started api.service - Orders.");
  for (int i = 303; i < 600; i += 5) {
    line(i, "api[200]: GET /orders took " + std::to_string(i) + " ms");
  }
}

std::vector<Event> restarts(const fs::path& folder, const std::optional<Mark>& mark) {
  const std::string db = (folder / "blip.db").string();
  Result<Store> store = Store::open(db, Access::read_write);
  EXPECT_TRUE(store);
  if (mark) {
    EXPECT_TRUE(add_mark(db, *mark));
  }
  ScanOptions options;
  options.paths = {(folder / "syslog").string()};
  EXPECT_TRUE(scan(*store, options));
  Result<std::vector<Event>> events = store->events({.kinds = {EventKind::restart}});
  EXPECT_TRUE(events);
  return *events;
}

Time at(int second) {
  return Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 2)) + std::chrono::hours(3) +
         std::chrono::seconds(second);
}

TEST(Marks, MakeTheRestartsTheyCoverPlanned) {
  for (const bool announced : {false, true}) {
    const TempFolder folder;
    write_log(folder.path() / "syslog");
    std::optional<Mark> mark;
    if (announced) mark = Mark{"ap*", "deploy 1.4.2", at(240), at(840)};
    const std::vector<Event> events = restarts(folder.path(), mark);
    ASSERT_EQ(events.size(), 1u);
    const Event& restart = events[0];
    EXPECT_EQ(restart.planned == std::optional(true), announced);
    EXPECT_EQ(restart.title.find("deploy 1.4.2") != std::string::npos, announced);
    EXPECT_EQ(restart.evidence.back().signal == "mark", announced);
  }
}

TEST(Marks, ThatAreOverOrForOthersChangeNothing) {
  for (const Mark& mark :
       {Mark{"api", "early", at(0), at(200)}, Mark{"web", "other", at(0), at(900)}}) {
    const TempFolder folder;
    write_log(folder.path() / "syslog");
    const std::vector<Event> events = restarts(folder.path(), mark);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_NE(events[0].planned, std::optional(true)) << mark.text;
  }
}
}  // namespace
}  // namespace blip
