// Story 4. A restify API under forever, and a compute service in Docker, on the day of a demo.
//
//   api/api.log      {"name":"api","pid":2101,"msg":"GET /quotes/812 200","latency":2, ...}
//   (bunyan) api/err.log      TypeError: Cannot read property 'tags' of undefined (no times)
//   api/forever.log  error: Forever detected script exited with code: 1                  (no times)
//   api/gc.log       [2101]    52000 ms: Mark-sweep 61.2 (98.0) -> 22.4 (98.0) MB, 41.0 ms [...]
//   compute-json.log   Docker's envelope, with one line too long for a single record
//
// POST /analyze works on the event loop: while it runs, every other endpoint waits for it. api.log
// is rotated three times, and of the heap there is nothing to say: it returns to its floor.

#include <array>

#include "examples/kit.h"

namespace blip::stories {
namespace {
enum class Fault { analyze, lookup, killed };
struct Planned {
  Ms after;  // the beginning of the day
  Fault fault;
};
constexpr Planned kDeaths[] = {{102 * kMinute, Fault::analyze},
                               {195 * kMinute, Fault::lookup},
                               {331 * kMinute, Fault::killed},
                               {423 * kMinute, Fault::analyze},
                               {560 * kMinute, Fault::analyze}};
constexpr Ms kStalls[] = {48 * kMinute,  97 * kMinute,  240 * kMinute,
                          371 * kMinute, 418 * kMinute, 555 * kMinute};
constexpr Ms kStallLasts = 4 * kMinute;
constexpr Ms kRotations[] = {170 * kMinute, 345 * kMinute, 510 * kMinute};
constexpr Ms kDayEnds = 660 * kMinute;
constexpr size_t kDockerLine = 16384;  // what Docker puts into one record at most

class Api {
 public:
  explicit Api(Story& story);
  void run();

 private:
  Spot say(Ms time, int level, std::string_view fields, std::string_view msg);
  void request(Ms time, bool stalled);
  void live(Ms end);
  void collect_garbage(Ms end);
  void die(Ms time, Fault fault);
  Spot stack(Ms time, Fault fault);
  bool stalled(Ms time) const;

