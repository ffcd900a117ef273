// From the journal to events: what systemd says of units by id, and a host that lost its power.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "agent/scan.h"
#include "store/store.h"
#include "tailer/journal.h"
#include "tests/support/journal.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
using testing::TempFolder;

std::vector<Event> events_of(const std::string& spooled) {
  const TempFolder folder;
  std::ofstream(folder.path() / "journal.log", std::ios::binary) << spooled;
  Result<Store> store = Store::open("", Access::read_write);
  ScanOptions options;
  options.paths = {folder.path().string()};
  EXPECT_TRUE(scan(*store, options));
  const auto events = store->events({});
  EXPECT_TRUE(events);
  return events ? *events : std::vector<Event>{};
}

std::vector<Event> of_kind(const std::vector<Event>& all, EventKind kind,
                           const std::string& service) {
  std::vector<Event> found;
  for (const Event& event : all) {
    if (event.kind == kind && event.service == service) found.push_back(event);
  }
  return found;
}

// The lines that a spool would hold; texts need no escaping.
class Spool {
 public:
  void line(const std::string& message, const std::string& fields) {
    now_us_ += 1'500'000;
    text_ += "{\"__CURSOR\":\"s=6f;i=1\",\"__REALTIME_TIMESTAMP\":\"" + std::to_string(now_us_) +
             "\",\"_BOOT_ID\":\"11111111111111111111111111111111\"," + fields + ",\"MESSAGE\":\"" +
             message + "\"}\n";
  }
  void said(const std::string& unit, int pid, const std::string& message) {
    line(message, "\"_TRANSPORT\":\"stdout\",\"SYSLOG_IDENTIFIER\":\"node\",\"_PID\":\"" +
                      std::to_string(pid) + "\",\"_SYSTEMD_UNIT\":\"" + unit + "\"");
  }
  void manager(const std::string& unit, const std::string& id, const std::string& message,
               const std::string& more = {}) {
    line(message,
         "\"_TRANSPORT\":\"journal\",\"SYSLOG_IDENTIFIER\":\"systemd\",\"_PID\":\"1\","
         "\"_SYSTEMD_UNIT\":\"init.scope\",\"UNIT\":\"" +
             unit + "\",\"MESSAGE_ID\":\"" + id + "\"" + more);
  }
  void work(const std::string& unit, int pid, int lines) {
    for (int i = 0; i < lines; ++i)
      said(unit, pid, "served order " + std::to_string(i * 7919 % 9973));
  }
  const std::string& text() const { return text_; }

 private:
  int64_t now_us_ = 1'710'144'902'000'000;
  std::string text_;
};

// systemd tells of units by their descriptions, as it does by default; the ids and UNIT= name them.
TEST(JournalScan, KnowsWhoseJobADescriptionIs) {
  Spool spool;
  spool.work("orders.service", 811, 300);
  spool.manager("orders.service", "de5b426a63be47a7b6ac3eaac82e2f6f", "Stopping Order Desk...");
  spool.manager("orders.service", "7ad2d189f7e94e70a38c781354912448",
                "orders.service: Deactivated successfully.");
  spool.manager("orders.service", "9d1aaa27d60140bd96365438aad20286", "Stopped Order Desk.");
  spool.manager("orders.service", "7d4958e842da4a758f6c1cdc7b36dcc5", "Starting Order Desk...");
  spool.manager("orders.service", "39f53479d3a045ac8e11786248231fbf", "Started Order Desk.");
  spool.work("orders.service", 902, 300);
  spool.line("Process 902 (node) of user 998 dumped core.",
             "\"SYSLOG_IDENTIFIER\":\"systemd-coredump\",\"_PID\":\"990\",\"_SYSTEMD_UNIT\":"
             "\"systemd-coredump@0-988-0.service\",\"COREDUMP_UNIT\":\"orders.service\","
             "\"MESSAGE_ID\":\"fc2e22bc6ee647b6b90729ab34a250b1\"");
  spool.manager("orders.service", "98e322203f7a4ed290d09fe03c09fe15",
                "orders.service: Main process exited, code=dumped, status=6/ABRT",
                ",\"EXIT_CODE\":\"dumped\",\"EXIT_STATUS\":\"6\"");
  spool.manager("orders.service", "d9b373ed55a64feb8242e02dbe79a49c",
                "orders.service: Failed with result 'core-dump'.");
  spool.manager("orders.service", "5eb03494b6584870a536b337290809b3",
                "orders.service: Scheduled restart job, restart counter is at 1.");
  spool.manager("orders.service", "39f53479d3a045ac8e11786248231fbf", "Started Order Desk.");
  spool.work("orders.service", 1004, 300);

  const std::vector<Event> all = events_of(spool.text());
  const std::vector<Event> restarts = of_kind(all, EventKind::restart, "orders");
  ASSERT_EQ(restarts.size(), 2u);
  EXPECT_EQ(restarts[0].planned, true);
  EXPECT_NE(restarts[1].planned, true);
  EXPECT_EQ(restarts[1].cause, "abort");
  EXPECT_TRUE(restarts[1].explicit_);
  for (const Event& event : all) EXPECT_NE(event.service, "node") << event.title;
}

// What else an entry holds is no message: here a command line with the words of a rule.
TEST(JournalScan, LooksForKnownLinesInMessagesOnly) {
  const std::string words = "Process 902 (node) of user 998 dumped core.";
  Spool command, message;
  for (Spool* const spool : {&command, &message}) spool->work("orders.service", 811, 40);
  command.line("who crashed", "\"_PID\":\"90\",\"_CMDLINE\":\"grep " + words + "\"");
  message.line(words, "\"_PID\":\"90\",\"SYSLOG_IDENTIFIER\":\"systemd-coredump\"");
  EXPECT_EQ(of_kind(events_of(message.text()), EventKind::crash, "node").size(), 1u);
  EXPECT_EQ(of_kind(events_of(command.text()), EventKind::crash, "node").size(), 0u);
}

TEST(JournalScan, TellsOfTheRebootAndTheRestartsUnderIt) {
  if (!have_journal_tool()) GTEST_SKIP() << kJournalTool << " is not installed";
  const TempFolder folder;
  write_two_boots(folder.path().string());
  Result<Journal> journal =
      Journal::open({.folder = folder.path().string(), .backfill = std::chrono::hours(24 * 365)});
  if (!journal && journal.error().text.find("libsystemd") != std::string::npos) {
    GTEST_SKIP() << journal.error().text;
  }
  ASSERT_TRUE(journal) << journal.error().text;
  ASSERT_TRUE(journal->go_on_after("", time_from_us(1'710'160'000'000'000)));
  std::string spooled;
  for (Result<bool> more = true; *more;) {
    more = journal->read(64 << 10, spooled);
    ASSERT_TRUE(more) << more.error().text;
  }

  const std::vector<Event> all = events_of(spooled);
  const std::vector<Event> reboots = of_kind(all, EventKind::host_reboot, "host");
  ASSERT_EQ(reboots.size(), 1u);
  EXPECT_EQ(reboots[0].planned, false);
  EXPECT_EQ(std::get<bool>(reboots[0].attributes.at("clean")), false);
  for (const char* const service : {"orders", "feed"}) {
    const std::vector<Event> restarts = of_kind(all, EventKind::restart, service);
    ASSERT_EQ(restarts.size(), 1u) << service;
    EXPECT_EQ(restarts[0].cause, "reboot");
    EXPECT_GT(restarts[0].time, reboots[0].time);
    EXPECT_LT(restarts[0].time - reboots[0].time, 60s);
  }
}

}  // namespace
}  // namespace blip
