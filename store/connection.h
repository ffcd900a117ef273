// One open SQLite database of blip: how it is opened, how it commits, and what its errors say.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/result.h"
#include "store/store.h"

namespace blip {

// Who commits this many pages into the write-ahead log carries them over to the file. SQLite's own
// 1,000 are a hundred steps of the pruner, who is to be first (prune.cc).
inline constexpr int kLogPages = 4'000;

// What a power cut may take back. A killed process loses no commit with either.
enum class Durability {
  relaxed,  // the last commits, all of them from some point on: what was read is read again
  full,     // nothing
};

// Does not move: statements point to it.
class Connection {
 public:
  // As Store::open() says. `patience`: how long to wait for another writer.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, Access access,
                                                  std::chrono::milliseconds patience);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* handle() const { return handle_.get(); }
  // Several statements at once; for fixed SQL only.
  Status run(const char* sql);
  // All that `body` writes, or, when it or the commit fails, none of it.
  Status transaction(Durability durability, const std::function<Status()>& body);
  // What an SQLite result code means for this file, and what to do about it.
  Error error(int code) const;

 private:
  struct Closer {
    void operator()(sqlite3* handle) const { sqlite3_close(handle); }
  };
  explicit Connection(std::string path) : path_(std::move(path)) {}
  Status connect(Access access, std::chrono::milliseconds patience);
  Status check_owner(Access access);
  Status configure();

  std::string path_;  // "": private
  int patience_ = 0;  // ms
  std::unique_ptr<sqlite3, Closer> handle_;
  Durability durability_ = Durability::full;
};

}  // namespace blip
