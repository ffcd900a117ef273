// What stands behind about= is measured by the judges, what stands before it says whose it is and
// is for people:
//
//   blip_probe=1 time=2026-11-21T07:00:00.000Z service=host boot=e6ec4a4f-... available_kb=...
//     about=host uptime_s=29810.45 mem_kb=420112 mem_limit_kb=24684092 ...
//   blip_probe=1 time=... service=nginx group=/system.slice/nginx.service cache_kb=10240
//     about=unit pid=812 uptime_s=8100.20 mem_kb=5120 processes=5 threads=5 fds=61
//
// A unit is led by its oldest process. When another leads that started since the sample before, the
// unit was restarted, and its line's pid and uptime say so to the sensors. That holds for what
// lasts; a shell or a nightly job is new each time and no restart, so its lines carry no pid.

#include "tailer/host_probe.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "tailer/small_file.h"

namespace blip {
namespace {
constexpr double kLasting = 1800;    // seconds: what is as old is no job
constexpr double kBooting = 300;     // seconds after process 1: what starts within is a daemon
constexpr uint64_t kAbsent = 30;     // samples without it: what comes then is not known to last
constexpr double kTellEvery = 59;    // seconds; a sample may come a little early
constexpr uint64_t kMovedKb = 1024;  // and by a 32nd: told at once
constexpr uint64_t kMovedShare = 32;
constexpr size_t kMaxMembers = 64;            // of a unit whose descriptors are counted
constexpr size_t kMaxDescriptorReads = 1024;  // processes in one sample
constexpr size_t kMaxKnown = 2048;            // units remembered
constexpr size_t kMaxTroubles = 16;
constexpr size_t kMaxName = 128;  // bytes of a service's name or a path

// Bytes of the UTF-8 sequence at text[at]; 0: there is none.
size_t sequence(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t size = byte(at) >= 0xf0 && byte(at) < 0xf5   ? 4
                      : byte(at) >= 0xe0 && byte(at) < 0xf0 ? 3
                      : byte(at) >= 0xc3 && byte(at) < 0xe0 ? 2
                                                            : 0;
  if (size == 0 || at + size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  }
  return size;
}

// Anybody may name a process or a container: one word, or quoted, without control bytes.
void append_value(std::string_view text, std::string& out) {
  text = text.substr(0, kMaxName);
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
  });
  if (plain) {
    out += text;
    return;
  }
  out += '"';
  for (size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    const size_t size = c >= 0x80 ? sequence(text, at) : 0;
    if (size > 0) {
      out += text.substr(at, size);
      at += size - 1;
    } else if (c < ' ' || c >= 0x7f) {
      out += '?';
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += static_cast<char>(c);
    }
  }
  out += '"';
}

void append(std::string_view key, uint64_t value, std::string& out) {
  out.append(" ").append(key).append("=").append(std::to_string(value));
}
void append(std::string_view key, std::optional<uint64_t> value, std::string& out) {
  if (value) append(key, *value, out);
}
void append_seconds(std::string_view key, double seconds, std::string& out) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", std::max(0.0, seconds));
  out.append(" ").append(key).append("=").append(text);
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find_first_of(" \n"));
}

// "some avg10=0.00 avg60=1.27 avg300=0.00 total=0" -> "1.27"
std::string_view average_of_a_minute(std::string_view pressure) {
  const size_t at = pressure.starts_with("some ") ? pressure.find("avg60=") : pressure.npos;
  return at == pressure.npos ? std::string_view() : first_word(pressure.substr(at + 6));
}

bool is_decimal(std::string_view text) {
  return !text.empty() && text.size() <= 20 && text[0] >= '0' && text[0] <= '9' &&
         text.find_first_not_of("0123456789.") == text.npos;
}

double start_of(const Process& process) {
  return static_cast<double>(process.start) / ProcessTable::ticks_per_second();
}
}  // namespace

HostProbe::HostProbe(ProbeOptions options)
    : options_(std::move(options)),
      groups_(options_.cgroup, options_.containers),
      processes_(options_.proc) {}

void HostProbe::begin_line(Time now, std::string_view service, std::string& out) const {
  out.append("blip_probe=1 time=").append(format_rfc3339(now)).append(" service=");
  append_value(service, out);
}

void HostProbe::trouble(Time now, const std::string& what, int why, std::string& out) {
  if (troubles_.size() >= kMaxTroubles || !troubles_.insert(what).second) return;
  begin_line(now, "host", out);
  out += " what=";
  append_value(what, out);
  out += " why=";
  append_value(why == 0 ? "not understood" : std::strerror(why), out);
  out += " about=trouble\n";
}

std::string HostProbe::farewell(Time now) const {
  std::string out;
  begin_line(now, "host", out);
  std::string boot;
  if (read_small_file(file("sys/kernel/random/boot_id"), boot) == 0 && !boot.empty()) {
    out += " boot=";
    append_value(first_word(boot), out);
  }
  out += " about=farewell\n";
  return out;
}

