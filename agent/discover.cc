// /var/log/upstart/gamesrv.log                   what upstart caught of a job's stdout and stderr
// /var/log/supervisor/*.log                      supervisord's own log, and its children's
// /var/log/pods/ns_pod_uid/app/0.log             Kubernetes
// /var/lib/docker/containers/<id>/<id>-json.log  Docker with its usual driver, or with `local`:
//                                .../local-logs/container.log
// /var/log/journal/<machine-id>/*.journal        systemd's journal, kept; /run/log/journal: not
// kept /var/log/**/*.log, syslog, messages, kern.log  the rest
//
// The journal and /var/log/syslog say the same twice: where there is a journal, rsyslog takes its
// lines from it. The journal is preferred, because it knows each line's unit and pid; the text
// files are read where no journal file may be opened.

#include "agent/discover.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>

namespace blip {
namespace {
namespace fs = std::filesystem;

constexpr size_t kMaxLooks = 10'000;  // entries of one place: is there anything at all?

// What rsyslog and syslog-ng write from the same lines as the journal.
constexpr std::array<std::string_view, 8> kSyslogFiles = {
    "syslog", "messages", "kern.log", "daemon.log", "user.log", "cron.log", "mail.log", "debug"};

// Who logged in from where: of people, not of services, and often kept from the agent on purpose.
constexpr std::array<std::string_view, 3> kPrivate = {"auth.log", "secure", "audit/**"};
// What was installed when; nothing there lives or dies.
constexpr std::array<std::string_view, 6> kInstallers = {
    "dpkg.log", "alternatives.log", "apt/**", "installer/**", "bootstrap.log", "fontconfig.log"};

enum class Sight { absent, hidden, empty, present };

bool may_enter(const fs::path& folder) {
  return ::faccessat(AT_FDCWD, folder.c_str(), R_OK | X_OK, AT_EACCESS) == 0;
}

// Is there a file below `folder` whose name ends so, at most `depth` folders down?
Sight look(const fs::path& folder, std::string_view suffix, int depth) {
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  if (error) {
    return error == std::errc::permission_denied ? Sight::hidden : Sight::absent;
  }
  bool hidden = false;
  size_t looks = 0;
  const fs::recursive_directory_iterator end;
  while (at != end && ++looks <= kMaxLooks) {
    std::error_code ignored;
    const std::string name = at->path().filename().string();
    if (name.ends_with(suffix) && !at->is_directory(ignored)) return Sight::present;
    if (at.depth() >= depth) at.disable_recursion_pending();
    if (at->is_directory(ignored) && !may_enter(at->path())) {
      hidden = true;
      at.disable_recursion_pending();
    }
    at.increment(error);
    if (error) break;
  }
  return hidden ? Sight::hidden : Sight::empty;
}

bool exists(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

class Discoverer {
 public:
  explicit Discoverer(const std::string& root) : root_(root), log_(root + "/var/log") {}

  Discovery find() {
    find_folder("upstart", 0);
    find_folder("supervisor", 0);
    find_pods();
    find_docker();
    find_journal();
    find_rest();
    return std::move(found_);
  }

 private:
  SourceConfig& add(SourceKind kind) {
    SourceConfig source;
    source.kind = kind;
    source.origin = "found";
    found_.sources.push_back(std::move(source));
    return found_.sources.back();
  }
  void note(std::string text) { found_.notes.push_back(std::move(text)); }

  // A folder of its own below /var/log, read on its own so that `config show` names it.
  void find_folder(const std::string& name, int depth) {
    const std::string folder = log_ + "/" + name;
    const Sight sight = look(folder, ".log", depth);
    if (sight == Sight::absent) return;
    others_.push_back(folder + "/**");
    if (sight == Sight::hidden) return note_hidden(folder);
    add(SourceKind::files).files = {folder + "/*.log"};
  }

  void find_pods() {
    const std::string folder = log_ + "/pods";
    // /var/log/containers holds nothing but symlinks to the files of pods.
    others_.push_back(log_ + "/containers/**");
    const Sight sight = look(folder, ".log", 2);
    if (sight == Sight::absent) return;
    others_.push_back(folder + "/**");
    if (sight == Sight::hidden) return note_hidden(folder);
    add(SourceKind::files).files = {folder + "/**/*.log"};
  }

  void find_docker() {
    const std::string folder = root_ + "/var/lib/docker/containers";
    std::error_code error;
    const fs::file_status docker = fs::status(root_ + "/var/lib/docker", error);
    if (docker.type() == fs::file_type::not_found || docker.type() == fs::file_type::none) return;
    Sight sight = look(folder, "-json.log", 1);
    const bool local = sight == Sight::empty && look(folder, "container.log", 2) == Sight::present;
    if (local) sight = Sight::present;
    if (sight == Sight::hidden || !may_enter(root_ + "/var/lib/docker")) {
      note(folder +
           ": Docker keeps its logs from all but root; give blip CAP_DAC_READ_SEARCH (as "
           "blip.service does), or run it as root");
    } else if (sight == Sight::absent) {
      return;
    } else if (sight == Sight::empty) {
      note(folder +
           ": no container writes json-file or local logs now; those to come will be read");
    }
    add(SourceKind::docker);
  }

  void find_journal() {
    const Sight kept = look(log_ + "/journal", ".journal", 1);
    const Sight fleeting = look(root_ + "/run/log/journal", ".journal", 1);
    const std::string& folder = kept == Sight::present ? log_ : root_ + "/run/log";
    if (kept != Sight::present && fleeting != Sight::present) {
      if (kept == Sight::hidden || fleeting == Sight::hidden) {
        note(folder + "/journal: may not be read; join the group systemd-journal");
      }
      return;
    }
    if (!journal_opens(folder + "/journal")) {
      note(folder +
           "/journal: may not be read, so syslog's files are; join the group "
           "systemd-journal");
      return;
    }
    journal_ = true;
    add(SourceKind::journal);
    if (kept != Sight::present) {
      note(folder + "/journal: is kept in memory and begins at the last boot; mkdir " + log_ +
           "/journal keeps it");
    }
  }

  // Group rights decide, and user journals are not the system's: one that opens is enough.
  static bool journal_opens(const std::string& folder) {
    std::error_code error;
    fs::recursive_directory_iterator at(folder, error);
    size_t looks = 0;
    for (const fs::recursive_directory_iterator end; !error && at != end && ++looks <= kMaxLooks;
         at.increment(error)) {
      if (!at->path().filename().string().ends_with(".journal")) continue;
      const int fd = ::open(at->path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
      if (fd < 0) continue;
      ::close(fd);
      return true;
    }
    return false;
  }

  void find_rest() {
    if (!exists(log_)) return note(log_ + ": there is no such folder");
    std::vector<std::string> files = {log_ + "/**/*.log"}, exclude = others_;
    std::string said;
    for (const std::string_view name : kSyslogFiles) {
      const std::string path = log_ + "/" + std::string(name);
      const bool pattern = name.ends_with(".log");
      if (!exists(path)) continue;
      if (journal_) {
        if (pattern) exclude.push_back(path);
        said += (said.empty() ? "" : ", ") + std::string(name);
      } else if (!pattern) {
        files.push_back(path);
      }
    }
    if (!said.empty()) {
      note(log_ + ": " + said +
           ": left out, because the journal has the same lines, with their "
           "units");
    }
    leave_out(kPrivate, "who logged in from where is of people, not of services", exclude);
    leave_out(kInstallers, "what was installed neither lives nor dies", exclude);
    SourceConfig& source = add(SourceKind::files);
    source.files = std::move(files);
    source.exclude = std::move(exclude);
  }

  // Excluded whether they are there or not: they may come. Told only if they are.
  template <size_t N>
  void leave_out(const std::array<std::string_view, N>& names, std::string_view why,
                 std::vector<std::string>& exclude) {
    std::string said;
    for (const std::string_view name : names) {
      exclude.push_back(log_ + "/" + std::string(name));
      const std::string_view plain = name.substr(0, name.find('/'));
      if (exists(log_ + "/" + std::string(plain))) {
        said += (said.empty() ? "" : ", ") + std::string(plain);
      }
    }
    if (!said.empty()) note(log_ + ": " + said + ": left out; " + std::string(why));
  }

  void note_hidden(const std::string& folder) {
    note(folder + ": may not be looked into; join the group adm, or run blip as root");
  }

  const std::string root_, log_;
  bool journal_ = false;
  std::vector<std::string> others_;  // below /var/log, read by a source of their own or not at all
  Discovery found_;
};

// Always in double quotes: a pattern may begin with "*", which YAML takes for an alias.
std::string yaml_list(const std::vector<std::string>& texts, std::string_view indent) {
  std::string out;
  for (const std::string& text : texts) {
    out.append("\n").append(indent).append("- \"");
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out;
}
}  // namespace

Discovery discover(const std::string& root) { return Discoverer(root).find(); }

std::string config_text(const Discovery& found) {
  std::string out =
      "# What blip reads on this host. Written by `blip config init`; yours to change.\n"
      "# `blip config check` tells mistakes, `blip doctor` what can't be read.\n"
      "version: 1\n\n";
  for (const std::string& note : found.notes) out += "# " + note + "\n";
  // Without sources blip looks for itself at every start; an empty list could not say so.
  out += found.sources.empty() ? "# nothing was found here; add sources:\n# sources:\n"
                                 "#   - files: [/var/log/app/*.log]\n"
                               : "sources:\n";
  for (const SourceConfig& source : found.sources) {
    switch (source.kind) {
      case SourceKind::journal:
        out += "  - journal: {}  # all units; some: {units: [\"app-*.service\"]}\n";
        break;
      case SourceKind::docker:
        out += "  - docker: {}  # all containers; some: {label: \"blip.watch=true\"}\n";
        break;
      default:
        out += "  - files:" + yaml_list(source.files, "      ") + "\n";
        if (!source.exclude.empty()) {
          out += "    exclude:" + yaml_list(source.exclude, "      ") + "\n";
        }
    }
  }
  const Config defaults;
  out += "\n# The values below are the built-in ones.\n";
  out += "# store: {path: " + *defaults.store.path +
         ", keep: " + duration_text(*defaults.store.keep) +
         ", max_size: " + size_text(*defaults.store.max_size) + "}\n";
  out += "# limits: {memory: " + size_text(*defaults.limits.memory) +
         ", line: " + size_text(*defaults.limits.line) + "}\n";
  out += "# backfill: " + duration_text(*defaults.backfill) +
         "  # how far back a log is read when it is met first\n";
  out += "# probe: {every: " + duration_text(*defaults.probe) + "}\n";
  return out;
}

}  // namespace blip
