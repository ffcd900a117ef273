// The two lists that restart detection answers for: what must never be taken for a restart, and
// what always must be. Each is a log as a program would write it, scanned as a user would.
//
//   2024-05-01 09:00:04 [712] fetched 4411 rows from the archive

#include <gtest/gtest.h>

#include <algorithm>
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
using Files = std::map<std::string, std::string>;
using Lines = std::vector<uint64_t>;

class Log {
 public:
  Time now = std::chrono::sys_days(std::chrono::year(2024) / 5 / 1) + std::chrono::hours(9);
  uint64_t number = 0;  // of the last line
  uint32_t pid = 712;   // 0: not shown
  std::string text;

  Log& line(const std::string& message) {
    std::string stamp = format_rfc3339(now);
    stamp[10] = ' ';
    text += stamp.substr(0, 19) + (pid != 0 ? " [" + std::to_string(pid) + "] " : " ") + message;
    text += '\n';
    ++number;
    return *this;
  }
  // A line of syslog.
  Log& syslog(const std::string& host, const std::string& who, const std::string& message) {
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun"};
    const std::string stamp = format_rfc3339(now);  // 2024-05-01T09:00:00...
    std::string day = stamp.substr(8, 2);
    if (day[0] == '0') day[0] = ' ';
    text += std::string(kMonths[std::stoi(stamp.substr(5, 2)) - 1]) + " " + day + " " +
            stamp.substr(11, 8) + " " + host + " " + who + ": " + message + "\n";
    ++number;
    return *this;
  }
  Log& wait(double seconds) {
    now += Micros(static_cast<int64_t>(seconds * 1e6));
    return *this;
  }
  // Ordinary work, of four kinds in no order, a line in so many seconds.
  Log& work(int lines, double every = 3) {
    for (int i = 0; i < lines; ++i) {
      wait(every * (0.2 + 1.6 * next() / 65536.0));
      line(deed());
    }
    return *this;
  }
  std::string deed() {
    const std::string value = std::to_string(next() % 9000);
    switch (next() % 4) {
      case 0:
        return "rendered page " + value + " for a visitor";
      case 1:
        return "fetched " + value + " rows from the archive";
      case 2:
        return "mailed digest " + value;
      default:
        return "evicted " + value + " thumbnails";
    }
  }
  uint32_t next() { return (seed_ = seed_ * 1103515245 + 12345) >> 16 & 0xffff; }

 private:
  uint32_t seed_ = 90'001;
};

void write(const std::filesystem::path& folder, const Files& files) {
  for (const auto& [name, text] : files) {
    std::ofstream(folder / name, std::ios::binary) << text;
  }
}

void scan_into(Store& store, const std::filesystem::path& folder) {
  ScanOptions options;
  options.paths = {folder.string()};
  const Result<ScanReport> report = scan(store, options);
  ASSERT_TRUE(report) << report.error().text;
}

std::vector<Event> stored(const Store& store, EventKind kind) {
  EventQuery query;
  query.kinds = {kind};
  const auto events = store.events(query);
  EXPECT_TRUE(events);
  return events ? *events : std::vector<Event>{};
}

std::vector<Event> found(const Files& files, EventKind kind = EventKind::restart) {
  const TempFolder folder;
  write(folder.path(), files);
  Result<Store> store = Store::open("", Access::read_write);
  scan_into(*store, folder.path());
  return stored(*store, kind);
}

// What is claimed, for people.
std::string told(const std::vector<Event>& events) {
  std::string text;
  for (const Event& event : events) {
    text += "line " + std::to_string(event.at.number) + ": " + event.title + "\n";
    for (const Evidence& row : event.evidence) {
      text += "    " + row.signal + " " + std::to_string(row.weight) + " " + row.text + "\n";
    }
  }
  return text;
}

#define NO_RESTART(files)                        \
  do {                                           \
    const std::vector<Event> all = found(files); \
    EXPECT_TRUE(all.empty()) << told(all);       \
  } while (false)

