// 90 days are kept, it is 06-24:
//
//   draw the lines   horizons: api 06-22, web 06-22           a transaction for each service
//   find             signals, events, lives over before 03-26    no lock: others write meanwhile
//   forget           those that still are                        for 4 ms a transaction
//   too large yet?   once more, up to a later day
//
// Rows are found by their indexes. Where their pages are not in memory, a disk is waited for: so
// all that a row's end will touch is read before the lock is taken.

#include "store/prune.h"

#include <algorithm>
#include <array>
#include <deque>
#include <thread>
#include <vector>

#include "store/connection.h"
#include "store/horizon.h"
#include "store/statement.h"

namespace blip {
namespace {
using Clock = std::chrono::steady_clock;

constexpr size_t kFound = 500;   // rows found at once: two steps full of them
constexpr int kSizeRounds = 32;  // how finely the time that is forgotten for size is found
// What is left to others between two steps, in parts of the step: a writer who waits looks every
// millisecond (connection.cc).
constexpr int kRestParts = 3;
constexpr auto kLeastRest = std::chrono::milliseconds(2);
// Who commits page kLogPages of the write-ahead log carries all of them over to the file, which
// takes a tenth of a second. Nearly all pages are ours: we do it before, between our steps, where
// no lock is held, so that no writer comes to do it.
constexpr int kPagesToCarry = kLogPages / 2, kCarryings = 8;
constexpr auto kCarryingByAnother = std::chrono::milliseconds(2);
// A reader who stays keeps the log from beginning anew: it is not to grow fast meanwhile.
constexpr int kPagesTooMany = kLogPages * 4;
constexpr auto kRestForReader = std::chrono::milliseconds(100);
// A step changes hundreds of pages: with SQLite's 2 MiB some would be written twice.
constexpr const char* kCache = "PRAGMA cache_size = -8192";

// What is forgotten. `find` has at most ?3 rows that were over before ?1: of the service ?2 if it
// goes service by service, else of the times since ?2. `touch` and `remove` have ?1 too, and the
// columns found from ?2 on.
struct Forget {
  std::string_view find;
  std::string_view touch;  // reads the pages that `remove` will change and `find` did not read
  std::string_view remove;
  uint64_t Pruned::*count;  // null: too few to tell
  bool by_service;
};
constexpr std::array<Forget, 5> kForgets = {{
    {"SELECT service, time, stream, offset, kind, subject FROM signals"
     " WHERE service = (SELECT id FROM names WHERE text = ?2)"
     " AND time > -9223372036854775808 AND time < ?1 LIMIT ?3",
     "SELECT 1 FROM signals INDEXED BY signals_once"
     " WHERE stream = ?4 AND offset = ?5 AND kind = ?6 AND subject = ?7",
     "DELETE FROM signals WHERE service = ?2 AND time = ?3 AND stream = ?4 AND offset = ?5"
     " AND kind = ?6 AND subject = ?7",
     &Pruned::signals, true},
    // Events and their evidence lie in the order of writing, which is nearly that of time: taken in
    // that order, of all services at once, a page is emptied at once instead of a row here and
    // there.
    {"SELECT seq, time FROM events INDEXED BY events_by_time"
     " WHERE time >= ?2 AND time < ?1 AND (end < ?1) IS NOT FALSE ORDER BY time LIMIT ?3",
     "SELECT (SELECT count(text) FROM evidence WHERE event = ?2),"
     " (SELECT 1 FROM events WHERE id = e.id),"
     " (SELECT 1 FROM events INDEXED BY ids_of_note WHERE id = e.id"
     "  AND (kind <> 'match' OR severity <> 'info')),"
     " (SELECT 1 FROM events INDEXED BY events_of_service"
     "  WHERE service = e.service AND kind = e.kind AND time = e.time),"
     " (SELECT 1 FROM events INDEXED BY events_judged"
     "  WHERE service = e.service AND id = e.id AND digest <> 0),"
     " (SELECT 1 FROM events INDEXED BY restarts_by_time"
     "  WHERE time = e.time AND id = e.id AND kind = 'restart'),"
     " (SELECT 1 FROM events INDEXED BY events_of_note"
     "  WHERE time = e.time AND kind = e.kind AND (kind <> 'match' OR severity <> 'info'))"
     " FROM events e WHERE seq = ?2",
     "DELETE FROM events WHERE seq = ?2 AND time < ?1 AND (end < ?1) IS NOT FALSE", &Pruned::events,
     false},
    {"SELECT id FROM runs WHERE service = ?2 AND coalesce(end_to, end_from) < ?1 LIMIT ?3",
     "SELECT (SELECT 1 FROM runs INDEXED BY runs_by_service WHERE service = r.service AND id = ?2)"
     " FROM runs r WHERE id = ?2",
     "DELETE FROM runs WHERE id = ?2 AND coalesce(end_to, end_from) < ?1", &Pruned::runs, true},
    {"SELECT id FROM marks WHERE until < ?1 LIMIT ?3", "",
     "DELETE FROM marks WHERE id = ?2 AND until < ?1", nullptr, false},
    {"SELECT event FROM acks"
     " WHERE at < ?1 AND NOT EXISTS (SELECT 1 FROM events WHERE id = event) LIMIT ?3",
     "",
     "DELETE FROM acks"
     " WHERE event = ?2 AND at < ?1 AND NOT EXISTS (SELECT 1 FROM events WHERE id = event)",
     nullptr, false},
}};

struct ValueFree {
  void operator()(sqlite3_value* value) const { sqlite3_value_free(value); }
};
using Columns = std::vector<std::unique_ptr<sqlite3_value, ValueFree>>;

Result<int64_t> number(const Connection& connection, std::string_view sql) {
  Statement statement(connection, sql);
  const int64_t value = statement.next() ? Row(statement).i64() : 0;
  if (Status done = statement.status(); !done) return done.error();
  return value;
}

// Of what is in use: pages that were emptied are filled again before the file grows.
Result<uint64_t> bytes_in_use(const Connection& connection) {
  const Result<int64_t> pages = number(connection, "PRAGMA page_count");
  const Result<int64_t> free = number(connection, "PRAGMA freelist_count");
  const Result<int64_t> size = number(connection, "PRAGMA page_size");
  for (const Result<int64_t>* read : {&pages, &free, &size}) {
    if (!*read) return read->error();
  }
  return static_cast<uint64_t>((*pages - *free) * *size);
}

// Every name that anything to forget may have: services without signals may have events. From name
// to name by the indexes: there may be ten million events.
Result<std::vector<std::string>> services_of(const Connection& connection) {
  Statement select(connection,
                   "WITH RECURSIVE"
                   " e(name) AS (SELECT min(service) FROM events UNION ALL"
                   "  SELECT (SELECT min(service) FROM events WHERE service > name) FROM e"
                   "  WHERE name IS NOT NULL),"
                   " r(name) AS (SELECT min(service) FROM runs UNION ALL"
                   "  SELECT (SELECT min(service) FROM runs WHERE service > name) FROM r"
                   "  WHERE name IS NOT NULL)"
                   " SELECT text FROM names UNION SELECT name FROM e WHERE name IS NOT NULL"
                   " UNION SELECT name FROM r WHERE name IS NOT NULL");
  std::vector<std::string> names;
  while (select.next()) names.emplace_back(Row(select).text());
  if (Status done = select.status(); !done) return done.error();
  return names;
}

Result<Time> time_of(const Connection& connection, std::string_view sql,
                     const std::string& service) {
  Statement select(connection, sql);
  const Time time = select.bind(service).next() ? Row(select).time() : kNoTime;
  if (Status done = select.status(); !done) return done.error();
  return time;
}

constexpr std::string_view kNewest =
    "SELECT max(time) FROM signals WHERE service = (SELECT id FROM names WHERE text = ?1)"
    " AND time > -9223372036854775808";
constexpr std::string_view kOldest =
    "SELECT min(time) FROM signals WHERE service = (SELECT id FROM names WHERE text = ?1)"
    " AND time > -9223372036854775808";
constexpr std::string_view kOldestEvent = "SELECT min(time) FROM events WHERE service = ?1";

// The log begins anew only where nothing is left in it when the next one writes. What a writer
// added while we carried over is little, and is carried over after the rest, until nothing came
// between. While a writer carries over, or is in the midst of its commit, we wait: what we would
// add meanwhile would bring it nearer to kLogPages. What a reader who stays still needs is left for
// the next time. (SQLITE_CHECKPOINT_FULL would be done at once, but holds the writers' lock while
// the disk syncs: 100 ms.)
void carry_over(sqlite3* handle) {
  int pages = 0, carried = 0, before = -1;
  for (int i = 0; i < kCarryings; ++i) {
    const int code =
        sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &carried);
    if (code == SQLITE_BUSY || (code == SQLITE_OK && carried < pages)) {
      std::this_thread::sleep_for(kCarryingByAnother);
      continue;
    }
    if (code != SQLITE_OK || pages == before) return;
    before = pages;
  }
}

Time later(Time a, Time b) { return std::max(a, b); }  // unknown is before all
}  // namespace

