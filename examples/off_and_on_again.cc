// Story 3. Seven Node processes, each in a small dyno, all in one drain:
//
//   2017-03-06T04:02:31.120513+00:00 heroku[queuer.1]: Process running mem=513M(100.3%)
//   2017-03-06T04:02:31.120513+00:00 heroku[queuer.1]: Error R14 (Memory quota exceeded)
//
// and an eighth that reports the memory of each, to a file of its own:
//
//   {"time":"2017-03-06T04:02:40Z","name":"queuer","pid":31,"rss_mb":513.2,"heap_mb":39.8}
//
// The queuer never gives memory back, 1.9 MB a minute; at twice the quota it is killed. On the
// third day it is "cured": it exits whenever its queue is empty, and is started again, 212 times a
// day.

#include "examples/kit.h"

namespace blip::stories {
namespace {
constexpr int64_t kQuota = 512;         // MB
constexpr int64_t kLeakPerMinute = 19;  // in tenths of an MB
constexpr Ms kCureAfter = 58 * kHour;
constexpr int kIdleExits = 212;
constexpr Ms kIdleEvery = 405 * kSecond;

struct Program {
  const char* name;
  const char* command;
  const char* first;  // first words of a life; none says that it starts
  const char* work;   // followed by a number
  int64_t rss;        // tenths of an MB
};
constexpr Program kPrograms[] = {
    {"main", "node main.js", "watching web, connection_lock, dam", "children alive: 3, beat ", 384},
    {"web", "node http.js", "routes: 14", "GET /rooms 200 in 12 ms, request ", 781},
    {"connection_lock", "node lock.js", "lock table empty", "lease renewed, round ", 412},
    {"dam", "node dam.js", "watching pusher, queuer, retrier", "gates open: 3, beat ", 379},
    {"pusher", "node pusher.js", "exchange bound", "pushed message ", 466},
    {"queuer", "node queuer.js", "consuming jobs, prefetch 50", "queued message ", 520},
    {"retrier", "node retrier.js", "retry table: 0 due", "nothing due, round ", 405},
};
constexpr size_t kQueuer = 5;

class Dyno {
 public:
  Dyno(Story& story, LogFile& drain, LogFile& reports, size_t index);
  void run(Ms begin);

 private:
  void live(Ms end, bool cured);
  void over_quota(Ms end);
  void killed(Ms time);
  void replaced(Ms time, std::string_view why, const char* cause);
  void idle(Ms time);
  void start(Ms time, Restart restart);
  int64_t rss(Ms time);
  Spot app(Ms time, std::string_view text) { return say(time, "app", text); }
  Spot platform(Ms time, std::string_view text) { return say(time, "heroku", text); }
  Spot say(Ms time, std::string_view who, std::string_view text);

