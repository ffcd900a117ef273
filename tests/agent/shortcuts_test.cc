// The short cut changes nothing: with it and without, the same lines leave the same signals, events
// and memory.

#include "agent/shortcuts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "agent/dump.h"
#include "agent/scan.h"
#include "store/store.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
using testing::TempFolder;

struct Found {
  std::string dump, memory;
  uint64_t lines = 0;
};

Found scan_with(const std::string& path, bool shortcuts, bool ahead = false) {
  Result<Store> store = Store::open("", Access::read_write);
  EXPECT_TRUE(store) << store.error().text;
  ScanOptions options;
  options.paths = {path};
  options.shortcuts = shortcuts;
  options.jobs = ahead ? 2 : 1;
  options.large = 0;
  if (ahead) options.chunk = 1024;
  const Result<ScanReport> report = scan(*store, options);
  EXPECT_TRUE(report) << report.error().text;
  Found result;
  result.lines = report->lines;
  EXPECT_TRUE(write_canonical_dump(*store, result.dump));
  const auto memory = store->state("sense:" + path);
  EXPECT_TRUE(memory);
  if (*memory) result.memory = **memory;
  return result;
}

void expect_same(const std::string& path) {
  SCOPED_TRACE(path);
  const Found longer = scan_with(path, false);
  EXPECT_FALSE(longer.memory.empty());
  for (const bool ahead : {false, true}) {
    SCOPED_TRACE(ahead ? "looked up ahead by another thread" : "by one thread");
    const Found shorter = scan_with(path, true, ahead);
    EXPECT_EQ(longer.dump, shorter.dump);
    EXPECT_EQ(longer.memory.size(), shorter.memory.size());
    EXPECT_TRUE(longer.memory == shorter.memory) << "other things were learned";
  }
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed) {}
  size_t below(size_t n) { return random_() % n; }

  // Every run of digits from `from` on is another, of another length too if `widths`.
  std::string values(const std::string& line, size_t from, bool widths) {
    std::string out = line.substr(0, std::min(from, line.size()));
    for (size_t i = out.size(); i < line.size();) {
      if (!is_digit(line[i])) {
        out += line[i++];
        continue;
      }
      size_t size = 0;
      while (i < line.size() && is_digit(line[i])) ++i, ++size;
      if (widths) size = 1 + below(6);
      for (; size > 0; --size) out += static_cast<char>('0' + below(10));
    }
    return out;
  }

 private:
  std::mt19937 random_;
};

// Each format's samples, again and again with other values in them.
TEST(Shortcuts, ChangeNothingOfWhatSamplesOfAnyFormatTell) {
  const TempFolder folder;
  for (const auto& format : fs::directory_iterator(BLIP_SOURCE_DIR "/tests/parsers/golden")) {
    std::vector<std::string> samples;
    for (const auto& file : fs::directory_iterator(format.path())) {
      if (file.path().extension() != ".log") continue;
      for (std::string& line : lines_of(file.path())) samples.push_back(std::move(line));
    }
    if (samples.empty()) continue;
    Mutator mutator(static_cast<uint32_t>(samples.size()));
    const std::string path =
        (folder.path() / (format.path().filename().string() + ".log")).string();
    std::ofstream out(path, std::ios::binary);
    for (int round = 0; round < 120; ++round) {
      for (const std::string& sample : samples) {
        switch (mutator.below(4)) {
          case 0:
            out << sample;
            break;
          case 1:
            out << mutator.values(sample, 0, false);
            break;
          default:
            out << mutator.values(sample, 24 + mutator.below(60), true);
            break;
        }
        out << '\n';
      }
    }
    out.close();
    expect_same(path);
  }
}

