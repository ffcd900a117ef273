// INSERT INTO marks(service, text, at, until) VALUES('api', 'deploy 1.4.2', 1403639453000000, ...)
//
// One row, one transaction. The agent sees it by `PRAGMA data_version` and judges the service
// again.

#include "store/marks.h"

#include <fnmatch.h>

#include <filesystem>

#include "store/connection.h"
#include "store/impl.h"
#include "store/statement.h"

namespace blip {

Status add_mark(const std::string& db_path, const Mark& mark, std::chrono::milliseconds patience) {
  if (mark.service.empty() || mark.service.size() > kMarkTextLimit) {
    return Error{"a mark is for a service, and its name has at most " +
                 std::to_string(kMarkTextLimit) + " bytes"};
  }
  if (mark.text.size() > kMarkTextLimit) {
    return Error{"a mark's text has at most " + std::to_string(kMarkTextLimit) + " bytes"};
  }
  if (!known(mark.from) || !known(mark.until) || mark.until < mark.from) {
    return Error{"a mark begins at some time and does not end before it"};
  }
  std::error_code unreadable;
  if (!std::filesystem::exists(db_path, unreadable) && !unreadable) {
    return Error{"no store at " + db_path + ": the agent makes it; is it running?"};
  }
  Result<std::unique_ptr<Connection>> connection =
      Connection::open(db_path, Access::read_write, patience);
  if (!connection) return connection.error();
  return (*connection)->transaction(Durability::full, [&]() -> Status {
    Statement insert(**connection,
                     "INSERT INTO marks(service, text, at, until) VALUES(?, ?, ?, ?)");
    return insert.bind(mark.service, mark.text, mark.from, mark.until).run();
  });
}

bool Mark::covers(const std::string& name, Time when) const {
  return known(when) && when >= from && when <= until &&
         ::fnmatch(service.c_str(), name.c_str(), 0) == 0;
}

Result<std::vector<Mark>> Store::marks() const {
  Statement select(*impl_->connection, "SELECT service, text, at, until FROM marks ORDER BY id");
  std::vector<Mark> marks;
  while (select.next()) {
    Row row(select);
    Mark& mark = marks.emplace_back();
    row.text(mark.service);
    row.text(mark.text);
    mark.from = row.time();
    mark.until = row.time();
  }
  if (Status done = select.status(); !done) return done.error();
  return marks;
}

}  // namespace blip