struct Pruner::Impl {
  std::unique_ptr<Connection> connection;
  PruneOrder order;
  Pruned done;
  Time before = kNoTime;                            // of this round
  std::vector<std::string> services;                // all
  std::deque<std::string> undrawn;                  // lines to draw in this round
  std::deque<std::pair<size_t, std::string>> todo;  // Forget, service
  std::deque<Columns> found;                        // of the first to do
  size_t touched = 0;                               // of those found: may go
  bool all_found = false;                           // of the first to do
  std::unique_ptr<Statement> remove;
  int rounds = 0;
  int pages = 0;                            // in the write-ahead log
  Clock::duration rest = kLeastRest;        // after the last step
  Time reached = kNoTime;                   // events before it that are still there stay
  Time oldest = kNoTime, latest = kNoTime;  // what may go for size lies between

  Status begin() {
    Result<std::vector<std::string>> names = services_of(*connection);
    if (!names) return names.error();
    services = std::move(*names);
    const Result<uint64_t> bytes = bytes_in_use(*connection);
    if (!bytes) return bytes.error();
    done.bytes_before = done.bytes_after = *bytes;
    if (known(order.before)) start_round(order.before);
    return Done{};
  }

  void start_round(Time until) {
    before = until;
    reached = kNoTime;
    done.before = later(done.before, until);
    undrawn.assign(services.begin(), services.end());
    todo.clear();
    found.clear();
    touched = 0;
    all_found = false;
    remove.reset();
    for (size_t i = 0; i < kForgets.size(); ++i) {
      if (!kForgets[i].by_service) {
        todo.emplace_back(i, "");
        continue;
      }
      for (const std::string& service : services) todo.emplace_back(i, service);
    }
  }

