// Opens blip's database, commits to it, and turns SQLite's result codes into what a person can do:
//
//   /var/lib/blip/blip.db was written by a newer blip (schema 3; this blip knows 1): upgrade blip,
//   ... write /var/lib/blip/blip.db: the disk is full: free some space, ...
//
// Modes of a file, as a reader meets them: blip.db beside blip.db-wal and blip.db-shm, which stay
// when the writer goes, because a reader who may not write the folder could not make them. The
// tables are schema.cc's.

#include "store/connection.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <thread>

#include "store/schema.h"
#include "store/statement.h"

namespace blip {
namespace {
constexpr std::string_view kElsewhere = ", or name another file with --db";
// Evidence quotes log lines: readable for the owner and the group, which the umask may narrow.
constexpr mode_t kFileMode = 0660;

std::string reason(int error_number) { return std::generic_category().message(error_number); }

// SQLite reads a meaning into ":memory:" and "file:..."; behind a folder they are names.
std::string literal_path(const std::string& path) {
  return path.starts_with('/') ? path : "./" + path;
}

std::string uri(const std::string& path) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/.-_~";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text = "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.find(c) != std::string_view::npos) {
      text += c;
    } else {
      text += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return text;
}

// A copy that came without its write-ahead log: reading it the usual way would create one. Nobody
// writes it now, else the log would be there.
bool lies_alone(const std::string& path) {
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(path, error);
  return !error && !std::filesystem::exists(file.string() + "-wal", error);
}

// What SQLite would only call "unable to open database file". A new file is created here, because
// this errno is the real one. (Only a new one: to open and close an existing file would drop the
// locks that this process holds on it through another connection.)
Status prepare_file(const std::string& path, Access access) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return Error{path + " is a folder: name a file with --db"};
  }
  if (access == Access::read_only) {
    if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0) return Done{};
    return Error{"open " + path + ": " + reason(errno)};
  }
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
  if (fd >= 0) {
    ::close(fd);
    return Done{};
  }
  if (errno == EEXIST) {
    if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0) return Done{};
    return Error{"write " + path + ": " + reason(errno) + ": change its rights" +
                 std::string(kElsewhere)};
  }
  const int create_error = errno;
  const fs::path folder = fs::path(literal_path(path)).parent_path();
  if (create_error == ENOENT && !fs::exists(folder, error)) {
    return Error{"create " + path + ": its folder is missing: mkdir -p " + folder.string() +
                 std::string(kElsewhere)};
  }
  return Error{"create " + path + ": " + reason(create_error) + ": make its folder writable" +
               std::string(kElsewhere)};
}

// Looks every millisecond: SQLite's own waiting grows to 100 ms a look, and a writer would wait
// that long for a pruner that needs 4.
int wait_a_little(void* patience, int waits) {
  if (waits >= *static_cast<const int*>(patience)) return 0;
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return 1;
}
}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Access access,
                                                     std::chrono::milliseconds patience) {
  std::unique_ptr<Connection> connection(new Connection(path));
  if (path.empty()) access = Access::read_write;
  if (Status done = connection->connect(access, patience); !done) return done.error();
  if (Status done = connection->check_owner(access); !done) return done.error();
  // Questions look at pages all over the file, each once: a small cache stays in the processor's
  // own, and memory that is touched anew costs more than reading a page. (A mapping costs more
  // yet.)
  if (access == Access::read_only) {
    if (Status done = connection->run("PRAGMA mmap_size = 0; PRAGMA cache_size = -512"); !done)
      return done.error();
    return connection;
  }
  if (Status done = connection->configure(); !done) return done.error();
  if (Status done = migrate(*connection); !done) return done.error();
  return connection;
}

Status Connection::connect(Access access, std::chrono::milliseconds patience) {
  std::string name = path_;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (!path_.empty()) {
    if (Status done = prepare_file(path_, access); !done) return done;
    name = literal_path(path_);
    flags = SQLITE_OPEN_READWRITE;
  }
  if (access == Access::read_only) {
    flags = SQLITE_OPEN_READONLY;
    if (lies_alone(path_)) {
      flags |= SQLITE_OPEN_URI;
      name = uri(name) + "?immutable=1";
    }
  }
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) return error(code);
  patience_ = static_cast<int>(patience.count());
  sqlite3_busy_handler(handle, wait_a_little, &patience_);
  return run("PRAGMA trusted_schema = OFF");
}