std::string HostProbe::sample(Time now) {
  std::string out;
  ++round_;
  descriptors_read_ = 0;
  int why = read_small_file(file("uptime"), text_);
  const std::string_view age = first_word(text_);
  if (why != 0 || !is_decimal(age)) trouble(now, file("uptime"), why, out);
  const double up = is_decimal(age) ? std::strtod(std::string(age).c_str(), nullptr) : 0;
  host_line(now, up, out);
  if (up <= 0) return out;  // nobody's age can be told
  if (!processes_.read(up, groups_.controller())) {
    trouble(now, options_.proc, ENOENT, out);
    return out;
  }
  if (up < up_) known_.clear();  // another boot
  up_ = up;
  first_start_ = first_process_start();
  std::vector<Unit> units = gather();
  keep_largest(units);
  uncounted_ = 0;
  for (const Unit& unit : units) unit_lines(now, up, unit, out);
  if (uncounted_ != 0) trouble(now, file("*/fd"), uncounted_, out);
  for (auto known = known_.begin(); known != known_.end();) {
    const bool gone = round_ - known->second.round > kAbsent;
    known = gone ? known_.erase(known) : std::next(known);
  }
  return out;
}

void HostProbe::host_line(Time now, double up, std::string& out) {
  std::string line, held;  // before and behind about=
  begin_line(now, "host", line);
  const auto read = [&](const char* name, bool needed = true) {
    const int why = read_small_file(file(name), text_);
    if (why != 0 && needed) trouble(now, file(name), why, out);
    return why == 0;
  };
  if (read("sys/kernel/random/boot_id") && !text_.empty()) {
    line += " boot=";
    append_value(first_word(text_), line);
  }
  if (up > 0) append_seconds("uptime_s", up, held);
  if (read("meminfo")) {
    const auto total = number_of(text_, "MemTotal");
    auto available = number_of(text_, "MemAvailable");
    const auto cached = number_of(text_, "Cached");
    if (!available) {  // before Linux 3.14
      available = number_of(text_, "MemFree");
      if (available) *available += cached.value_or(0) + number_of(text_, "Buffers").value_or(0);
    }
    append("available_kb", available, line);
    append("cache_kb", cached, line);
    if (total && available && *available <= *total) append("mem_kb", *total - *available, held);
    append("mem_limit_kb", total, held);
    uint64_t kernel = 0;
    for (const char* key : {"SUnreclaim", "KernelStack", "PageTables", "Percpu"}) {
      kernel += number_of(text_, key).value_or(0);
    }
    append("mem_kernel_kb", kernel, held);
    const auto swap = number_of(text_, "SwapTotal"), left = number_of(text_, "SwapFree");
    if (swap && left && *left <= *swap) append("swap_kb", *swap - *left, held);
  }
  if (read("sys/fs/file-nr", false)) append("fds", number_in(text_), held);
  if (read("loadavg", false)) {  // 2.47 1.46 0.78 6/130 9214
    const std::string_view load = first_word(text_);
    if (is_decimal(load)) line.append(" load=").append(load);
    const size_t slash = text_.find('/');
    if (slash != text_.npos) {
      append("threads", number_in(std::string_view(text_).substr(slash + 1)), held);
    }
  }
  for (const auto& [name, key] : {std::pair{"pressure/memory", "psi_mem_delay_pct"},
                                  std::pair{"pressure/cpu", "psi_cpu_delay_pct"},
                                  std::pair{"pressure/io", "psi_io_delay_pct"}}) {
    if (!read(name, false)) continue;  // off, or before Linux 4.20
    const std::string_view share = average_of_a_minute(text_);
    if (is_decimal(share)) held.append(" ").append(key).append("=").append(share);
  }
  out.append(line).append(" about=host").append(held).append("\n");
}

// Processes by their unit, or outside of units by their program's name.
std::vector<HostProbe::Unit> HostProbe::gather() {
  std::map<std::string, Unit> units;  // by path, or "\n" and the program's name
  std::map<std::string_view, std::optional<GroupUnit>> of_path;
  for (const Process& process : processes_.processes()) {
    auto found = of_path.find(process.group);
    if (found == of_path.end()) {
      found = of_path.emplace(process.group, groups_.unit_of(process.group)).first;
    }
    const std::optional<GroupUnit>& group = found->second;
    Unit& unit = units[group ? group->path : "\n" + process.comm];
    if (unit.members.empty()) {
      unit.name = group ? group->name : process.comm;
      unit.path = group ? group->path : "";
      unit.gathered = group && group->gathered;
    }
    unit.members.push_back(&process);
    unit.rss_kb += process.rss_kb;
    unit.threads += process.threads;
    const Process* const oldest = unit.leader;
    if (oldest == nullptr ||
        std::pair(process.start, process.pid) < std::pair(oldest->start, oldest->pid)) {
      unit.leader = &process;
    }
  }
  std::vector<Unit> all;
  std::set<std::string> names = {"host"};  // the host's own lines go by this name
  for (auto& [key, unit] : units) {
    const std::string name = unit.name;
    for (int n = 2; !names.insert(unit.name).second; ++n) {
      unit.name = name + ":" + std::to_string(n);
    }
    if (!unit.path.empty()) unit.numbers = groups_.read(unit.path);
    all.push_back(std::move(unit));
  }
  return all;
}