  // Only moves on.
  Status draw_line(const std::string& service) {
    const Result<Time> newest = time_of(*connection, kNewest, service);
    if (!newest) return newest.error();
    Time line = before;
    if (known(*newest)) line = later(line, std::min(*newest, order.now) - kUnsettled);
    Statement draw(*connection,
                   "INSERT INTO horizons(service, settled) VALUES(?, ?) ON CONFLICT(service)"
                   " DO UPDATE SET settled = max(settled, excluded.settled)");
    return draw.bind(service, line).run();
  }

  // The next rows to forget, and all that this will touch, into memory: before the lock is taken.
  // What takes long is done in parts.
  Status look() {
    const Clock::time_point until = Clock::now() + kPruneStep;
    while (found.empty() && !todo.empty() && Clock::now() < until) {
      if (all_found) {
        todo.pop_front();
        remove.reset();
        all_found = false;
        continue;
      }
      const auto& [what, service] = todo.front();
      if (Status read = find(kForgets[what], service); !read) return read;
    }
    if (found.empty()) return Done{};
    const std::string_view sql = kForgets[todo.front().first].touch;
    if (sql.empty()) touched = found.size();
    if (touched == found.size()) return Done{};
    Statement touch(*connection, sql);
    do {
      if (Status read = bind(touch, found[touched++]).run(); !read) return read;
    } while (touched < found.size() && Clock::now() < until);
    return Done{};
  }

