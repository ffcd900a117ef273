// Scans of several logs, by one thread and by many, and of what is no file.

#include "agent/scan.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <zlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "agent/dump.h"
#include "agent/stream_owners.h"
#include "agent/workers.h"
#include "store/store.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
using testing::TempFolder;

// All that a scan leaves, as text: the canonical dump, and what that leaves out.
std::string all_of(const Store& store) {
  std::ostringstream out;
  std::string dump;
  EXPECT_TRUE(write_canonical_dump(store, dump));
  out << dump;
  EventQuery query;
  query.min_confidence = 0;
  const auto events = store.events(query);
  const auto runs = store.runs("");
  const auto services = store.services();
  const auto points = store.checkpoints();
  EXPECT_TRUE(events && runs && services && points);
  if (!events || !runs || !services || !points) return "";
  for (const Event& one : *events) {
    out << "event " << one.id << " revision " << one.revision << " at " << to_us(one.time) << " in "
        << one.file << "\n";
  }
  for (const Run& one : *runs) {
    out << "run " << one.id << " of " << one.service << "/" << one.instance << " from "
        << to_us(one.begin.from) << " to " << to_us(one.end.to) << " " << one.ending << "\n";
  }
  std::set<std::string> sources;
  for (const Checkpoint& one : *points) {
    const StreamInfo& stream = one.stream;
    out << "stream " << stream.key << " of " << stream.source << " at " << stream.path << " "
        << stream.format << " " << stream.first_line << " " << to_us(stream.first) << " "
        << to_us(stream.last) << " offset " << one.offset << " line " << one.number << " marker "
        << one.marker.hash << " whole " << one.whole << "\n";
    sources.insert(stream.source);
  }
  for (const std::string& source : sources) {
    const auto state = store.state("sense:" + source);
    EXPECT_TRUE(state && *state) << source;
    if (state && *state) {
      out << "state of " << source << " " << std::hash<std::string>()(**state) << "\n";
    }
  }
  for (const std::string& service : *services) {
    uint64_t count = 0, sum = 0;
    EXPECT_TRUE(store.each_signal(service, [&](const Signal& one) {
      ++count;
      const std::string text = std::to_string(static_cast<int>(one.kind)) + one.subject + one.text +
                               one.detail + one.instance + std::to_string(one.after);
      sum = sum * 31 + one.at.stream + one.at.offset + std::hash<std::string>()(text);
    }));
    out << "signals of " << service << " " << count << " " << sum << "\n";
  }
  return out.str();
}

std::string all_of(const ScanReport& report) {
  std::ostringstream out;
  out << report.sources << " sources, " << report.files << " files, " << report.bytes << " bytes, "
      << report.lines << " lines, " << report.unparsed << " unparsed, " << report.lost_bytes
      << " lost, " << to_us(report.first) << " to " << to_us(report.last) << " stopped "
      << report.stopped << "\n";
  for (const std::string& one : report.formats) out << "format " << one << "\n";
  for (const std::string& one : report.timeless) out << "timeless " << one << "\n";
  for (const std::string& one : report.unparsed_samples) out << "sample " << one << "\n";
  for (const std::string& one : report.services) out << "service " << one << "\n";
  for (const InputNote& one : report.notes) {
    out << "note " << one.path << " " << one.text << " " << one.failed << "\n";
  }
  return out.str();
}

// A folder of several hosts' logs, copied months later: each of its kind.
class Logs {
 public:
  // `packed`: the end of one log tells nothing before it is unpacked.
  explicit Logs(bool packed = false) {
    for (const char* const host : {"web-1", "web-2", "web-3"}) fs::create_directories(path(host));
    write("web-1/orders.log", service("2014-06-24", 9000, 1));
    write("web-2/orders.log", service("2014-06-24", 3000, 2));
    gzip("web-1/carts.log.2.gz", service("2014-06-22", 2500, 3));
    write("web-1/carts.log.1", service("2014-06-23", 2500, 4));
    write("web-1/carts.log", service("2014-06-24", 2500, 5));
    write("web-3/api.json", json(6000));
    if (packed) gzip("web-3/old.log.1.gz", service("2014-06-21", 2000, 14));
    // Same name, same first line: who is the first of them? Not the largest, whose turn is first.
    write("web-1/app.err", panics("2014-06-24", 1, "web-1"));
    write("web-2/app.err", panics("2014-06-24", 3, "web-2"));
    write("web-3/app.err", panics("2014-06-24", 600, "web-3"));
    fs::create_directories(path("backup"));
    fs::copy_file(path("web-1/app.err"), path("backup/app.err"));
    // Without a year, and newest files without any time.
    write("web-1/syslog", syslog(3000, 7));
    write("web-2/syslog", syslog(2000, 8));
    write("web-3/messages.1", syslog(500, 9));
    write("web-3/messages", "");
    write("web-2/notes.log", "what is this\nand this\nnobody knows\n");
    write("web-3/notes.log", "something else\nwithout a time\nat all\nnot one\n");
    write("web-3/picture.log", std::string("\x89PNG\r\n\x1a\n\0\0\0\0\1\2\3", 15));
    copied();
  }

