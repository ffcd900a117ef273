// /var/lib/blip/blip.db is the agent's; who may not use it has a store of their own under
// ~/.local/state (XDG base directories). A history command never creates one.

#include "cli/store_path.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "cli/render/escape.h"

namespace blip {
namespace {
constexpr const char* kHostStore = "/var/lib/blip/blip.db";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Status make_folder(const StorePath& store) {
  if (store.chosen) return Done{};
  const std::filesystem::path folder = std::filesystem::path(store.path).parent_path();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return Done{};
  return Error{"create " + visible(folder.string()) + ": " + error.message() +
               "; name another place with --db FILE"};
}
}  // namespace

Result<StorePath> choose_store(const Arguments& arguments, Access access) {
  if (!arguments.db.empty()) return StorePath{arguments.db, true};
  if (const std::string path = environment("BLIP_DB"); !path.empty()) return StorePath{path, true};
  const int rights = access == Access::read_only ? R_OK : W_OK;
  if (faccessat(AT_FDCWD, kHostStore, rights, AT_EACCESS) == 0) return StorePath{kHostStore};
  // The XDG rules: a relative path there is to be ignored.
  if (const std::string state = environment("XDG_STATE_HOME"); state.starts_with('/')) {
    return StorePath{state + "/blip/blip.db"};
  }
  if (const std::string home = environment("HOME"); home.starts_with('/')) {
    return StorePath{home + "/.local/state/blip/blip.db"};
  }
  return Error{"choose a store: HOME is not set; name one with --db FILE"};
}

bool store_exists(const StorePath& store) {
  std::error_code unreadable;
  return std::filesystem::exists(store.path, unreadable) || unreadable;
}

Result<StorePath> existing_store(const Arguments& arguments) {
  const Result<StorePath> store = choose_store(arguments, Access::read_only);
  if (!store) return store.error();
  if (!store_exists(*store)) {
    return Error{"no store at " + visible(store->path) + "; make one: blip scan " +
                 (store->chosen ? "--db " + visible(store->path) : "--keep") + " PATH..."};
  }
  return *store;
}

Result<Store> open_history(const Arguments& arguments) {
  const Result<StorePath> store = existing_store(arguments);
  if (!store) return store.error();
  return Store::open(store->path, Access::read_only);
}

Result<Store> open_moment(const Arguments& arguments) {
  Result<Store> store = open_history(arguments);
  if (!store) return store.error();
  if (const Status held = store->hold(); !held) return held.error();
  return store;
}

Result<StoreLock> lock_for_keeping(const Arguments& arguments, const std::string& command) {
  const Result<StorePath> store = choose_store(arguments, Access::read_write);
  if (!store) return store.error();
  if (const Status made = make_folder(*store); !made) return made.error();
  return StoreLock::take(store->path, command);
}

Result<Store> open_for_keeping(const Arguments& arguments) {
  const Result<StorePath> store = choose_store(arguments, Access::read_write);
  if (!store) return store.error();
  if (const Status made = make_folder(*store); !made) return made.error();
  return Store::open(store->path, Access::read_write);
}

}  // namespace blip
