// Paths tell units apart:
//
//   /system.slice/nginx.service                                   nginx
//   /system.slice/docker-4f1c...e2.scope, /docker/4f1c...e2       the container, by its name
//   /kubepods/burstable/pod7c.../9ab3...10                        the container, by its short id
//   /user.slice/user-1000.slice/user@1000.service/app.slice/x.service     user-1000/x
//   /user.slice/user-1000.slice/session-3.scope                   user-1000.slice
//
// memory.current counts the page cache, which grows until there is no memory left and is nobody's
// leak: what a unit holds is summed up from memory.stat instead.

#include "tailer/control_groups.h"

#include <unistd.h>

#include <algorithm>
#include <initializer_list>

#include "tailer/small_file.h"

namespace blip {
namespace {
constexpr size_t kIdDigits = 32;                  // of a container's id, at least; Docker's have 64
constexpr size_t kShortId = 12;                   // as `docker ps` prints it
constexpr size_t kMaxNames = 1024;                // containers whose names are remembered
constexpr uint64_t kNoLimit = uint64_t{1} << 60;  // v1 writes a number near 2^63 for none

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// "docker-4f1c.scope", "cri-containerd-4f1c.scope", "4f1c" -> "4f1c"
std::string_view container_id(std::string_view name) {
  if (name.ends_with(".scope")) name.remove_suffix(6);
  const size_t dash = name.rfind('-');
  if (dash != name.npos) name.remove_prefix(dash + 1);
  return name.size() >= kIdDigits && is_hex(name) ? name : std::string_view();
}

std::optional<uint64_t> kb(std::optional<uint64_t> bytes) {
  if (bytes) *bytes /= 1024;
  return bytes;
}

std::optional<uint64_t> sum_of(std::string_view text, std::initializer_list<const char*> keys) {
  std::optional<uint64_t> sum;
  for (const char* key : keys) {
    if (const auto part = number_of(text, key)) sum = sum.value_or(0) + *part;
  }
  return sum;
}
}  // namespace

ControlGroups::ControlGroups(std::string mount, std::string containers)
    : mount_(std::move(mount)), containers_(std::move(containers)) {
  if (::access((mount_ + "/cgroup.controllers").c_str(), F_OK) == 0) {
    version_ = Version::v2;
  } else if (::access((mount_ + "/memory").c_str(), F_OK) == 0) {
    version_ = Version::v1;
  }
}

std::optional<GroupUnit> ControlGroups::unit_of(std::string_view path) {
  if (version_ == Version::none) return std::nullopt;
  std::string_view user;  // "user-1000"
  size_t user_end = 0;
  for (size_t at = 1; at < path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    std::string_view part = path.substr(at, end - at);
    at = end + 1;
    if (part == "..") return std::nullopt;  // outside of what we can see
    if (part.starts_with("user-") && part.ends_with(".slice")) {
      user = part.substr(0, part.size() - 6);
      user_end = end;
    }
    if (part.starts_with("user@") || part.starts_with("session-")) continue;
    const std::string_view id = container_id(part);
    if (id.empty() && !part.ends_with(".service") && !part.ends_with(".scope")) continue;
    GroupUnit unit{.path = std::string(path.substr(0, end)), .name = {}};
    if (!user.empty()) unit.name.append(user).append("/");
    if (part.ends_with(".service")) part.remove_suffix(8);
    unit.name += id.empty() ? std::string(part) : container_name(id);
    return unit;
  }
  if (user.empty()) return std::nullopt;
  return GroupUnit{.path = std::string(path.substr(0, user_end)),
                   .name = std::string(user) + ".slice",
                   .gathered = true};
}

// Docker keeps it as "Name":"/web"; a volume's name has no slash.
std::string ControlGroups::container_name(std::string_view id) {
  if (const auto known = names_.find(id); known != names_.end()) return known->second;
  if (names_.size() >= kMaxNames) names_.clear();
  std::string name(id.substr(0, kShortId));
  const std::string path = containers_ + "/" + std::string(id) + "/config.v2.json";
  constexpr std::string_view kKey = "\"Name\":\"/";
  if (read_small_file(path, text_) == 0) {
    const size_t at = text_.find(kKey);
    const size_t end = at == std::string::npos ? at : text_.find('"', at + kKey.size());
    if (end != std::string::npos && end > at + kKey.size()) {
      name = text_.substr(at + kKey.size(), end - at - kKey.size());
    }
  }
  names_.emplace(id, name);
  return name;
}

std::optional<uint64_t> ControlGroups::number(const std::string& folder, const char* file) {
  if (read_small_file(folder + "/" + file, text_) != 0) return std::nullopt;
  return number_in(text_);
}

GroupNumbers ControlGroups::read(const std::string& path) {
  GroupNumbers out;
  if (version_ == Version::v2) {
    const std::string folder = mount_ + path;
    if (read_small_file(folder + "/memory.stat", text_) == 0) {
      out.held_kb = kb(sum_of(text_, {"anon", "shmem", "kernel_stack", "pagetables", "sock",
                                      "percpu", "slab_unreclaimable"}));
      out.cache_kb = kb(number_of(text_, "file"));
    }
    out.swap_kb = kb(number(folder, "memory.swap.current"));
    out.limit_kb = kb(number(folder, "memory.max"));
    out.tasks = number(folder, "pids.current");
    if (read_small_file(folder + "/memory.events", text_) == 0) {
      out.oom_kills = number_of(text_, "oom_kill");
    }
  } else if (version_ == Version::v1) {
    const std::string folder = mount_ + "/memory" + path;
    if (read_small_file(folder + "/memory.stat", text_) == 0) {
      out.held_kb = kb(sum_of(text_, {"total_rss", "total_shmem"}));
      out.cache_kb = kb(number_of(text_, "total_cache"));
      out.swap_kb = kb(number_of(text_, "total_swap"));
      out.limit_kb = kb(number_of(text_, "hierarchical_memory_limit"));
    }
    out.tasks = number(mount_ + "/pids" + path, "pids.current");
    if (read_small_file(folder + "/memory.oom_control", text_) == 0) {
      out.oom_kills = number_of(text_, "oom_kill");
    }
  }
  if (out.limit_kb && *out.limit_kb >= kNoLimit / 1024) out.limit_kb.reset();
  return out;
}

}  // namespace blip
