// inotify on folders:
//
//   /var/log/app   IN_MODIFY app.log          -> {"/var/log/app", "app.log", content}
//                  IN_MOVED_FROM app.log      -> {"/var/log/app", "app.log", names}
//                  IN_Q_OVERFLOW              -> everything may have changed
//
// and beside it, seldom, a look at each folder's entries, compared with the look before: inotify
// says nothing of changes made on another host, or of what came before the watch was set. That look
// sets the watch again too: a name may mean another folder by now, a limit may have been raised.
// Where inotify does not work, looking is all there is, and comes often.

#include "tailer/watcher.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "core/fd.h"

namespace blip {
namespace {
using Clock = std::chrono::steady_clock;

constexpr uint32_t kEvents = IN_MODIFY | IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |
                             IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr size_t kEventBytes = 64 * 1024;
// A look that took d is not repeated before so many d: looking costs at most 5 %, or 0.5 %.
constexpr int kPollShare = 20, kReconcileShare = 200;

// File systems that others write to without this kernel's knowledge.
bool remote(const std::string& folder) {
  constexpr long kCifs = 0xff534d42, kSmb2 = 0xfe534d42, kFuse = 0x65735546, kNineP = 0x01021997;
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) return false;
  const long type = static_cast<long>(info.f_type);
  return type == NFS_SUPER_MAGIC || type == kCifs || type == kSmb2 || type == kFuse ||
         type == kNineP;
}

struct Entry {
  uint64_t ino = 0;
  int64_t size = 0, mtime_ns = 0, ctime_ns = 0;
  auto key() const { return std::tie(ino, size, mtime_ns, ctime_ns); }
};
using Entries = std::map<std::string, Entry>;

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// Nothing when the folder cannot be read.
std::optional<Entries> list(const std::string& folder) {
  DIR* dir = ::opendir(folder.c_str());
  if (dir == nullptr) return std::nullopt;
  Entries entries;
  while (const dirent* one = ::readdir(dir)) {
    const std::string_view name = one->d_name;
    if (name == "." || name == "..") continue;
    struct stat info {};
    if (::fstatat(::dirfd(dir), one->d_name, &info, 0) != 0) continue;
    entries.emplace(name, Entry{info.st_ino, S_ISDIR(info.st_mode) ? 0 : info.st_size,
                                nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)});
  }
  ::closedir(dir);
  return entries;
}

bool is_folder(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string parent_of(const std::string& folder) {
  const size_t slash = folder.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : folder.substr(0, slash);
}
}  // namespace

struct Watcher::State {
  struct Folder {
    int watch = -1;       // inotify's number; -1: none
    bool polled = false;  // looked at often
    bool missing = false;
    Entries entries;  // as of the latest look
    bool looked = false;
    Clock::time_point look_at{};
  };

