// The journal by way of libsystemd:
//
//   /var/log/journal/<machine-id>/system@0005f...-0006135e.journal   boot -1, rotated
//   /var/log/journal/<machine-id>/system@0006...-0f.journal~         boot -1, not closed properly
//   /var/log/journal/<machine-id>/system.journal                     boot 0, being written
//
// sd_journal_next() goes through all of them as one sequence, so what a service said last before
// the host went down comes by itself. A file that is damaged gives what stands before the damage.

#include "tailer/journal.h"

#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "tailer/folder.h"
#include "tailer/journal_line.h"

#ifdef BLIP_HAVE_LIBSYSTEMD
#include "tailer/libsystemd.h"
#endif

namespace blip {

std::string cursor_of(std::string_view line) {
  constexpr std::string_view kBegin = "{\"__CURSOR\":\"";
  if (!line.starts_with(kBegin)) return {};
  line.remove_prefix(kBegin.size());
  const size_t end = line.find('"');
  if (end == std::string_view::npos) return {};
  const std::string_view cursor = line.substr(0, end);
  return cursor.find('\\') == std::string_view::npos ? std::string(cursor) : std::string();
}

#ifdef BLIP_HAVE_LIBSYSTEMD
namespace {

constexpr uint64_t kMostLooks = 4096;           // entries that one read() passes by
constexpr size_t kMostFiles = 4096;             // tried at opening
constexpr size_t kMostSequences = 64;           // journals' numberings that are watched
constexpr size_t kMostTroubles = 1000;          // different ones remembered as told
constexpr size_t kMostField = (1 << 20) - 100;  // bytes of a packed field that are unpacked
constexpr int kMostErrors = 64;                 // in a row, of one read()

const char* const kRights = "join the group systemd-journal (usermod -aG systemd-journal USER)";

std::string reason(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return std::string("may not be read: ") + kRights;
    case EBADMSG:
      return "is damaged (journalctl --verify says more)";
    case ENODATA:
      return "is empty";
    case EPROTONOSUPPORT:
      return "is of a newer systemd than this one's library reads";
    default:
      return std::strerror(error);
  }
}

bool is_journal(const std::string& name) {
  return name.ends_with(".journal") || name.ends_with(".journal~");
}

bool is_folder(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// The folders that libsystemd looks into: the one given and, below it, those of machines.
std::vector<std::string> folders_of(const std::string& root, const std::string& machine) {
  constexpr size_t kMachineId = 32;
  std::vector<std::string> folders;
  if (machine.empty()) folders.push_back(root);
  for (const FolderEntry& entry : read_folder(root)) {
    const bool wanted = machine.empty() ? entry.name.size() == kMachineId : entry.name == machine;
    if (wanted && is_folder(root + "/" + entry.name)) folders.push_back(root + "/" + entry.name);
  }
  return folders;
}

std::vector<std::string> journal_files(const std::string& folder) {
  std::vector<std::string> found;
  const auto add = [&found](const std::vector<std::string>& folders) {
    for (const std::string& one : folders) {
      for (const FolderEntry& entry : read_folder(one)) {
        if (is_journal(entry.name) && found.size() < kMostFiles) {
          found.push_back(one + "/" + entry.name);
        }
      }
    }
  };
  if (!folder.empty()) {
    add(folders_of(folder, {}));
    return found;
  }
  std::string machine;
  std::getline(std::ifstream("/etc/machine-id"), machine);
  for (const char* const root : {"/var/log/journal", "/run/log/journal"}) {
    add(folders_of(root, machine));
  }
  return found;
}

bool fits(const std::string& glob, const std::string& name) {
  return !name.empty() && ::fnmatch(glob.c_str(), name.c_str(), 0) == 0;
}

bool fits_unit(const std::vector<std::string>& globs, const std::string& unit) {
  constexpr std::string_view kSuffix = ".service";
  const std::string bare =
      unit.ends_with(kSuffix) ? unit.substr(0, unit.size() - kSuffix.size()) : std::string();
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return fits(glob, unit) || fits(glob, bare); });
}

// Who speaks in an entry, and of whom.
struct Speaker {
  std::string unit, user_unit, transport, container;
  std::vector<std::string> about;

  void field(std::string_view data) {
    constexpr size_t kMostName = 256;  // systemd's limit of a unit's name
    const std::pair<std::string_view, std::string*> kOwn[] = {{"_SYSTEMD_UNIT=", &unit},
                                                              {"_SYSTEMD_USER_UNIT=", &user_unit},
                                                              {"_TRANSPORT=", &transport},
                                                              {"CONTAINER_NAME=", &container}};
    for (const auto& [name, value] : kOwn) {
      if (data.starts_with(name)) {
        *value = data.substr(name.size(), kMostName);
        return;
      }
    }
    constexpr size_t kMostAbout = 8;
    for (const std::string_view name :
         {"UNIT=", "USER_UNIT=", "COREDUMP_UNIT=", "COREDUMP_USER_UNIT=", "OBJECT_SYSTEMD_UNIT=",
          "OBJECT_SYSTEMD_USER_UNIT="}) {
      if (data.starts_with(name) && about.size() < kMostAbout) {
        about.emplace_back(data.substr(name.size(), kMostName));
      }
    }
  }
  bool host() const {
    if (transport == "kernel") return true;
    if (unit == "init.scope") return about.empty();
    return unit == "systemd-journald.service" || unit == "systemd-logind.service";
  }
  bool wanted(const JournalOptions& options) const {
    for (const std::string* own : {&unit, &user_unit}) {
      if (fits_unit(options.leave_out, *own)) return false;
    }
    if (options.units.empty() || host()) return true;
    if (fits_unit(options.units, unit) || fits_unit(options.units, user_unit)) return true;
    if (fits_unit(options.units, container)) return true;
    return std::any_of(about.begin(), about.end(), [&options](const std::string& one) {
      return fits_unit(options.units, one);
    });
  }
};

}  // namespace

