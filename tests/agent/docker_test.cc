// A minute of nine containers under a real dockerd: docker/events.ndjson is what it told, and
// docker/json-file/ what its log driver wrote. The containers themselves counted their starts.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "agent/scan.h"
#include "parsers/reader.h"
#include "store/store.h"
#include "tailer/chunk_reader.h"
#include "tailer/globs.h"
#include "tailer/lines.h"
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

// It never restarts; it fails its health check for ten seconds.
TEST(Docker, AnUnhealthySpellIsToldOnce) {
  Result<Store> store = Store::open("", Access::read_write);
  ScanOptions options;
  options.paths = {std::string(BLIP_SOURCE_DIR) + "/tests/agent/docker/events.ndjson"};
  ASSERT_TRUE(scan(*store, options));
  EventQuery query;
  query.service = "health";
  const auto events = store->events(query);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front().kind, EventKind::match);
  EXPECT_EQ(events->front().title, "a container fails its health check");
  EXPECT_EQ(events->front().severity, Severity::warning);
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
  EXPECT_EQ(counts.at("crashloop").planned, 0);
  EXPECT_EQ(counts.at("slowcrash").automatic, 4);
  EXPECT_EQ(counts.at("slowcrash").planned, 0);
  EXPECT_EQ(counts.count("health"), 0u);
}

// What the reader makes of a log set, file after file.
struct Read {
  std::string message;
  bool cut = false;
};
std::vector<Read> read_set(const std::string& path) {
  class Sink : public RecordSink {
   public:
    void on_record(const Record& record) override {
      all.push_back({std::string(record.message), record.line.cut});
    }
    std::vector<Read> all;
  } sink;
  const Found found =
      find_sources({{std::string(BLIP_SOURCE_DIR) + "/tests/agent/docker/" + path}, {}});
  EXPECT_EQ(found.sources.size(), 1u);
  RecordReader records({});
  uint64_t number = 0;
  for (const InputFile& file : found.sources.front().files) {
    ChunkReader reader(std::move(*open_bytes(file.path)), 64 * 1024);
    for (auto chunk = reader.next(); chunk && *chunk; chunk = reader.next()) {
      for_each_line(**chunk, number, [&](const Line& line) { records.read(line, sink); });
    }
  }
  records.finish(sink);
  return sink.all;
}

// One container that was started twice and died twice with half a line on its lips.
TEST(Docker, PiecesAreJoinedExactlyAndLivesNeverGlued) {
  const std::vector<Read> all = read_set("partials/*.log");
  std::map<std::string, int> times;
  size_t at = 0;
  std::vector<size_t> heads, tails;
  for (const Read& one : all) {
    ++times[one.message];
    if (one.message == "before") heads.push_back(at);
    if (one.message == "tail without newline") {
      tails.push_back(at);
      EXPECT_TRUE(one.cut);
    } else {
      EXPECT_FALSE(one.cut) << one.message.substr(0, 40);
    }
    ++at;
  }
  EXPECT_EQ(times[std::string(40'000, 'x')], 2);
  EXPECT_EQ(times[std::string(16'384, 'y')], 2);  // a whole piece, and then its newline alone
  EXPECT_EQ(times["after"], 2);                   // stderr, between the pieces of x
  EXPECT_EQ(times["exactly 16384 y above"], 2);
  ASSERT_EQ(heads.size(), 2u);
  ASSERT_EQ(tails.size(), 2u);
  EXPECT_EQ(tails[0] + 1, heads[1]);
  EXPECT_EQ(all.size(), 18u);
}

// max-size=8k max-file=4 compress=true; `seq 1 400` was written, 225 to 400 are kept.
TEST(Docker, EachLineOfARotatedSetIsReadOnce) {
  const std::vector<Read> all = read_set("rotated/*-json.log*");
  int number = 224;
  for (const Read& one : all)
    EXPECT_TRUE(one.message.starts_with("seq " + std::to_string(++number) + " "));
  EXPECT_EQ(number, 400);
}

// dockerd told of one start and one end: what was logged between a pause and the end is no new
// life.
TEST(Docker, APauseBeforeACleanEndIsNoRestart) {
  const testing::TempFolder folder;
  std::ofstream log(folder.path() / "flood.log"), events(folder.path() / "events.ndjson");
  constexpr int64_t kBegin = 1'795'200'000'000'000'000, kStep = 20'000'000;
  int64_t at = kBegin;
  for (int n = 1; n <= 3012; ++n) {
    at += n == 3001 ? 200 * kStep : kStep;
    log << R"({"log":"request )" << n << " path /item/" << n % 97
        << R"(\n","stream":"stdout","time":")" << format_rfc3339(time_from_us(at / 1000))
        << "\"}\n";
  }
  const auto tell = [&](const char* action, int64_t when, const char* more) {
    events << R"({"Type":"container","Action":")" << action
           << R"(","Actor":{"ID":"72d577fe10cd","Attributes":{)" << more
           << R"("image":"bb:1","name":"flood"}},"timeNano":)" << when << "}\n";
  };
  tell("start", kBegin, "");
  tell("die", at + 30 * kStep, R"("exitCode":"0",)");
  log.close();
  events.close();
  Result<Store> store = Store::open("", Access::read_write);
  ScanOptions options;
  options.paths = {folder.path().string()};
  ASSERT_TRUE(scan(*store, options));
  EventQuery query;
  query.kinds = {EventKind::restart};
  const auto restarts = store->events(query);
  ASSERT_TRUE(restarts);
  EXPECT_TRUE(restarts->empty()) << restarts->front().title;
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