  // Each goes on, and another host comes.
  void grow() {
    write("web-1/orders.log", service("2014-06-25", 2000, 11), std::ios::app);
    write("web-2/orders.log", service("2014-06-25", 3000, 12), std::ios::app);
    write("web-2/app.err", panics("2014-06-25", 40, "web-2"), std::ios::app);
    fs::create_directories(path("web-0"));
    write("web-0/app.err", panics("2014-06-25", 2, "web-0"));
    fs::rename(path("web-1/syslog"), path("web-1/syslog.1"));
    write("web-1/syslog", syslog(1000, 13));
    copied();
  }

  fs::path path(const std::string& name) const { return folder_.path() / name; }
  std::string all() const { return folder_.path().string(); }

 private:
  void write(const std::string& name, const std::string& text,
             std::ios::openmode mode = std::ios::out) {
    std::ofstream(path(name), std::ios::binary | mode) << text;
  }
  void gzip(const std::string& name, const std::string& text) {
    const gzFile out = gzopen(path(name).c_str(), "wb");
    ASSERT_NE(out, nullptr);
    EXPECT_GT(gzwrite(out, text.data(), static_cast<unsigned>(text.size())), 0);
    gzclose(out);
  }
  // All mtimes are those of the copy.
  void copied() {
    const auto when = fs::file_time_type::clock::now() - std::chrono::hours(1);
    for (const auto& file : fs::recursive_directory_iterator(folder_.path())) {
      if (file.is_regular_file()) fs::last_write_time(file.path(), when);
    }
  }

  // A clock that goes on by itself.
  struct Clock {
    explicit Clock(const std::string& day, uint32_t seed)
        : at(to_us(parse_stamp(day + "T08:00:00Z", {})->time)), random(seed) {}
    std::string next() {
      at += 1'000'000 + random() % 3'000'000;
      const std::string stamp = format_rfc3339(time_from_us(at));
      return stamp.substr(0, 10) + " " + stamp.substr(11, 8);
    }
    int64_t at;
    std::mt19937 random;
  };