Lines lines_of(const std::vector<Event>& events) {
  Lines lines;
  for (const Event& event : events) lines.push_back(event.at.number);
  return lines;
}

// ---- never ----

TEST(NeverARestart, APidForEachConnection) {
  Log log;
  for (int i = 0; i < 400; ++i) {
    log.pid += 1 + log.next() % 9;
    log.work(3);
  }
  NO_RESTART((Files{{"web.log", log.text}}));
}

TEST(NeverARestart, PidsThatWrap) {
  Log log;
  log.pid = 31'500;
  for (int i = 0; i < 400; ++i) {
    log.pid += 3 + log.next() % 9;
    if (log.pid > 32'768) log.pid = 301;
    log.work(4);
  }
  NO_RESTART((Files{{"web.log", log.text}}));
}

TEST(NeverARestart, WorkersAndChildrenThatAreReplaced) {
  Log log;
  for (int i = 0; i < 12; ++i) {
    log.work(120);
    const std::string worker = std::to_string(1 + i % 4);
    log.line("worker " + worker + " (pid " + std::to_string(900 + i) + ") exited on signal 9");
    log.line("spawned worker " + worker + " (pid " + std::to_string(901 + i) + ")");
  }
  NO_RESTART((Files{{"web.log", log.text}}));
}

TEST(NeverARestart, HangUpsAndReopenedLogs) {
  Log log;
  for (int i = 0; i < 6; ++i) {
    log.work(150).line("received SIGHUP, reopening log files").line("log files reopened");
    log.work(150).line("SIGHUP received, reloading configuration");
    log.line("loaded 14 routes").line("configuration reloaded");
  }
  NO_RESTART((Files{{"web.log", log.text}}));
}

TEST(NeverARestart, ElectionsAndChangesOfRole) {
  Log log;
  for (int term = 7; term < 15; ++term) {
    for (int i = 0; i < 120; ++i)
      log.wait(3).line("term=" + std::to_string(term) + " " + log.deed());
    log.line("lost leadership, stepping down").wait(1);
    log.line("became leader of term " + std::to_string(term + 1));
  }
  NO_RESTART((Files{{"web.log", log.text}}));
}

TEST(NeverARestart, SuspendAndHibernate) {
  Log log, system;
  for (int night = 0; night < 5; ++night) {
    log.work(600);
    system.now = log.now;
    system.syslog("lap", "kernel", "PM: suspend entry (deep)");
    log.wait(8 * 3600.0);
    system.now = log.now;
    system.syslog("lap", "kernel", "PM: suspend exit");
  }
  log.work(300);
  NO_RESTART((Files{{"web.log", log.text}, {"syslog", system.text}}));
}

TEST(NeverARestart, AHostThatIsRenamed) {
  Log log;
  for (const char* host : {"web-1", "web-1.example.org", "shop-1"}) {
    for (int i = 0; i < 300; ++i) log.wait(3).syslog(host, "archived[712]", log.deed());
  }
  NO_RESTART((Files{{"syslog", log.text}}));
}

TEST(NeverARestart, HelpersThatComeWhenCalled) {
  Log log;
  for (int i = 0; i < 12; ++i) {
    for (int k = 0; k < 60; ++k) log.wait(40).syslog("web-1", "archived[712]", log.deed());
    const std::string pid = std::to_string(4000 + 37 * i);
    log.syslog("web-1", "dbus-daemon[498]",
               "[system] Activating via systemd: service name='org.freedesktop.hostname1' "
               "unit='dbus-org.freedesktop.hostname1.service' requested by ':1.7' (uid=0 pid=712)");
    log.syslog("web-1", "systemd[1]", "Starting systemd-hostnamed.service - Hostname Service...");
    log.syslog("web-1", "systemd[1]", "Started systemd-hostnamed.service - Hostname Service.");
    log.wait(30).syslog("web-1", "systemd[1]",
                        "systemd-hostnamed.service: Deactivated successfully.");
  }
  std::vector<Event> all = found({{"syslog", log.text}});
  // A helper's own comings are its lives, each begun by systemd; no service that stays is touched.
  std::erase_if(all, [](const Event& event) { return event.service == "systemd-hostnamed"; });
  EXPECT_TRUE(all.empty()) << told(all);
}

TEST(NeverARestart, TimersThatAreNamedStart) {
  Log log;
  for (int hour = 0; hour < 48; ++hour) {
    log.work(110, 30);
    log.line("restart_counters: 14 counters cleared").line("init_sweep done in 12 ms");
    log.line("start_of_hour tick");
  }
  NO_RESTART((Files{{"web.log", log.text}}));
}

void job(Log& log) {
  log.line("nightly digest begins").wait(1).line("reading mailboxes").wait(2);
  log.line("sorting 4411 letters").wait(2).line("nightly digest done");
}

TEST(NeverARestart, BatchJobsByTheHour) {
  Log log;
  for (int hour = 0; hour < 60; ++hour) {
    const Time next = log.now + std::chrono::hours(1);
    log.work(80, 30);
    log.now = std::max(log.now, next);
    job(log);
  }
  NO_RESTART((Files{{"web.log", log.text}}));
}

TEST(NeverARestart, BatchJobsNowAndThen) {
  Log log;
  for (int i = 0; i < 40; ++i) {
    log.work(40 + static_cast<int>(log.next() % 300), 20);
    job(log);
  }
  NO_RESTART((Files{{"web.log", log.text}}));
}

TEST(NeverARestart, FilesThatWereJoined) {
  Log later, earlier;
  later.now += std::chrono::hours(70);
  later.work(800);
  earlier.work(800);
  NO_RESTART((Files{{"web.log", later.text + earlier.text}}));
}

TEST(NeverARestart, CopyTruncate) {
  Log log;
  log.work(700);
  const std::string copied = log.text;
  log.text.clear();
  log.work(700);
  NO_RESTART((Files{{"web.log.1", copied}, {"web.log", log.text}}));
}

TEST(NeverARestart, ClocksThatAreSet) {
  for (const double step : {3600.0, -3600.0, 40.0, -40.0}) {
    SCOPED_TRACE(step);
    Log log;
    log.work(800).wait(step).work(800);
    NO_RESTART((Files{{"web.log", log.text}}));
  }
}

TEST(NeverARestart, TheTeethOfGarbageCollection) {
  for (const int minutes : {5, 17, 45, 120}) {
    SCOPED_TRACE(minutes);
    Log log;
    for (int at = 0; at < 30 * 60; at += 2) {
      log.work(4, 30);
      log.line("stats heap_mb=" + std::to_string(60 + 400 * (at % minutes) / minutes) +
               " requests=" + std::to_string(4 * at));
    }
    NO_RESTART((Files{{"web.log", log.text}}));
  }
}

TEST(NeverARestart, GuestsThatComeAndGo) {
  Log log;
  for (int i = 0; i < 40; ++i) {
    const std::string guest = "vm-" + std::to_string(log.next() % 7);
    log.work(60).line("domain " + guest + " shutting down").wait(4);
    log.line("domain " + guest + " stopped").wait(9).line("domain " + guest + " starting");
    log.wait(3)
        .line("guest " + guest + " booted, kernel 6.1.0")
        .line("domain " + guest + " started");
  }
  NO_RESTART((Files{{"web.log", log.text}}));
}

TEST(NeverARestart, WhatBlipMissedWhileItWasAway) {
  const TempFolder folder;
  Result<Store> store = Store::open("", Access::read_write);
  Log log;
  log.work(500);
  write(folder.path(), {{"web.log", log.text}});
  scan_into(*store, folder.path());
  log.work(6000);
  write(folder.path(), {{"web.log", log.text}});
  scan_into(*store, folder.path());
  const std::vector<Event> all = stored(*store, EventKind::restart);
  EXPECT_TRUE(all.empty()) << told(all);
}

TEST(NeverARestart, DebugSwitchedOn) {
  Log log;
  for (int i = 0; i < 3; ++i) {
    log.work(600).line("log level set to debug");
    for (int k = 0; k < 300; ++k) {
      log.wait(0.4).line("debug: step " + std::to_string(log.next()) + " of render took a while");
      log.wait(0.1).line("debug: init of page cache entry " + std::to_string(log.next()));
    }
    log.line("log level set to info");
  }
  NO_RESTART((Files{{"web.log", log.text}}));
}

TEST(NeverARestart, JobsThatCountAndHoldMemoryWhileTheyRun) {
  Log log;
  log.pid = 0;
  for (int i = 0; i < 12; ++i) {
    log.work(60 + static_cast<int>(log.next() % 400), 20);
    int rows = 0;
    for (int k = 0; k < 60 + static_cast<int>(log.next() % 40); ++k) {
      rows += 100 + static_cast<int>(log.next() % 90);
      log.wait(30).line("import rows=" + std::to_string(rows) +
                        " rss_mb=" + std::to_string(90 + 3 * k));
    }
  }
  NO_RESTART((Files{{"web.log", log.text}}));
}

TEST(NeverARestart, JobsThatFollowEachOtherAndTellEachThousand) {
  Log log;
  log.pid = 0;
  for (int i = 0; i < 12; ++i) {
    const int steps = 60 + static_cast<int>(log.next() % 50);
    for (int k = 1; k <= steps; ++k) {
      log.work(2, 9).line("copied rows=" + std::to_string(1000 * k) +
                          " rss_mb=" + std::to_string(90 + 3 * k));
    }
  }
  NO_RESTART((Files{{"web.log", log.text}}));
}

TEST(NeverARestart, StatisticsThatBeginAnewByTheClock) {
  for (const int minutes : {60, 180, 97}) {  // by the hour, by three, by a timer of its own
    SCOPED_TRACE(minutes);
    Log log;
    log.pid = 0;
    int served = 0;
    for (int at = 0; at < 30 * 60; ++at) {
      log.work(4, 14).wait(4);
      if (at % minutes == 0) served = 0;
      served += 3 + static_cast<int>(log.next() % 9);
      log.now = Time(std::chrono::sys_days(std::chrono::year(2024) / 5 / 1)) +
                std::chrono::hours(9) + std::chrono::minutes(at);
      log.line("stats served=" + std::to_string(served) +
               " open_sockets=" + std::to_string(12 + 2 * (at % minutes)));
    }
    // The first fall of a timer of its own cannot be told from a restart: suspected at most.
    std::vector<Event> all = found({{"web.log", log.text}});
    if (minutes == 97 && !all.empty()) all.erase(all.begin());
    EXPECT_TRUE(all.empty()) << told(all);
  }
}

// ---- always ----

TEST(AlwaysARestart, ACounterAndWhatItHeldFallTogether) {
  Log log;
  log.pid = 0;
  Lines begins;
  for (int life = 0; life < 5; ++life) {
    log.wait(2 + log.next() % 5);
    begins.push_back(log.number + 1);
    int served = 0, minutes = 150 + static_cast<int>(log.next() % 120);
    for (int at = 0; at < minutes; ++at) {
      const int lines = 6 + static_cast<int>(log.next() % 6);
      served += lines;
      log.work(lines, 60.0 / 9);
      log.line("stats served=" + std::to_string(served) +
               " open_sockets=" + std::to_string(12 + 2 * at + static_cast<int>(log.next() % 2)));
    }
  }
  begins.erase(begins.begin());
  const std::vector<Event> all = found({{"web.log", log.text}});
  ASSERT_EQ(all.size(), begins.size()) << told(all);
  for (size_t i = 0; i < all.size(); ++i) {
    // Nothing but what it has counted since tells the line: within three.
    EXPECT_NEAR(static_cast<double>(all[i].at.number), static_cast<double>(begins[i]), 3);
    EXPECT_TRUE(all[i].silent);
  }
}

TEST(AlwaysARestart, ABannerOfNoStartWordAndACounter) {
  Log log;
  log.pid = 0;
  Lines begins;
  for (int life = 0; life < 7; ++life) {
    begins.push_back(log.number + 1);
    for (const char* text : {"archive is /srv/archive", "mail goes by relay-2", "palette of 12",
                             "paper is a4", "fonts: 14 families"}) {
      log.line(text).wait(0.2);
    }
    int served = 0;
    for (int i = 0; i < 160; ++i) {
      log.work(12, 40);
      log.line("stats served=" + std::to_string(served += 9 + static_cast<int>(log.next() % 9)));
    }
    log.wait(5 + log.next() % 50);
  }
  begins.erase(begins.begin());
  EXPECT_EQ(lines_of(found({{"web.log", log.text}})), begins);
}

TEST(AlwaysARestart, TwoWithinTwoMinutes) {
  Log log;
  log.line("papyrus 2.4.1 starting").work(400);
  Lines begins;
  for (int i = 0; i < 2; ++i) {
    log.wait(2);
    begins.push_back(log.number + 1);
    log.pid += 31;
    log.line("papyrus 2.4.1 starting").work(18);
  }
  log.work(300);
  EXPECT_EQ(lines_of(found({{"web.log", log.text}})), begins);
}

TEST(AlwaysARestart, WithoutALineOfTheDeath) {
  Log log;
  log.pid = 0;
  log.line("papyrus 2.4.1 starting").work(400);
  const uint64_t begin = log.number + 1;
  log.wait(3).line("papyrus 2.4.1 starting").work(400);
  const std::vector<Event> all = found({{"web.log", log.text}});
  ASSERT_EQ(lines_of(all), Lines{begin}) << told(all);
  EXPECT_TRUE(all[0].silent);
}

TEST(AlwaysARestart, WhenTheLastLinesAreLost) {
  Log log;
  log.line("papyrus 2.4.1 starting").work(400);
  log.text.resize(log.text.size() - 31);  // cut in its last line by the crash
  log.text += '\n';
  const uint64_t begin = log.number + 1;
  log.pid += 14;
  log.wait(90).line("papyrus 2.4.1 starting").work(200);
  EXPECT_EQ(lines_of(found({{"web.log", log.text}})), Lines{begin});
}

TEST(AlwaysARestart, WhileTheLogIsRotated) {
  Log log;
  log.line("papyrus 2.4.1 starting").work(400);
  const std::string before = log.text;
  log.text.clear();
  log.pid += 14;
  log.wait(2).line("papyrus 2.4.1 starting").work(400);
  const std::vector<Event> all = found({{"web.log.1", before}, {"web.log", log.text}});
  EXPECT_EQ(lines_of(all), Lines{1}) << told(all);
}

TEST(AlwaysARestart, AllServicesAfterABootAsOne) {
  Files files;
  Log system;
  for (int i = 0; i < 20; ++i) {
    system.wait(30).syslog("web-1", "kernel",
                           "[" + std::to_string(51200 + 30 * i) + ".104412] eth0: link is up");
  }
  std::map<std::string, Log> logs;
  for (const char* name : {"web", "mail", "cart"}) {
    Log& log = logs[name];
    log.line(std::string(name) + " 2.4.1 starting").work(300);
    system.now = std::max(system.now, log.now);
  }
  system.wait(60).syslog("web-1", "kernel", "[    0.000000] Linux version 6.1.0-18-amd64 (gcc-12)");
  system.syslog("web-1", "kernel",
                "[    0.000000] Command line: BOOT_IMAGE=/vmlinuz root=/dev/sda1");
  for (auto& [name, log] : logs) {
    log.now = system.now;
    log.pid = 301;
    log.wait(20 + static_cast<double>(name.size())).line(name + " 2.4.1 starting").work(300);
    files[name + ".log"] = log.text;
  }
  files["syslog"] = system.text;
  const std::vector<Event> all = found(files);
  EXPECT_EQ(all.size(), 3u) << told(all);
  for (const Event& event : all) EXPECT_EQ(event.cause, "reboot") << event.title;
  EXPECT_EQ(found(files, EventKind::host_reboot).size(), 1u);
}

// ---- figures ----

TEST(Figures, NoneFalseAndFewSuspectedInThirtyServiceDays) {
  size_t suspected = 0;
  for (int service = 0; service < 10; ++service) {
    Log log;
    log.pid = service % 2 == 0 ? 712 : 0;
    for (int skip = 0; skip < 37 * service; ++skip) log.next();  // another course each
    const Time end = log.now + std::chrono::hours(72);
    int served = 0;
    while (log.now < end) {
      log.work(40 + static_cast<int>(log.next() % 60), 20);
      served += 40;
      switch (log.next() % 12) {
        case 0:
          log.line("SIGHUP received, reloading configuration").line("configuration reloaded");
          break;
        case 1:
          job(log);
          break;
        case 2:
          log.line("worker 2 (pid 904) exited on signal 9").line("spawned worker 2 (pid 917)");
          break;
        case 3:
          log.wait(900);  // nobody comes
          break;
        default:
          log.line("stats served=" + std::to_string(served) +
                   " rss_mb=" + std::to_string(120 + log.next() % 30));
      }
    }
    const TempFolder folder;
    write(folder.path(), {{"web.log", log.text}});
    Result<Store> store = Store::open("", Access::read_write);
    scan_into(*store, folder.path());
    EXPECT_EQ(told(stored(*store, EventKind::restart)), "") << service;
    EventQuery query;
    query.kinds = {EventKind::restart};
    query.min_confidence = 0.1;
    suspected += store->events(query)->size();
  }
  RecordProperty("suspected", static_cast<int>(suspected));
  EXPECT_LE(suspected, 9u);  // 0.3 a service-day
}

TEST(Figures, CountersTellEachRestartAndNoCollection) {
  Log log;
  Lines begins;
  for (int life = 0; life < 12; ++life) {
    log.pid += 17;
    begins.push_back(log.number + 1);
    int64_t total = 0;
    for (int i = 0; i < 90; ++i) {
      log.work(6, 20);
      total += 90'000 + log.next();
      log.line("METRICS: alloc: " + std::to_string(1'000'000 + total % 700'000) +
               ", totalAlloc: " + std::to_string(total));
    }
  }
  begins.erase(begins.begin());
  const std::vector<Event> all = found({{"web.log", log.text}});
  EXPECT_EQ(lines_of(all), begins) << told(all);
  for (const Event& event : all) {
    EXPECT_TRUE(std::any_of(event.evidence.begin(), event.evidence.end(), [](const Evidence& row) {
      return row.signal == "counter reset";
    })) << told({event});
  }
}

// ---- a population: services that tell of their starts in different ways, or not at all

// What each is known by; all but the first three are silent.
enum class Way { phrase, stop, trace, pid, banner_and_counter, uptime, counter_and_gauge, count };

void trap(Log& log) {
  switch (log.next() % 7) {
    case 0:
      log.line("SIGHUP received, reloading configuration").line("configuration reloaded");
      break;
    case 1:
      job(log);
      break;
    case 2:
      log.line("worker 2 (pid 904) exited on signal 9").line("spawned worker 2 (pid 917)");
      break;
    case 3:
      log.wait(600 + log.next() % 900);  // nobody comes
      break;
    case 4:
      log.line("visitor asked to restart subscription " + std::to_string(log.next() % 900));
      break;
    case 5:
      log.line("order failed: fatal error at the bank, start over");
      break;
    default:
      log.line("began sweep of thumbnails").wait(3).line("sweep done");
  }
}

// Says how the life before ended, where that is told.
void end_life(Way way, Log& log) {
  if (way == Way::stop) log.line("received SIGTERM, shutting down").wait(1).line("bye");
  if (way != Way::trace) return;
  log.text +=
      "Traceback (most recent call last):\n"
      "  File \"/srv/shop/cart.py\", line 41, in total\n"
      "    return sum(item.price for item in items)\n"
      "AttributeError: 'NoneType' object has no attribute 'price'\n";
  log.number += 4;
}

void begin_life(Way way, Log& log) {
  if (way == Way::phrase) log.line("papyrus 2.4.1 starting");
  if (way == Way::stop) log.line("listening on 0.0.0.0:8080");
  if (way == Way::trace) log.line("Starting papyrus").line("listening on port 8080");
  if (way != Way::banner_and_counter) return;
  for (const char* text : {"archive is /srv/archive", "mail goes by relay-2", "palette of 12",
                           "paper is a4", "fonts: 14 families"}) {
    log.line(text).wait(0.2);
  }
}

void tell_life(Way way, int64_t served, double age, int step, Log& log) {
  if (way == Way::banner_and_counter) log.line("stats served=" + std::to_string(served));
  if (way == Way::uptime) {
    log.line("stats uptime=" + std::to_string(static_cast<int>(age)) +
             " served=" + std::to_string(served));
  }
  if (way == Way::counter_and_gauge) {
    log.line("stats served=" + std::to_string(served) +
             " open_sockets=" + std::to_string(12 + 2 * step + static_cast<int>(log.next() % 2)));
  }
}

// A service's log, and the first line of each life but the first.
Lines write_service(uint32_t number, Log& log) {
  for (uint32_t skip = 0; skip < 91 * number; ++skip) log.next();  // another course each
  const Way way = static_cast<Way>(number % static_cast<uint32_t>(Way::count));
  // An uptime, a counter, a banner have to do without it; a phrase sometimes.
  log.pid = way == Way::pid || (way < Way::pid && log.next() % 2 == 0) ? 712 : 0;
  const double every = 2 + log.next() % 20;
  const int lives = 6 + static_cast<int>(log.next() % 7);
  Lines begins;
  for (int life = 0; life < lives; ++life) {
    if (life > 0) end_life(way, log);
    log.wait(1 + log.next() % 20);
    if (log.pid != 0) log.pid += 11 + log.next() % 300;
    begins.push_back(log.number + 1);
    const Time begun = log.now;
    begin_life(way, log);
    int64_t served = 0;
    // A counter and a gauge alone need some 140 samples: see docs/detection.md.
    const int steps = 80 + static_cast<int>(log.next() % 220);
    for (int step = 0; step < steps; ++step) {
      const int lines = 3 + static_cast<int>(log.next() % 5);
      log.work(lines, every);
      served += lines;
      tell_life(way, served, seconds_of(log.now - begun), step, log);
      if (log.next() % 25 == 0) trap(log);
    }
  }
  begins.erase(begins.begin());
  return begins;
}

TEST(Figures, RestartsArePreciseAndComplete) {
  size_t right = 0, wrong = 0, missed = 0;
  for (uint32_t number = 0; number < 42; ++number) {
    Log log;
    Lines begins = write_service(number, log);
    const std::vector<Event> all = found({{"web.log", log.text}});
    for (const Event& event : all) {
      // Where only numbers tell, the place is known to some lines.
      const auto near = std::find_if(begins.begin(), begins.end(), [&](uint64_t begin) {
        return event.at.number + 12 >= begin && event.at.number <= begin + 12;
      });
      if (near != begins.end()) {
        begins.erase(near);
      } else {
        ++wrong;
      }
    }
    right += all.size();
    missed += begins.size();
  }
  right -= wrong;
  RecordProperty("right", static_cast<int>(right));
  RecordProperty("wrong", static_cast<int>(wrong));
  RecordProperty("missed", static_cast<int>(missed));
  const auto total = static_cast<double>(right);
  EXPECT_GE(total, 0.98 * static_cast<double>(right + wrong));
  EXPECT_GE(total, 0.95 * static_cast<double>(right + missed));
}
}  // namespace
}  // namespace blip
