// Rows looked at where SQLite has them. A row that a statement is stepped to is copied first, text
// by text; of twenty thousand rows that takes longer than finding them.
//
//   Statement all(connection, "SELECT count(visit_row(?1, time, kind)) FROM events WHERE ...");
//   Status done = visit_rows(all, 1, [&](Values row) { use(row.time(), row.text()); });
//
// The rows come in the order in which the index named by INDEXED BY has them.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <string_view>

#include "core/result.h"
#include "core/time.h"

namespace blip {

class Connection;
class Statement;

// The arguments of visit_row() after the first, taken from left to right. Views live until the
// visitor returns.
class Values {
 public:
  explicit Values(sqlite3_value** first) : next_(first) {}

  int64_t i64() { return sqlite3_value_int64(*next_++); }
  uint64_t u64() { return static_cast<uint64_t>(i64()); }
  Time time() {
    if (sqlite3_value_type(*next_) == SQLITE_NULL) return ++next_, kNoTime;
    return time_from_us(i64());
  }
  std::string_view text();  // of TEXT and BLOB alike; NULL is empty

 private:
  sqlite3_value** next_;
};

using Visitor = std::function<void(Values)>;

// Once for each connection, before a statement with visit_row() is made.
Status add_visit_row(const Connection& connection);
// Runs `select`, whose parameter number `parameter` is the first argument of visit_row(), and
// starts it over. `visit` must not throw, nor use the connection.
Status visit_rows(Statement& select, int parameter, Visitor visit);

}  // namespace blip
