// The whole way: what the probe writes of a host over days, scanned as any log is. What happened to
// the host must be told, and nothing else.

#include "tailer/host_probe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/scan.h"
#include "store/store.h"
#include "tests/support/fake_host.h"

namespace blip {
namespace {
using testing::FakeHost;

constexpr double kStep = 60;  // seconds from sample to sample
constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kMemoryKb = 4 << 20;
const char* const kDocker = "/system.slice/docker.service";

template <class T>
T attribute(const Event& event, std::string_view name) {
  const auto found = event.attributes.find(name);
  return found == event.attributes.end() ? T() : std::get<T>(found->second);
}

struct Unit {
  std::string path, comm, name;
  uint64_t holds = 0;   // bytes, when it has started
  double per_hour = 0;  // of what it leaks, bytes
  uint64_t cache = 0;   // grows with each sample: nobody's leak
  uint32_t pid = 0;
  double start = 0;  // seconds since boot
  uint64_t oom_kills = 0;
};

// One box over days, and the log that the probe leaves of it.
class Box {
 public:
  Box() : probe_(fresh()) {
    for (const auto& [name, digit, mib] :
         {std::tuple{"notes", 'a', 211}, {"board", 'b', 164}, {"photos", 'c', 342}}) {
      const std::string id(64, digit);
      host_.name_container(id, name);
      units_.push_back({"/system.slice/docker-" + id + ".scope", "node", name,
                        static_cast<uint64_t>(mib) * kMiB});
    }
    units_.push_back({kDocker, "dockerd", "docker", 180 * kMiB});
    units_.push_back({"/system.slice/cron.service", "cron", "cron", 3 * kMiB});
    boot();
  }

  Unit& unit(const std::string& name) {
    for (Unit& unit : units_) {
      if (unit.name == name) return unit;
    }
    ADD_FAILURE() << name;
    return units_.front();
  }
  void restart(const std::string& name) {
    host_.remove(unit(name).pid);
    start(unit(name));
  }
  void live(double hours) {
    for (const double until = up_ + 3600 * hours; up_ < until; up_ += kStep) sample();
  }
  // Goes down, and is up again after `down` seconds.
  void reboot(bool asked, double down = 90) {
    if (asked) log_ += probe_->farewell(now());
    base_ += static_cast<int64_t>(up_ + down);
    for (Unit& unit : units_) host_.remove(unit.pid);
    boot();
  }

  // The agent is stopped, or dead, for a while; the host and its units go on.
  void unwatched(double hours) {
    up_ += 3600 * hours;
    probe_ = fresh();
  }
  // The kernel kills a process of the unit, and counts it.
  void kill_for_memory(const std::string& name) { ++unit(name).oom_kills; }
  // A line of the notes' own log.
  void notes_say(double seconds_ago, const std::string& text) {
    own_log_ +=
        format_rfc3339(now() - Micros(static_cast<int64_t>(seconds_ago * 1e6))) + " " + text + "\n";
  }

  std::vector<Event> events(size_t chunk = 256 << 10) const {
    const std::string path = host_.path("samples.log"), own = host_.path("notes.log");
    std::ofstream(path, std::ios::binary) << log_;
    std::ofstream(own, std::ios::binary) << own_log_;
    Result<Store> store = Store::open("", Access::read_write);
    ScanOptions options;
    options.paths = {path, own};
    options.chunk = chunk;
    EXPECT_TRUE(scan(*store, options));
    const auto found = store->events(EventQuery{});
    std::vector<Event> likely;
    for (const Event& event : found ? *found : std::vector<Event>{}) {
      if (event.score >= 0) likely.push_back(event);
    }
    return likely;
  }
  const std::string& log() const { return log_; }
  Time now() const {
    return time_from_us(1'795'244'400'000'000 + (base_ * 1'000'000) +
                        static_cast<int64_t>(up_ * 1e6));
  }

