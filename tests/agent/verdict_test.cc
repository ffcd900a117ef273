// What is a restart and what is none, from log text to event: each case is a small log and the
// lines at which restarts must be told.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "agent/scan.h"
#include "store/store.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
using testing::TempFolder;

// Writes a log with a clock of its own: one line every three seconds or so, texts without meaning.
class Log {
 public:
  uint64_t number = 0;  // of the last line written
  uint32_t pid = 0;     // shown when set
  std::string build;    // shown when set, as a Go log's tag

  Log& line(std::string_view message) {
    now_ += std::chrono::seconds(1 + next() % 5);
    std::string stamp = format_rfc3339(now_);
    stamp[10] = ' ';
    text_ += stamp.substr(0, 19) + " ";
    if (!build.empty()) text_ += "info:" + build + " ";
    if (pid != 0) text_ += "[" + std::to_string(pid) + "] ";
    return raw(message);
  }
  Log& raw(std::string_view message) {
    text_.append(message) += '\n';
    ++number;
    return *this;
  }
  Log& pause(std::chrono::seconds span) {
    now_ += span;
    return *this;
  }
  // Ordinary work, of four kinds in no order.
  Log& work(int lines) {
    for (int i = 0; i < lines; ++i) {
      const std::string value = std::to_string(next() % 9000);
      switch (next() % 4) {
        case 0:
          line("rendered page " + value + " for a visitor");
          break;
        case 1:
          line("fetched " + value + " rows from the archive");
          break;
        case 2:
          line("mailed digest " + value);
          break;
        default:
          line("evicted " + value + " thumbnails");
          break;
      }
    }
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  uint32_t next() { return (seed_ = seed_ * 1103515245 + 12345) >> 16; }
  std::string text_;
  Time now_ = std::chrono::sys_days(std::chrono::year(2024) / 5 / 1) + std::chrono::hours(9);
  uint32_t seed_ = 7;
};

std::vector<Event> events_of(const std::map<std::string, std::string>& logs, EventKind kind) {
  const TempFolder folder;
  for (const auto& [name, text] : logs)
    std::ofstream(folder.path() / name, std::ios::binary) << text;
  Result<Store> store = Store::open("", Access::read_write);
  ScanOptions options;
  options.paths = {folder.path().string()};
  const Result<ScanReport> report = scan(*store, options);
  EXPECT_TRUE(report);
  EventQuery query;
  query.kinds = {kind};
  const auto events = store->events(query);
  return events ? *events : std::vector<Event>{};
}

std::vector<uint64_t> restart_lines(const Log& log) {
  std::vector<uint64_t> lines;
  for (const Event& event : events_of({{"web.log", log.text()}}, EventKind::restart)) {
    lines.push_back(event.at.number);
  }
  return lines;
}

using Lines = std::vector<uint64_t>;

TEST(Restart, FiresWhenAStartIsSaidInTheMiddleOfALife) {
  Log log;
  log.line("papyrus 2.4.1 starting").work(60);
  const uint64_t first = log.number + 1;
  log.pause(10s).line("papyrus 2.4.1 starting").work(60);
  EXPECT_EQ(restart_lines(log), Lines{first});
}

TEST(Restart, TheFirstSightOfAServiceIsNone) {
  Log log;
  log.line("papyrus 2.4.1 starting").line("listening on 127.0.0.1:8080").work(80);
  EXPECT_EQ(restart_lines(log), Lines{});
}

TEST(Restart, FiresWhenThePidChangesWithoutAWord) {
  Log log;
  log.pid = 4100;
  log.work(80);
  log.pid = 4187;
  const uint64_t first = log.number + 1;
  log.work(80);
  EXPECT_EQ(restart_lines(log), Lines{first});
}

TEST(Restart, QuietWhenTwoPidsSpeakByTurns) {
  Log log;
  for (int i = 0; i < 80; ++i) {
    log.pid = i % 3 == 0 ? 4100 : 4187;
    log.work(1);
  }
  EXPECT_EQ(restart_lines(log), Lines{});
}

TEST(Restart, QuietWhenEachConnectionHasAPidOfItsOwn) {
  Log log;
  for (uint32_t i = 0; i < 90; ++i) {
    log.pid = 5000 + i / 2;
    log.work(1);
  }
  EXPECT_EQ(restart_lines(log), Lines{});
}

// Neither a start word nor a pid: the same rare lines at each start, and counters that fall.
TEST(Restart, FiresOnALearnedBannerWithCounters) {
  Log log;
  std::vector<uint64_t> firsts;
  for (int life = 0; life < 6; ++life) {
    if (life > 0) firsts.push_back(log.number + 1);
    log.pause(4s).line("mapped 12 shelves").line("ink level nominal");
    for (int served = 1; served <= 40 + 17 * (life % 3); ++served) {  // no timer kills it
      log.line("page turned, total " + std::to_string(served)).work(2);
    }
  }
  EXPECT_EQ(restart_lines(log), firsts);
}

TEST(Restart, QuietWhenABatchJobPrintsTheSameLinesEachTime) {
  Log log;
  int served = 0;
  for (int batch = 0; batch < 6; ++batch) {
    log.line("mapped 12 shelves").line("ink level nominal");
    for (int i = 0; i < 45; ++i) log.line("page turned, total " + std::to_string(++served)).work(2);
  }
  EXPECT_EQ(restart_lines(log), Lines{});
}

TEST(Restart, QuietOnTheTeethOfGarbageCollection) {
  Log log;
  uint64_t total = 1'000'000;
  for (int i = 0; i < 400; ++i) {
    const int heap = 20 + 4 * (i % 40);
    total += 40'000;
    log.line("memory: heap: " + std::to_string(heap) + ", allocated: " + std::to_string(total))
        .work(1);
  }
  EXPECT_EQ(restart_lines(log), Lines{});
}

TEST(Restart, QuietOnAReload) {
  Log log;
  log.line("papyrus 2.4.1 starting").line("ready, accepting connections").work(60);
  log.line("SIGHUP received, reloading configuration").line("papyrus 2.4.1 starting");
  log.line("ready, accepting connections").work(60);
  EXPECT_EQ(restart_lines(log), Lines{});
}

TEST(Restart, QuietOnBusinessThatStartsAndCrashes) {
  Log log;
  log.work(40).line("started import of catalogue 12").work(10);
  log.line("customer reported a crash of the lift").work(10).line("restarting the night shift");
  log.work(10).line("job 77 started").line("job 77 killed by its owner").work(40);
  EXPECT_EQ(restart_lines(log), Lines{});
}

TEST(Restart, QuietWhenTheClockIsSetBackAnHour) {
  Log log;
  log.work(80).pause(-3600s).work(80).pause(7200s).work(80);
  EXPECT_EQ(restart_lines(log), Lines{});
}

TEST(Restart, QuietWhenAParentSpeaksForTheFirstTimeToSayThatItStops) {
  Log log;
  log.pid = 9;
  log.work(200).line("Worker exiting (pid: 9)");
  log.pid = 4;
  log.line("Shutting down: Master");
  EXPECT_TRUE(restart_lines(log).empty());
}

TEST(Restart, APlannedStopIsToldAsPlanned) {
  Log log;
  log.line("papyrus 2.4.1 starting").work(60).line("received SIGTERM, shutting down");
  log.pause(2s).line("papyrus 2.4.1 starting").work(30);
  const auto events = events_of({{"web.log", log.text()}}, EventKind::restart);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].planned, std::optional(true));
  EXPECT_EQ(events[0].cause, "sigterm");
  EXPECT_FALSE(events[0].silent);
}

