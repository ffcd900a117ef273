//   SELECT count(visit_row(?5, seq, time)) FROM events ...
//
// One step: the function is called with the columns of each row; it is NULL, so none is counted.
// The visitor is handed over as a pointer value, which SQL can neither make nor read: called with
// anything else, visit_row() does nothing.

#include "store/visit.h"

#include "store/connection.h"
#include "store/statement.h"

namespace blip {
namespace {
constexpr const char* kPointer = "blip visitor";

void visit_row(sqlite3_context*, int count, sqlite3_value** values) {
  void* visitor = count == 0 ? nullptr : sqlite3_value_pointer(values[0], kPointer);
  if (visitor != nullptr) (*static_cast<Visitor*>(visitor))(Values(values + 1));
}
}  // namespace

std::string_view Values::text() {
  const void* bytes = sqlite3_value_blob(*next_);
  const int size = sqlite3_value_bytes(*next_++);
  return bytes == nullptr
             ? std::string_view()
             : std::string_view(static_cast<const char*>(bytes), static_cast<size_t>(size));
}

Status add_visit_row(const Connection& connection) {
  const int code = sqlite3_create_function_v2(connection.handle(), "visit_row", -1,
                                              SQLITE_UTF8 | SQLITE_DIRECTONLY, nullptr, visit_row,
                                              nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return connection.error(code);
  return Done{};
}

Status visit_rows(Statement& select, int parameter, Visitor visit) {
  sqlite3_bind_pointer(select.handle(), parameter, &visit, kPointer, nullptr);
  const Status done = select.run();
  sqlite3_bind_null(select.handle(), parameter);
  return done;
}

}  // namespace blip