struct Journal::State {
  State(JournalOptions opts, const LibSystemd* library) : options(std::move(opts)), sd(library) {}
  ~State() {
    if (journal != nullptr) sd->journal_close(journal);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  JournalOptions options;
  const LibSystemd* sd;
  sd_journal* journal = nullptr;
  int watch = -1;
  bool held = false;  // an entry was found by seeking and not read yet
  std::map<std::string, uint64_t, std::less<>> sequences;  // the last number seen of each
  std::set<std::string> told;
  std::vector<std::string> news;

  void tell(std::string text) {
    if (told.size() >= kMostTroubles) told.clear();
    if (told.insert(text).second) news.push_back(std::move(text));
  }

  Error error(const char* what, int code) const {
    const std::string where = options.folder.empty() ? "the journal" : options.folder;
    return {std::string(what) + " " + where + ": " + reason(-code)};
  }

  // libsystemd passes over files that it cannot read without a word. Says which, and gives the last
  // one's errno if there is no good one.
  int try_files(const std::vector<std::string>& files) {
    bool any = false;
    int last = 0;
    for (const std::string& file : files) {
      const char* paths[] = {file.c_str(), nullptr};
      sd_journal* one = nullptr;
      const int code = sd->journal_open_files(&one, paths, 0);
      if (one != nullptr) sd->journal_close(one);
      any |= code >= 0;
      if (code >= 0 || code == -ENOENT) continue;  // vacuumed meanwhile
      last = -code;
      tell(file + " " + reason(-code));
    }
    return any ? 0 : last;
  }

  // The next entry: of a fresh seek, the one it found.
  int next() {
    if (std::exchange(held, false)) return 1;
    return sd->journal_next(journal);
  }

  // libsystemd passes over damaged entries without a word, too. But journald numbers what it
  // writes: "s=6f1c...;i=2b;..." is entry 0x2b of the sequence 6f1c...
  void watch_sequence(std::string_view cursor) {
    const size_t end = cursor.find(";i=");
    if (end == std::string_view::npos) return;
    const std::string_view digits = cursor.substr(end + 3);
    uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (sequences.size() >= kMostSequences) sequences.clear();
    uint64_t& before = sequences[std::string(cursor.substr(0, end))];
    if (before != 0 && number > before + 1) {
      tell(
          "entries of the journal are not to be had: a file is damaged (journalctl --verify says "
          "more), was vacuumed out of turn, or may not be read");
    }
    before = number;
  }

  // False: nobody wants it, or it can't be read.
  bool append(std::string& to) {
    uint64_t received = 0, since_boot = 0;
    sd_id128_t boot{};
    char* cursor = nullptr;
    if (sd->journal_get_realtime_usec(journal, &received) < 0 ||
        sd->journal_get_monotonic_usec(journal, &since_boot, &boot) < 0 ||
        sd->journal_get_cursor(journal, &cursor) < 0) {
      tell("an entry of the journal is damaged and left out");
      return false;
    }
    watch_sequence(cursor);
    char boot_text[SD_ID128_STRING_MAX];
    JournalLine line(to);
    line.address("__CURSOR", cursor);
    std::free(cursor);
    line.address("__REALTIME_TIMESTAMP", std::to_string(received));
    line.address("__MONOTONIC_TIMESTAMP", std::to_string(since_boot));
    line.address("_BOOT_ID", sd->id128_to_string(boot, boot_text));
    Speaker speaker;
    const void* data = nullptr;
    size_t size = 0;
    sd->journal_restart_data(journal);
    int code = 0;
    while ((code = sd->journal_enumerate_available_data(journal, &data, &size)) > 0) {
      const std::string_view field(static_cast<const char*>(data), size);
      speaker.field(field);
      line.field(field);
    }
    if (code < 0) tell("an entry of the journal is damaged: some of its fields are missing");
    if (speaker.wanted(options)) {
      line.finish();
      return true;
    }
    line.undo();
    return false;
  }

  // Behind the last entry there is, whatever the clock says.
  int go_to_end() {
    int code = sd->journal_seek_tail(journal);
    if (code >= 0) code = sd->journal_previous(journal);
    return code;
  }
};

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {}
Journal::~Journal() = default;
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;

Result<Journal> Journal::open(const JournalOptions& options) {
  const Result<const LibSystemd*> library = LibSystemd::load();
  if (!library) return library.error();
  auto state = std::make_unique<State>(options, *library);
  const std::vector<std::string> files = journal_files(options.folder);
  if (!options.folder.empty() && !is_folder(options.folder)) {
    return Error{options.folder + ": there is no such folder of journals"};
  }
  const int unreadable = state->try_files(files);
  if (unreadable != 0) return Error{"no file of the journal can be read: " + state->news.back()};
  int code = options.folder.empty()
                 ? state->sd->journal_open(&state->journal, SD_JOURNAL_LOCAL_ONLY)
                 : state->sd->journal_open_directory(&state->journal, options.folder.c_str(), 0);
  if (code < 0) return state->error("open", code);
  if (files.empty()) {
    if (options.folder.empty()) {
      return Error{"there is no journal on this host, or nobody may look for it: " +
                   std::string(kRights)};
    }
    state->tell(options.folder + ": holds no journal yet");
  }
  code = state->sd->journal_set_data_threshold(state->journal, kMostField);
  if (code < 0) return state->error("open", code);
  // Before anything is read, so that nothing comes unseen between the two.
  state->watch = state->sd->journal_get_fd(state->journal);
  if (state->watch < 0) {
    state->tell("the journal can't be watched: " + std::string(std::strerror(-state->watch)) +
                "; entries are looked for again and again, new files after a restart");
    state->watch = -1;
  }
  return Journal(std::move(state));
}

Status Journal::go_on_after(const std::string& cursor, Time now) {
  State& state = *state_;
  state.held = false;
  if (cursor.empty()) {
    const int64_t from = to_us(now - state.options.backfill);
    const int code = state.sd->journal_seek_realtime_usec(
        state.journal, static_cast<uint64_t>(std::max<int64_t>(0, from)));
    if (code < 0) return state.error("seek in", code);
    return Done{};
  }
  int code = state.sd->journal_seek_cursor(state.journal, cursor.c_str());
  if (code == -EINVAL) {
    state.tell("\"" + cursor.substr(0, 200) + "\" is no cursor of a journal: it is read from " +
               "where a first start would begin");
    return go_on_after({}, now);
  }
  if (code >= 0) code = state.sd->journal_next(state.journal);
  if (code < 0) return state.error("seek in", code);
  if (code == 0) {
    // All there is is older: the clock was set back, or the journal is another.
    state.tell(
        "the entry read last is gone from the journal, and there is none later yet: "
        "entries may be missing");
    code = state.go_to_end();
    if (code < 0) return state.error("seek in", code);
    return Done{};
  }
  const int same = state.sd->journal_test_cursor(state.journal, cursor.c_str());
  if (same < 0) return state.error("seek in", same);
  if (same == 0) {
    state.tell(
        "the entry read last is gone from the journal: entries may be missing before the "
        "next");
    state.held = true;
  }
  return Done{};
}

Result<bool> Journal::read(uint64_t budget, std::string& to) {
  State& state = *state_;
  const size_t begin = to.size();
  int errors = 0;
  for (uint64_t looks = 0; looks < kMostLooks; ++looks) {
    if (to.size() - begin >= budget) return true;
    const int code = state.next();
    if (code == 0) return false;
    if (code < 0) {
      state.tell("reading the journal: " + reason(-code));
      if (++errors >= kMostErrors) return state.error("read", code);
      continue;
    }
    errors = 0;
    state.append(to);
  }
  return true;
}

int Journal::fd() const { return state_->watch; }

short Journal::events() const {
  const int events = state_->watch < 0 ? 0 : state_->sd->journal_get_events(state_->journal);
  return static_cast<short>(std::max(events, 0));
}

uint64_t Journal::due() const {
  constexpr uint64_t kLookEvery = 2'000'000;
  uint64_t due = UINT64_MAX;
  if (state_->watch >= 0 && state_->sd->journal_get_timeout(state_->journal, &due) >= 0) return due;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<Micros>(now).count()) + kLookEvery;
}

Result<bool> Journal::process() {
  if (state_->watch < 0) return true;
  const int code = state_->sd->journal_process(state_->journal);
  if (code < 0) return state_->error("watch", code);
  return code != SD_JOURNAL_NOP;
}

std::vector<std::string> Journal::troubles() { return std::exchange(state_->news, {}); }

#else  // without libsystemd

struct Journal::State {};

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {}
Journal::~Journal() = default;
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;

Result<Journal> Journal::open(const JournalOptions&) {
  return Error{
      "the journal can't be read: blip was built without libsystemd (install libsystemd-dev and "
      "build again); what journalctl -o json prints can be"};
}
Status Journal::go_on_after(const std::string&, Time) { return Done{}; }
Result<bool> Journal::read(uint64_t, std::string&) { return false; }
int Journal::fd() const { return -1; }
short Journal::events() const { return 0; }
uint64_t Journal::due() const { return UINT64_MAX; }
Result<bool> Journal::process() { return false; }
std::vector<std::string> Journal::troubles() { return {}; }

#endif

}  // namespace blip
