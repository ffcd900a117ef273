// ok       /var/log/app/*.log     3 logs, go_log; 4 of 812 lines not understood
// problem  /var/log/syslog        user blip may not read it: join the group adm (usermod -aG adm
// blip) warning  /var/log/old/*.log     matches nothing yet warning  inotify                needs
// 9,000 watches of 8,192: sysctl fs.inotify.max_user_watches=...
//
// Each check is what the agent will do, done once: a file is opened, its first bytes are read as
// records. Rights are tried, not computed.

#include "agent/doctor.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <system_error>

#include "agent/docker_look.h"
#include "agent/lock.h"
#include "core/fd.h"
#include "parsers/reader.h"
#include "store/store.h"
#include "tailer/chunk_reader.h"
#include "tailer/globs.h"
#include "tailer/lines.h"

namespace blip {
namespace {
namespace fs = std::filesystem;

constexpr size_t kHead = 64 * 1024;                 // bytes of a log that are read as records
constexpr size_t kFilesTried = 1'000;               // opened, of one source
constexpr size_t kLogsRead = 50;                    // of one source: its newest
constexpr size_t kComplaints = 10;                  // files of one source that are named
constexpr uint64_t kLeastFree = 64 << 20;           // bytes, where blip writes
constexpr int kFirstYear = 2024, kLastYear = 2100;  // a clock outside them was never set
constexpr size_t kGroupText = 16 * 1024;            // bytes a group's entry may take

std::string reason(int error) { return std::generic_category().message(error); }

// "812 MiB", "74 GiB": nobody needs it finer here.
std::string rough_size(uint64_t bytes) {
  const bool large = bytes >> 30 >= 10;
  return std::to_string(bytes >> (large ? 30 : 20)) + (large ? " GiB" : " MiB");
}

std::string user_name() {
  passwd entry = {}, *found = nullptr;
  char text[4096];
  if (getpwuid_r(geteuid(), &entry, text, sizeof text, &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(geteuid());
}

std::string group_name(gid_t id) {
  group entry = {}, *found = nullptr;
  std::string text(kGroupText, '\0');
  if (getgrgid_r(id, &entry, text.data(), text.size(), &found) == 0 && found != nullptr) {
    return found->gr_name;
  }
  return std::to_string(id);
}

// The first of the path's folders, or the file itself, that keeps this process out.
fs::path barrier(const fs::path& path) {
  fs::path so_far;
  for (const fs::path& part : path) {
    so_far /= part;
    std::error_code ignored;
    const int needed = fs::is_directory(so_far, ignored) && so_far != path ? X_OK : R_OK;
    if (faccessat(AT_FDCWD, so_far.c_str(), needed, AT_EACCESS) != 0) return so_far;
  }
  return path;
}

// "user blip may not read it: join the group adm (usermod -aG adm blip)"
std::string rights_advice(const std::string& path) {
  const std::string user = user_name();
  const fs::path where = barrier(path);
  const std::string what = where == fs::path(path) ? "it" : where.string();
  const std::string out = "user " + user + " may not read " + what + ": ";
  struct stat info {};
  if (stat(where.c_str(), &info) != 0) return out + "run as root or in the group adm";
  const mode_t needed = S_ISDIR(info.st_mode) ? S_IXGRP : S_IRGRP;
  if ((info.st_mode & needed) != 0 && info.st_gid != 0) {
    const std::string group = group_name(info.st_gid);
    return out + "join the group " + group + " (usermod -aG " + group + " " + user + ")";
  }
  return out + "give blip CAP_DAC_READ_SEARCH, as blip.service does, or setfacl -m u:" + user +
         ":rX " + where.string();
}

// What the first bytes of a log are read as.
struct Taste {
  std::map<std::string, uint64_t> formats;  // lines of each
  uint64_t lines = 0, unparsed = 0;
  std::string failed;  // why nothing could be read
  bool binary = false;
};

class TasteSink : public RecordSink {
 public:
  explicit TasteSink(Taste& taste) : taste_(taste) {}
  void on_record(const Record& record) override {
    const bool plain = record.format == "plain";
    if (!plain) ++taste_.formats[std::string(record.format)];
    if (plain && !known(record.time) && record.level == Level::unknown && record.pid.empty()) {
      ++taste_.unparsed;
    }
  }

 private:
  Taste& taste_;
};

Taste taste(const InputFile& file, const SourceConfig& source) {
  Taste out;
  Result<std::unique_ptr<ByteSource>> bytes = open_bytes(file.path);
  if (!bytes) {
    out.failed = bytes.error().text;
    return out;
  }
  ChunkReader reader(std::move(*bytes), kHead);
  RecordReader records({.format = source.format,
                        .utc_offset = source.timezone.offset_at(file.mtime),
                        .latest = file.mtime});
  TasteSink sink(out);
  Result<std::optional<Chunk>> chunk = reader.next();
  if (!chunk) {
    out.failed = chunk.error().text;
  } else if (*chunk && looks_binary((*chunk)->text)) {
    out.binary = true;
  } else if (*chunk) {
    for_each_line(**chunk, out.lines, [&](const Line& line) { records.read(line, sink); });
    records.finish(sink);
  }
  return out;
}

class Doctor {
 public:
  Doctor(const Config& config, const DoctorOptions& options) : config_(config), options_(options) {}

  std::vector<Diagnosis> examine() {
    if (config_.sources.empty()) {
      say(Verdict::problem, "sources", "there are none: write some (blip config init)");
    }
    for (const SourceConfig& source : config_.sources) check_source(source);
    check_store();
    check_disks();
    check_inotify();
    check_clock();
    return std::move(findings_);
  }

 private:
  void say(Verdict verdict, std::string subject, std::string text) {
    findings_.push_back({verdict, std::move(subject), std::move(text)});
  }

  void check_source(const SourceConfig& source) {
    switch (source.kind) {
      case SourceKind::files:
        return check_files(source);
      case SourceKind::journal:
        return check_journal();
      case SourceKind::docker:
        return check_docker(source);
      case SourceKind::pipe:
        return check_pipe(source);
      case SourceKind::standard_input:
        return say(Verdict::ok, "stdin", "is read until it ends");
    }
  }

  // Each pattern on its own, so that the one that matches nothing is named.
  void check_files(const SourceConfig& source) {
    std::set<std::string> complained;
    for (const std::string& pattern : source.files) {
      const Found found = find_sources({{pattern}, source.exclude});
      folders_.insert(found.folders.begin(), found.folders.end());
      if (found.sources.empty()) {
        check_empty(pattern);
      } else {
        check_logs(source, pattern, found.sources, complained);
      }
    }
  }

  void check_empty(const std::string& pattern) {
    const std::string plain = pattern.substr(0, pattern.find_first_of("*?["));
    const bool is_pattern = plain.size() < pattern.size();
    // What stands before the first wildcard, up to its last slash.
    const std::string base = is_pattern ? plain.substr(0, plain.rfind('/') + 1) : pattern;
    struct stat info {};
    if (stat(base.c_str(), &info) != 0 && errno == EACCES) {
      return say(Verdict::problem, pattern, rights_advice(base));
    }
    if (is_pattern && stat(base.c_str(), &info) == 0 &&
        faccessat(AT_FDCWD, base.c_str(), R_OK | X_OK, AT_EACCESS) != 0) {
      return say(Verdict::problem, pattern, rights_advice(base));
    }
    // Not wrong: a log begins when its service does.
    say(Verdict::warning, pattern,
        is_pattern ? "matches nothing yet: if its logs are there, check the pattern"
                   : "is not there yet: if it should be, check the path");
  }

  void check_logs(const SourceConfig& source, const std::string& pattern,
                  const std::vector<Source>& logs, std::set<std::string>& complained) {
    Taste all;
    size_t read = 0, tried = 0, refused = 0, hidden = 0;
    for (const Source& log : logs) {
      for (const InputFile& file : log.files) {
        disks_.insert(fs::path(file.path).parent_path().string());
        if (++tried > kFilesTried) break;
        const Fd fd(open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        if (fd || errno == ENOENT) continue;  // ENOENT: rotated away this moment
        ++refused;
        if (!complained.insert(file.path).second) continue;
        if (complained.size() > kComplaints) {
          ++hidden;
        } else {
          say(Verdict::problem, file.path,
              errno == EACCES ? rights_advice(file.path) : reason(errno));
        }
      }
      if (log.files.empty() || read == kLogsRead) continue;
      const Taste one = taste(log.files.back(), source);
      if (!one.failed.empty()) continue;  // told above
      ++read;
      if (one.binary) say(Verdict::warning, log.files.back().path, "is no log: exclude it");
      all.lines += one.lines;
      all.unparsed += one.unparsed;
      for (const auto& format : one.formats) all.formats[format.first] += format.second;
    }
    if (hidden > 0) {
      say(Verdict::problem, pattern, std::to_string(hidden) + " more files may not be read");
    }
    if (refused < tried) say_taste(pattern, logs.size(), all);
  }

  void say_taste(const std::string& pattern, size_t logs, const Taste& all) {
    std::string text = std::to_string(logs) + (logs == 1 ? " log" : " logs");
    if (all.lines == 0) return say(Verdict::ok, pattern, text + ", nothing in them yet");
    std::vector<std::pair<uint64_t, std::string>> by_lines;
    for (const auto& format : all.formats) by_lines.push_back({format.second, format.first});
    std::sort(by_lines.rbegin(), by_lines.rend());
    for (size_t i = 0; i < by_lines.size() && i < 3; ++i) text += ", " + by_lines[i].second;
    if (by_lines.empty()) text += ", plain text";
    if (all.unparsed > 0) {
      text += "; " + std::to_string(all.unparsed) + " of the " + std::to_string(all.lines) +
              " lines looked at not understood";
    }
    // Stack traces are lines without a time of their own; a log of nothing else is another matter.
    const bool lost = all.unparsed * 2 > all.lines;
    if (lost) text += ": blip scan --show-unparsed shows some";
    say(lost ? Verdict::warning : Verdict::ok, pattern, text);
  }

  void check_journal() {
    for (const std::string& folder : options_.journals) {
      std::error_code error;
      fs::recursive_directory_iterator at(folder, error);
      bool there = false;
      for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
        if (at->path().extension() != ".journal") continue;
        there = true;
        const Fd fd(open(at->path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        if (fd) return say(Verdict::ok, "journal", "is read from " + folder);
      }
      if (there || error == std::errc::permission_denied) {
        return say(Verdict::problem, "journal",
                   "user " + user_name() +
                       " may not read it: join the group systemd-journal (usermod -aG "
                       "systemd-journal " +
                       user_name() + ")");
      }
    }
    say(Verdict::problem, "journal", "there is none on this host: leave the source out");
  }

  void check_docker(const SourceConfig& source) {
    const std::string root = source.root.empty() ? options_.docker : source.root;
    check_containers(root + "/containers");
    const bool journal =
        std::any_of(config_.sources.begin(), config_.sources.end(),
                    [](const SourceConfig& one) { return one.kind == SourceKind::journal; });
    const std::string socket = source.socket.empty() ? options_.docker_socket : source.socket;
    for (Diagnosis& one : look_at_docker({socket, root, options_.docker_plugins, journal})) {
      findings_.push_back(std::move(one));
    }
  }

  void check_containers(const std::string& folder) {
    std::error_code error;
    const fs::directory_iterator at(folder, error);
    if (error == std::errc::permission_denied) {
      return say(Verdict::problem, folder, rights_advice(folder));
    }
    if (error) return say(Verdict::warning, folder, error.message() + ": is Docker here?");
    disks_.insert(folder);
    folders_.insert(folder);
    size_t logs = 0, refused = 0;
    for (const fs::directory_entry& container : at) {
      const fs::path log = container.path() / (container.path().filename().string() + "-json.log");
      folders_.insert(container.path().string());
      const fs::path local = container.path() / "local-logs" / "container.log";
      const bool readable_local = access(local.c_str(), R_OK) == 0;
      const Fd fd(open(log.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
      if (fd || readable_local) {
        ++logs;
      } else if (errno == EACCES && ++refused == 1) {
        say(Verdict::problem, log, rights_advice(log));
      }
    }
    if (refused > 0) return;
    if (logs == 0) {
      return say(Verdict::warning, folder, "no container writes json-file or local logs yet");
    }
    say(Verdict::ok, folder, std::to_string(logs) + (logs == 1 ? " container" : " containers"));
  }

  void check_pipe(const SourceConfig& source) {
    struct stat info {};
    if (stat(source.path.c_str(), &info) != 0) {
      return say(
          Verdict::problem, source.path,
          errno == EACCES ? rights_advice(source.path) : reason(errno) + ": make it with mkfifo");
    }
    if (!S_ISFIFO(info.st_mode)) {
      return say(Verdict::problem, source.path, "is no pipe: name it under files");
    }
    if (faccessat(AT_FDCWD, source.path.c_str(), R_OK, AT_EACCESS) != 0) {
      return say(Verdict::problem, source.path, rights_advice(source.path));
    }
    say(Verdict::ok, source.path, "is a pipe, and may be read");
  }

  void check_store() {
    const std::string& path = *config_.store.path;
    const std::string folder = fs::path(path).parent_path().string();
    std::error_code error;
    if (!fs::exists(path, error)) {
      if (error) return say(Verdict::problem, path, rights_advice(path));
      if (!fs::exists(folder, error)) {
        return say(Verdict::problem, path,
                   "its folder is missing: mkdir -p " + folder + ", or install blip.service");
      }
      if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
        return say(Verdict::problem, path,
                   "user " + user_name() + " may not write to " + folder + ": change its rights");
      }
      return say(Verdict::ok, path, "is not there yet; blip agent will make it");
    }
    const Result<Store> store = Store::open(path, Access::read_only);
    if (!store) return say(Verdict::problem, path, store.error().text);
    std::string text = "can be read";
    if (const auto holder = lock_holder(path)) {
      text += "; held by blip " + (holder->command.empty() ? "" : holder->command + ", ") + "pid " +
              std::to_string(holder->pid);
    } else if (faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) {
      text += ", not written by user " + user_name();
    } else {
      text += " and written";
    }
    say(Verdict::ok, path, text);
  }

  // Each file system once, named by the first folder of it.
  void check_disks() {
    const std::string store = fs::path(*config_.store.path).parent_path().string();
    std::set<dev_t> seen;
    check_disk(store, true, seen);
    for (const std::string& folder : disks_) check_disk(folder, false, seen);
  }

  void check_disk(fs::path folder, bool ours, std::set<dev_t>& seen) {
    struct stat info {};
    while (stat(folder.c_str(), &info) != 0 && folder.has_relative_path()) {
      folder = folder.parent_path();
    }
    struct statvfs disk {};
    if (stat(folder.c_str(), &info) != 0 || statvfs(folder.c_str(), &disk) != 0) return;
    if (!seen.insert(info.st_dev).second || disk.f_blocks == 0) return;
    const uint64_t free = uint64_t{disk.f_bavail} * disk.f_frsize;
    const uint64_t size = uint64_t{disk.f_blocks} * disk.f_frsize;
    const std::string what = "disk of " + folder.string();
    const std::string text = rough_size(free) + " of " + rough_size(size) + " free";
    if (ours && free < kLeastFree) {
      return say(Verdict::problem, what, text + ": free some, or blip can't keep what it finds");
    }
    if (ours && free < *config_.store.max_size) {
      return say(Verdict::warning, what,
                 text + ", less than store.max_size (" + size_text(*config_.store.max_size) +
                     "): lower it or free some");
    }
    if (free < size / 100) {
      return say(Verdict::warning, what, text + ": logs that can't be written can't be read");
    }
    say(Verdict::ok, what, text);
  }

  std::optional<uint64_t> limit(const std::string& name) const {
    std::ifstream in(options_.proc + "/sys/fs/inotify/" + name);
    uint64_t value = 0;
    return in >> value ? std::optional(value) : std::nullopt;
  }

  void check_inotify() {
    if (*config_.polling) return say(Verdict::ok, "inotify", "is not used: watch.polling is on");
    const auto watches = limit("max_user_watches"), instances = limit("max_user_instances");
    if (!watches || !instances) {
      return say(Verdict::warning, "inotify", "its limits can't be read; blip will look by itself");
    }
    const uint64_t needed = folders_.size();
    const std::string text = std::to_string(needed) + " of " + std::to_string(*watches) +
                             " watches needed by user " + user_name();
    // Other programs of this user have theirs.
    if (needed > *watches || *instances == 0) {
      return say(Verdict::problem, "inotify",
                 text + ": sysctl fs.inotify.max_user_watches=" +
                     std::to_string(std::max<uint64_t>(needed * 2, 8192)));
    }
    if (needed * 2 > *watches) {
      return say(Verdict::warning, "inotify",
                 text + ": sysctl fs.inotify.max_user_watches=" + std::to_string(needed * 4));
    }
    say(Verdict::ok, "inotify", text);
  }

  void check_clock() {
    const auto day = std::chrono::floor<std::chrono::days>(options_.now);
    const int year = static_cast<int>(std::chrono::year_month_day(day).year());
    const std::string time = format_rfc3339(options_.now);
    if (year < kFirstYear || year > kLastYear) {
      return say(Verdict::problem, "clock", "it is " + time + "? Set it: timedatectl set-ntp true");
    }
    const int64_t seconds =
        std::chrono::floor<std::chrono::seconds>(options_.now).time_since_epoch().count();
    tm local = {};
    std::string zone = "an unknown zone";
    if (localtime_r(&seconds, &local) != nullptr && local.tm_zone != nullptr) zone = local.tm_zone;
    std::string text = time + "; this host's zone is " + zone;
    for (const SourceConfig& source : config_.sources) {
      // The usual cause of "six hours ago" for what happened just now.
      if (local.tm_gmtoff != 0 && source.kind == SourceKind::files && source.timezone.fixed() &&
          source.timezone.name() == "UTC") {
        return say(Verdict::warning, "clock",
                   text +
                       ", but stamps without a zone are read as UTC: set timezone of the source "
                       "at " +
                       source.origin + " if its program writes local time");
      }
    }
    timex state = {};
    if (adjtimex(&state) == TIME_ERROR && (state.status & STA_UNSYNC) != 0) {
      return say(Verdict::warning, "clock",
                 text + "; nothing keeps it right: timedatectl set-ntp true");
    }
    say(Verdict::ok, "clock", text);
  }

  const Config& config_;
  const DoctorOptions& options_;
  std::set<std::string> folders_;  // that inotify would watch
  std::set<std::string> disks_;    // folders whose file systems matter
  std::vector<Diagnosis> findings_;
};
}  // namespace

std::string_view verdict_name(Verdict verdict) {
  static constexpr std::string_view kNames[] = {"ok", "warning", "problem"};
  return kNames[static_cast<size_t>(verdict)];
}

std::vector<Diagnosis> examine(const Config& config, const DoctorOptions& options) {
  return Doctor(config, options).examine();
}

}  // namespace blip
