// INSERT INTO acks(event, note, at) VALUES(..., 'known, ticket 12', 1403639453000000)
//
// Apart from the events: settling adds, revises and deletes those, and knows nothing of people.

#include "store/acks.h"

#include <filesystem>

#include "store/connection.h"
#include "store/impl.h"
#include "store/statement.h"

namespace blip {
namespace {
Result<std::unique_ptr<Connection>> open_existing(const std::string& db_path,
                                                  std::chrono::milliseconds patience) {
  std::error_code unreadable;
  if (!std::filesystem::exists(db_path, unreadable) && !unreadable) {
    return Error{"no store at " + db_path};
  }
  return Connection::open(db_path, Access::read_write, patience);
}
}  // namespace

Status add_ack(const std::string& db_path, const Ack& ack, std::chrono::milliseconds patience) {
  if (ack.note.size() > kAckNoteLimit) {
    return Error{"a note has at most " + std::to_string(kAckNoteLimit) + " bytes"};
  }
  Result<std::unique_ptr<Connection>> connection = open_existing(db_path, patience);
  if (!connection) return connection.error();
  return (*connection)->transaction(Durability::full, [&]() -> Status {
    Statement insert(**connection,
                     "INSERT INTO acks(event, note, at) VALUES(?, ?, ?)"
                     " ON CONFLICT(event) DO UPDATE SET note = excluded.note, at = excluded.at");
    return insert.bind(Key{ack.event}, ack.note, ack.at).run();
  });
}

Result<bool> remove_ack(const std::string& db_path, uint64_t event,
                        std::chrono::milliseconds patience) {
  Result<std::unique_ptr<Connection>> connection = open_existing(db_path, patience);
  if (!connection) return connection.error();
  bool removed = false;
  const Status done = (*connection)->transaction(Durability::full, [&]() -> Status {
    Statement remove(**connection, "DELETE FROM acks WHERE event = ?");
    const Status ran = remove.bind(Key{event}).run();
    removed = sqlite3_changes((*connection)->handle()) != 0;
    return ran;
  });
  if (!done) return done.error();
  return removed;
}

Result<std::vector<Ack>> Store::acks() const {
  Statement select(*impl_->connection, "SELECT event, note, at FROM acks ORDER BY at, event");
  std::vector<Ack> acks;
  while (select.next()) {
    Row row(select);
    Ack& ack = acks.emplace_back();
    ack.event = row.key();
    row.text(ack.note);
    ack.at = row.time();
  }
  if (Status done = select.status(); !done) return done.error();
  return acks;
}

}  // namespace blip
