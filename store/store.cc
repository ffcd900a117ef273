// Opening a store and committing a batch, the one transaction of everything that reading found:
//
//   signals      INSERT OR IGNORE   -> signals.cc
//   checkpoints  upsert by key      /var/log/api.log at byte 1048576, line 8123
//   states       upsert by owner    "sense/api" -> sealed bytes (core/state.h)
//
// Events and runs are settled apart, per service: settle.cc. They are read back in events.cc.

#include "store/store.h"

#include "core/hash.h"
#include "store/impl.h"
#include "store/visit.h"

namespace blip {

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const std::string& path, Access access,
                          std::chrono::milliseconds patience) {
  Result<std::unique_ptr<Connection>> connection = Connection::open(path, access, patience);
  if (!connection) return connection.error();
  if (Status added = add_visit_row(**connection); !added) return added.error();
  return Store(std::make_unique<Impl>(std::move(*connection)));
}

Status Store::hold() { return impl_->connection->run("BEGIN"); }

Status Store::commit(const Batch& batch) {
  if (batch.empty()) return Done{};
  const Durability durability = batch.facts.empty() ? Durability::relaxed : Durability::full;
  const Status done = impl_->connection->transaction(durability, [&]() -> Status {
    if (Status wrote = impl_->take_back(batch.provisional); !wrote) return wrote;
    if (Status wrote = impl_->write_signals(batch.signals, 0); !wrote) return wrote;
    for (const auto& [source, signals] : batch.provisional) {
      if (Status wrote = impl_->write_signals(signals, hash_of(source)); !wrote) return wrote;
    }
    if (Status wrote = impl_->write_facts(batch.facts); !wrote) return wrote;
    if (Status wrote = impl_->write_checkpoints(batch.checkpoints); !wrote) return wrote;
    return impl_->write_states(batch.states);
  });
  if (!done && impl_->writing) impl_->writing->names.forget();
  return done;
}

Status Store::Impl::write_checkpoints(const std::vector<Checkpoint>& checkpoints) {
  if (checkpoints.empty()) return Done{};
  Statement upsert(*connection, R"(
      INSERT INTO streams(key, source, path, format, first, last, offset, number, marker, whole,
        begin, marker_size, first_line, dev, ino, born, generation)
      VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT(key) DO UPDATE SET
        source = excluded.source, path = excluded.path, format = excluded.format,
        first = excluded.first, last = excluded.last, offset = excluded.offset,
        number = excluded.number, marker = excluded.marker, whole = excluded.whole,
        begin = excluded.begin, marker_size = excluded.marker_size,
        first_line = excluded.first_line, dev = excluded.dev, ino = excluded.ino,
        born = excluded.born, generation = excluded.generation)");
  for (const Checkpoint& point : checkpoints) {
    const StreamInfo& stream = point.stream;
    upsert.bind(Key{stream.key}, stream.source, stream.path, stream.format, stream.first,
                stream.last, point.offset, point.number, point.marker.hash, point.whole,
                point.begin, point.marker.size, stream.first_line, stream.file.dev, stream.file.ino,
                stream.file.born_ns, stream.file.generation);
    if (Status done = upsert.run(); !done) return done;
  }
  return Done{};
}

Status Store::Impl::write_states(const std::map<std::string, std::string>& states) {
  if (states.empty()) return Done{};
  Statement upsert(*connection,
                   "INSERT INTO states(owner, blob) VALUES(?, ?)"
                   " ON CONFLICT(owner) DO UPDATE SET blob = excluded.blob");
  for (const auto& [owner, blob] : states) {
    if (Status done = upsert.bind(owner, Bytes{blob}).run(); !done) return done;
  }
  return Done{};
}

Result<uint64_t> Store::count_sources() const {
  Statement count(*impl_->connection, "SELECT count(DISTINCT source) FROM streams");
  const uint64_t sources = count.next() ? Row(count).u64() : 0;
  if (Status done = count.status(); !done) return done.error();
  return sources;
}

Result<std::vector<Checkpoint>> Store::checkpoints() const {
  Statement select(*impl_->connection,
                   "SELECT key, source, path, format, first, last, offset, number, marker, whole,"
                   " begin, marker_size, first_line, dev, ino, born, generation"
                   " FROM streams ORDER BY key");
  std::vector<Checkpoint> points;
  while (select.next()) {
    Row row(select);
    Checkpoint point;
    point.stream.key = row.key();
    row.text(point.stream.source);
    row.text(point.stream.path);
    row.text(point.stream.format);
    point.stream.first = row.time();
    point.stream.last = row.time();
    point.offset = row.u64();
    point.number = row.u64();
    point.marker.hash = row.u64();
    point.whole = row.flag();
    point.begin = row.u64();
    point.marker.size = static_cast<uint32_t>(row.u64());
    point.stream.first_line = row.u64();
    point.stream.file.dev = row.u64();
    point.stream.file.ino = row.u64();
    point.stream.file.born_ns = row.i64();
    point.stream.file.generation = static_cast<uint32_t>(row.u64());
    points.push_back(std::move(point));
  }
  if (Status done = select.status(); !done) return done.error();
  return points;
}

Status Store::set_status(const StatusTable& values) {
  return impl_->connection->transaction(Durability::relaxed, [&]() -> Status {
    Statement upsert(*impl_->connection,
                     "INSERT INTO status(name, value) VALUES(?, ?)"
                     " ON CONFLICT(name) DO UPDATE SET value = excluded.value");
    for (const auto& [name, value] : values) {
      if (Status done = upsert.bind(name, value).run(); !done) return done;
    }
    return Done{};
  });
}

Result<StatusTable> Store::status() const {
  Statement select(*impl_->connection, "SELECT name, value FROM status");
  StatusTable values;
  while (select.next()) {
    Row row(select);
    std::string name(row.text());
    row.text(values[name]);
  }
  if (Status done = select.status(); !done) return done.error();
  return values;
}

Result<std::optional<std::string>> Store::state(const std::string& owner) const {
  Statement select(*impl_->connection, "SELECT blob FROM states WHERE owner = ?");
  std::optional<std::string> blob;
  if (select.bind(owner).next()) blob = std::string(Row(select).text());
  if (Status done = select.status(); !done) return done.error();
  return blob;
}

}  // namespace blip