  Story& story_;
  Rng rng_;
  LogFile& log_;
  LogFile& errors_;
  LogFile& forever_;
  LogFile& gc_;
  const Ms day_ = utc(2015, 10, 8, 9, 0, 0);
  Ms start_ = day_ + 1200;
  int64_t pid_ = 2101;
  int attempt_ = 0;
  Spot first_, last_, first_gc_;
  std::array<Truth::Range, std::size(kStalls)> stalls_ = {};
};

Api::Api(Story& story)
    : story_(story),
      rng_(story.rng("api")),
      log_(story.log("api/api.log")),
      errors_(story.log("api/err.log")),
      forever_(story.log("api/forever.log")),
      gc_(story.log("api/gc.log")) {
  story.truth.services.push_back({"api", "node", {&log_, &errors_, &forever_, &gc_}});
  for (const Ms rotation : kRotations) log_.rotate(day_ + rotation);
}

Spot Api::say(Ms time, int level, std::string_view fields, std::string_view msg) {
  return last_ = log_.add(time, cat("{\"name\":\"api\",\"hostname\":\"stage-1\",\"pid\":", pid_,
                                    ",\"level\":", level, fields, ",\"msg\":", json_quoted(msg),
                                    ",\"time\":\"", stamp_iso(time, 3), "Z\",\"v\":0}"));
}

bool Api::stalled(Ms time) const {
  for (const Ms stall : kStalls) {
    if (time >= day_ + stall && time < day_ + stall + kStallLasts) return true;
  }
  return false;
}

void Api::request(Ms time, bool is_stalled) {
  const bool analysis = is_stalled && rng_.one_in(3);
  const std::string path = analysis         ? "POST /analyze"
                           : rng_.one_in(6) ? std::string("GET /quotes")
                                            : cat("GET /quotes/", rng_.between(1, 4000));
  const int64_t latency = analysis     ? rng_.between(520, 810)
                          : is_stalled ? rng_.between(210, 2400)
                                       : rng_.between(1, 7);
  const Spot spot =
      say(time, 30,
          cat(",\"req_id\":\"", rng_.hex(8), "-", rng_.hex(4), "\",\"route\":\"",
              analysis ? "analyze" : "quotes", "\",\"latency\":", latency, ",\"statusCode\":200"),
          cat(path, " 200"));
  if (!is_stalled) return;
  for (size_t i = 0; i < std::size(kStalls); ++i) {
    Truth::Range& stall = stalls_[i];
    if (time < day_ + kStalls[i] || time >= day_ + kStalls[i] + kStallLasts) continue;
    if (stall.lines++ == 0) stall = {"event_loop_stall", spot, spot, "api", time, time, 1};
    stall.to = spot;
    stall.end = time;
  }
}

void Api::live(Ms end) {
  first_ = say(start_, 30, "", "api listening at http://0.0.0.0:8080");
  for (Ms time = start_ + 300; time < end;) {
    const bool busy = stalled(time);
    request(time, busy);
    time += busy ? rng_.between(400, 2600) : rng_.between(200, 2800);
  }
  for (Ms time = start_ + 10 * kSecond; time < end; time += 10 * kSecond) {
    const int64_t delay = stalled(time) ? rng_.between(3100, 7900) : rng_.between(4, 31);
    const std::string text = decimal(delay, 1);
    say(time, delay > 1000 ? 40 : 30, cat(",\"component\":\"loop\",\"delay_ms\":", text),
        cat("event loop delay ", text, " ms"));
  }
  collect_garbage(end);
}

// What node prints with --trace-gc: the young space often, the whole heap every few minutes.
void Api::collect_garbage(Ms end) {
  int64_t heap = 224;  // tenths of a MB: the floor, in every life and at its end
  first_gc_ = {};
  for (Ms time = start_ + 90; time < end; time += rng_.between(9000, 31'000)) {
    const bool full = heap > 600;
    const int64_t before = heap + rng_.between(20, 60);
    heap = full ? 220 + rng_.between(0, 9) : before - rng_.between(10, 30);
    const Spot spot =
        gc_.add(time, cat("[", pid_, "] ", padded(time - start_, 8, ' '),
                          " ms: ", full ? "Mark-sweep " : "Scavenge ", decimal(before, 1),
                          " (98.0) -> ", decimal(heap, 1), " (98.0) MB, ",
                          decimal(full ? rng_.between(310, 520) : rng_.between(6, 31), 1),
                          full ? " ms [allocation failure] [GC in old space requested]."
                               : " ms [allocation failure]."));
    if (first_gc_.log == nullptr) first_gc_ = spot;
  }
}

Spot Api::stack(Ms time, Fault fault) {
  if (fault == Fault::analyze) {
    return errors_.add(time,
                       "/srv/api/lib/analyze.js:61\n  return sentence.tags.map(weigh);\n"
                       "                 ^\n\nTypeError: Cannot read property 'tags' of undefined\n"
                       "    at weighSentence (/srv/api/lib/analyze.js:61:18)\n"
                       "    at analyze (/srv/api/lib/analyze.js:88:12)\n"
                       "    at Server.onAnalyze (/srv/api/server.js:140:9)\n"
                       "    at process._tickCallback (node.js:355:11)");
  }
  return errors_.add(time,
                     "/srv/api/lib/quotes.js:27\n  throw err;\n        ^\n\n"
                     "Error: connect ECONNREFUSED 127.0.0.1:6379\n"
                     "    at exports._errnoException (util.js:746:11)\n"
                     "    at TCPConnectWrap.afterConnect [as oncomplete] (net.js:1010:19)\n"
                     "    at lookup (/srv/api/lib/quotes.js:27:9)");
}

// forever notices at once, says so without a time, and starts the script again.
void Api::die(Ms time, Fault fault) {
  Restart restart{"api", time, time + rng_.between(700, 1300)};
  restart.pid_before = pid_;
  restart.evidence = {"banner", "pid", "supervisor"};
  if (fault == Fault::killed) {
    restart.cause = "kill9";
    restart.explicit_by = "supervisor";
    restart.last = last_;
    forever_.add(time, "error: Forever detected script was killed by signal: SIGKILL");
  } else {
    restart.cause = "exit1";
    restart.explicit_by = "trace";
    restart.evidence.push_back("trace");
    restart.last = stack(time, fault);
    forever_.add(time, "error: Forever detected script exited with code: 1");
  }
  restart.also.push_back(
      forever_.add(time + 5, cat("error: Script restart attempt #", ++attempt_)));
  start_ = restart.start;
  pid_ += rng_.between(30, 400);
  restart.pid_after = pid_;
  story_.truth.restarts.push_back(restart);
}

void Api::run() {
  forever_.add(day_, "info:    Forever processing file: server.js");
  for (const Planned& death : kDeaths) {
    const Ms time = day_ + death.after + rng_.between(0, 40'000);
    live(time);
    if (story_.truth.restarts.empty()) {
      story_.truth.initial_starts.push_back({"api", start_, first_});
    } else {
      story_.truth.restarts.back().first = first_;
      story_.truth.restarts.back().also.push_back(first_gc_);
    }
    die(time, death.fault);
  }
  live(day_ + kDayEnds);
  story_.truth.restarts.back().first = first_;
  story_.truth.restarts.back().also.push_back(first_gc_);
  for (const Truth::Range& stall : stalls_) story_.truth.stalls.push_back(stall);
}

// The second service. Docker cuts a line of more than 16 KiB in two records of one time.
void compute(Story& story) {
  Rng rng = story.rng("compute");
  LogFile& log = story.log("compute-json.log");
  story.truth.services.push_back({"compute", "c++", {&log}});
  const Ms day = utc(2015, 10, 8, 9, 0, 0);
  const auto record = [&](Ms time, std::string_view text, const char* stream = "stdout") {
    return log.add(time, cat("{\"log\":", json_quoted(text), ",\"stream\":\"", stream,
                             "\",\"time\":\"", stamp_iso(time, 9), "Z\"}"));
  };
  const auto work = [&](Ms from, Ms to) {
    for (Ms time = from; time < to; time += rng.between(8, 50) * kSecond + rng.between(0, 999)) {
      record(time, cat("solved ", rng.between(20, 900), " x ", rng.between(20, 900), " in ",
                       rng.between(4, 800), " ms\n"));
    }
  };
  const Ms dump = day + 130 * kMinute, death = day + 301 * kMinute, end = day + kDayEnds;
  const Spot first = record(day, "compute: 4 workers ready\n");
  story.truth.initial_starts.push_back({"compute", day, first});
  work(day + 2 * kSecond, dump);

  std::string matrix = "matrix given by demo client:";
  while (matrix.size() < kDockerLine + 2000) matrix += cat(" ", rng.between(100, 999));
  record(dump, matrix.substr(0, kDockerLine));
  record(dump, matrix.substr(kDockerLine) + "\n");
  work(dump + 2 * kSecond, death - 2 * kSecond);

  Restart restart{"compute", death, death + 1800, {}, {}, {}, "abort", false, "trace"};
  record(death - 4,
         "compute: solver.cc:88: void solve(const Matrix&): Assertion `rows == cols' "
         "failed.\n",
         "stderr");
  restart.last = record(death, "Aborted (core dumped)\n", "stderr");
  restart.first = record(restart.start, "compute: 4 workers ready\n");
  restart.evidence = {"banner", "trace"};
  story.truth.restarts.push_back(restart);
  work(restart.start + 2 * kSecond, end);
}
}  // namespace

void live_demo(Story& story) {
  story.truth.supervisors = {"forever", "dockerd"};
  Api(story).run();
  compute(story);
}

}  // namespace blip::stories