// Lines without a time, those of stack traces and others, among lines with one; some look like
// stamps and, with other digits, are.
TEST(Shortcuts, ChangeNothingOfWhatLinesWithoutATimeTell) {
  const TempFolder folder;
  const std::vector<std::vector<std::string>> texts = {
      {"panic: runtime error: index out of range [5] with length 3", "",
       "goroutine 17 [running]:", "main.(*Server).put(0xc0000b6000, 0x85e5af22)",
       "\t/srv/app/src/shard.go:723 +0xcec", "main.main()", "\t/srv/app/main.go:12 +0x1d"},
      {"TypeError: Cannot read property 'digest' of undefined",
       "    at shard (/srv/app/lib/bucket.js:785:10)",
       "    at Object.<anonymous> [as run] (x.js:1:2)",
       "    at new Lease (/srv/app/lib/lease.js:182:22)", "}"},
      {"Traceback (most recent call last):", "  File \"/srv/app/run.py\", line 12, in <module>",
       "    raise ValueError(\"12\")", "ValueError: 12"},
      {"Exception in thread \"main-7\" java.lang.IllegalStateException: queue 12 is full",
       "\tat com.acme.Queue.put(Queue.java:71)", "\t... 12 more"},
      {"exit status 3", "12 at once", "Jun 24 19:50:53 so it was", "2014-06-24 19:50:53 dated",
       "[2014-06-24 19:50:53] boxed", "x [2014-06-24 19:50:53] y", "INFO 2014-06-24 19:50:53 level",
       "ERROR: 12 of 13", "retry [12/13] of 7", "  indented [12:13] 14", "pool 12: 4 idle, 2 busy",
       "app[123]: named", "12345678 hours", "dead12 passed", "1403639453 passed", "[dead12] gone",
       "[1403639453] gone", "\x1b[31mred 12\x1b[0m"},
  };
  const std::string path = (folder.path() / "traces.log").string();
  std::ofstream out(path, std::ios::binary);
  Mutator mutator(9);
  int64_t ms = 1'400'000'000'000;
  for (int round = 0; round < 6000; ++round) {
    ms += static_cast<int64_t>(mutator.below(900));
    const std::string stamp = format_rfc3339(time_from_us(ms * 1000));
    out << stamp << mutator.values(" info: request 17 took 12 ms", 0, true) << '\n';
    if (mutator.below(3) != 0) continue;
    if (mutator.below(2) == 0) out << stamp << " error: ";
    const std::vector<std::string>& text = texts[mutator.below(texts.size())];
    for (const std::string& line : text) {
      if (mutator.below(20) == 0) break;
      out << (mutator.below(3) == 0 ? line : mutator.values(line, 0, mutator.below(2) == 0))
          << '\n';
    }
  }
  out.close();
  expect_same(path);
}

// Lines of a service as it runs, in the common envelopes.
TEST(Shortcuts, ChangeNothingOfWhatARunningServiceTells) {
  const TempFolder folder;
  const char* const bodies[] = {
      "info:76c0b38e handled request GET /api/v1/orders/%d status=200 bytes=%d",
      "warn:76c0b38e slow response from cache-%d: %dms over budget",
      "info:76c0b38e METRICS: goroutines: %d, alloc: %d",
      "debug:76c0b38e worker %d finished job %x queue=billing",
      "error:76c0b38e upstream db-%d returned 502 after %dms",
  };
  for (const char* const envelope : {"", "docker", "syslog", "json", "access", "plain"}) {
    const std::string kind = envelope;
    const std::string path = (folder.path() / (kind + "x.log")).string();
    std::ofstream out(path, std::ios::binary);
    Mutator mutator(5);
    int64_t ms = 1'400'000'000'000;
    int pid = 2101;
    for (int i = 0; i < 30'000; ++i) {
      ms += static_cast<int64_t>(mutator.below(200));
      if (mutator.below(9000) == 0) {
        ms += 20'000;
        pid += 77;
      }
      const Time time = time_from_us(ms * 1000);
      const std::string stamp = format_rfc3339(time);
      std::string clock = stamp.substr(0, 10) + " " + stamp.substr(11, 8);
      char body[200];
      std::snprintf(body, sizeof body, bodies[mutator.below(std::size(bodies))],
                    static_cast<int>(mutator.below(90'000)),
                    static_cast<int>(mutator.below(9'000'000)));
      if (kind == "docker") {
        out << "{\"log\":\"" << clock << " " << body << "\\n\",\"stream\":\"stdout\",\"time\":\""
            << stamp << "\"}\n";
      } else if (kind == "syslog") {
        const bool other = mutator.below(5) == 0;
        out << "May 1" << (i > 15'000 ? 4 : 3) << " " << stamp.substr(11, 8) << " web-1 "
            << (other ? "sshd[" + std::to_string(100 + mutator.below(9000)) + "]: Accepted key"
                      : "app" + std::to_string(1 + mutator.below(2)) + "[" + std::to_string(pid) +
                            "]: " + std::string(body))
            << " for " << mutator.below(500) << "\n";
      } else if (kind == "json") {
        out << "{\"name\":\"api\",\"hostname\":\"web-1\",\"pid\":" << pid
            << ",\"level\":" << 30 + 10 * mutator.below(3)
            << ",\"msg\":\"request finished\",\"latency\":" << mutator.below(900) << ",\"time\":\""
            << stamp << "\",\"v\":0}\n";
      } else if (kind == "access") {
        out << "10.0." << mutator.below(200) << ".7 - - [13/May/2014:" << stamp.substr(11, 8)
            << " +0000] \"GET /a/" << mutator.below(10'000) << " HTTP/1.1\" "
            << (mutator.below(50) == 0 ? 503 : 200) << " " << mutator.below(100'000)
            << " \"-\" \"curl/7.1\" 0." << mutator.below(999) << "\n";
      } else if (kind == "plain") {
        out << "[" << clock << " +0000] [" << pid << "] [INFO] " << body + 14 << "\n";
      } else {
        out << clock << " " << body << "\n";
      }
    }
    out.close();
    expect_same(path);
  }
}

}  // namespace
}  // namespace blip