  // Dies of a panic, of nothing, and leaks meanwhile.
  static std::string service(const std::string& day, int lines, uint32_t seed) {
    Clock clock(day, seed);
    std::string out;
    int since = 0;
    for (int i = 0; i < lines; ++i, ++since) {
      if (since == 0) {
        out += clock.next() + " info: orders 1.4.2 starting, pid " +
               std::to_string(1000 * seed + i) + "\n";
      }
      switch (clock.random() % 8) {
        case 0:
          out += clock.next() + " info: METRICS: goroutines: " + std::to_string(100 + since) +
                 ", alloc: " + std::to_string(1'000'000 + 7000 * since) + "\n";
          break;
        case 1:
          out += clock.next() + " error: upstream db-2 returned 502 after " +
                 std::to_string(clock.random() % 900) + " ms\n";
          break;
        default:
          out += clock.next() + " info: handled request GET /orders/" +
                 std::to_string(clock.random() % 90'000) + " status=200\n";
      }
      if (clock.random() % 700 != 0) continue;
      since = -1;
      if (clock.random() % 2 == 0) {
        out +=
            "panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\n"
            "main.(*Router).put(0xc000010000)\n\t/srv/orders/handler.go:88 +0x1d\nexit status 2\n";
      }
      clock.at += 20'000'000;
    }
    return out;
  }

  static std::string json(int lines) {
    Clock clock("2014-06-24", 6);
    std::string out;
    for (int i = 0; i < lines; ++i) {
      const std::string stamp = clock.next();
      out += "{\"name\":\"api\",\"hostname\":\"web-3\",\"pid\":" + std::to_string(300 + i / 1700) +
             ",\"level\":" + std::to_string(30 + 10 * (clock.random() % 3)) +
             ",\"msg\":\"request finished\",\"latency\":" + std::to_string(clock.random() % 900) +
             ",\"time\":\"" + stamp.substr(0, 10) + "T" + stamp.substr(11) + ".000Z\",\"v\":0}\n";
    }
    return out;
  }

  static std::string panics(const std::string& day, int count, const std::string& host) {
    Clock clock(day, 10);
    std::string out;
    for (int i = 0; i < count; ++i) {
      out +=
          "panic: runtime error: index out of range\n\ngoroutine 7 [running]:\n"
          "main.main()\n\t/srv/app/main.go:12 +0x1d\nexit status 2\n";
      out += clock.next() + " info: started again on " + host + "\n";
    }
    return out;
  }

  static std::string syslog(int lines, uint32_t seed) {
    Clock clock("2014-06-24", seed);
    std::string out;
    for (int i = 0; i < lines; ++i) {
      out += "Jun 24 " + clock.next().substr(11) + " web-" + std::to_string(seed % 3) + " ";
      if (clock.random() % 400 == 0) {
        out += "kernel: Out of memory: Kill process " + std::to_string(2000 + i) +
               " (carts) score 900 or sacrifice child\n";
      } else {
        out += "billing[" + std::to_string(700 + i / 900) + "]: settled invoice " +
               std::to_string(clock.random() % 5000) + "\n";
      }
    }
    return out;
  }

  TempFolder folder_;
};

constexpr size_t kTwoEach = 64;

std::string scan_with(Store& store, const std::vector<std::string>& paths, size_t jobs) {
  ScanOptions options;
  options.paths = paths;
  options.jobs = jobs;
  options.chunk = 4096;
  options.large = 0;  // with as many as kTwoEach, two threads read each log
  const Result<ScanReport> report = scan(store, options);
  EXPECT_TRUE(report) << report.error().text;
  return report ? all_of(*report) : "";
}

Store open_store() {
  Result<Store> store = Store::open("", Access::read_write);
  EXPECT_TRUE(store) << store.error().text;
  return std::move(*store);
}

// However many threads read, what comes out is the same, also of the scan after it.
void expect_threads_change_nothing(bool packed) {
  Logs logs(packed);
  const std::vector<std::string> paths = {logs.all(), logs.path("gone.log").string()};
  constexpr size_t kTurns[] = {1, 2, 4, 2, kTwoEach, 16, kTwoEach, 4};
  std::vector<Store> stores;
  std::string report, found;
  for (const size_t jobs : kTurns) {
    SCOPED_TRACE(jobs);
    Store& store = stores.emplace_back(open_store());
    const std::string now = scan_with(store, paths, jobs);
    if (stores.size() == 1) {
      report = now;
      found = all_of(store);
      continue;
    }
    EXPECT_EQ(now, report);
    EXPECT_EQ(all_of(store), found);
  }
  for (const char* const said : {"\"kind\":\"restart\"", "\"kind\":\"crash\"", "run ", "syslog at ",
                                 "backup/app.err at ", "\"service\":\"billing\""}) {
    EXPECT_NE(found.find(said), std::string::npos) << said << " is not in\n"
                                                   << found.substr(0, 2000);
  }
  // By the logs with years, those without are of 2014.
  EXPECT_EQ(found.find("\"time\":\"202"), std::string::npos);
  EXPECT_NE(report.find("gone.log"), std::string::npos);
  EXPECT_NE(report.find("sample what is this"), std::string::npos);

  logs.grow();
  for (size_t i = 0; i < stores.size(); ++i) {
    SCOPED_TRACE(kTurns[i]);
    const std::string now = scan_with(stores[i], paths, kTurns[i]);
    if (i == 0) {
      EXPECT_NE(now, report);
      report = now;
      found = all_of(stores[0]);
      continue;
    }
    EXPECT_EQ(now, report);
    EXPECT_EQ(all_of(stores[i]), found);
  }
}

TEST(Scan, ThreadsChangeNothing) { expect_threads_change_nothing(false); }
TEST(Scan, ThreadsChangeNothingWhereLogsWaitForOthers) { expect_threads_change_nothing(true); }

TEST(Scan, StopsAndTellsOfProgressFromOneThreadAtATime) {
  const Logs logs;
  for (const size_t jobs : {size_t{1}, size_t{4}, kTwoEach}) {
    Store store = open_store();
    ScanOptions options;
    options.paths = {logs.all()};
    options.jobs = jobs;
    options.large = 0;
    options.chunk = 512;
    std::atomic<int> inside = 0;
    bool alone = true;
    int told = 0;
    options.progress = [&](const Progress& progress) {
      alone = alone && ++inside == 1;
      ++told;
      EXPECT_LE(progress.bytes_done, progress.bytes_total);
      --inside;
    };
    options.stop = [&] {
      alone = alone && ++inside == 1;
      --inside;
      return true;
    };
    const Result<ScanReport> report = scan(store, options);
    ASSERT_TRUE(report) << report.error().text;
    EXPECT_TRUE(report->stopped);
    EXPECT_TRUE(alone);
    EXPECT_EQ(told, 1);
    EXPECT_GT(report->lines, 0u);
    EXPECT_LE(report->sources, jobs);
    const auto points = store.checkpoints();
    ASSERT_TRUE(points);
    EXPECT_FALSE(points->empty()) << "what was found is kept";
  }
}

// What one source could not store fails the scan, and the others end.
TEST(Scan, FailsWithTheStore) {
  const Logs logs;
  const TempFolder folder;
  const std::string file = (folder.path() / "blip.db").string();
  ASSERT_TRUE(Store::open(file, Access::read_write));
  for (const size_t jobs : {size_t{1}, size_t{4}, kTwoEach}) {
    Result<Store> store = Store::open(file, Access::read_only);
    ASSERT_TRUE(store) << store.error().text;
    ScanOptions options;
    options.paths = {logs.all()};
    options.jobs = jobs;
    options.large = 0;
    const Result<ScanReport> report = scan(*store, options);
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().text.find("read-only"), std::string::npos) << report.error().text;
  }
}