constexpr std::string_view kPanic =
    "panic: assignment to entry in nil map\n\n"
    "goroutine 41 [running]:\n"
    "main.(*Shelf).put(0xc00010, 0x7)\n"
    "\t/srv/app/shelf.go:88 +0x2f\n"
    "created by main.serve\n"
    "\t/srv/app/main.go:21 +0x51\n"
    "exit status 2\n";

TEST(Restart, ADeathNoteInTheSameFileIsItsCause) {
  Log log;
  log.line("papyrus 2.4.1 starting").work(60);
  std::string text = log.text() + std::string(kPanic);
  Log second;
  second.pause(400s).line("papyrus 2.4.1 starting").work(30);
  text += second.text();
  const auto events = events_of({{"web.log", text}}, EventKind::restart);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].cause, "panic");
  EXPECT_EQ(events[0].planned, std::optional(false));
  EXPECT_TRUE(events[0].explicit_);
  EXPECT_EQ(std::get<std::string>(events[0].attributes.at("frame")), "shelf.go:88");
  const auto crashes = events_of({{"web.log", text}}, EventKind::crash);
  ASSERT_EQ(crashes.size(), 1u);
  EXPECT_EQ(std::get<std::string>(crashes[0].attributes.at("restart")), id_text(events[0].id));
  EXPECT_EQ(crashes[0].at.number, 62u) << "the first line of its block";
}

