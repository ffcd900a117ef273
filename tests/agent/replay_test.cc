// Replay equality: the same bytes give the same events, however they are cut and however often they
// are met. What is compared is the canonical dump.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "agent/dump.h"
#include "agent/scan.h"
#include "store/store.h"
#include "tests/support/forms.h"
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

// A line of Docker's json-file driver as the record that its local driver would have written.
std::string local_record(std::string_view json) {
  const auto between = [&](std::string_view before, std::string_view after) {
    const size_t at = json.find(before) + before.size();
    return json.substr(at, json.find(after, at) - at);
  };
  std::string text;
  const std::string_view quoted = between("{\"log\":\"", "\",\"stream\":\"");
  for (size_t i = 0; i < quoted.size(); ++i) {
    if (quoted[i] != '\\') {
      text += quoted[i];
      continue;
    }
    const char c = quoted[++i];
    if (c == 'u') {
      text += static_cast<char>(std::stoi(std::string(quoted.substr(i + 1, 4)), nullptr, 16));
      i += 4;
    } else {
      text += c == 'n' ? '\n' : c == 'r' ? '\r' : c;
    }
  }
  const std::string_view time = between("\"time\":\"", "Z\"}");
  std::string nanos(time.size() > 20 ? time.substr(20) : "");
  nanos.resize(9, '0');
  const auto second = parse_stamp(std::string(time.substr(0, 19)) + "Z", {});
  const uint64_t at = static_cast<uint64_t>(to_us(second->time)) * 1000 + std::stoull(nanos);
  const bool whole = text.ends_with('\n');
  if (whole) text.pop_back();
  const auto piece = whole ? testing::DockerPiece::whole : testing::DockerPiece::first;
  return testing::docker_record(text, piece, at, between("\"stream\":\"", "\""));
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

// A log that grew, and was packed, before anyone looked again: its rest is read once. After a kill
// nothing may have been learned of it yet; then all of it is sensed again, once.
TEST(Replay, PackedMeanwhileIsReadOnce) {
  const TempFolder folder;
  const fs::path log = folder.path() / "app.log";
  const auto write = [&log](int from, int to) {
    std::ofstream out(log, std::ios::app);
    for (int i = from; i < to; ++i) out << "2024-05-01T10:00:00Z request " << i << " served\n";
  };
  for (const bool learned : {true, false}) {
    Store store = open_store("");
    write(0, 500);
    EXPECT_EQ(scan_into(store, log.string(), 1 << 18).lines, 500u);
    Batch forget;
    forget.states["sense:" + log.string()] = "";
    if (!learned) {
      ASSERT_TRUE(store.commit(forget));
    }
    write(500, 900);
    const std::string pack = "gzip -c " + log.string() + " > " + log.string() + ".1.gz";
    ASSERT_EQ(std::system(pack.c_str()), 0);
    fs::remove(log);
    write(900, 1000);
    EXPECT_EQ(scan_into(store, log.string() + "*", 1 << 18).lines, learned ? 500u : 1000u);
    EXPECT_EQ(scan_into(store, log.string() + "*", 1 << 18).lines, 0u) << "it was read again";
    fs::remove(log);
    fs::remove(log.string() + ".1.gz");
  }
}

// A log is the same in UTF-16, and as records of Docker's local driver.
TEST(Replay, FormsOfAFileChangeNothing) {
  const fs::path log = testing::stories() / "4-live-demo" / "compute-json.log";
  const std::string json = read_file(log);
  const TempFolder plain, wide, local;
  const auto put = [&](const fs::path& path, const std::string& bytes) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    fs::last_write_time(path, fs::last_write_time(log));
  };
  std::string records;
  std::istringstream lines(json);
  for (std::string line; std::getline(lines, line);) records += local_record(line);
  put(plain.path() / "c1/c1-json.log", json);
  put(wide.path() / "c1/c1-json.log", testing::utf16(json, false, true));
  put(local.path() / "c1/local-logs/container.log", records);
  const std::string expected = dump_of_scan(plain.path().string(), 1 << 18);
  EXPECT_NE(expected, "");
  EXPECT_EQ(dump_of_scan(wide.path().string(), 1 << 18), expected);
  EXPECT_EQ(dump_of_scan(wide.path().string(), 4096), expected);
  // Under another base name ids are others, and the story escapes more than Docker does.
  const auto told = [](const TempFolder& folder) {
    Store store = open_store("");
    const ScanReport report = scan_into(store, folder.path().string(), 1 << 18);
    EventQuery all;
    all.min_confidence = 0;
    const auto events = store.events(all);
    EXPECT_TRUE(events);
    std::set<std::string> all_told{std::to_string(report.lines) + " lines of " +
                                   report.services.at(0)};
    for (const Event& event : *events) {
      all_told.insert(format_rfc3339(event.time) + " " + event.title + " " +
                      std::to_string(event.score) + " line " + std::to_string(event.at.number));
    }
    return all_told;
  };
  EXPECT_EQ(told(local), told(plain));
  EXPECT_GT(told(local).size(), 2u);
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