  Story& story_;
  LogFile& drain_;
  LogFile& reports_;
  const Program& program_;
  const bool leaks_;
  std::string service_, dyno_;
  Rng rng_;
  Ms start_ = 0;
  int64_t pid_ = 0, done_ = 0;
  bool restarted_ = false;
  Spot last_;
};

Dyno::Dyno(Story& story, LogFile& drain, LogFile& reports, size_t index)
    : story_(story),
      drain_(drain),
      reports_(reports),
      program_(kPrograms[index]),
      leaks_(index == kQueuer),
      service_(cat(program_.name, ".1")),
      rng_(story.rng(program_.name)) {
  dyno_ =
      cat("heroku.93120476.", rng_.hex(8), "-", rng_.hex(4), "-", rng_.hex(4), "-", rng_.hex(12));
  pid_ = rng_.between(21, 40);
  story.truth.services.push_back({service_, "node", {&drain, &reports}});
  if (leaks_) story.truth.leaks.push_back({service_, "rss", kLeakPerMinute * 100, true});
}

Spot Dyno::say(Ms time, std::string_view who, std::string_view text) {
  return last_ =
             drain_.add(time, cat(stamp_iso(time, 6), "+00:00 ", who, "[", service_, "]: ", text));
}

int64_t Dyno::rss(Ms time) {
  const int64_t leaked = leaks_ ? kLeakPerMinute * (time - start_) / kMinute : 0;
  return program_.rss + leaked + rng_.between(-7, 7);
}

void Dyno::live(Ms end, bool cured) {
  for (Ms time = start_ + rng_.between(4, 60) * kSecond; time < end - kSecond;
       time += rng_.between(60, 420) * kSecond + rng_.between(0, 999)) {
    app(time, cat(program_.work, ++done_));
  }
  Spot first_report;
  for (Ms time = start_ + 9 * kSecond; time < end; time += (cured ? 20 : 60) * kSecond) {
    const Spot report =
        reports_.add(time, cat("{\"time\":\"", stamp_iso(time, 0), "Z\",\"name\":\"", program_.name,
                               "\",\"pid\":", pid_, ",\"rss_mb\":", decimal(rss(time), 1),
                               ",\"heap_mb\":", decimal(rng_.between(180, 420), 1), "}"));
    if (first_report.log == nullptr) first_report = report;
  }
  if (restarted_) story_.truth.restarts.back().also.push_back(first_report);
  for (Ms time = start_ + kMinute; time < end; time += 3 * kMinute) {
    const int64_t resident = rss(time) * 10, cache = rng_.between(0, 40);
    platform(time, cat("source=", service_, " dyno=", dyno_, " sample#memory_total=",
                       decimal(resident + cache, 2), "MB sample#memory_rss=", decimal(resident, 2),
                       "MB sample#memory_cache=", decimal(cache, 2),
                       "MB sample#memory_swap=0.00MB sample#memory_quota=512.00MB"));
  }
  if (leaks_ && !cured) over_quota(end);
}

// Every twenty seconds the platform says so, and does nothing until it is twice the quota.
void Dyno::over_quota(Ms end) {
  Truth::Range burst{"error_burst", {}, {}, service_};
  for (Ms time = start_ + kMinute; time < end - 5 * kSecond; time += 20 * kSecond) {
    const int64_t used = rss(time);
    if (used <= kQuota * 10) continue;
    platform(time,
             cat("Process running mem=", used / 10, "M(", decimal(used * 100 / kQuota, 1), "%)"));
    burst.to = platform(time, "Error R14 (Memory quota exceeded)");
    if (burst.lines++ == 0) burst.from = burst.to, burst.begin = time;
    burst.end = time;
  }
  if (burst.lines != 0) story_.truth.error_bursts.push_back(burst);
}

// A new life begins at `time`; `restart` tells how the old one ended, if there was one.
void Dyno::start(Ms time, Restart restart) {
  const Spot words = platform(time, cat("Starting process with command `", program_.command, "`"));
  platform(time + 900, "State changed from starting to up");
  const Spot first = app(time + 1100, program_.first);
  start_ = time;
  done_ = 0;
  if (restart.cause.empty()) {
    story_.truth.initial_starts.push_back({service_, time, first});
    return;
  }
  restarted_ = true;
  restart.service = service_;
  restart.start = time;
  restart.first = first;
  restart.also = {words};
  restart.evidence = {"metric_reset", "pid", "supervisor"};
  restart.pid_before = pid_;
  pid_ = rng_.between(21, 400);
  restart.pid_after = pid_;
  story_.truth.restarts.push_back(restart);
}

void Dyno::killed(Ms time) {
  platform(time - 800, "Error R15 (Memory quota vastly exceeded)");
  platform(time - 700, "Stopping process with SIGKILL");
  Restart restart{"", time, 0, {}, {}, last_, "oom", false, "supervisor"};
  platform(time, "Process exited with status 137");
  platform(time + 60, "State changed from up to crashed");
  platform(time + 4000, "State changed from crashed to starting");
  start(time + 7 * kSecond, restart);
}

void Dyno::replaced(Ms time, std::string_view why, const char* cause) {
  platform(time, why);
  platform(time + 90, "State changed from up to starting");
  platform(time + 800, "Stopping all processes with SIGTERM");
  Restart restart{"", time + 1400, 0, {}, {}, {}, cause, true, "shutdown"};
  restart.last = app(time + 900, "SIGTERM received, closing channels");
  platform(time + 1400, "Process exited with status 143");
  start(time + 6 * kSecond + rng_.between(0, 2000), restart);
}

void Dyno::idle(Ms time) {
  Restart restart{"", time + 100, 0, {}, {}, {}, "exit0", true, "shutdown"};
  restart.last = app(time, "idle for 15 s, nothing queued: exiting");
  platform(time + 100, "Process exited with status 0");
  platform(time + 170, "State changed from up to complete");
  platform(time + 1200, "State changed from complete to starting");
  start(time + 2500, restart);
}

void Dyno::run(Ms begin) {
  start(begin + rng_.between(0, 8000), {});
  // One dyno's day is a little longer than ours, and all of them are turned over together.
  const Ms cycled = begin + 24 * kHour + 41 * kMinute, cured = begin + kCureAfter;
  const Ms to_quota_twice = (2 * kQuota * 10 - program_.rss) * kMinute / kLeakPerMinute;
  for (const Ms end : {cycled, cured}) {
    while (leaks_ && start_ + to_quota_twice < end) {
      const Ms death = start_ + to_quota_twice + rng_.between(0, 90) * kSecond;
      live(death, false);
      killed(death);
    }
    live(end, false);
    replaced(end + rng_.between(0, 3000), end == cycled ? "Cycling" : "Restarting",
             end == cycled ? "sigterm" : "deploy");
  }
  const Ms last = cured + (kIdleExits + 1) * kIdleEvery;
  for (int n = 1; leaks_ && n <= kIdleExits; ++n) {
    const Ms exit = cured + n * kIdleEvery + rng_.between(-40, 40) * kSecond;
    live(exit, true);
    idle(exit);
  }
  live(last, true);
}
}  // namespace

void off_and_on_again(Story& story) {
  story.truth.supervisors = {"heroku"};
  LogFile& drain = story.log("drain.log");
  LogFile& reports = story.log("reporter.log");
  const Ms begin = utc(2017, 3, 6);
  const Ms cured = begin + kCureAfter;
  drain.add(cured - 4 * kSecond, cat(stamp_iso(cured - 4 * kSecond, 6),
                                     "+00:00 app[api]: Deploy 5e1c3a1 by user dev@example.com"));
  drain.add(cured - 4 * kSecond,
            cat(stamp_iso(cured - 4 * kSecond, 6),
                "+00:00 app[api]: Release v28 created by user dev@example.com"));
  for (size_t i = 0; i < std::size(kPrograms); ++i) Dyno(story, drain, reports, i).run(begin);
}

}  // namespace blip::stories
