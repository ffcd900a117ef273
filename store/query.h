// Questions that people ask in SQL. Nothing they write can change the store, and nothing they write
// by mistake runs for ever:
//
// - the file is opened read-only, `query_only` and `defensive` are set, and an authorizer lets
//   through SELECT, functions (but load_extension) and the PRAGMAs that only tell; ATTACH, BEGIN,
//   temporary tables and all that writes are refused by name;
// - time, rows, the size of a value and the memory of a query are bounded, each with its own error.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"

namespace blip {

struct QueryLimits {
  std::chrono::milliseconds time = std::chrono::seconds(10);
  size_t rows = 10'000;
};

// NULL, INTEGER, REAL, and TEXT or BLOB as bytes: log text may be no UTF-8.
using SqlValue = std::variant<std::monostate, int64_t, double, std::string_view>;

struct QueryEnd {
  size_t rows = 0;
  bool cut = false;  // there would have been more than QueryLimits::rows
};

class StoreQuery {
 public:
  // As Store::open() with Access::read_only: the errors are the same.
  static Result<StoreQuery> open(const std::string& path);
  StoreQuery(StoreQuery&&) noexcept;
  StoreQuery& operator=(StoreQuery&&) noexcept;
  ~StoreQuery();

  // Runs one statement. Tells the columns once, before the first row, also if there is none; the
  // values live until `row` returns. Errors: SQLite's own words, what was refused, or which limit
  // it ran into.
  Result<QueryEnd> ask(std::string_view sql, const QueryLimits& limits,
                       const std::function<void(const std::vector<std::string>&)>& columns,
                       const std::function<void(const std::vector<SqlValue>&)>& row) const;

 private:
  struct Impl;
  explicit StoreQuery(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace blip
