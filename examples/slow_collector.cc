// Story 5. A collector of analytics keeps what it got in one string, and measures that string at
// each request. The more it has collected in this life, the longer that takes:
//
//   203.0.113.9 - - [10/Mar/2015:18:00:09 +0000] "POST /collect HTTP/1.1" 204 0 "-" "beacon/2"
//   0.020 203.0.113.4 - - [11/Mar/2015:03:12:40 +0000] "POST /collect HTTP/1.1" 499 0 "-"
//   "beacon/2" 60.000
//
// No error is logged. Three times somebody restarts it by hand and it is well again; then release
// 1.8.0 is rolled back, and 1.8.1 mends it. /healthz answers in 2 ms all the while.

#include "examples/kit.h"

namespace blip::stories {
namespace {
constexpr int64_t kFull = 900 * 1024;  // KiB in one life, when somebody has had enough
constexpr int64_t kFastMs = 20, kSlowMs = 12000;
constexpr int64_t kGivesUpMs = 60000;  // the client's patience

struct Release {
  const char* version;
  bool slows;  // with what it has collected
  Ms lasts;    // 0: until it is full
  const char* ended_by;
};
constexpr Release kLives[] = {
    {"1.7.4", false, 12 * kHour, "deploy"},  {"1.8.0", true, 0, "sigterm"},
    {"1.8.0", true, 0, "sigterm"},           {"1.8.0", true, 0, "sigterm"},
    {"1.8.0", true, 25 * kMinute, "deploy"}, {"1.7.4", false, 20 * kHour, "deploy"},
    {"1.8.1", false, 16 * kHour, nullptr},
};

class Collector {
 public:
  explicit Collector(Story& story);
  void run();

 private:
  void live(const Release& release);
  void end(const Release& release, const Release& next);
  Spot say(Ms time, const Release& release, std::string_view fields, std::string_view msg);
  int64_t take(int64_t collected, bool slows);
  Spot access(Ms time, std::string_view request, int status, int64_t took_ms);

  Story& story_;
  Rng rng_;
  LogFile& access_;
  LogFile& log_;
  LogFile& pm2_;
  Ms start_ = 0;  // of this life
  Ms now_ = 0;    // and how far it is written
  int64_t pid_ = 4711;
  Spot first_;
};

Collector::Collector(Story& story)
    : story_(story),
      rng_(story.rng("collector")),
      access_(story.log("collector-access.log")),
      log_(story.log("collector.log")),
      pm2_(story.log("pm2.log")),
      start_(utc(2015, 3, 10, 6, 0, 0)) {
  story.truth.services.push_back({"collector", "node", {&log_, &access_, &pm2_}});
  story.truth.drifts.push_back({"collector", "POST /collect", kFastMs, kSlowMs, 3});
}

Spot Collector::say(Ms time, const Release& release, std::string_view fields,
                    std::string_view msg) {
  return log_.add(
      time, cat("{\"name\":\"collector\",\"version\":\"", release.version,
                "\",\"hostname\":\"in-1\",\"pid\":", pid_, ",\"level\":30", fields,
                ",\"msg\":", json_quoted(msg), ",\"time\":\"", stamp_iso(time, 3), "Z\",\"v\":0}"));
}

Spot Collector::access(Ms time, std::string_view request, int status, int64_t took_ms) {
  return access_.add(
      time, cat("203.0.113.", rng_.between(2, 250), " - - [", stamp_clf(time), "] \"", request,
                " HTTP/1.1\" ", status, " 0 \"-\" \"beacon/2\" ", decimal(took_ms, 3)));
}

// Its cost grows with the square of the string: 20 ms at first, 12 s when full, minutes at worst.
int64_t Collector::take(int64_t collected, bool slows) {
  const int64_t share = slows ? 1000 * collected / kFull : 0;
  const int64_t usual = kFastMs + (kSlowMs - kFastMs) * share * share / 1'000'000;
  const int64_t unlucky = share > 300 && rng_.one_in(12) ? rng_.between(3, 9) : 1;
  return usual * rng_.between(70, 140) / 100 * unlucky;
}

void Collector::live(const Release& release) {
  first_ = say(start_ + 150, release, "", cat("collector ", release.version, " listening on 9000"));
  Truth::Range timeouts{"error_burst", {}, {}, "collector"};
  int64_t collected = 0;
  Ms next_note = start_ + kMinute;
  for (now_ = start_ + kSecond;;) {
    const bool full = release.lasts == 0 ? collected >= kFull : now_ >= start_ + release.lasts;
    if (full) break;
    // By day there is three times as much to collect as by night: it is the volume that counts.
    const int64_t hour = now_ / kHour % 24;
    const int64_t busy = hour >= 8 && hour < 22 ? 3 : 1;
    collected += busy * rng_.between(60, 180);
    const int64_t took = take(collected, release.slows);
    const bool gave_up = took > kGivesUpMs;
    const Spot spot =
        access(now_, "POST /collect", gave_up ? 499 : 204, gave_up ? kGivesUpMs : took);
    if (gave_up) {
      if (timeouts.lines++ == 0) timeouts.from = spot, timeouts.begin = now_;
      timeouts.to = spot;
      timeouts.end = now_;
    }
    if (rng_.one_in(9)) access(now_ + 300, "GET /healthz", 200, rng_.between(1, 3));
    if (now_ >= next_note) {
      say(now_ + 20, release,
          cat(",\"collected_mb\":", collected / 1024,
              ",\"duration_ms\":", gave_up ? kGivesUpMs : took),
          "appended to buffer");
      next_note += kMinute;
    }
    now_ += rng_.between(3000, 17000);
  }
  if (timeouts.lines != 0) story_.truth.error_bursts.push_back(timeouts);
}

void Collector::end(const Release& release, const Release& next) {
  const Ms asked = now_;
  Restart restart{"collector", asked + 1300,     asked + 2500, {},        {},
                  {},          release.ended_by, true,         "shutdown"};
  restart.evidence = {"banner", "pid", "shutdown"};
  restart.pid_before = pid_;
  const auto manager = [&](Ms time, std::string_view text) {
    return pm2_.add(time, cat(stamp_plain(time), ": ", text));
  };
  if (std::string_view(release.version) != next.version) {
    manager(asked - 5 * kSecond, cat("deploy collector ", release.version, " -> ", next.version));
  }
  manager(asked, "Stopping app:collector id:0");
  restart.last = say(asked + 40, release, "", "SIGINT received, shutting down");
  manager(restart.death, cat("App [collector] with id [0] and pid [", pid_,
                             "], exited with code [0] via signal [SIGINT]"));
  restart.also.push_back(manager(restart.start, "App name:collector id:0 online"));
  pid_ += rng_.between(40, 2000);
  start_ = restart.start;
  restart.pid_after = pid_;
  story_.truth.restarts.push_back(restart);
}

void Collector::run() {
  for (size_t i = 0; i < std::size(kLives); ++i) {
    live(kLives[i]);
    if (i == 0) {
      story_.truth.initial_starts.push_back({"collector", start_, first_});
    } else {
      story_.truth.restarts.back().first = first_;
    }
    if (i + 1 < std::size(kLives)) end(kLives[i], kLives[i + 1]);
  }
}
}  // namespace

void slow_collector(Story& story) {
  story.truth.supervisors = {"pm2"};
  Collector(story).run();
}

}  // namespace blip::stories
