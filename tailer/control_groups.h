// Control groups as units: what systemd and container runtimes put each service into.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace blip {

// The unit that a process belongs to.
struct GroupUnit {
  std::string path;       // of its control group, below the mount
  std::string name;       // "nginx", "web" (a container's), "user-1000/app", "user-1000.slice"
  bool gathered = false;  // a user's sessions together: nothing that starts or ends as one
};

// What a unit holds. Memory without the page cache, which the kernel takes back when it needs it.
struct GroupNumbers {
  std::optional<uint64_t> held_kb;   // anonymous and shared memory, and the kernel's own for it
  std::optional<uint64_t> cache_kb;  // of files
  std::optional<uint64_t> swap_kb, limit_kb, tasks, oom_kills;
};

class ControlGroups {
 public:
  enum class Version { none, v1, v2 };

  // `mount`: usually /sys/fs/cgroup. `containers`: Docker's folder, for the names of containers.
  ControlGroups(std::string mount, std::string containers);

  Version version() const { return version_; }
  // As ProcessTable::read() wants it.
  std::string_view controller() const { return version_ == Version::v1 ? "memory" : ""; }

  // None for processes that stand in no unit.
  std::optional<GroupUnit> unit_of(std::string_view path);
  GroupNumbers read(const std::string& path);

 private:
  std::string container_name(std::string_view id);
  std::optional<uint64_t> number(const std::string& folder, const char* file);

  std::string mount_, containers_;
  Version version_ = Version::none;
  std::map<std::string, std::string, std::less<>> names_;  // container id -> name
  std::string text_;
};

}  // namespace blip
