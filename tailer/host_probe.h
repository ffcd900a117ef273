// Samples the host: its memory, pressure and boot, and per unit (control group, else program) what
// it holds and which process leads it. The samples are lines of text, made to be written to a file
// that is followed like any log (format `blip_probe`); docs/host_probe.md has their fields.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "tailer/control_groups.h"
#include "tailer/process_table.h"

namespace blip {

struct ProbeOptions {
  std::string proc = "/proc", cgroup = "/sys/fs/cgroup";
  std::string containers = "/var/lib/docker/containers";  // for the names of containers
  size_t max_groups = 256;     // control groups told of in one sample, those that hold most
  size_t max_processes = 256;  // programs outside of them, likewise
};

class HostProbe {
 public:
  explicit HostProbe(ProbeOptions options);

  // Whole lines, each with its "\n", the host's first. To be called every 10 s; `now` is written
  // into each line. A unit in which nothing moves is told of once a minute. Never fails: what
  // cannot be read is left out, and that is told once, in a line of its own.
  std::string sample(Time now);

  // One line to write when the agent was asked to stop: a boot that follows it was no crash.
  std::string farewell(Time now) const;

 private:
  struct Leader {
    uint32_t pid = 0;
    uint64_t start = 0;
  };
  // What was seen of a unit in earlier samples.
  struct Known {
    Leader leader;
    double seen = 0;        // seconds since boot
    uint64_t round = 0;     // in which it was last there
    bool lasting = false;   // a daemon, as far as its age tells: no shell, no job
    bool replaced = false;  // its leader by a process that ran already: the unit went on
    std::optional<uint64_t> oom_kills;
    // As last written:
    double told = 0;
    uint64_t told_kb = 0;
    Leader told_leader;
  };
  struct Unit {
    std::string name;
    std::string path;  // of its control group; empty: a program's processes
    bool gathered = false;
    const Process* leader = nullptr;  // the oldest
    std::vector<const Process*> members;
    uint64_t rss_kb = 0, threads = 0;
    GroupNumbers numbers;
    uint64_t held_kb() const { return numbers.held_kb.value_or(rss_kb); }
  };

  void host_line(Time now, double up, std::string& out);
  std::vector<Unit> gather();
  void keep_largest(std::vector<Unit>& units) const;
  void unit_lines(Time now, double up, const Unit& unit, std::string& out);
  bool leads(const Unit& unit, double up, Known& known) const;
  double first_process_start() const;
  std::optional<uint64_t> descriptors_of(const Unit& unit);
  void begin_line(Time now, std::string_view service, std::string& out) const;
  void trouble(Time now, const std::string& what, int why, std::string& out);
  std::string file(const char* name) const { return options_.proc + "/" + name; }

  ProbeOptions options_;
  ControlGroups groups_;
  ProcessTable processes_;
  std::map<std::string, Known, std::less<>> known_;  // by name
  std::set<std::string> troubles_;                   // told
  uint64_t round_ = 0;
  double up_ = 0;                // of the host at the latest sample, seconds
  double first_start_ = 0;       // of process 1: later than 0 in a container
  size_t descriptors_read_ = 0;  // in this sample
  int uncounted_ = 0;            // why some could not be: an errno
  std::string text_;
};

}  // namespace blip