TEST(Scan, RowsKeepThoseApartThatBeginAlike) {
  const Logs logs;
  const Inputs inputs = find_inputs({logs.all()});
  std::set<std::string> with_others;
  size_t sources = 0;
  for (const std::vector<size_t>& row : rows_of(inputs.sources)) {
    sources += row.size();
    EXPECT_TRUE(std::is_sorted(row.begin(), row.end()));
    if (row.size() == 1) continue;
    EXPECT_EQ(row.size(), 4u);
    for (const size_t i : row) with_others.insert(inputs.sources[i].base);
  }
  EXPECT_EQ(sources, inputs.sources.size());
  EXPECT_EQ(with_others, std::set<std::string>{"app.err"});
}

TEST(Workers, DoEachTaskOnce) {
  for (const size_t threads : {1, 2, 7}) {
    std::vector<std::atomic<int>> done(100);
    std::set<std::thread::id> who;
    std::mutex mutex;
    share_out(done.size(), threads, [&](size_t task) {
      ++done[task];
      const std::lock_guard lock(mutex);
      who.insert(std::this_thread::get_id());
    });
    for (const std::atomic<int>& one : done) EXPECT_EQ(one, 1);
    EXPECT_LE(who.size(), threads);
    if (threads == 1) {
      EXPECT_EQ(*who.begin(), std::this_thread::get_id());
    }
  }
  share_out(1, 8, [self = std::this_thread::get_id()](size_t) {
    EXPECT_EQ(std::this_thread::get_id(), self) << "one task needs no thread";
  });
  share_out(0, 8, [](size_t) { FAIL(); });
}

TEST(Workers, LetAnExceptionOutWhereTheyWereCalled) {
  std::atomic<int> begun = 0;
  const auto work = [&](size_t) {
    ++begun;
    throw std::runtime_error("no memory left");
  };
  EXPECT_THROW(share_out(1000, 4, work), std::runtime_error);
  EXPECT_LE(begun, 4);
}

TEST(Workers, AreAsManyAsTheCoresThatMayBeUsed) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  EXPECT_EQ(usable_cores(), static_cast<size_t>(CPU_COUNT(&all)));
  std::thread([&all] {  // an affinity is a thread's own
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++core) {
      if (CPU_ISSET(core, &all)) CPU_SET(core, &one);
    }
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(usable_cores(), 1u);
  })
      .join();
}

// blip scan <(journalctl): what is taken from a pipe is gone, and nothing may look at it first.
TEST(Scan, ReadsANamedPipeFromItsFirstLine) {
  const TempFolder folder;
  const std::string pipe = (folder.path() / "app.fifo").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  constexpr int kLines = 5000;
  std::thread writer([&pipe] {
    std::ofstream out(pipe);
    for (int i = 0; i < kLines; ++i) out << "2014-06-24 12:00:00 info: served order " << i << "\n";
  });
  Result<Store> store = Store::open("", Access::read_write);
  ASSERT_TRUE(store) << store.error().text;
  ScanOptions options;
  options.paths = {pipe};
  const Result<ScanReport> report = scan(*store, options);
  writer.join();
  ASSERT_TRUE(report) << report.error().text;
  EXPECT_EQ(report->lines, uint64_t{kLines});
}

}  // namespace
}  // namespace blip