 private:
  std::unique_ptr<HostProbe> fresh() const {
    ProbeOptions options;
    options.proc = host_.path("proc");
    options.cgroup = host_.path("cgroup");
    options.containers = host_.path("containers");
    return std::make_unique<HostProbe>(options);
  }
  void boot() {
    ++boots_;
    up_ = 12;
    const std::string n = std::to_string(boots_);
    host_.boot("0b7d1c2" + n + "-41aa-4d23-9136-b1fd350a0ef8", up_);
    probe_ = fresh();
    for (Unit& unit : units_) start(unit);
  }
  void start(Unit& unit) {
    unit.start = up_ - 3 - static_cast<double>(pid_ % 3);
    unit.pid = pid_ += 1000;
    unit.cache = 0;
    host_.add({unit.pid, unit.comm, unit.start, unit.path, 1000, 7});
  }
  void sample() {
    host_.uptime(up_);
    uint64_t held = 300 * kMiB;
    for (Unit& unit : units_) {
      const double age = up_ - unit.start;
      const auto swing = static_cast<uint64_t>((1 + std::sin(age / 1777 + unit.pid)) * 0.02 *
                                               static_cast<double>(unit.holds));
      const auto leaked = static_cast<uint64_t>(unit.per_hour * age / 3600);
      const uint64_t noise = (noise_ = noise_ * 6364136223846793005 + 1442695040888963407) >> 44;
      unit.cache += 200'000;
      host_.put({unit.path, unit.holds + swing + leaked + noise, unit.cache, 0, unit.oom_kills, 7});
      held += unit.holds + swing + leaked;
    }
    host_.memory(kMemoryKb, kMemoryKb - held / 1024);
    log_ += probe_->sample(now());
  }

