// Replay equality: the same bytes give the same events, however they are cut and however often they
// are met. What is compared is the canonical dump.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "agent/dump.h"
#include "agent/scan.h"
#include "store/store.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
using testing::TempFolder;

ScanReport scan_into(Store& store, const std::string& path, size_t chunk) {
  ScanOptions options;
  options.paths = {path};
  options.chunk = chunk;
  Result<ScanReport> report = scan(store, options);
  EXPECT_TRUE(report) << report.error().text;
  return report ? *report : ScanReport{};
}

Store open_store(const std::string& path) {
  Result<Store> store = Store::open(path, Access::read_write);
  EXPECT_TRUE(store) << store.error().text;
  return std::move(*store);
}

std::string dump(const Store& store) {
  std::string text;
  const Status done = write_canonical_dump(store, text);
  EXPECT_TRUE(done) << done.error().text;
  return text;
}

std::string dump_of_scan(const std::string& path, size_t chunk) {
  Store store = open_store("");
  scan_into(store, path, chunk);
  return dump(store);
}

// Reading byte by byte takes a while: the smaller logs serve for that.
uint64_t bytes_under(const fs::path& folder) {
  uint64_t sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) sum += entry.file_size();
  }
  return sum;
}

TEST(Replay, ChunkSizesChangeNothing) {
  for (const std::string& host : testing::story_hosts()) {
    SCOPED_TRACE(host);
    const std::string expected = dump_of_scan(host, 1 << 20);
    EXPECT_NE(expected, "") << "a story without events";
    EXPECT_EQ(dump_of_scan(host, 64 * 1024), expected);
    if (bytes_under(host) > 4'000'000) continue;
    EXPECT_EQ(dump_of_scan(host, 7), expected);
    EXPECT_EQ(dump_of_scan(host, 1), expected);
  }
}

TEST(Replay, ScanningTwiceLeavesTheDatabaseEqual) {
  const TempFolder folder;
  const std::string file = (folder.path() / "blip.db").string();
  Store store = open_store(file);
  for (const std::string& host : testing::story_hosts()) scan_into(store, host, 1 << 18);
  const std::string once = dump(store);
  EventQuery all;
  all.min_confidence = 0;
  const auto before = store.events(all);
  ASSERT_TRUE(before);
  for (const std::string& host : testing::story_hosts()) {
    const ScanReport again = scan_into(store, host, 1 << 18);
    EXPECT_EQ(again.lines, 0u) << "read again what was known: " << host;
  }
  EXPECT_EQ(dump(store), once);
  const auto after = store.events(all);
  ASSERT_TRUE(after);
  ASSERT_EQ(after->size(), before->size());
  for (size_t i = 0; i < after->size(); ++i) EXPECT_EQ((*after)[i].revision, (*before)[i].revision);
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// A log that grows between two scans: cut at any byte, the second scan goes on where the first
// stood.
TEST(Replay, GrowingLogsGoOnWhereTheyStood) {
  const fs::path story = testing::stories() / "1-saved-by-the-bug" / "web-1";
  const std::string whole = read_file(story / "app.log");
  ASSERT_GT(whole.size(), 100'000u);
  const auto mtime = fs::last_write_time(story / "app.log");
  const TempFolder folder;
  const fs::path log = folder.path() / "app.log";
  const auto write = [&](size_t size) {
    std::ofstream(log, std::ios::binary) << whole.substr(0, size);
    fs::last_write_time(log, mtime);
  };
  write(whole.size());
  const std::string expected = dump_of_scan(folder.path().string(), 1 << 18);
  EXPECT_NE(expected.find("restart"), std::string::npos);
  for (const size_t cut : {size_t{1}, whole.size() / 3 + 11, whole.size() / 2, whole.size() - 1}) {
    SCOPED_TRACE(cut);
    Store store = open_store("");
    for (const size_t size : {cut, cut + 40'000, whole.size()}) {
      write(std::min(size, whole.size()));
      scan_into(store, folder.path().string(), 1 << 16);
    }
    EXPECT_EQ(dump(store), expected);
  }
}

TEST(Replay, RotationBetweenScansChangesNothing) {
  const fs::path story = testing::stories() / "1-saved-by-the-bug" / "web-1";
  const std::string whole = read_file(story / "app.log");
  const size_t cut = whole.find('\n', whole.size() / 2) + 1;
  const auto mtime = fs::last_write_time(story / "app.log");
  const auto put = [&](const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
    fs::last_write_time(path, mtime);
  };
  const TempFolder at_once, in_turn;
  put(at_once.path() / "app.log.1", std::string_view(whole).substr(0, cut));
  put(at_once.path() / "app.log", std::string_view(whole).substr(cut));
  const std::string expected = dump_of_scan(at_once.path().string(), 1 << 18);
  Store store = open_store("");
  put(in_turn.path() / "app.log", std::string_view(whole).substr(0, cut));
  scan_into(store, in_turn.path().string(), 1 << 18);
  fs::rename(in_turn.path() / "app.log", in_turn.path() / "app.log.1");
  put(in_turn.path() / "app.log", std::string_view(whole).substr(cut));
  const ScanReport second = scan_into(store, in_turn.path().string(), 1 << 18);
  EXPECT_EQ(dump(store), expected);
  EXPECT_EQ(second.bytes, whole.size() - cut) << "the rotated file was read again";
}

TEST(Evidence, RowsAddUpToTheScoreOfEveryEvent) {
  size_t events = 0;
  for (const std::string& host : testing::story_hosts()) {
    Store store = open_store("");
    scan_into(store, host, 1 << 18);
    EventQuery all;
    all.min_confidence = 0;
    const auto found = store.events(all);
    ASSERT_TRUE(found);
    for (const Event& event : *found) {
      SCOPED_TRACE(id_text(event.id) + " " + event.title);
      double sum = 0;
      for (const Evidence& row : event.evidence) sum += row.weight;
      EXPECT_FALSE(event.evidence.empty());
      EXPECT_NEAR(sum, event.score, 0.01);
      EXPECT_NEAR(event.confidence, 1 / (1 + std::exp(-event.score)), 1e-6);
      ++events;
    }
  }
  EXPECT_GT(events, 50u);
}

}  // namespace
}  // namespace blip