// The app's own file says nothing; the note lies in the stderr file, which has no times.
TEST(Restart, ADeathNoteElsewhereMakesItSilentWithACause) {
  Log log;
  log.line("papyrus 2.4.1 starting").work(60).pause(5s).line("papyrus 2.4.1 starting").work(30);
  const auto events =
      events_of({{"web.log", log.text()}, {"web.err", std::string(kPanic)}}, EventKind::restart);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].cause, "panic");
  EXPECT_TRUE(events[0].silent);
}

TEST(Restart, ARecoveredPanicIsNoDeath) {
  Log log;
  log.work(40).line("http: panic serving 10.0.0.7:4411: runtime error: index out of range");
  log.raw("goroutine 91 [running]:").raw("net/http.(*conn).serve.func1(0xc000)");
  log.raw("\t/usr/lib/go/src/net/http/server.go:1850 +0xbf").work(60);
  EXPECT_EQ(restart_lines(log), Lines{});
  EXPECT_EQ(events_of({{"web.log", log.text()}}, EventKind::crash).size(), 0u);
}

TEST(Restart, ASupervisorsWordInSyslogNamesTheService) {
  Log log;
  log.work(60).pause(4s).work(60);
  const std::string syslog =
      "2024-05-01T09:03:00+00:00 box init: web main process (2101) killed by KILL signal\n"
      "2024-05-01T09:03:00+00:00 box init: web main process ended, respawning\n";
  const auto events = events_of({{"web.log", log.text()}, {"syslog", syslog}}, EventKind::restart);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].service, "web");
  EXPECT_EQ(events[0].cause, "kill9");
  EXPECT_TRUE(events[0].silent);
}

// A build or run id in every line that changes for good: no process changes its own.
TEST(Restart, FiresWhenTheBuildInEveryLineChangesForGood) {
  Log log;
  log.build = "818c928e";
  log.work(90);
  log.build = "dc541625";
  const uint64_t first = log.number + 1;
  log.work(90);
  EXPECT_EQ(restart_lines(log), Lines{first});
}

// What ran when it ended, whether the build changes with the restart, later, or changed before.
TEST(Restart, TellsTheBuildThatEnded) {
  Log log;
  for (const char* build : {"818c928e", "818c928e", "dc541625", "dc541625"}) {
    log.build = build;
    log.pause(10s).line("papyrus 2.4.1 starting").work(60);
  }
  std::vector<std::string> builds;
  for (const Event& event : events_of({{"web.log", log.text()}}, EventKind::restart)) {
    const auto found = event.attributes.find("build");
    builds.push_back(found == event.attributes.end() ? "" : std::get<std::string>(found->second));
  }
  EXPECT_EQ(builds, (std::vector<std::string>{"818c928e", "818c928e", "dc541625"}));
  log = {};
  log.line("papyrus 2.4.1 starting").work(60).pause(10s).line("papyrus 2.4.1 starting").work(60);
  for (const Event& event : events_of({{"web.log", log.text()}}, EventKind::restart)) {
    EXPECT_EQ(event.attributes.count("build"), 0u);
  }
}

