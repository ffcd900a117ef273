// Story 2. One box at home runs four apps in Docker. Its memory climbs for a day, it freezes, and
// the end of every log is gone with it; the next thing written is the kernel's banner:
//
//   Feb  3 08:45:10 box dockerd[611]: time="..." level=warning msg="Health check for container ...
//   Feb  3 08:48:20 box kernel: [    0.000000] Linux version 5.10.0-23-amd64 ...
//
// What blip's own host probe had sampled is on disk, though: memory to the last, and who held it.
//
//   {"time":"2022-02-03T08:46:00Z","host":"box","metric":"memory_used_percent","value":97.02}
//
// It is dockerd itself: its health checks leak. They are switched off in the seventh boot, and the
// curve goes flat. The first boot ends differently: two apps fight over one file and the host
// panics.

#include <optional>

#include "examples/kit.h"

namespace blip::stories {
namespace {
constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kMemory = 4096 * kMiB;

enum class End { unclean, planned, open };
struct Boot {
  Ms lasts;
  Ms lost;  // how much of the logs' end never reached the disk
  Ms down;  // until the next boot
  End end;
};
constexpr Boot kBoots[] = {
    {7 * kHour + 10 * kMinute, 100 * kSecond, 90 * kSecond, End::unclean},  // panic
    {23 * kHour + 36 * kMinute, 120 * kSecond, 70 * kSecond, End::unclean},
    {10 * kHour + 5 * kMinute, 0, 40 * kSecond, End::planned},  // a new kernel
    {23 * kHour + 21 * kMinute, 185 * kSecond, 80 * kSecond, End::unclean},
    {22 * kHour + 48 * kMinute, 96 * kSecond, 74 * kSecond, End::unclean},
    {23 * kHour + 52 * kMinute, 140 * kSecond, 210 * kSecond, End::unclean},
    {49 * kHour, 0, 0, End::open},  // the experiment
};
constexpr Ms kExperimentAfter = 25 * kMinute;  // into the last boot

struct App {
  const char* name;
  const char* start;  // its first words; two of the four do not say that they start
  bool banner;
  const char* work;  // followed by a number
  int64_t holds;     // MiB
};
constexpr App kApps[] = {
    {"notes", "notes listening on :3001", true, "saved note ", 211},
    {"board", "board: 14 lists, 312 cards", false, "moved card ", 164},
    {"photos", "photos server started, 2 thumbnail workers", true, "thumbnail ", 342},
    {"sync", "sync: comparing 2 folders", false, "synced file ", 96},
};

// What ended Docker and its apps.
struct Death {
  Ms time = 0;
  const char* cause = "";
  bool planned = false;
};

class Box {
 public:
  explicit Box(Story& story);
  void run();

 private:
  struct Service {
    LogFile* log = nullptr;
    Spot last;  // latest line
    int64_t counter = 0;
    std::string id;  // of the container
  };
  void boot(Ms time, const std::optional<Death>& before);
  void start_docker(Ms time, const std::optional<Death>& before);
  void stop_docker(Ms time, bool for_reboot);
  void live(Ms from, Ms seen);
  void sample(Ms from, Ms end, bool leaks, bool spike);
  Spot app_says(size_t app, Ms time, std::string_view text);
  Spot system(Ms time, std::string_view text);
  Spot dockerd(Ms time, std::string_view level, std::string_view text);
  void unit(Ms time, std::string_view name, std::string_view line);

