// One writer per store: who judges and settles events must be alone, whatever SQLite would allow.
#pragma once

#include <optional>
#include <string>

#include "core/fd.h"
#include "core/result.h"

namespace blip {

struct LockHolder {
  int64_t pid = 0;      // 0: it has not said yet
  std::string command;  // "agent", "scan"
  std::string since;    // RFC 3339
};

// Held until destroyed, or until the process ends, however it ends: the kernel lets go of it.
class StoreLock {
 public:
  // Takes the lock of the store at `db_path`, a file beside it ("blip.db.lock"), for `command`.
  // The error names who holds it; it goes with exit code 5. "" is a private store: no lock.
  static Result<StoreLock> take(const std::string& db_path, const std::string& command);

 private:
  explicit StoreLock(Fd file) : file_(std::move(file)) {}
  Fd file_;
};

// Who holds it now, if anybody does. Only looks.
std::optional<LockHolder> lock_holder(const std::string& db_path);

}  // namespace blip
