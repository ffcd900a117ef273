// Story 1. Three small hosts run a Go server under upstart, behind a balancer. Its own log is
// clean:
//
//   2014-06-24 19:50:53 info:76c0b38e METRICS: goroutines: 9, cgo: 40, alloc: 7377040, ...
//
// Only upstart's file of the job's stderr, which knows no time, tells how it dies every five hours:
//
//   fatal error: concurrent map writes
//   goroutine 40213 [running]:
//
// Build A leaks 132 goroutines a minute and dies; B leaks no more and still dies; C does neither.
// In A the deaths hide the leak, and outside they are a few blue dots at the balancer.

#include "examples/kit.h"

namespace blip::stories {
namespace {
struct Build {
  const char* id;
  bool leaks, crashes;
};
constexpr Build kBuilds[] = {
    {"76c0b38e", true, true}, {"b41d07aa", false, true}, {"e95c3f10", false, false}};
constexpr Ms kBuildRuns = 3 * kDay;
constexpr int kDeaths = 14;          // of each crashing build, on each host
constexpr Ms kLife = 307 * kMinute;  // fourteen of them fit into three days
constexpr int64_t kLeakPerMinute = 132;
constexpr int kUnseen[] = {4, 9};  // deaths at which no request was under way: no blue dot

struct Death {
  std::string address;  // of the host, as the balancer knows it
  Ms down = 0, up = 0;
  bool seen = true;
};

class Host {
 public:
  Host(Story& story, int number);
  void run(std::vector<Death>& deaths);

 private:
  Spot live(const Build& build, Ms end);
  void crash(const Build& build, Ms death);
  void deploy(const Build& old_build, const Build& new_build);
  void panic_in_a_handler(const Build& build, Ms time);
  Spot metrics(const Build& build, Ms time);
  Spot say(const Build& build, Ms time, std::string_view text, std::string_view level = "info");
  Spot init_says(Ms time, std::string_view text);
  void noise(Ms begin, Ms end);

