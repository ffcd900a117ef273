// Rules of several lines over files: the same events however the bytes are cut, however often they
// are read, and wherever the two lines stand.

#include <gtest/gtest.h>

#include <fstream>

#include "agent/dump.h"
#include "agent/scan.h"
#include "rules/sequence.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
using testing::TempFolder;

constexpr std::string_view kRules = R"(
- id: ssh.guessing
  title: somebody guesses passwords
  regex: 'Failed password for (?P<user>\S+) from (?P<ip>\S+)'
  count: 4
  within: 10m
  by: ip
  match: ['Failed password for root from 1.2.3.4']
  no_match: ['Accepted password for root from 1.2.3.4']
- id: job.hangs
  title: a job does not end
  severity: error
  regex: 'job (?P<job>\d+) begins'
  not_followed_by: 'job (?P<job>\d+) ended'
  within: 30s
  by: job
  match: ['job 7 begins']
  no_match: ['job 7 ended']
)";

const Time kBegin = std::chrono::sys_days(std::chrono::year(2026) / 1 / 5);

std::string stamp(int second) {
  return format_rfc3339(kBegin + std::chrono::seconds(second)) + " ";
}

// Two hours: attacks from a few addresses, jobs of which each tenth hangs, and everyday lines.
std::string auth_log() {
  std::string text;
  for (int i = 0; i < 2400; ++i) {
    text += stamp(3 * i);
    if (i % 7 == 3) {
      text += "Failed password for root from 203.0.113." + std::to_string(i / 7 % 5) + "\n";
    } else {
      text += "session " + std::to_string(i * 7919 % 5000) + " opened\n";
    }
  }
  return text;
}
std::string jobs_log() {
  std::string text;
  for (int i = 0; i < 240; ++i) {
    const std::string job = "job " + std::to_string(i);
    text += stamp(30 * i) + job + " begins\n";
    if (i % 10 != 4) text += stamp(30 * i + 20) + job + " ended\n";
  }
  return text;
}

void write(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

void scan_into(Store& store, const fs::path& folder, size_t chunk) {
  const Result<std::vector<Signature>> rules = read_signatures(kRules, "x.yaml");
  ASSERT_TRUE(rules) << rules.error().text;
  ScanOptions options;
  options.paths = {folder.string()};
  options.chunk = chunk;
  options.rules = *rules;
  const auto scanned = scan(store, options);
  ASSERT_TRUE(scanned) << scanned.error().text;
}

Store open_store(const std::string& path = "") {
  Result<Store> store = Store::open(path, Access::read_write);
  EXPECT_TRUE(store);
  return std::move(*store);
}

std::string dump(const Store& store) {
  std::string text;
  EXPECT_TRUE(write_canonical_dump(store, text));
  return text;
}

std::vector<Event> told(const Store& store, const std::string& rule) {
  Result<std::vector<Event>> events =
      store.events({.kinds = {EventKind::match}, .min_confidence = 0});
  EXPECT_TRUE(events);
  std::erase_if(*events, [&](const Event& event) {
    return std::get<std::string>(event.attributes.at("rule")) != rule;
  });
  return *events;
}

TEST(SequenceRules, TellWhatTheLogsHold) {
  const TempFolder folder;
  write(folder.path() / "auth.log", auth_log());
  write(folder.path() / "jobs.log", jobs_log());
  Store store = open_store();
  scan_into(store, folder.path(), 1 << 18);
  // Each address fails every 105 s: the fourth is 315 s after the first, then it is quiet for 10 m.
  const std::vector<Event> guesses = told(store, "ssh.guessing");
  EXPECT_GE(guesses.size(), 5u * 7);
  for (const Event& event : guesses) {
    EXPECT_EQ(event.service, "auth");
    EXPECT_EQ(event.evidence.size(), 4u);
    EXPECT_EQ(event.severity, Severity::warning);
    EXPECT_GT(event.at.number, 0u);
  }
  const std::vector<Event> hangs = told(store, "job.hangs");
  ASSERT_EQ(hangs.size(), 24u);
  EXPECT_EQ(hangs[0].title, "a job does not end: 4");
  EXPECT_EQ(hangs[0].time, kBegin + 120s);
  EXPECT_EQ(hangs[0].end, kBegin + 150s);
  EXPECT_EQ(hangs[0].severity, Severity::error);
}

TEST(SequenceRules, ChunksAndPiecesChangeNothing) {
  const std::string auth = auth_log(), jobs = jobs_log();
  const TempFolder folder;
  write(folder.path() / "auth.log", auth);
  write(folder.path() / "jobs.log", jobs);
  std::string expected;
  {
    Store store = open_store();
    scan_into(store, folder.path(), 1 << 18);
    expected = dump(store);
    EXPECT_NE(expected.find("job.hangs"), std::string::npos);
  }
  for (const size_t chunk : {1, 7, 4096}) {
    Store store = open_store();
    scan_into(store, folder.path(), chunk);
    EXPECT_EQ(dump(store), expected) << chunk;
  }
  Store store = open_store();
  for (const size_t part : {1, 3, 4, 7, 9, 10, 10}) {
    write(folder.path() / "auth.log", auth.substr(0, auth.size() * part / 10));
    write(folder.path() / "jobs.log", jobs.substr(0, jobs.size() * part / 10));
    scan_into(store, folder.path(), 1 << 16);
  }
  EXPECT_EQ(dump(store), expected);
  for (const Event& event : told(store, "ssh.guessing")) EXPECT_EQ(event.revision, 1u);
}

// The line that ends the wait came in time and was read late: what was told is taken back.
TEST(SequenceRules, ALateReadingTakesBack) {
  const TempFolder folder;
  const std::string begins = stamp(0) + "job 7 begins\n";
  write(folder.path() / "jobs.log", begins);
  write(folder.path() / "web.log", stamp(-5) + "up\n" + stamp(90) + "still up\n");
  Store store = open_store();
  scan_into(store, folder.path(), 1 << 16);
  EXPECT_EQ(told(store, "job.hangs").size(), 1u);
  write(folder.path() / "jobs.log", begins + stamp(20) + "job 7 ended\n");
  scan_into(store, folder.path(), 1 << 16);
  EXPECT_EQ(told(store, "job.hangs").size(), 0u);
}

TEST(SequenceRules, TheEndOfAllLogsIsNoAbsence) {
  const TempFolder folder;
  write(folder.path() / "jobs.log", stamp(0) + "job 7 begins\n" + stamp(30) + "tick\n");
  Store store = open_store();
  scan_into(store, folder.path(), 1 << 16);
  EXPECT_EQ(told(store, "job.hangs").size(), 0u);
}

}  // namespace
}  // namespace blip