  explicit State(WatchOptions opts) : options(opts) {
    if (options.polling) return;
    inotify = Fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!inotify) {
      const std::string advice =
          errno == EMFILE ? " (raise fs.inotify.max_user_instances, or ulimit -n)" : "";
      tell("inotify", "inotify: " + std::string(std::strerror(errno)) + advice +
                          "; files are looked at every " + pause());
    }
  }

  // `what`: the trouble, whichever folder it is told of.
  void tell(const std::string& what, const std::string& text) {
    if (told.insert(what).second) news.push_back(text);
  }
  std::string pause() const { return std::to_string(options.poll_every.count()) + " ms"; }

  void names(const std::string& path, std::string name = {}) {
    changes[{path, std::move(name)}].names = true;
  }
  void content(const std::string& path, std::string name = {}) {
    changes[{path, std::move(name)}].content = true;
  }

  // Sets the watch that the folder should have now, if it has not got it.
  void arm(const std::string& path, Folder& folder) {
    folder.missing = !is_folder(path);
    folder.polled = !inotify;
    if (!inotify) return;
    if (folder.missing) {
      disarm(folder, path);
      folder.polled = !watch_ancestor(path);
      folder.missing = !is_folder(path);  // it may have come meanwhile
      if (folder.missing) return;
    }
    folder.polled = remote(path);
    if (folder.polled) {
      tell(path, path +
                     " is on a network file system, where inotify sees half: it is looked at "
                     "every " +
                     pause());
      return disarm(folder, path);
    }
    const int watch = ::inotify_add_watch(inotify.get(), path.c_str(), kEvents);
    if (watch == folder.watch && watch >= 0) return;
    if (watch < 0 && errno == ENOSPC) tell_limit(path);
    disarm(folder, path);
    folder.polled = watch < 0;
    if (watch < 0) return;
    folder.watch = watch;
    by_watch[watch].insert(path);
  }

  void tell_limit(const std::string& path) {
    tell("limit",
         "the limit of inotify watches is reached: raise fs.inotify.max_user_watches; until then " +
             path + " and further folders are looked at every " + pause());
  }

  // So that the folder's coming is heard of. False: it is not.
  bool watch_ancestor(const std::string& path) {
    for (std::string up = parent_of(path);; up = parent_of(up)) {
      const int watch = ::inotify_add_watch(inotify.get(), up.c_str(), kEvents | IN_MASK_ADD);
      if (watch >= 0) {
        by_watch[watch];
        return true;
      }
      if (errno == ENOSPC) return tell_limit(path), false;
      if (up == "/" || up == ".") return false;
    }
  }

  void disarm(Folder& folder, const std::string& path) {
    const auto found = by_watch.find(std::exchange(folder.watch, -1));
    if (found == by_watch.end()) return;
    found->second.erase(path);
    if (!found->second.empty()) return;
    ::inotify_rm_watch(inotify.get(), found->first);
    by_watch.erase(found);
  }

  // Some of them may have come; or what was watched for their coming is gone.
  void look_for_missing() {
    for (auto& [path, folder] : folders) {
      if (!folder.missing) continue;
      arm(path, folder);
      if (!folder.missing) names(path);
    }
  }

  void read_events() {
    alignas(inotify_event) char buffer[kEventBytes];
    bool any_names = false;
    for (;;) {
      const ssize_t got = ::read(inotify.get(), buffer, sizeof buffer);
      if (got <= 0) break;
      for (ssize_t at = 0; at < got;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
        any_names |= (event->mask & ~uint32_t{IN_MODIFY}) != 0;
        take_event(*event);
      }
    }
    if (any_names) look_for_missing();
  }

  void take_event(const inotify_event& event) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      tell("overflow",
           "more changes came than inotify can queue: everything is looked at again; raise "
           "fs.inotify.max_queued_events if this goes on");
      for (auto& [path, folder] : folders) {
        names(path);
        content(path);
        folder.look_at = {};  // which sets watches again: what ended them may have been lost
      }
      return;
    }
    const auto found = by_watch.find(event.wd);
    if (found == by_watch.end()) return;
    const std::set<std::string> paths = found->second;
    const bool gone = (event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0;
    if ((event.mask & IN_MOVE_SELF) != 0) ::inotify_rm_watch(inotify.get(), event.wd);
    if (gone) by_watch.erase(found);
    for (const std::string& path : paths) {
      const auto own = folders.find(path);
      if (own == folders.end()) continue;
      if (gone) {
        own->second.watch = -1;
        own->second.looked = false;
        arm(path, own->second);
        names(path);
        continue;
      }
      std::string name = event.len > 0 ? event.name : "";
      if ((event.mask & (IN_MODIFY | IN_ATTRIB)) != 0)
        content(path, std::move(name));
      else
        names(path, std::move(name));
    }
  }

  void look(const std::string& path, Folder& folder) {
    const Clock::time_point began = Clock::now();
    const auto before = std::make_pair(folder.watch, folder.missing);
    arm(path, folder);
    const bool other = before != std::make_pair(folder.watch, folder.missing);
    if (folder.looked && other) names(path);
    const std::optional<Entries> now = list(path);
    const Entries entries = now.value_or(Entries{});
    if (folder.looked || folder.polled) {
      for (const auto& [name, entry] : entries) {
        const auto known = folder.entries.find(name);
        if (known == folder.entries.end() || known->second.ino != entry.ino) {
          names(path, name);
        } else if (known->second.key() != entry.key()) {
          content(path, name);
        }
      }
      for (const auto& [name, entry] : folder.entries) {
        if (entries.count(name) == 0) names(path, name);
      }
    }
    folder.entries = entries;
    folder.looked = true;
    const auto took = Clock::now() - began;
    const auto pause =
        folder.polled ? std::max<Clock::duration>(options.poll_every, took * kPollShare)
                      : std::max<Clock::duration>(options.reconcile_every, took * kReconcileShare);
    folder.look_at = Clock::now() + pause;
  }

  WatchOptions options;
  Fd inotify;
  std::map<std::string, Folder> folders;
  std::map<int, std::set<std::string>> by_watch;  // inode watched -> names it was asked for by
  struct What {
    bool content = false, names = false;
  };
  std::map<std::pair<std::string, std::string>, What> changes;  // by folder and name
  std::set<std::string> told;
  std::vector<std::string> news;
};

Watcher::Watcher(WatchOptions options) : state_(std::make_unique<State>(options)) {}
Watcher::~Watcher() = default;
Watcher::Watcher(Watcher&&) noexcept = default;

void Watcher::watch(const std::string& folder) {
  const auto [entry, fresh] = state_->folders.try_emplace(folder);
  if (!fresh) return;
  state_->arm(folder, entry->second);
  // What came before the watch was set.
  state_->names(folder);
}

void Watcher::forget(const std::string& folder) {
  const auto found = state_->folders.find(folder);
  if (found == state_->folders.end()) return;
  state_->disarm(found->second, folder);
  state_->folders.erase(found);
  if (state_->inotify) state_->look_for_missing();  // that watch may have been for their coming
}

int Watcher::fd() const { return state_->inotify ? state_->inotify.get() : -1; }

std::chrono::steady_clock::time_point Watcher::due() const {
  Clock::time_point due = Clock::now() + state_->options.reconcile_every;
  if (!state_->changes.empty()) return Clock::now();
  for (const auto& [path, folder] : state_->folders) due = std::min(due, folder.look_at);
  return due;
}

std::vector<Change> Watcher::take() {
  State& state = *state_;
  if (state.inotify) state.read_events();
  const Clock::time_point now = Clock::now();
  for (auto& [path, folder] : state.folders) {
    if (now >= folder.look_at) state.look(path, folder);
  }
  std::vector<Change> out;
  for (const auto& [where, what] : state.changes) {
    out.push_back({where.first, where.second, what.content, what.names});
  }
  state.changes.clear();
  return out;
}

std::vector<std::string> Watcher::troubles() { return std::exchange(state_->news, {}); }

}  // namespace blip