// Refuses what is not blip's, before anything is written to it.
Status Connection::check_owner(Access access) {
  const auto number = [this](const char* sql) -> Result<int64_t> {
    Statement statement(*this, sql);
    const int64_t value = statement.next() ? Row(statement).i64() : 0;
    if (Status done = statement.status(); !done) return done.error();
    return value;
  };
  const Result<int64_t> owner = number("PRAGMA application_id");
  const Result<int64_t> version = number("PRAGMA user_version");
  const Result<int64_t> entries = number("SELECT count(*) FROM sqlite_schema");
  for (const Result<int64_t>* read : {&owner, &version, &entries}) {
    if (!*read) return read->error();
  }
  const bool blank = *owner == 0 && *version == 0 && *entries == 0;
  if (blank && access == Access::read_write) return Done{};
  if (blank) return Error{path_ + " is empty: blip has written nothing to it yet"};
  if (*owner != kApplicationId) {
    return Error{path_ + " is a database of another program: name another file with --db"};
  }
  if (*version > kSchemaVersion) {
    return Error{path_ + " was written by a newer blip (schema " + std::to_string(*version) +
                 "; this blip knows " + std::to_string(kSchemaVersion) + "): upgrade blip" +
                 std::string(kElsewhere)};
  }
  if (*version < kSchemaVersion && access == Access::read_only) {
    return Error{path_ + " was written by an older blip (schema " + std::to_string(*version) +
                 "): open it once with a command that writes, `blip scan --keep`"};
  }
  return Done{};
}

Status Connection::configure() {
  if (path_.empty()) {
    // Nobody reads it after a crash. Rolling back an error still needs a journal, in memory.
    return run("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON");
  }
  int persist = 1;
  sqlite3_file_control(handle(), "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
  sqlite3_wal_autocheckpoint(handle(), kLogPages);
  // The log that stays behind is cut to nothing on close, and after a large commit to kLogPages
  // with their headers. Were it cut to less, whoever begins a full log anew would wait for the disk
  // to free its blocks, and hold the writers' lock meanwhile.
  const std::string limit = std::to_string(int64_t{kLogPages} * (4096 + 24));
  return run(("PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = " + limit +
              "; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")
                 .c_str());
}

Status Connection::run(const char* sql) {
  const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return Done{};
  return error(code);
}

Status Connection::transaction(Durability durability, const std::function<Status()>& body) {
  if (durability != durability_ && !path_.empty()) {
    const bool full = durability == Durability::full;
    Status done = run(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    if (!done) return done;
    durability_ = durability;
  }
  if (Status done = run("BEGIN IMMEDIATE"); !done) return done;
  Status done = body();
  if (done) done = run("COMMIT");
  // A full disk has SQLite roll back by itself.
  if (!done && sqlite3_get_autocommit(handle()) == 0) (void)run("ROLLBACK");
  return done;
}

Error Connection::error(int code) const {
  const std::string file = path_.empty() ? "the temporary store" : path_;
  const std::string elsewhere =
      path_.empty() ? ", or set TMPDIR to a folder with more" : std::string(kElsewhere);
  const int os_error = handle_ ? sqlite3_system_errno(handle()) : 0;
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {"write " + file + ": the disk is full: free some space" + elsewhere};
    case SQLITE_READONLY:
      return {"write " + file + ": it or its folder is read-only: change its rights" + elsewhere};
    case SQLITE_IOERR:
      if (os_error == ENOSPC) return error(SQLITE_FULL);
      return {file + ": " + (os_error != 0 ? reason(os_error) : sqlite3_errstr(code)) +
              ": check the disk and the kernel's log"};
    case SQLITE_CORRUPT:
      return {file + " is damaged: run: sqlite3 " + file + " 'PRAGMA integrity_check'"};
    case SQLITE_NOTADB:
      return {file + " is not a database: name another file with --db"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {file + " is held by another process: end it" + elsewhere};
    case SQLITE_CANTOPEN:
      return {"open " + file + ": " + (os_error != 0 ? reason(os_error) : sqlite3_errstr(code)) +
              ": check the rights of its folder and of its -wal and -shm files"};
    case SQLITE_NOMEM:
      return {file + ": out of memory"};
    default:
      return {file + ": " + (handle_ ? sqlite3_errmsg(handle()) : sqlite3_errstr(code))};
  }
}

}  // namespace blip