// Of too many those that hold most stay; one told of before stays rather than a newcomer.
void HostProbe::keep_largest(std::vector<Unit>& units) const {
  std::vector<std::pair<uint64_t, size_t>> order;
  for (size_t i = 0; i < units.size(); ++i) {
    const uint64_t kb = units[i].held_kb();
    order.emplace_back(known_.count(units[i].name) > 0 ? 2 * kb : kb, i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<size_t> kept;
  size_t groups = 0, programs = 0;
  for (const auto& [kb, i] : order) {
    size_t& count = units[i].path.empty() ? programs : groups;
    if (count >= (units[i].path.empty() ? options_.max_processes : options_.max_groups)) continue;
    ++count;
    kept.push_back(i);
  }
  std::sort(kept.begin(), kept.end());
  std::vector<Unit> left;
  for (const size_t i : kept) left.push_back(std::move(units[i]));
  units.swap(left);
}

double HostProbe::first_process_start() const {
  for (const Process& process : processes_.processes()) {
    if (process.pid == 1) return start_of(process);
  }
  return 0;
}

// Does the unit's leader tell when the unit was restarted? Updates what is known of it.
bool HostProbe::leads(const Unit& unit, double up, Known& known) const {
  const Leader now{unit.leader->pid, unit.leader->start};
  const double start = start_of(*unit.leader), age = up - start;
  const bool first = known.round == 0;
  if (first) {
    known.lasting = start <= first_start_ + kBooting;
  } else if (now.pid != known.leader.pid || now.start != known.leader.start) {
    known.replaced = start < known.seen;
  }
  known.lasting |= age >= kLasting;
  known.leader = now;
  known.seen = up;
  known.round = round_;
  const bool somebodys = unit.path.empty() && unit.leader->terminal;
  return known.lasting && !known.replaced && !unit.gathered && !somebodys;
}

std::optional<uint64_t> HostProbe::descriptors_of(const Unit& unit) {
  if (unit.members.size() > kMaxMembers) return std::nullopt;
  descriptors_read_ += unit.members.size();
  if (descriptors_read_ > kMaxDescriptorReads) return std::nullopt;
  uint64_t sum = 0;
  for (const Process* process : unit.members) {
    int why = 0;
    const auto count = processes_.descriptors(process->pid, why);
    if (why != 0) uncounted_ = why;
    if (!count) return std::nullopt;
    sum += *count;
  }
  return sum;
}

void HostProbe::unit_lines(Time now, double up, const Unit& unit, std::string& out) {
  auto found = known_.find(unit.name);
  if (found == known_.end()) {
    if (known_.size() >= kMaxKnown) return;
    found = known_.emplace(unit.name, Known()).first;
  }
  Known& known = found->second;
  const Leader before = known.leader;
  const bool first = known.round == 0;
  const bool led = leads(unit, up, known);
  const uint64_t kb = unit.held_kb();
  const auto whose = [&] {
    begin_line(now, unit.name, out);
    if (unit.path.empty()) return;
    out += " group=";
    append_value(unit.path, out);
  };
  const std::optional<uint64_t> kills = unit.numbers.oom_kills;
  if (kills && known.oom_kills && *kills > *known.oom_kills) {
    // The unit that lives on lost one of its processes, not its life.
    const bool alive = before.pid == known.leader.pid && before.start == known.leader.start;
    whose();
    out.append(" about=oom leader=").append(alive ? "alive" : "replaced");
    append("killed", *kills - *known.oom_kills, out);
    append("oom_kills", *kills, out);
    out += '\n';
  }
  known.oom_kills = kills;
  const uint64_t moved = kb > known.told_kb ? kb - known.told_kb : known.told_kb - kb;
  const bool changed = moved >= kMovedKb && moved >= known.told_kb / kMovedShare;
  const bool other =
      known.leader.pid != known.told_leader.pid || known.leader.start != known.told_leader.start;
  if (!first && !changed && !(led && other) && up - known.told < kTellEvery) return;
  known.told = up;
  known.told_kb = kb;
  known.told_leader = known.leader;
  whose();
  append("cache_kb", unit.numbers.cache_kb, out);
  if (led) {
    out += " about=unit";
    append("pid", known.leader.pid, out);
    append_seconds("uptime_s", up - start_of(*unit.leader), out);
  } else {
    // No age of its own can be told: the host's says when all was new.
    out += " about=group";
    append_seconds("host_uptime_s", up, out);
  }
  append("mem_kb", kb, out);
  append("swap_kb", unit.numbers.swap_kb, out);
  append("mem_limit_kb", unit.numbers.limit_kb, out);
  append("processes", unit.members.size(), out);
  append("threads", unit.numbers.tasks.value_or(unit.threads), out);
  append("fds", descriptors_of(unit), out);
  out += '\n';
}

}  // namespace blip
