// integrity_check     *** in database main *** Page 7: btreeInitPage() returns error code 11
// foreign_key_check   evidence of an event that is gone
// blip's own          a kind of event that this blip does not know
//
// A backup holds one read transaction from its first page to its last, so writers go on and the
// copy is of one moment. It is made beside its target, and takes its name when it is whole.

#include "store/care.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "core/event.h"
#include "store/connection.h"
#include "store/schema.h"
#include "store/statement.h"

namespace blip {
namespace {
constexpr int kPagesAtOnce = 512;
constexpr size_t kMostFaults = 20;
constexpr std::array<std::string_view, 10> kTables = {"events",  "evidence", "runs",  "signals",
                                                      "streams", "states",   "names", "marks",
                                                      "acks",    "status"};

std::string reason(int error_number) { return std::generic_category().message(error_number); }

Result<std::unique_ptr<Connection>> open_for_reading(const std::string& path) {
  return Connection::open(path, Access::read_only, std::chrono::seconds(5));
}

Result<int64_t> number(const Connection& connection, std::string_view sql) {
  Statement statement(connection, sql);
  const int64_t value = statement.next() ? Row(statement).i64() : 0;
  if (Status done = statement.status(); !done) return done.error();
  return value;
}

Result<Time> time_of(const Connection& connection, std::string_view sql) {
  Statement statement(connection, sql);
  const Time time = statement.next() ? Row(statement).time() : kNoTime;
  if (Status done = statement.status(); !done) return done.error();
  return time;
}

uint64_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

// Rows of `sql` as faults; what SQLite cannot read any more is one, too.
void find(const Connection& connection, std::string_view sql, const std::string& prefix,
          const std::string& remedy, std::vector<StoreFault>& faults) {
  Statement select(connection, sql);
  while (faults.size() < kMostFaults && select.next()) {
    const std::string text(Row(select).text());
    if (text != "ok") faults.push_back({prefix + text, remedy});
  }
  if (const Status done = select.status(); !done) faults.push_back({done.error().text, remedy});
}

std::string known_kinds() {
  std::string list;
  for (int i = 0; i <= static_cast<int>(EventKind::health); ++i) {
    list.append(list.empty() ? "'" : ",'").append(kind_name(static_cast<EventKind>(i))).append("'");
  }
  return list;
}

class Target {
 public:
  explicit Target(const std::string& path) : path_(path), partial_(path + ".partial") {}
  ~Target() {
    if (made_) ::unlink(partial_.c_str());
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  // Log lines are quoted in it: nobody else reads it.
  Status make() {
    std::error_code error;
    if (std::filesystem::exists(path_, error)) {
      return Error{path_ + " is there already: name another file, or remove it"};
    }
    const int fd = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return Error{"create " + partial_ + ": " + reason(errno)};
    ::close(fd);
    made_ = true;
    return Done{};
  }
  // To disk, then its name: a link refuses to replace what came there meanwhile.
  Status finish() {
    const int fd = ::open(partial_.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;
    const int sync_error = errno;
    if (fd >= 0) ::close(fd);
    if (!synced) return Error{"write " + partial_ + ": " + reason(sync_error)};
    if (::link(partial_.c_str(), path_.c_str()) != 0) {
      return Error{"create " + path_ + ": " + reason(errno)};
    }
    return Done{};
  }
  const std::string& partial() const { return partial_; }

 private:
  std::string path_, partial_;
  bool made_ = false;
};

struct Closer {
  void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};
}  // namespace

Result<StoreInfo> store_info(const std::string& path) {
  const Result<std::unique_ptr<Connection>> opened = open_for_reading(path);
  if (!opened) return opened.error();
  const Connection& connection = **opened;
  StoreInfo info;
  const Result<int64_t> schema = number(connection, "PRAGMA user_version");
  const Result<int64_t> free = number(connection, "PRAGMA freelist_count");
  const Result<int64_t> page = number(connection, "PRAGMA page_size");
  const Result<Time> first = time_of(connection, "SELECT min(time) FROM events");
  const Result<Time> last = time_of(connection, "SELECT max(time) FROM events");
  const Result<Time> pruned = time_of(connection, "SELECT max(settled) FROM horizons");
  for (const Result<int64_t>* read : {&schema, &free, &page}) {
    if (!*read) return read->error();
  }
  for (const Result<Time>* read : {&first, &last, &pruned}) {
    if (!*read) return read->error();
  }
  info.schema = static_cast<int>(*schema);
  info.free_bytes = static_cast<uint64_t>(*free * *page);
  info.first = *first;
  info.last = *last;
  info.pruned = *pruned;
  info.bytes = size_of(path);
  info.log_bytes = size_of(path + "-wal");
  for (const std::string_view table : kTables) {
    const Result<int64_t> rows = number(connection, "SELECT count(*) FROM " + std::string(table));
    if (!rows) return rows.error();
    info.rows.emplace_back(table, static_cast<uint64_t>(*rows));
  }
  return info;
}

Result<std::vector<StoreFault>> check_store(const std::string& path) {
  const Result<std::unique_ptr<Connection>> opened = open_for_reading(path);
  if (!opened) return opened.error();
  const Connection& connection = **opened;
  const std::string restore =
      "stop the agent, keep the file aside, and put the last backup in its place; or read the logs "
      "that are still there anew: blip scan --keep";
  const std::string rejudge = "read the logs again with a new store: blip scan --db NEW PATH...";
  std::vector<StoreFault> faults;
  find(connection, "PRAGMA integrity_check(20)", "the file is damaged: ", restore, faults);
  if (!faults.empty()) return faults;  // the rest would only repeat it
  find(connection,
       "SELECT 'evidence of ' || count(*) || ' events that are gone' FROM"
       " (SELECT DISTINCT event FROM evidence WHERE event NOT IN (SELECT seq FROM events))"
       " HAVING count(*) > 0",
       "", rejudge, faults);
  find(connection,
       "SELECT count(*) || ' signals of services without a name' FROM signals"
       " WHERE service NOT IN (SELECT id FROM names) HAVING count(*) > 0",
       "", rejudge, faults);
  const std::string kinds =
      "SELECT count(*) || ' events of the kind ' || kind || ', unknown to "
      "this blip' FROM events WHERE kind NOT IN (" +
      known_kinds() + ") GROUP BY kind";
  find(connection, kinds, "", "upgrade blip: " + path + " was written by a newer one", faults);
  find(connection,
       "SELECT count(*) || ' events that end before they begin' FROM events WHERE end < time"
       " HAVING count(*) > 0",
       "", rejudge, faults);
  return faults;
}

Status backup_store(const std::string& path, const std::string& target,
                    const std::function<void(uint64_t, uint64_t)>& progress) {
  const Result<std::unique_ptr<Connection>> opened = open_for_reading(path);
  if (!opened) return opened.error();
  Connection& source = **opened;
  Target file(target);
  if (Status made = file.make(); !made) return made;
  sqlite3* raw = nullptr;
  const int opened_code = sqlite3_open_v2(file.partial().c_str(), &raw,
                                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  const std::unique_ptr<sqlite3, Closer> copy(raw);
  if (opened_code != SQLITE_OK) return Error{"create " + target + ": " + sqlite3_errmsg(raw)};
  // One moment for all pages, however long it takes.
  if (Status begun = source.run("BEGIN; SELECT count(*) FROM sqlite_schema"); !begun) return begun;
  sqlite3_backup* backup = sqlite3_backup_init(copy.get(), "main", source.handle(), "main");
  if (backup == nullptr) return Error{"write " + target + ": " + sqlite3_errmsg(copy.get())};
  int code = SQLITE_OK;
  while ((code = sqlite3_backup_step(backup, kPagesAtOnce)) == SQLITE_OK) {
    if (!progress) continue;
    const auto all = static_cast<uint64_t>(sqlite3_backup_pagecount(backup));
    progress(all - static_cast<uint64_t>(sqlite3_backup_remaining(backup)), all);
  }
  sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) {
    // Only reading fails by damage; the rest is the target's disk.
    if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
      return source.error(code);
    return Error{"write " + target + ": " + sqlite3_errstr(code)};
  }
  return file.finish();
}

}  // namespace blip
