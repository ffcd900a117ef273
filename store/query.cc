// SELECT service, count(*) FROM v_restarts GROUP BY 1          runs
// DELETE FROM events                                           refused: DELETE
// ATTACH '/etc/passwd' AS x                                    refused: ATTACH
// WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n
//                                                              ended after 10 s
//
// Three locks, each of which would do: how the file is opened, the authorizer, and a look at the
// prepared statement.

#include "store/query.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "store/connection.h"

namespace blip {
namespace {
constexpr int kMostValueBytes = 16 << 20;            // of one value, and of the statement
constexpr int kMostPatternBytes = 200;               // LIKE and GLOB are slow on hostile patterns
constexpr int64_t kMostMemory = int64_t{512} << 20;  // of the whole process's SQLite
constexpr int kStepsBetweenLooks = 4'000;            // some tens of microseconds

// PRAGMAs that only tell; those with `argument` may be given one.
struct Telling {
  std::string_view name;
  bool argument;
};
constexpr std::array<Telling, 14> kTelling = {{{"table_info", true},
                                               {"table_xinfo", true},
                                               {"table_list", true},
                                               {"index_list", true},
                                               {"index_info", true},
                                               {"index_xinfo", true},
                                               {"function_list", false},
                                               {"compile_options", false},
                                               {"database_list", false},
                                               {"user_version", false},
                                               {"application_id", false},
                                               {"page_count", false},
                                               {"page_size", false},
                                               {"freelist_count", false}}};

std::string_view text_of(const char* text) { return text == nullptr ? "" : text; }

std::string_view action_name(int action) {
  switch (action) {
    case SQLITE_INSERT:
      return "INSERT";
    case SQLITE_UPDATE:
      return "UPDATE";
    case SQLITE_DELETE:
      return "DELETE";
    case SQLITE_ATTACH:
      return "ATTACH";
    case SQLITE_DETACH:
      return "DETACH";
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return "a transaction";
    case SQLITE_PRAGMA:
      return "this PRAGMA";
    case SQLITE_ANALYZE:
      return "ANALYZE";
    case SQLITE_REINDEX:
      return "REINDEX";
    case SQLITE_FUNCTION:
      return "load_extension";
    default:
      return "a statement that changes the store or makes something";
  }
}

struct Guard {
  std::string refused;  // what the authorizer refused first
  std::chrono::steady_clock::time_point deadline;
  bool out_of_time = false;
};

int allow(void* context, int action, const char* first, const char* second, const char*,
          const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      if (sqlite3_stricmp(second, "load_extension") != 0) return SQLITE_OK;
      break;
    case SQLITE_PRAGMA:
      for (const Telling& pragma : kTelling) {
        if (text_of(first) == pragma.name && (pragma.argument || second == nullptr)) {
          return SQLITE_OK;
        }
      }
      break;
    default:
      break;
  }
  Guard& guard = *static_cast<Guard*>(context);
  if (guard.refused.empty()) guard.refused = action_name(action);
  return SQLITE_DENY;
}

int out_of_time(void* context) {
  Guard& guard = *static_cast<Guard*>(context);
  guard.out_of_time = std::chrono::steady_clock::now() >= guard.deadline;
  return guard.out_of_time ? 1 : 0;
}

// Sorting in memory: a runaway query fills neither the disk nor, by the limit, the machine. The
// views use json_extract, which SQLite 3.40 forgot to call harmless; there are no functions but its
// own, and the authorizer keeps load_extension out of views as well.
constexpr const char* kSettings =
    "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = ON;"
    "PRAGMA cache_size = -8192";  // joins of whole tables come back to their pages

struct Finalizer {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Prepared = std::unique_ptr<sqlite3_stmt, Finalizer>;

Error wrong(sqlite3* handle, const Guard& guard, const QueryLimits& limits, int code) {
  if (guard.out_of_time) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", static_cast<double>(limits.time.count()) / 1000);
    return Error{"the query was ended after " + std::string(text) +
                 " s; narrow it with WHERE, or give it longer: --max-time 60s"};
  }
  if (!guard.refused.empty()) {
    return Error{"refused: " + guard.refused + "; blip sql only reads"};
  }
  if ((code & 0xff) == SQLITE_NOMEM) {
    return Error{"the query needs more than " + std::to_string(kMostMemory >> 20) +
                 " MiB of memory; narrow it with WHERE, or sort less"};
  }
  return Error{sqlite3_errmsg(handle)};
}

// The statement that `sql` is, and what stands after it.
Result<Prepared> prepare(sqlite3* handle, std::string_view sql, const char*& tail,
                         const Guard& guard, const QueryLimits& limits) {
  sqlite3_stmt* raw = nullptr;
  const int code =
      sqlite3_prepare_v2(handle, sql.data(), static_cast<int>(sql.size()), &raw, &tail);
  Prepared prepared(raw);
  if (code != SQLITE_OK) return wrong(handle, guard, limits, code);
  return prepared;
}

SqlValue value_of(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
      return std::monostate();
    case SQLITE_INTEGER:
      return int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    default: {
      const void* bytes = sqlite3_column_blob(statement, column);
      const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, column));
      return bytes == nullptr ? std::string_view()
                              : std::string_view(static_cast<const char*>(bytes), size);
    }
  }
}
}  // namespace