  FakeHost host_;
  std::unique_ptr<HostProbe> probe_;
  std::vector<Unit> units_;
  std::string log_, own_log_;
  double up_ = 12;
  int64_t base_ = 0;
  uint32_t pid_ = 600;
  int boots_ = 0;
  uint64_t noise_ = 1;
};

std::map<std::string, int> count_by_kind(const std::vector<Event>& events) {
  std::map<std::string, int> counts;
  for (const Event& event : events) {
    ++counts[event.service + " " + std::string(kind_name(event.kind))];
  }
  return counts;
}

TEST(HostProbeStory, WhoHeldTheMemoryBeforeEachCrash) {
  Box box;
  box.unit("docker").per_hour = 115.0 * kMiB;  // 2.8 % of the host's
  const double hours[] = {11, 9.5, 12, 8.2, 7.3};
  for (const double lasts : hours) {
    if (box.log().size() > 0) box.reboot(false);
    box.live(lasts);
  }
  const std::vector<Event> events = box.events();
  std::map<std::string, int> expected = {
      {"host host_reboot", 4}, {"host leak", 1}, {"docker leak", 1}};
  for (const char* name : {"docker", "notes", "board", "photos", "cron"}) {
    expected[std::string(name) + " restart"] = 4;
  }
  EXPECT_EQ(count_by_kind(events), expected);
  for (const Event& event : events) {
    SCOPED_TRACE(event.title + " at " + format_rfc3339(event.time));
    if (event.kind == EventKind::host_reboot) {
      EXPECT_FALSE(attribute<bool>(event, "clean"));
      EXPECT_EQ(event.severity, Severity::critical);
      EXPECT_NEAR(attribute<double>(event, "downtime_s"), 90 + kStep, kStep);
    }
    if (event.kind == EventKind::restart) {
      EXPECT_EQ(event.cause, "reboot");
    }
    if (event.kind == EventKind::leak) {
      EXPECT_TRUE(attribute<bool>(event, "masked"));
      EXPECT_EQ(attribute<std::string>(event, "metric"), "mem_kb");
      EXPECT_NEAR(attribute<double>(event, "slope_per_min"), 115.0 * 1024 / 60, 100);
    }
  }
}

TEST(HostProbeStory, AskedForIsNoCrash) {
  Box box;
  box.live(2);
  box.reboot(true);
  box.live(2);
  int reboots = 0;
  for (const Event& event : box.events()) {
    EXPECT_TRUE(event.kind == EventKind::host_reboot || event.kind == EventKind::restart)
        << event.title;
    if (event.kind != EventKind::host_reboot) continue;
    ++reboots;
    EXPECT_TRUE(attribute<bool>(event, "clean"));
  }
  EXPECT_EQ(reboots, 1);
}

TEST(HostProbeStory, SilenceWhereMemoryMerelySwings) {
  Box box;
  box.live(48);
  for (const Event& event : box.events()) ADD_FAILURE() << event.service << ": " << event.title;
}

TEST(HostProbeStory, ASilentRestartOfAProgramThatLogsNothing) {
  Box box;
  box.live(6);
  const Time before = box.now();
  box.restart("notes");
  box.live(6);
  const std::vector<Event> events = box.events();
  ASSERT_EQ(events.size(), 1u) << events[0].title;
  EXPECT_EQ(events[0].kind, EventKind::restart);
  EXPECT_EQ(events[0].service, "notes");
  EXPECT_TRUE(events[0].silent);
  EXPECT_NEAR(seconds_of(events[0].time - before), 0, kStep);
  std::set<std::string> rows;
  for (const Evidence& row : events[0].evidence) rows.insert(row.signal);
  EXPECT_EQ(rows.count("pid replaced"), 1u);
  EXPECT_EQ(rows.count("uptime fell"), 1u);
}

TEST(HostProbeStory, OneRestartInTheLogAndInTheSamplesIsOne) {
  Box box;
  const auto work = [&](int minutes) {
    for (int i = 0; i < minutes; ++i) {
      box.live(1.0 / 60);
      box.notes_say(30, "INFO saved note " + std::to_string(i) + " in 5 ms");
      box.notes_say(11, "INFO listed notes of user " + std::to_string(i % 7));
    }
  };
  work(300);
  box.restart("notes");
  box.notes_say(2, "INFO notes listening on :3001");
  work(300);
  const std::vector<Event> events = box.events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, EventKind::restart);
  EXPECT_TRUE(events[0].explicit_);
  std::set<std::string> rows;
  for (const Evidence& row : events[0].evidence) rows.insert(row.signal);
  for (const char* row : {"start phrase", "pid replaced", "uptime fell"}) {
    EXPECT_EQ(rows.count(row), 1u) << row;
  }
}

TEST(HostProbeStory, SamplesMissedAreNoRestarts) {
  Box box;
  box.live(5);
  box.unwatched(2);
  box.live(3);
  box.unwatched(0.2);
  box.live(3);
  for (const Event& event : box.events()) ADD_FAILURE() << event.service << ": " << event.title;
}

TEST(HostProbeStory, KilledForMemory) {
  Box box;
  box.live(5);
  box.kill_for_memory("board");
  box.live(1);
  box.kill_for_memory("notes");
  box.restart("notes");
  box.live(5);
  const std::map<std::string, int> expected = {
      {"board crash", 1}, {"notes crash", 1}, {"notes restart", 1}};
  const std::vector<Event> events = box.events();
  EXPECT_EQ(count_by_kind(events), expected);
  for (const Event& event : events) {
    if (event.service == "notes") {
      EXPECT_EQ(event.cause, "oom") << event.title;
    }
    if (event.kind != EventKind::crash) continue;
    EXPECT_EQ(attribute<std::string>(event, "scope"),
              event.service == "board" ? "worker" : "service");
  }
}

TEST(HostProbeStory, NothingDependsOnHowItIsRead) {
  Box box;
  box.live(2);
  box.reboot(true);
  box.live(1);
  box.restart("cron");
  box.live(1);
  box.reboot(false);
  box.live(1);
  std::vector<std::string> told[2];
  for (const size_t chunk : {size_t{1} << 20, size_t{61}}) {
    for (const Event& event : box.events(chunk)) {
      told[chunk == 61].push_back(id_text(event.id) + " " + event.title + " " +
                                  std::to_string(event.score));
    }
  }
  EXPECT_EQ(told[0], told[1]);
  EXPECT_EQ(told[0].size(), 2u * 6 + 1);
}
}  // namespace
}  // namespace blip
