// Reads systemd's journal, entry after entry over files, rotations and boots, and writes each as
// one line of text:
//
//   {"__CURSOR":"s=6f1c...","__REALTIME_TIMESTAMP":"1710144902630302",...,"MESSAGE":"ready"}
//
// The owner keeps these lines in a file of its own and follows that like any log. The cursor in the
// last line kept says where to go on, so an entry is neither lost nor doubled by a kill.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"

namespace blip {

struct JournalOptions {
  std::string folder;  // of .journal files, or of folders of them; "": the host's own
  // Globs of units, with or without ".service", and of container names; empty: all. What the host
  // says of itself (kernel, process 1, logind, journald) is read in any case.
  std::vector<std::string> units;
  // Globs of units whose own lines are left out, so that nobody reads what he writes himself.
  std::vector<std::string> leave_out = {"blip.service"};
  std::chrono::seconds backfill{0};  // how far back to begin where there is no cursor
};

// By one thread of one process.
class Journal {
 public:
  // Fails where there is no journal, or none that may be read, or blip was built without
  // libsystemd.
  static Result<Journal> open(const JournalOptions& options);
  ~Journal();
  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;

  // Before the first read(). "": begins `backfill` before `now`. A cursor whose entry is gone:
  // goes on with what is later, and a trouble says that entries may be missing.
  Status go_on_after(const std::string& cursor, Time now);

  // Appends whole lines to `to` until `budget` bytes are reached (by less than kJournalLine more),
  // the journal ends, or many entries that nobody wants were passed. True: there is more at once.
  // After an error what was appended is good, and reading may go on.
  Result<bool> read(uint64_t budget, std::string& to);

  // To poll(2), and for which events; -1 where changes can't be watched.
  int fd() const;
  short events() const;
  // When to read again at the latest, in microseconds of the monotonic clock; UINT64_MAX: no need.
  uint64_t due() const;
  // After poll(2), and when due: takes note of what changed. True: read() may find something.
  Result<bool> process();

  // Troubles since the last call, each told once: files that can't be read, a gap, damaged entries.
  std::vector<std::string> troubles();

 private:
  struct State;
  explicit Journal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

inline constexpr size_t kJournalLine = 1 << 20;  // bytes of a line with its newline, at most

// The cursor in a line of read(), "" if it is none.
std::string cursor_of(std::string_view line);

}  // namespace blip
