// What the five stories are written with: a virtual clock, a seeded generator, log files that put
// their lines in order and number them, and the truth about what happened. No story reads the wall
// clock, the locale or a floating-point number, so the same seed gives the same bytes everywhere.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace blip::stories {

// Milliseconds, as a span or since 1970-01-01T00:00:00Z.
using Ms = int64_t;
inline constexpr Ms kSecond = 1000;
inline constexpr Ms kMinute = 60 * kSecond;
inline constexpr Ms kHour = 60 * kMinute;
inline constexpr Ms kDay = 24 * kHour;

Ms utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0);
std::string stamp_plain(Ms time);            // 2014-06-24 19:50:53
std::string stamp_iso(Ms time, int digits);  // 2014-06-24T19:50:53.120 with 0, 3, 6 or 9 digits
std::string stamp_syslog(Ms time);           // Jun 24 19:50:53, no year
std::string stamp_clf(Ms time);              // 24/Jun/2014:19:50:53 +0000

// splitmix64: small, fast, and the same on every machine.
class Rng {
 public:
  explicit Rng(uint64_t seed) : state_(seed) {}
  uint64_t next();
  int64_t between(int64_t low, int64_t high);  // both may come up
  bool one_in(int64_t n) { return between(1, n) == 1; }
  std::string hex(int digits);
  template <size_t N>
  const char* pick(const char* const (&choices)[N]) {
    return choices[between(0, static_cast<int64_t>(N) - 1)];
  }

 private:
  uint64_t state_;
};

inline void append(std::string& out, std::string_view part) { out += part; }
template <std::integral T>
requires(!std::same_as<T, char> && !std::same_as<T, bool>) void append(std::string& out, T number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}
// The parts one after another; numbers in decimal.
template <class... Parts>
std::string cat(const Parts&... parts) {
  std::string out;
  (append(out, parts), ...);
  return out;
}
std::string padded(int64_t number, size_t width, char fill = '0');
std::string decimal(int64_t scaled, int digits);  // decimal(519, 1) is "51.9"
std::string json_quoted(std::string_view text);

class LogFile;

// One entry of a log, known before its line number is.
struct Spot {
  const LogFile* log = nullptr;
  size_t entry = 0;
};

// One log, and the rotations it left behind. Entries come in any order and are put in order of
// time; those of one time stay as they came. An entry may hold several lines (a stack trace).
class LogFile {
 public:
  struct Part {  // one file on disk, oldest first
    std::string name, text;
    int64_t lines = 0;
    Ms last = 0;  // time of the last entry: the file's mtime
    bool gzip = false;
  };
  struct Place {
    std::string file;
    int64_t line = 0;  // 1-based, in the unpacked text
  };

  explicit LogFile(std::string path) : path_(std::move(path)) {}
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  Spot add(Ms time, std::string text);
  // As logrotate with `delaycompress` would at `time`: NAME.1 plain, NAME.2.gz and older packed.
  void rotate(Ms time) { rotations_.push_back(time); }
  // Puts everything in order; nothing may be added after it.
  void settle();

  const std::string& path() const { return path_; }
  const std::vector<Part>& parts() const { return parts_; }
  Place first_line(const Spot& spot) const { return place(spot, false); }
  Place last_line(const Spot& spot) const { return place(spot, true); }

 private:
  struct Entry {
    Ms time = 0;
    std::string text;
    size_t part = 0;
    int64_t line = 0, lines = 0;
  };
  Place place(const Spot& spot, bool last) const;

  std::string path_;
  std::vector<Entry> entries_;
  std::vector<Ms> rotations_;
  std::vector<Part> parts_;
};

// What really happened, for tests and for scoring; the fields are those of truth.json.
struct Restart {
  std::string service;
  Ms death = 0, start = 0;
  Spot first;              // first line of the new life
  std::vector<Spot> also;  // the same moment in other files
  Spot last;               // last words of the old life
  std::string cause;       // panic, oom, exit0, exit1, kill9, abort, sigterm, deploy, reboot
  bool planned = false;
  std::string explicit_by;      // trace, shutdown, supervisor, banner; empty: silent
  bool told_elsewhere = false;  // by a file that is not the service's own
  std::vector<std::string> evidence;
  int64_t pid_before = 0, pid_after = 0;  // 0: the logs show none
};

struct Truth {
  struct Service {
    std::string name, language;
    std::vector<const LogFile*> logs;
  };
  struct Start {
    std::string service;
    Ms time = 0;
    Spot first;
  };
  struct Range {  // a stretch of one log: a trap, a burst, a stall
    std::string what;
    Spot from, to;
    std::string service = {};
    Ms begin = 0, end = 0;
    int64_t lines = 0;
  };
  struct Leak {
    std::string service, metric;
    int64_t milli_per_min = 0;  // slope, in thousandths of the metric's unit
    bool masked = false;
  };
  struct Drift {  // a duration that grows within each life and is well again after a restart
    std::string service, metric;
    int64_t from_ms = 0, to_ms = 0;
    int resets = 0;
  };
  struct Reboot {
    std::string host;
    Ms down = 0, up = 0;
    bool planned = false;
    Spot first, last;
  };
  std::vector<std::string> supervisors;
  std::vector<Service> services;
  std::vector<Restart> restarts;
  std::vector<Start> initial_starts;
  std::vector<Range> traps, error_bursts, stalls;
  std::vector<Leak> leaks;
  std::vector<Drift> drifts;
  std::vector<Reboot> reboots;
};

// One folder of logs and its truth.json.
class Story {
 public:
  Story(std::string name, std::string notes, uint64_t seed)
      : name_(std::move(name)), notes_(std::move(notes)), seed_(seed) {}
  // A log under the story's folder; lives as long as the story.
  LogFile& log(std::string path);
  // A generator of its own for each purpose, so that one more line here moves no number there.
  Rng rng(std::string_view purpose) const;
  Status write(const std::string& folder);

  Truth truth;

 private:
  std::string truth_json() const;
  std::string name_, notes_;
  uint64_t seed_;
  std::vector<std::unique_ptr<LogFile>> logs_;
};

// The stories, each in a file of its own.
void saved_by_the_bug(Story& story);
void weathering_the_storm(Story& story);
void off_and_on_again(Story& story);
void live_demo(Story& story);
void slow_collector(Story& story);

}  // namespace blip::stories
