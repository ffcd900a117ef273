// The host's processes as /proc tells of them, without the kernel's own threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace blip {

struct Process {
  uint32_t pid = 0;
  uint64_t start = 0;     // clock ticks since the host's boot
  std::string comm;       // raw bytes, at most 15 of them: anybody may choose them
  bool terminal = false;  // has one: somebody's shell, editor ...
  uint64_t threads = 0, rss_kb = 0;
  std::string group;  // path of its control group, raw bytes; empty: not known
};

class ProcessTable {
 public:
  static constexpr size_t kMost =
      16384;  // processes; those that readdir(3) gives later are left out

  // `proc`: where proc(5) is mounted.
  explicit ProcessTable(std::string proc);

  // All processes now; those that end meanwhile are left out. `up`: seconds since boot.
  // `controller`: whose path is wanted, "memory" for cgroup v1, "" for v2. False: there is no
  // /proc.
  bool read(double up, std::string_view controller);
  const std::vector<Process>& processes() const { return processes_; }

  // Open descriptors, 0 for a process that has ended. Empty where they cannot be counted: `why` is
  // the errno, or 0 when there are too many.
  std::optional<uint64_t> descriptors(uint32_t pid, int& why) const;

  static double ticks_per_second();

 private:
  struct Place {
    uint64_t start = 0;
    std::string group;
    uint64_t round = 0;  // in which it was last seen
  };
  bool read_one(std::string_view pid, Process& process);
  void find_group(double up, std::string_view controller, Process& process);

  std::string proc_;
  bool counted_by_kernel_ = false;  // a real /proc: a descriptor folder's size is its count
  std::vector<Process> processes_;
  std::unordered_map<uint32_t, Place> places_;  // a process seldom moves to another group
  uint64_t round_ = 0;
  std::string text_, path_;
};

}  // namespace blip