  Story& story_;
  Rng rng_;
  LogFile& syslog_;
  LogFile& probe_;
  Service apps_[std::size(kApps)];
  Ms boot_ = 0;
  int64_t docker_pid_ = 0;
  Spot docker_last_, system_last_;  // latest lines
  bool health_checks_ = true;
};

Box::Box(Story& story)
    : story_(story),
      rng_(story.rng("box")),
      syslog_(story.log("syslog")),
      probe_(story.log("host-samples.log")) {
  story.truth.supervisors = {"systemd", "dockerd"};
  story.truth.services.push_back({"box", "host", {&syslog_, &probe_}});
  story.truth.services.push_back({"dockerd", "go", {&syslog_}});
  for (size_t i = 0; i < std::size(kApps); ++i) {
    apps_[i].log = &story.log(cat("containers/", kApps[i].name, "-json.log"));
    apps_[i].id = rng_.hex(12);
    story.truth.services.push_back({kApps[i].name, "app", {apps_[i].log}});
  }
  // 2.8 % of the memory in an hour.
  story.truth.leaks.push_back({"box", "memory_used_percent", 47, true});
  story.truth.leaks.push_back({"box", "cgroup_memory_bytes", kMemory * 28 / 60, true});
}

Spot Box::system(Ms time, std::string_view text) {
  return system_last_ = syslog_.add(time, cat(stamp_syslog(time), " box ", text));
}

Spot Box::dockerd(Ms time, std::string_view level, std::string_view text) {
  return docker_last_ = system(time, cat("dockerd[", docker_pid_, "]: time=\"", stamp_iso(time, 9),
                                         "Z\" level=", level, " msg=\"", text, "\""));
}

Spot Box::app_says(size_t app, Ms time, std::string_view text) {
  return apps_[app].last = apps_[app].log->add(
             time, cat("{\"log\":", json_quoted(cat(text, "\n")),
                       ",\"stream\":\"stdout\",\"time\":\"", stamp_iso(time, 9), "Z\"}"));
}

// A unit that starts with the host. To report it is neither right nor wrong: the reboot owns it.
void Box::unit(Ms time, std::string_view name, std::string_view line) {
  story_.truth.initial_starts.push_back({std::string(name), time, system(time, line)});
}

void Box::boot(Ms time, const std::optional<Death>& before) {
  boot_ = time;
  const bool recovers = before && !before->planned;
  const Spot previous = system_last_;
  const Spot first =
      system(time,
             "kernel: [    0.000000] Linux version 5.10.0-23-amd64 (debian-kernel@lists."
             "debian.org) (gcc-10 (Debian 10.2.1-6) 10.2.1 20210110) #1 SMP");
  system(time,
         "kernel: [    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-5.10.0-23-amd64 "
         "root=/dev/sda1 ro quiet");
  system(time, "kernel: [    0.021404] Memory: 4016204K/4193716K available");
  if (recovers) {
    system(time + kSecond, "kernel: [    1.604112] EXT4-fs (sda1): recovery complete");
  }
  system(time + kSecond,
         "kernel: [    1.611830] EXT4-fs (sda1): mounted filesystem with ordered "
         "data mode");
  system(time + 2 * kSecond, "systemd[1]: systemd 247.3-7+deb11u1 running in system mode");
  if (recovers) {
    system(time + 3 * kSecond,
           "systemd-journald[214]: File /var/log/journal/system.journal corrupted"
           " or uncleanly shut down, renaming and replacing.");
  }
  unit(time + 4 * kSecond, "cron",
       "systemd[1]: Started Regular background program processing daemon.");
  unit(time + 5 * kSecond, "ssh", "systemd[1]: Started OpenBSD Secure Shell server.");
  start_docker(time + 6 * kSecond, before);
  system(time + 11 * kSecond,
         "systemd[1]: Startup finished in 2.114s (kernel) + 8.902s (userspace)"
         " = 11.016s.");
  if (before) {
    story_.truth.reboots.push_back({"box", before->time, time, before->planned, first, previous});
  } else {
    story_.truth.initial_starts.push_back({"box", time, first});
  }
}

void Box::start_docker(Ms time, const std::optional<Death>& before) {
  const auto restarted = [&](Restart restart, const char* banner, const char* evidence) {
    if (!before) {
      story_.truth.initial_starts.push_back({restart.service, restart.start, restart.first});
      return;
    }
    restart.death = before->time;
    restart.cause = before->cause;
    restart.planned = before->planned;
    restart.explicit_by = before->planned ? "shutdown" : banner;
    restart.told_elsewhere = true;
    restart.evidence = {before->planned ? "shutdown" : "gap", evidence};
    story_.truth.restarts.push_back(restart);
  };
  Restart docker{"dockerd", 0, time};
  docker.last = docker_last_;
  docker.pid_before = docker_pid_;
  docker_pid_ = time - boot_ < kMinute ? rng_.between(590, 640) : rng_.between(2100, 2900);
  docker.pid_after = docker_pid_;
  unit(time - 200, "docker", "systemd[1]: Starting Docker Application Container Engine...");
  docker.first = dockerd(time, "info", "Starting up");
  dockerd(time + 1100, "info", "Loading containers: start.");
  dockerd(time + 3900, "info", "Daemon has completed initialization");
  system(time + 3950, "systemd[1]: Started Docker Application Container Engine.");
  dockerd(time + 4000, "info", "API listen on /run/docker.sock");
  restarted(docker, "banner", "pid");
  for (size_t i = 0; i < std::size(kApps); ++i) {
    Restart app{kApps[i].name, 0, time + 2000 + static_cast<Ms>(i) * 300};
    app.last = apps_[i].last;
    app.first = app_says(i, app.start, kApps[i].start);
    apps_[i].counter = 0;
    restarted(app, kApps[i].banner ? "banner" : "", "counter_reset");
  }
}

void Box::stop_docker(Ms time, bool for_reboot) {
  if (for_reboot) system(time, "systemd-logind[511]: System is rebooting.");
  system(time + 100, "systemd[1]: Stopping Docker Application Container Engine...");
  dockerd(time + 200, "info", "Processing signal 'terminated'");
  for (size_t i = 0; i < std::size(kApps); ++i) {
    app_says(i, time + 300 + static_cast<Ms>(i) * 40, "received SIGTERM, shutting down");
  }
  dockerd(time + 2000, "info", "Daemon shutdown complete");
  system(time + 2200, "systemd[1]: docker.service: Succeeded.");
  system(time + 2300, "systemd[1]: Stopped Docker Application Container Engine.");
  if (!for_reboot) return;
  system(time + 3400, "systemd[1]: Reached target Shutdown.");
  system(time + 3500, "systemd[1]: Shutting down.");
  system(time + 3600, "systemd-journald[214]: Journal stopped");
  system(time + 3900, "kernel: [36301.774120] reboot: Restarting system");
}

// The logs of one boot, as far as they reached the disk.
void Box::live(Ms from, Ms seen) {
  for (size_t i = 0; i < std::size(kApps); ++i) {
    for (Ms time = from + rng_.between(5000, 90'000); time < seen - 50 * kSecond;
         time += rng_.between(30'000, 240'000)) {
      ++apps_[i].counter;
      app_says(i, time, cat(kApps[i].work, apps_[i].counter, " in ", rng_.between(3, 90), " ms"));
    }
    app_says(i, seen - static_cast<Ms>(i + 1) * 9 * kSecond,
             cat(kApps[i].work, ++apps_[i].counter, " in ", rng_.between(3, 90), " ms"));
  }
  for (Ms time = from + 17 * kMinute; time < seen - kMinute;
       time += rng_.between(9 * kMinute, 31 * kMinute)) {
    if (health_checks_ && rng_.one_in(3)) {
      dockerd(time, "warning",
              cat("Health check for container ", apps_[static_cast<size_t>(rng_.between(0, 3))].id,
                  " error: context deadline exceeded"));
    } else {
      system(time, cat("CRON[", 3000 + (time - boot_) / kMinute,
                       "]: (root) CMD (/usr/local/bin/backup-notes --quick)"));
    }
  }
  dockerd(seen, health_checks_ ? "warning" : "info",
          health_checks_
              ? cat("Health check for container ", apps_[0].id, " error: context deadline exceeded")
              : std::string("Container events flushed"));
}

// Sampled every minute (who holds the memory: every fifth), and written through to the disk at
// once.
void Box::sample(Ms from, Ms end, bool leaks, bool spike) {
  const auto write = [&](Ms time, std::string_view rest) {
    probe_.add(time, cat("{\"time\":\"", stamp_iso(time, 0), "Z\",\"host\":\"box\",\"metric\":\"",
                         rest, "}"));
  };
  int64_t round = 0;
  for (Ms time = from + kMinute; time < end; time += kMinute) {
    const Ms leaked_for = leaks ? time - boot_ : 0;
    const int64_t percent = 3100 + 280 * leaked_for / kHour + rng_.between(-14, 14);  // in 1/100
    const bool busy = spike && end - time < 5 * kMinute;
    write(time, cat("memory_used_percent\",\"value\":", decimal(percent, 2)));
    write(time, cat("cpu_percent\",\"value\":", busy ? 100 : rng_.between(4, 13)));
    if (round++ % 5 != 0) continue;
    const auto holds = [&](std::string_view who, int64_t bytes) {
      write(time, cat("cgroup_memory_bytes\",\"cgroup\":\"", who, "\",\"value\":", bytes));
    };
    const int64_t leaked = kMemory / 1000 * 28 * (leaked_for / kSecond) / 3600;
    holds("docker.service", 180 * kMiB + leaked + rng_.between(0, kMiB));
    for (const App& app : kApps) {
      holds(app.name, app.holds * kMiB + rng_.between(-3 * kMiB, 3 * kMiB));
    }
  }
}

void Box::run() {
  std::optional<Death> before;
  Ms now = utc(2022, 2, 2, 2, 0, 4);
  for (const Boot& plan : kBoots) {
    boot(now, before);
    Ms from = now + 20 * kSecond;
    const Ms end = now + plan.lasts;
    if (plan.end == End::open) {
      const Ms off = now + kExperimentAfter;
      live(from, off - 20 * kSecond);
      sample(from, off, true, false);
      stop_docker(off, false);
      health_checks_ = false;
      start_docker(off + 8 * kSecond, Death{off + 2 * kSecond, "sigterm", true});
      from = off + 20 * kSecond;
    }
    live(from, end - plan.lost - (plan.end == End::planned ? 5 * kSecond : 0));
    sample(from, end, health_checks_, &plan == kBoots);
    if (plan.end == End::planned) stop_docker(end - 4 * kSecond, true);
    before = Death{end, "reboot", plan.end == End::planned};
    now = end + plan.down;
  }
}
}  // namespace

void weathering_the_storm(Story& story) { Box(story).run(); }

}  // namespace blip::stories
