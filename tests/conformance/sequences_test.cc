// Rules of several lines under a real agent: at the end the same events as a scan tells, though the
// logs grew in pieces and the agent was killed meanwhile; and while it runs, what stays away is
// told as soon as the logs went on past its time.

#include <random>

#include "agent/dump.h"
#include "agent/scan.h"
#include "tests/conformance/support.h"

namespace blip::conformance {
namespace {
constexpr const char* kSequences = R"(- id: test.many
  title: many of one writer
  regex: 'failure of (?P<who>\w+)'
  count: 5
  within: 1m
  by: who
  match: ['failure of a']
  no_match: ['failure']
- id: test.pair
  title: one after another
  regex: 'failure of (?P<who>\w+)'
  followed_by: 'recovery of (?P<who>\w+)'
  within: 20s
  by: who
  match: ['failure of a']
  no_match: ['failure']
- id: test.missing
  title: one that stays away
  regex: 'work (?P<n>\d+) begins'
  not_followed_by: 'work (?P<n>\d+) ends'
  within: 30s
  by: n
  match: ['work 7 begins']
  no_match: ['work 7 ends']
)";

const Time kBegin = std::chrono::sys_days(std::chrono::year(2026) / 1 / 5);

std::string line(int second, const std::string& text) {
  return format_rfc3339(kBegin + std::chrono::seconds(second)) + " " + text + "\n";
}

// What scans and agents leave behind, without the paths, which differ.
std::string events_of(const std::string& db) {
  Result<Store> store = Store::open(db, Access::read_only);
  if (!store) return store.error().text;
  std::string text;
  EXPECT_TRUE(write_canonical_dump(*store, text));
  return text;
}

TEST(Sequences, AKilledAgentTellsWhatAScanTells) {
  std::mt19937 random(5);
  std::string app, work;
  for (int i = 0; i < 3000; ++i) {
    const std::string who(1, static_cast<char>('a' + random() % 4));
    const uint32_t what = random() % 10;
    app += line(2 * i, what < 3 ? "failure of " + who : what == 3 ? "recovery of " + who : "fine");
    if (i % 20 == 0) work += line(2 * i, "work " + std::to_string(i) + " begins");
    if (i % 20 == 10 && what != 0) {
      work += line(2 * i, "work " + std::to_string(i - 10) + " ends");
    }
  }
  Site site;
  std::ofstream(site.folder() / "rule.yaml") << kSequences;
  Writer app_writer("app", site.file("app.log")), work_writer("work", site.file("work.log"));
  site.start();
  constexpr size_t kPieces = 24;
  for (size_t piece = 0, app_at = 0, work_at = 0; piece < kPieces; ++piece) {
    const auto until = [&](const std::string& text) {
      return piece + 1 == kPieces ? text.size()
                                  : std::min(text.size(), text.size() * (piece + 1) / kPieces + 17);
    };
    app_writer.raw(std::string_view(app).substr(app_at, until(app) - app_at));
    work_writer.raw(std::string_view(work).substr(work_at, until(work) - work_at));
    app_at = until(app);
    work_at = until(work);
    pause(static_cast<int>(random() % 120));
    if (piece % 4 != 3) continue;
    site.kill();
    site.start();
  }
  site.wait_until_following();
  uint64_t read = 0;
  for (int i = 0; i < 1000 && read < app.size() + work.size(); ++i) {
    site.query("SELECT sum(offset) FROM streams", [&](sqlite3_stmt* row) {
      read = static_cast<uint64_t>(sqlite3_column_int64(row, 0));
    });
    pause(10);
  }
  site.stop();

  const std::string scanned = (site.folder() / "scan.db").string();
  {
    Result<Store> store = Store::open(scanned, Access::read_write);
    ASSERT_TRUE(store);
    ScanOptions options;
    options.paths = {site.logs().string()};
    options.rules = *read_signatures(kSequences, "x.yaml");
    ASSERT_TRUE(scan(*store, options));
  }
  const std::string expected = events_of(scanned);
  for (const char* rule : {"test.many", "test.pair", "test.missing"}) {
    EXPECT_NE(expected.find(rule), std::string::npos) << rule;
  }
  EXPECT_EQ(events_of(site.db()), expected) << site.log_text();
  EXPECT_EQ(site.count("kind = 'match' AND revision > 1"), 0u) << "told twice";
}

TEST(Sequences, WhatStaysAwayIsToldWhenTheLogsGoOn) {
  Site site;
  std::ofstream(site.folder() / "rule.yaml") << kSequences;
  Writer work("work", site.file("work.log")), other("web", site.file("web.log"));
  other.raw(line(0, "up"));
  site.start();
  site.wait_until_following();
  work.raw(line(5, "work 1 begins"));
  other.raw(line(34, "still up"));
  pause(1500);
  EXPECT_EQ(site.matches(), 0u) << "it could still come";
  other.raw(line(40, "still up"));
  EXPECT_TRUE(site.wait_for(1)) << site.log_text();
  // Another wait that ends soon after the first was asked about.
  work.raw(line(41, "work 2 begins"));
  pause(1500);
  other.raw(line(75, "still up"));
  EXPECT_TRUE(site.wait_for(2)) << site.log_text();
  site.stop();
}

}  // namespace
}  // namespace blip::conformance