TEST(Restart, QuietWhenTwoBuildsSpeakByTurns) {
  Log log;
  for (int i = 0; i < 120; ++i) {
    log.build = i % 3 == 0 ? "818c928e" : "dc541625";
    log.work(1);
  }
  EXPECT_EQ(restart_lines(log), Lines{});
}

// The same rare lines, and a gauge that had only risen is back where it began.
TEST(Restart, FiresOnALearnedBannerWithAGaugeThatFellBack) {
  Log log;
  std::vector<uint64_t> firsts;
  for (int life = 0; life < 6; ++life) {
    if (life > 0) firsts.push_back(log.number + 1);
    log.pause(4s).line("mapped 12 shelves").line("ink level nominal").line("warm lamps 4");
    for (int i = 0; i < 12 + 3 * (life % 3); ++i) {
      log.work(9).line("memory: rss_mb: " + std::to_string(90 + 7 * i + life));
    }
  }
  EXPECT_EQ(restart_lines(log), firsts);
}

TEST(Restart, QuietWhenAGaugeAloneFallsBack) {
  Log log;
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 14 + round % 3; ++i) {
      log.work(9).line("memory: rss_mb: " + std::to_string(90 + 7 * i));
    }
  }
  EXPECT_EQ(restart_lines(log), Lines{});
}

TEST(Restart, AStopAndThenAnotherVersionIsADeploy) {
  Log log;
  log.line("papyrus 2.4.1 starting").work(60).line("received SIGTERM, shutting down");
  log.pause(2s).line("papyrus 2.5.0 starting").work(30).line("received SIGTERM, shutting down");
  log.pause(2s).line("papyrus 2.5.0 starting").work(30);
  const auto events = events_of({{"web.log", log.text()}}, EventKind::restart);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].cause, "deploy");
  EXPECT_EQ(events[1].cause, "sigterm");
}

// monit looks from outside: it knows that a process is gone, not how.
TEST(Restart, AProcessFoundGoneCrashedOfAnUnknownCause) {
  Log log;
  log.line("papyrus 2.4.1 starting").work(60).pause(9s).line("papyrus 2.4.1 starting").work(30);
  const std::string found = log.text().substr(log.text().rfind("papyrus") - 20, 19);
  const std::string monit = "[" + found + "] error    : 'web' process is not running\n[" + found +
                            "] info     : 'web' start: '/etc/init.d/web'\n";
  const std::map<std::string, std::string> logs = {{"web.log", log.text()}, {"monit.log", monit}};
  const auto events = events_of(logs, EventKind::restart);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].cause, "unknown");
  EXPECT_EQ(events[0].planned, std::optional(false));
  EXPECT_EQ(events_of(logs, EventKind::crash).size(), 1u);
}

constexpr std::string_view kTraceback =
    "Traceback (most recent call last):\n"
    "  File \"/srv/app/pool.py\", line 22, in child\n"
    "    raise RuntimeError('task queue poisoned')\n"
    "RuntimeError: task queue poisoned\n";

TEST(Crash, ATraceRightBeforeAWorkersEndIsTheWorkers) {
  Log log;
  log.line("papyrus 2.4.1 starting").work(40);
  std::string text = log.text() + std::string(kTraceback);
  Log rest;
  rest.pause(300s).line("worker 1 (pid 5511) exited with status 1, restarting worker").work(60);
  rest.line("papyrus 2.4.1 starting").work(30);
  text += rest.text();
  const auto events = events_of({{"web.log", text}}, EventKind::restart);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].cause, "unknown") << "not the trace of a worker";
  for (const Event& crash : events_of({{"web.log", text}}, EventKind::crash)) {
    EXPECT_EQ(std::get<std::string>(crash.attributes.at("scope")), "worker");
  }
}

TEST(Restart, EachStartOfACrashLoopIsOne) {
  Log log;
  log.line("papyrus 2.4.1 starting").work(40);
  std::vector<uint64_t> firsts;
  for (int i = 0; i < 5; ++i) {
    firsts.push_back(log.number + 1);
    log.line("papyrus 2.4.1 starting").line("reading shelves").line("shelf 7 is gone");
  }
  EXPECT_EQ(restart_lines(log), firsts);
}

}  // namespace
}  // namespace blip
