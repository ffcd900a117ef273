// Which store a command means.
#pragma once

#include <string>

#include "agent/lock.h"
#include "cli/arguments.h"
#include "core/result.h"
#include "store/store.h"

namespace blip {

struct StorePath {
  std::string path;
  bool chosen = false;  // by --db or BLIP_DB: then it is never created in passing
};

// --db, else BLIP_DB, else /var/lib/blip/blip.db where `access` to it is granted, else
// $XDG_STATE_HOME/blip/blip.db, else ~/.local/state/blip/blip.db. Touches nothing.
Result<StorePath> choose_store(const Arguments& arguments, Access access);

bool store_exists(const StorePath& store);

// The one to read; the error says how to make one.
Result<StorePath> existing_store(const Arguments& arguments);

// Opens it for reading. Errors say how to make one.
Result<Store> open_history(const Arguments& arguments);
// The same, as it is at this moment: for commands that ask and end.
Result<Store> open_moment(const Arguments& arguments);

// To be held while open_for_keeping()'s store is; makes the folder of the default path. The error
// names who holds it.
Result<StoreLock> lock_for_keeping(const Arguments& arguments, const std::string& command);

// Opens it for writing; makes the folder of the default path.
Result<Store> open_for_keeping(const Arguments& arguments);

}  // namespace blip
