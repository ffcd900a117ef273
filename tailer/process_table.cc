// /proc/PID/stat holds all but the group on one line, and the name may hold anything, ")" among it:
//
//   8377 (cat) R 8356 8356 30384 0 -1 4194304 100 0 ... 20 0 1 0 2981044 3133440 362 ...
//         comm  state         tty                          threads  start        rss in pages
//
// /proc/PID/cgroup costs as much again, so it is read for processes that are new.

#include "tailer/process_table.h"

#include <dirent.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "tailer/small_file.h"

namespace blip {
namespace {
constexpr uint64_t kKernelThread = 0x00200000;  // PF_KTHREAD of include/linux/sched.h
constexpr double kSettled = 60;                 // seconds after which a process moves no more
constexpr size_t kMostDescriptors = 65536;      // of one process that are counted by hand
constexpr size_t kState = 0, kTty = 4, kFlags = 6, kThreads = 17, kStart = 19, kRss = 21;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The path in "4:memory:/docker/4f1c" or, with no controller wanted, "0::/system.slice/x.service".
std::string_view group_in(std::string_view text, std::string_view controller) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t first = line.find(':');
    const size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    std::string_view names = line.substr(first + 1, second - first - 1);
    if (controller.empty() ? names.empty() : names == controller) return line.substr(second + 1);
    while (!controller.empty() && !names.empty()) {  // "cpu,cpuacct,memory"
      const size_t comma = std::min(names.find(','), names.size());
      if (names.substr(0, comma) == controller) return line.substr(second + 1);
      names.remove_prefix(std::min(comma + 1, names.size()));
    }
  }
  return {};
}
}  // namespace

ProcessTable::ProcessTable(std::string proc) : proc_(std::move(proc)) {
  // Since Linux 6.2 the size of /proc/PID/fd is how many are open; before it was 0.
  struct statfs mounted = {};
  counted_by_kernel_ = ::statfs(proc_.c_str(), &mounted) == 0 && mounted.f_type == PROC_SUPER_MAGIC;
}

double ProcessTable::ticks_per_second() {
  static const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return ticks > 0 ? ticks : 100;
}

bool ProcessTable::read(double up, std::string_view controller) {
  processes_.clear();
  ++round_;
  const Folder folder(::opendir(proc_.c_str()));
  if (!folder) return false;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (processes_.size() >= kMost) break;
    const std::string_view name(entry->d_name);
    if (!all_digits(name) || name.size() > 9) continue;
    Process process;
    if (!read_one(name, process)) continue;
    find_group(up, controller, process);
    processes_.push_back(std::move(process));
  }
  for (auto place = places_.begin(); place != places_.end();) {
    place = place->second.round == round_ ? std::next(place) : places_.erase(place);
  }
  return true;
}

bool ProcessTable::read_one(std::string_view pid, Process& process) {
  static const auto page_kb = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) / 1024;
  path_.assign(proc_).append("/").append(pid).append("/stat");
  if (read_small_file(path_, text_) != 0) return false;
  const std::string_view text = text_;
  const size_t open = text.find('('), close = text.rfind(')');
  if (open == text.npos || close == text.npos || close < open) return false;
  std::array<std::string_view, kRss + 1> words;
  std::string_view rest = text.substr(close + 1);
  for (std::string_view& word : words) {
    const size_t begin = rest.find_first_not_of(" \n");
    if (begin == rest.npos) return false;
    rest.remove_prefix(begin);
    word = rest.substr(0, rest.find_first_of(" \n"));
    rest.remove_prefix(word.size());
  }
  if (words[kState] == "Z" || words[kState] == "X") return false;  // dead already
  if ((number_in(words[kFlags]).value_or(0) & kKernelThread) != 0) return false;
  const auto start = number_in(words[kStart]);
  if (!start) return false;
  process.pid = static_cast<uint32_t>(number_in(pid).value_or(0));
  process.start = *start;
  process.comm = text.substr(open + 1, std::min<size_t>(close - open - 1, 64));
  process.terminal = words[kTty] != "0";
  process.threads = number_in(words[kThreads]).value_or(0);
  process.rss_kb = number_in(words[kRss]).value_or(0) * page_kb;
  return true;
}

void ProcessTable::find_group(double up, std::string_view controller, Process& process) {
  Place& place = places_[process.pid];
  place.round = round_;
  const double age = up - static_cast<double>(process.start) / ticks_per_second();
  if (place.start != process.start || age < kSettled) {
    place.start = process.start;
    path_.assign(proc_).append("/").append(std::to_string(process.pid)).append("/cgroup");
    place.group = read_small_file(path_, text_) == 0 ? group_in(text_, controller) : "";
  }
  process.group = place.group;
}

std::optional<uint64_t> ProcessTable::descriptors(uint32_t pid, int& why) const {
  why = 0;
  const std::string path = proc_ + "/" + std::to_string(pid) + "/fd";
  struct stat info = {};
  if (counted_by_kernel_ && ::stat(path.c_str(), &info) == 0 && info.st_size > 0) {
    return static_cast<uint64_t>(info.st_size);
  }
  const Folder folder(::opendir(path.c_str()));
  if (!folder) {
    if (errno == ENOENT || errno == ESRCH) return 0;
    why = errno;
    return std::nullopt;
  }
  uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    count += entry->d_name[0] != '.';
    if (count >= kMostDescriptors) return std::nullopt;
  }
  return count;
}

}  // namespace blip
