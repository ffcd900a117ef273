// Steps prepared statements and reads their columns. What a failure means in words a person can act
// on is connection.cc's.

#include "store/statement.h"

#include <limits>

#include "store/connection.h"

namespace blip {

Statement::Statement(const Connection& connection, std::string_view sql)
    : connection_(&connection) {
  code_ = sqlite3_prepare_v3(connection.handle(), sql.data(), static_cast<int>(sql.size()),
                             SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
}

bool Statement::next() {
  if (code_ != SQLITE_OK || at_end_) return false;
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  at_end_ = true;
  if (code != SQLITE_DONE) code_ = code;
  return false;
}

Status Statement::run() {
  while (next()) {
  }
  Status result = status();  // before the reset, which may change what the connection remembers
  // A cursor left open would keep a lock; and a statement that failed once (a full disk) is used
  // again for the next batch.
  sqlite3_reset(handle_);
  at_end_ = false;
  if (handle_ != nullptr) code_ = SQLITE_OK;
  return result;
}

Status Statement::status() const {
  if (code_ == SQLITE_OK) return Done{};
  return connection_->error(code_);
}

double Row::real() {
  if (is_null()) return ++column_, std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(handle_, column_++);
}

std::string_view Row::text() {
  const void* bytes = sqlite3_column_blob(handle_, column_);
  const int size = sqlite3_column_bytes(handle_, column_++);
  return bytes == nullptr
             ? std::string_view()
             : std::string_view(static_cast<const char*>(bytes), static_cast<size_t>(size));
}

}  // namespace blip