  Story& story_;
  std::string name_, service_, address_;
  Rng rng_;
  LogFile& app_;
  LogFile& job_;     // the job's stderr, as upstart keeps it
  LogFile* syslog_;  // the third host keeps none
  Ms start_ = 0;     // of the running life
  Spot first_;       // its first line
  int64_t pid_ = 0, alloc_ = 0, total_alloc_ = 0;
};

Host::Host(Story& story, int number)
    : story_(story),
      name_(cat("web-", number)),
      service_(cat("app@", name_)),
      address_(cat("10.0.1.", 10 + number, ":8080")),
      rng_(story.rng(name_)),
      app_(story.log(name_ + "/app.log")),
      job_(story.log(name_ + "/upstart/app.log")),
      syslog_(number == 3 ? nullptr : &story.log(name_ + "/syslog")),
      // The three were installed one after the other.
      start_(utc(2014, 6, 21, 19, 50, 53) + (number - 1) * 21 * kMinute),
      pid_(rng_.between(1800, 2400)) {
  story.truth.services.push_back({service_, "go", {&app_, &job_}});
  story.truth.leaks.push_back({service_, "goroutines", kLeakPerMinute * 1000, true});
}

Spot Host::say(const Build& build, Ms time, std::string_view text, std::string_view level) {
  return app_.add(time, cat(stamp_plain(time), " ", level, ":", build.id, " ", text));
}

Spot Host::init_says(Ms time, std::string_view text) {
  const Ms uptime_us = (time - utc(2014, 6, 2, 4, 11, 9)) * 1000 + rng_.between(0, 999);
  return syslog_->add(time, cat(stamp_syslog(time), " ", name_, " kernel: [", decimal(uptime_us, 6),
                                "] init: app ", text));
}

// Garbage collection: alloc climbs to twice the floor in about 25 minutes and falls again. That is
// no restart, for totalAlloc goes on.
Spot Host::metrics(const Build& build, Ms time) {
  const Ms age = time - start_;
  const int64_t load = age < kMinute ? 0 : rng_.between(0, 31);
  const int64_t leaked = build.leaks ? kLeakPerMinute * (age / kMinute) : 0;
  alloc_ += rng_.between(150'000, 450'000);
  total_alloc_ += rng_.between(18'000'000, 47'000'000);
  if (alloc_ > 15'000'000) alloc_ = 7'000'000 + rng_.between(0, 700'000);
  return say(build, time,
             cat("METRICS: goroutines: ", 9 + load + leaked, ", cgo: 40, alloc: ", alloc_,
                 ", totalAlloc: ", total_alloc_, ", heapAlloc: ", alloc_));
}

// One life, from start_ to `end`; returns its last figures. Nothing in it calls itself a start.
Spot Host::live(const Build& build, Ms end) {
  alloc_ = 7'000'000 + rng_.between(0, 400'000);
  total_alloc_ = 12'000'000 + rng_.between(0, 900'000);
  first_ = say(build, start_ + 240, "stores: 3 shards, 4112 readers known");
  say(build, start_ + 410, cat("feed window ", rng_.between(200, 260), " items"));
  Spot figures = metrics(build, start_ + kSecond);
  for (Ms time = start_ + kMinute; time < end - 3 * kSecond; time += kMinute) {
    figures = metrics(build, time);
    const Ms later = time + rng_.between(2, 55) * kSecond;
    if (later >= end - 3 * kSecond) break;
    switch (rng_.between(0, 5)) {
      case 0:
        say(build, later, cat("db: ", rng_.between(1, 6), " of 8 connections busy"));
        break;
      case 1:
        say(build, later,
            cat("cpu ", rng_.between(4, 22), " %, disk ", rng_.between(61, 63), " %"));
        break;
      default:
        say(build, later,
            cat("feed ", rng_.between(100, 999), " sent to ", rng_.between(2, 40), " readers in ",
                rng_.between(2, 38), " ms"));
    }
  }
  return figures;
}

// What the runtime prints when it gives up. The job runs with GOTRACEBACK=single: with all 41,000
// goroutines one death would be eleven megabytes.
void Host::crash(const Build& build, Ms death) {
  const int64_t leaked = build.leaks ? kLeakPerMinute * (death - start_) / kMinute : 0;
  const std::string hex = cat("0xc2080", rng_.hex(5));
  Restart restart{service_, death, death + rng_.between(900, 1700), {}, {}, {}, "panic"};
  restart.explicit_by = "trace";
  restart.evidence = {"init_lines", "metric_reset", "trace"};
  restart.told_elsewhere = syslog_ != nullptr;
  restart.pid_before = pid_;
  restart.last = job_.add(
      death,
      cat("fatal error: concurrent map writes\n\ngoroutine ", 40 + leaked + rng_.between(100, 900),
          " [running]:\nmain.(*SessionStore).put(", hex,
          ", 0xc20a3f1e60, 0x10, 0x0)\n"
          "\t/srv/app/store.go:217 +0x1b4\nmain.(*Feed).publish(",
          hex,
          ", 0xc208012340)\n"
          "\t/srv/app/feed.go:88 +0x2e1\nnet/http.HandlerFunc.ServeHTTP(0xc208042a50, ",
          hex,
          ")\n\t/usr/local/go/src/net/http/server.go:1265 +0x56\ncreated by "
          "net/http.(*Server).Serve"
          "\n\t/usr/local/go/src/net/http/server.go:1721 +0x35e"));
  if (syslog_ != nullptr) {
    init_says(death + 20, cat("main process (", pid_, ") terminated with status 2"));
    restart.also.push_back(init_says(death + 30, "main process ended, respawning"));
  }
  start_ = restart.start;
  pid_ += rng_.between(40, 900);
  restart.pid_after = pid_;
  story_.truth.restarts.push_back(restart);
}

// Somebody installs a build: the old process is asked to go, and goes.
void Host::deploy(const Build& old_build, const Build& new_build) {
  const Ms asked = start_;
  Restart restart{service_, asked + 700, asked + 1900, {}, {}, {}, "deploy", true, "shutdown"};
  restart.evidence = {"init_lines", "metric_reset", "run_id", "shutdown"};
  restart.told_elsewhere = syslog_ != nullptr;
  restart.pid_before = pid_;
  say(old_build, asked, cat("deploy: build ", new_build.id, " takes over, shutting down"));
  restart.last = say(old_build, asked + 600, "drained 3 connections, bye");
  if (syslog_ != nullptr) {
    const std::string head =
        cat(stamp_syslog(asked), " ", name_, " sudo:   deploy : TTY=unknown ; ");
    syslog_->add(asked - 100, cat(head, "PWD=/srv/app ; USER=root ; COMMAND=/sbin/stop app"));
    init_says(restart.death, cat("main process (", pid_, ") killed by TERM signal"));
    syslog_->add(asked + 800, cat(head, "PWD=/srv/app ; USER=root ; COMMAND=/sbin/start app"));
  }
  start_ = restart.start;
  pid_ += rng_.between(40, 900);
  restart.pid_after = pid_;
  story_.truth.restarts.push_back(restart);
}

// net/http recovers from it: one request failed, nobody died.
void Host::panic_in_a_handler(const Build& build, Ms time) {
  const Spot spot = app_.add(
      time, cat(stamp_plain(time), " error:", build.id,
                " http: panic serving 10.0.0.7:", rng_.between(32768, 60999),
                ": runtime error: index out of range\ngoroutine ", rng_.between(1000, 9000),
                " [running]:\nnet/http.func\xc2\xb7"
                "011()\n"
                "\t/usr/local/go/src/net/http/server.go:1100 +0xb7\nmain.(*Avatars).serve("
                "0xc208012340)\n\t/srv/app/avatars.go:41 +0x9c"));
  story_.truth.traps.push_back({"recovered_panic", spot, spot});
}

void Host::noise(Ms begin, Ms end) {
  for (Ms time = begin; time < end; time += rng_.between(18, 40) * kMinute) {
    const std::string head = cat(stamp_syslog(time), " ", name_, " ");
    const int64_t pid = 3000 + (time - begin) / kMinute;
    if (rng_.one_in(9)) {
      syslog_->add(time,
                   cat(head, "sshd[", pid, "]: Accepted publickey for deploy from 10.0.9.4 port ",
                       rng_.between(40000, 60000), " ssh2"));
    } else if (rng_.one_in(2)) {
      syslog_->add(time, cat(head, "dhclient: DHCPREQUEST of 10.0.1.", name_.back() - '0' + 10,
                             " on eth0 to 10.0.1.1 port 67"));
    } else {
      syslog_->add(time, cat(head, "CRON[", pid,
                             "]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)"));
    }
  }
}

void Host::run(std::vector<Death>& deaths) {
  const Ms begin = start_;
  for (size_t b = 0; b < std::size(kBuilds); ++b) {
    const Build& build = kBuilds[b];
    const Ms installed = begin + static_cast<Ms>(b) * kBuildRuns;
    const Ms replaced = installed + kBuildRuns;
    const auto live_until = [&](Ms end) {
      const Spot last = live(build, end);
      // Whoever finds a death in build C is wrong.
      if (!build.crashes) story_.truth.traps.push_back({"nothing_happens", first_, last});
      if (start_ == begin) {
        story_.truth.initial_starts.push_back({service_, begin, first_});
      } else {
        story_.truth.restarts.back().first = first_;
      }
    };
    for (int n = 1; build.crashes && n <= kDeaths; ++n) {
      const Ms death = installed + n * kLife + rng_.between(-20 * kMinute, 20 * kMinute);
      live_until(death);
      crash(build, death);
      const bool unseen = n == kUnseen[0] || n == kUnseen[1];
      deaths.push_back({address_, death, start_, !unseen});
    }
    live_until(replaced);
    // In the first life of a build, a different build on each host.
    if (cat("web-", b + 1) == name_) {
      panic_in_a_handler(build, installed + rng_.between(60, 200) * kMinute + 30 * kSecond);
    }
    start_ = replaced;
    if (b + 1 < std::size(kBuilds)) deploy(build, kBuilds[b + 1]);
  }
  if (syslog_ != nullptr) noise(begin, start_);
}

// The balancer's own log. Around a death it finds nobody at that host's port.
void balance(Story& story, const std::vector<Death>& deaths) {
  Rng rng = story.rng("elb");
  LogFile& log = story.log("elb.log");
  story.truth.services.push_back({"elb", "balancer", {&log}});
  const auto request = [&](Ms time, std::string_view backend, std::string_view outcome) {
    log.add(time, cat(stamp_iso(time, 6), "Z feed-lb 203.0.113.", rng.between(2, 250), ":",
                      rng.between(1025, 65000), " ", backend, " ", outcome,
                      " \"GET http://feed.example.com:80/f/", rng.between(1, 4112),
                      " HTTP/1.1\" \"reader/1.4\" - -"));
  };
  for (const Death& death : deaths) {
    for (int64_t n = death.seen ? rng.between(2, 4) : 0; n > 0; --n) {
      const Ms time = death.down + rng.between(40, death.up - death.down + 900);
      request(time, death.address,
              rng.one_in(3) ? "0.000041 -1 -1 502 0 0 0" : "-1 -1 -1 504 0 0 0");
    }
  }
  const Ms begin = utc(2014, 6, 21, 20, 40), end = begin + 3 * kBuildRuns - kHour;
  for (Ms time = begin; time < end; time += rng.between(10, 80) * kSecond + rng.between(0, 999)) {
    const std::string backend = cat("10.0.1.", rng.between(11, 13), ":8080");
    request(time, backend,
            cat("0.0000", rng.between(31, 62), " 0.0", rng.between(10, 89), " 0.0000",
                rng.between(28, 59), " 200 200 0 ", rng.between(60, 9000)));
  }
  // A dot that is nobody's death: a client on a train.
  request(begin + 40 * kHour, "10.0.1.12:8080", "-1 -1 -1 504 0 0 0");
}
}  // namespace

void saved_by_the_bug(Story& story) {
  story.truth.supervisors = {"upstart"};
  std::vector<Death> deaths;
  for (int number = 1; number <= 3; ++number) Host(story, number).run(deaths);
  balance(story, deaths);
}

}  // namespace blip::stories