  Status find(const Forget& what, const std::string& service) {
    Statement select(*connection, what.find);
    what.by_service ? select.bind(before, service, kFound)
                    : select.bind(before, to_us(reached), kFound);
    while (select.next()) {
      Columns& row = found.emplace_back();
      for (int i = 0; i < sqlite3_column_count(select.handle()); ++i) {
        row.emplace_back(sqlite3_value_dup(sqlite3_column_value(select.handle(), i)));
      }
    }
    all_found = found.size() < kFound;
    if (!found.empty() && what.count == &Pruned::events) {
      reached = time_from_us(sqlite3_value_int64(found.back()[1].get()));
    }
    if (!found.empty() && !remove) remove = std::make_unique<Statement>(*connection, what.remove);
    return select.status();
  }

  // As many columns as the statement names.
  Statement& bind(Statement& statement, const Columns& row) const {
    statement.bind(before);
    const auto named = static_cast<size_t>(sqlite3_bind_parameter_count(statement.handle())) - 1;
    for (size_t i = 0; i < std::min(row.size(), named); ++i) {
      sqlite3_bind_value(statement.handle(), static_cast<int>(i) + 2, row[i].get());
    }
    return statement;
  }

  // Work until the step is full.
  Status work(Clock::time_point until) {
    for (bool first = true; first || Clock::now() < until; first = false) {
      if (!undrawn.empty()) {
        if (Status drew = draw_line(undrawn.front()); !drew) return drew;
        undrawn.pop_front();
      } else if (touched > 0) {
        // Another writer may have said meanwhile that it goes on.
        if (Status ran = bind(*remove, found.front()).run(); !ran) return ran;
        uint64_t Pruned::*count = kForgets[todo.front().first].count;
        const auto gone = static_cast<uint64_t>(sqlite3_changes(connection->handle()));
        if (count != nullptr) done.*count += gone;
        found.pop_front();
        --touched;
      } else {
        break;
      }
    }
    return Done{};
  }

  // Up to when the oldest go next, for size. Unknown: enough went, or no more may.
  Result<Time> next_for_size() {
    const Result<uint64_t> bytes = bytes_in_use(*connection);
    if (!bytes) return bytes.error();
    done.bytes_after = *bytes;
    if (order.max_bytes == 0 || *bytes <= order.max_bytes || rounds >= kSizeRounds) return kNoTime;
    if (rounds++ == 0) {
      Time newest = kNoTime;
      for (const std::string& service : services) {
        const Result<Time> last = time_of(*connection, kNewest, service);
        if (!last) return last.error();
        newest = later(newest, *last);
        for (const std::string_view sql : {kOldest, kOldestEvent}) {
          const Result<Time> first = time_of(*connection, sql, service);
          if (!first) return first.error();
          if (known(*first)) oldest = known(oldest) ? std::min(oldest, *first) : *first;
        }
      }
      if (!known(oldest) || !known(newest)) return kNoTime;
      latest = std::min(newest, order.now) - kUnsettled;
    }
    if (latest <= oldest) return kNoTime;
    return oldest + (latest - oldest) / kSizeRounds * rounds;
  }
};

Pruner::Pruner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pruner::Pruner(Pruner&&) noexcept = default;
Pruner& Pruner::operator=(Pruner&&) noexcept = default;
Pruner::~Pruner() = default;

