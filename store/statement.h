// A prepared SQLite statement that cannot leak and remembers its first error, so that callers bind
// and step without a check on every line:
//
//   Statement find(connection, "SELECT key, path FROM streams WHERE source = ?");
//   find.bind(source);
//   while (find.next()) {
//     Row row(find);
//     use(row.key(), row.text());
//   }
//   return find.status();
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/result.h"
#include "core/time.h"

namespace blip {

class Connection;

// A 64-bit hash that rows are sorted by. SQLite's integers are signed: the top bit is flipped on
// the way in and out, so that its order is the unsigned order of earlier(). What is never sorted by
// (fingerprints, markers) and what is small (offsets, counts) is stored as it is.
struct Key {
  uint64_t value = 0;
  int64_t column() const { return static_cast<int64_t>(value ^ kTopBit); }
  static uint64_t from_column(int64_t column) { return static_cast<uint64_t>(column) ^ kTopBit; }

 private:
  static constexpr uint64_t kTopBit = uint64_t{1} << 63;
};

// Text out of a log: any bytes, kept as a BLOB. Plain string_views become TEXT, bytes as they are.
struct Bytes {
  std::string_view value;
};

class Statement {
 public:
  Statement(const Connection& connection, std::string_view sql);
  Statement(Statement&& other) noexcept
      : connection_(other.connection_),
        handle_(std::exchange(other.handle_, nullptr)),
        code_(other.code_),
        at_end_(other.at_end_) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;
  ~Statement() { sqlite3_finalize(handle_); }

  // Starts over with ?1, ?2, ... bound to these. Texts are borrowed until the statement is bound
  // anew or has been run.
  template <class... Values>
  Statement& bind(const Values&... values) {
    sqlite3_reset(handle_);
    at_end_ = false;
    bound_ = 0;
    return more(values...);
  }
  // Goes on with the parameters after those bound so far, as an INSERT of many rows needs it.
  template <class... Values>
  Statement& more(const Values&... values) {
    (put(++bound_, values), ...);
    return *this;
  }
  // Steps to the next row; false at the end or on an error, which status() tells apart.
  bool next();
  // Steps to the end and starts over; for statements whose rows nobody wants.
  Status run();
  // The first error since the statement was made.
  Status status() const;

  sqlite3_stmt* handle() const { return handle_; }

 private:
  template <class Value>
  void put(int index, const Value& value) {
    if constexpr (std::is_integral_v<Value>) {
      keep(sqlite3_bind_int64(handle_, index, static_cast<int64_t>(value)));
    } else if constexpr (std::is_floating_point_v<Value>) {
      keep(sqlite3_bind_double(handle_, index, value));  // NaN becomes NULL
    } else if constexpr (std::is_same_v<Value, Key>) {
      keep(sqlite3_bind_int64(handle_, index, value.column()));
    } else if constexpr (std::is_same_v<Value, Time>) {
      keep(known(value) ? sqlite3_bind_int64(handle_, index, to_us(value))
                        : sqlite3_bind_null(handle_, index));
    } else if constexpr (std::is_same_v<Value, Bytes>) {
      keep(sqlite3_bind_blob64(handle_, index, not_null(value.value), value.value.size(),
                               SQLITE_STATIC));
    } else if constexpr (std::is_same_v<Value, std::optional<bool>>) {
      keep(value ? sqlite3_bind_int(handle_, index, *value) : sqlite3_bind_null(handle_, index));
    } else {
      const std::string_view text = value;
      keep(sqlite3_bind_text64(handle_, index, not_null(text), text.size(), SQLITE_STATIC,
                               SQLITE_UTF8));
    }
  }
  // A null pointer would be bound as NULL, and an empty view may hold one.
  static const char* not_null(std::string_view text) { return text.empty() ? "" : text.data(); }
  void keep(int code) {
    if (code_ == SQLITE_OK) code_ = code;
  }

  const Connection* connection_;  // outlives its statements and does not move
  sqlite3_stmt* handle_ = nullptr;
  int code_ = SQLITE_OK;
  int bound_ = 0;
  bool at_end_ = false;  // SQLite would run a finished statement once more
};

// The columns of the current row, taken from left to right. Views live until the next step.
class Row {
 public:
  explicit Row(const Statement& statement) : handle_(statement.handle()) {}

  int64_t i64() { return sqlite3_column_int64(handle_, column_++); }
  uint64_t u64() { return static_cast<uint64_t>(i64()); }
  uint64_t key() { return Key::from_column(i64()); }
  std::optional<uint64_t> maybe_key() {
    return is_null() ? (++column_, std::nullopt) : std::optional(key());
  }
  bool flag() { return i64() != 0; }
  std::optional<bool> maybe() {
    return is_null() ? (++column_, std::nullopt) : std::optional(flag());
  }
  double real();  // NULL is NaN
  Time time() { return is_null() ? (++column_, kNoTime) : time_from_us(i64()); }
  std::string_view text();                               // of TEXT and BLOB alike; NULL is empty
  void text(std::string& into) { into.assign(text()); }  // keeps its capacity

 private:
  bool is_null() const { return sqlite3_column_type(handle_, column_) == SQLITE_NULL; }
  sqlite3_stmt* handle_;
  int column_ = 0;
};

}  // namespace blip