struct StoreQuery::Impl {
  std::unique_ptr<Connection> connection;
};

StoreQuery::StoreQuery(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StoreQuery::StoreQuery(StoreQuery&&) noexcept = default;
StoreQuery& StoreQuery::operator=(StoreQuery&&) noexcept = default;
StoreQuery::~StoreQuery() = default;

Result<StoreQuery> StoreQuery::open(const std::string& path) {
  Result<std::unique_ptr<Connection>> connection =
      Connection::open(path, Access::read_only, std::chrono::seconds(5));
  if (!connection) return connection.error();
  if (Status done = (*connection)->run(kSettings); !done) {
    return done.error();
  }
  sqlite3* handle = (*connection)->handle();
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kMostValueBytes);
  sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, kMostValueBytes);
  sqlite3_limit(handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, kMostPatternBytes);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_hard_heap_limit64(kMostMemory);
  return StoreQuery(std::make_unique<Impl>(Impl{std::move(*connection)}));
}

Result<QueryEnd> StoreQuery::ask(
    std::string_view sql, const QueryLimits& limits,
    const std::function<void(const std::vector<std::string>&)>& columns,
    const std::function<void(const std::vector<SqlValue>&)>& row) const {
  if (sql.size() > static_cast<size_t>(kMostValueBytes)) return Error{"the query is too long"};
  sqlite3* handle = impl_->connection->handle();
  Guard guard;
  guard.deadline = std::chrono::steady_clock::now() + limits.time;
  sqlite3_set_authorizer(handle, allow, &guard);
  sqlite3_progress_handler(handle, kStepsBetweenLooks, out_of_time, &guard);
  struct Release {
    sqlite3* handle;
    ~Release() {
      sqlite3_set_authorizer(handle, nullptr, nullptr);
      sqlite3_progress_handler(handle, 0, nullptr, nullptr);
    }
  } release{handle};

  const char* tail = nullptr;
  Result<Prepared> prepared = prepare(handle, sql, tail, guard, limits);
  if (!prepared) return prepared.error();
  if (!*prepared) return Error{"there is no query in that"};
  const std::string_view more = sql.substr(static_cast<size_t>(tail - sql.data()));
  const Result<Prepared> second = prepare(handle, more, tail, guard, limits);
  if (!second || *second) return Error{"one query at a time: there is more after the first ';'"};
  sqlite3_stmt* statement = prepared->get();
  if (sqlite3_stmt_readonly(statement) == 0) return Error{"refused: blip sql only reads"};

  std::vector<std::string> names;
  const int count = sqlite3_column_count(statement);
  for (int i = 0; i < count; ++i) names.emplace_back(text_of(sqlite3_column_name(statement, i)));
  columns(names);
  QueryEnd end;
  std::vector<SqlValue> values(static_cast<size_t>(count));
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    if (end.rows == limits.rows) {
      end.cut = true;
      return end;
    }
    for (int i = 0; i < count; ++i) values[static_cast<size_t>(i)] = value_of(statement, i);
    row(values);
    ++end.rows;
  }
  if (code != SQLITE_DONE) return wrong(handle, guard, limits, code);
  return end;
}

}  // namespace blip