Result<Pruner> Pruner::open(const std::string& path, const PruneOrder& order) {
  Result<std::unique_ptr<Connection>> connection =
      Connection::open(path, Access::read_write, std::chrono::seconds(5));
  if (!connection) return connection.error();
  auto impl = std::make_unique<Impl>();
  impl->connection = std::move(*connection);
  const auto count = [](void* pages, sqlite3*, const char*, int now) {
    *static_cast<int*>(pages) = now;
    return SQLITE_OK;
  };
  if (Status set = impl->connection->run(kCache); !set) return set.error();
  sqlite3_wal_hook(impl->connection->handle(), count, &impl->pages);  // instead of SQLite's own
  impl->order = order;
  if (Status begun = impl->begin(); !begun) return begun.error();
  return Pruner(std::move(impl));
}

Result<bool> Pruner::step() {
  if (impl_->undrawn.empty() && impl_->todo.empty()) {
    const Result<Time> until = impl_->next_for_size();
    if (!until) return until.error();
    if (!known(*until)) return false;
    impl_->start_round(*until);
  }
  // A power cut may take steps back; then they are taken again.
  Clock::time_point begin;
  const Status done = impl_->connection->transaction(Durability::relaxed, [&] {
    begin = Clock::now();
    return impl_->work(begin + kPruneStep / 2);
  });
  if (!done) return done.error();
  const Clock::time_point end = Clock::now();
  impl_->done.longest_step = std::max(
      impl_->done.longest_step, std::chrono::duration_cast<std::chrono::microseconds>(end - begin));
  if (Status looked = impl_->look(); !looked) return looked.error();
  // Last, so that the next step is ours and begins the log anew: whoever does waits for the disk.
  if (impl_->pages >= kPagesToCarry) carry_over(impl_->connection->handle());
  impl_->rest = impl_->pages >= kPagesTooMany
                    ? kRestForReader
                    : std::max<Clock::duration>((end - begin) / kRestParts, kLeastRest);
  impl_->rest -= std::min<Clock::duration>(Clock::now() - end, impl_->rest);  // it was theirs too
  return true;
}

std::chrono::steady_clock::duration Pruner::rest() const { return impl_->rest; }

Pruned Pruner::done() const { return impl_->done; }

Result<Pruned> prune(const std::string& path, const PruneOrder& order,
                     const std::function<bool()>& stop) {
  Result<Pruner> pruner = Pruner::open(path, order);
  if (!pruner) return pruner.error();
  for (;;) {
    const Result<bool> more = pruner->step();
    if (!more) return more.error();
    if (!*more || (stop && stop())) return pruner->done();
    std::this_thread::sleep_for(pruner->rest());
  }
}

Result<Pruned> prune_preview(const std::string& path, const PruneOrder& order) {
  Result<std::unique_ptr<Connection>> connection =
      Connection::open(path, Access::read_only, std::chrono::seconds(5));
  if (!connection) return connection.error();
  Pruned would;
  const Result<uint64_t> bytes = bytes_in_use(**connection);
  if (!bytes) return bytes.error();
  would.bytes_before = would.bytes_after = *bytes;
  would.before = order.before;
  if (!known(order.before)) return would;
  const std::pair<uint64_t Pruned::*, std::string_view> counts[] = {
      {&Pruned::signals,
       "SELECT count(*) FROM signals WHERE time > -9223372036854775808 AND time < ?1"},
      {&Pruned::events, "SELECT count(*) FROM events WHERE time < ?1 AND (end < ?1) IS NOT FALSE"},
      {&Pruned::runs, "SELECT count(*) FROM runs WHERE coalesce(end_to, end_from) < ?1"}};
  for (const auto& [field, sql] : counts) {
    Statement count(**connection, sql);
    if (count.bind(order.before).next()) would.*field = Row(count).u64();
    if (Status done = count.status(); !done) return done.error();
  }
  return would;
}

}  // namespace blip
