// Signals as rows, in the order in which judges fold them. One row, columns by name:
//
//   service 7 (api) | time 1403639453000000 | stream ... | offset 88172 | kind 19 (sample)
//   | subject goroutines | instance 8 ("") | number 1203 | after 41022.0 | text METRICS:
//   goroutines...
//
// Kinds are stored as numbers, because their order is part of earlier(): new ones go to the end of
// SignalKind. What a signal means is the judges' business.

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/hash.h"
#include "store/impl.h"

namespace blip {
namespace {
constexpr int64_t kKinds = static_cast<int64_t>(SignalKind::rule_line) + 1;
constexpr int64_t kQualities = static_cast<int64_t>(TimeQuality::exact) + 1;
constexpr size_t kNamesKept = 4096;    // a host has dozens of services; this bounds hostile names
constexpr size_t kRowsPerInsert = 16;  // one step for many rows costs little more than half

std::string insert_sql(size_t rows) {
  std::string sql =
      "INSERT OR IGNORE INTO signals(service, time, stream, offset, kind, subject, instance, "
      "number,"
      " since, quality, text, detail, frame, fingerprint, before, after, count, provisional)"
      " VALUES";
  for (size_t row = 0; row < rows; ++row) {
    sql += row == 0 ? "" : ",";
    sql += "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  }
  return sql;
}
}  // namespace

Names::Names(const Connection& connection)
    : find_(connection, "SELECT id FROM names WHERE text = ?"),
      add_(connection, "INSERT INTO names(text) VALUES(?) RETURNING id") {}

Result<int64_t> Names::number_of(const std::string& name) {
  if (const auto found = known_.find(name); found != known_.end()) return found->second;
  std::optional<int64_t> number;
  for (Statement* statement : {&find_, &add_}) {
    if (statement->bind(name).next()) number = Row(*statement).i64();
    if (Status done = statement->run(); !done) return done.error();
    if (number) break;
  }
  if (known_.size() >= kNamesKept) known_.clear();
  return known_.emplace(name, number.value_or(0)).first->second;
}

Store::Impl::Writing::Writing(const Connection& connection)
    : names(connection),
      one_signal(connection, insert_sql(1)),
      many_signals(connection, insert_sql(kRowsPerInsert)),
      take_back(connection, "DELETE FROM signals WHERE provisional = ? AND provisional != 0"),
      find_event(connection, "SELECT seq, revision, attributes FROM events WHERE id = ?"),
      remove_event(connection, "DELETE FROM events WHERE seq = ?"),
      add_event(connection, kAddEvent),
      add_evidence(connection, "INSERT INTO evidence VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)") {}

Status Store::Impl::bind_signal(Statement& insert, const Signal& signal, uint64_t provisional) {
  const Result<int64_t> service = writing->names.number_of(signal.service);
  if (!service) return service.error();
  const Result<int64_t> instance = writing->names.number_of(signal.instance);
  if (!instance) return instance.error();
  insert.more(*service, to_us(signal.time), Key{signal.at.stream}, signal.at.offset,
              static_cast<int>(signal.kind), Bytes{signal.subject}, *instance, signal.at.number,
              signal.since, static_cast<int>(signal.quality), Bytes{signal.text},
              Bytes{signal.detail}, Bytes{signal.frame}, signal.fingerprint, signal.before,
              signal.after, signal.count, provisional);
  return Done{};
}

Status Store::Impl::write_signals(const std::vector<Signal>& signals, uint64_t provisional) {
  if (signals.empty()) return Done{};
  if (!writing) writing.emplace(*connection);
  for (size_t begin = 0, end = 0; begin < signals.size(); begin = end) {
    const bool many = signals.size() - begin >= kRowsPerInsert;
    end = begin + (many ? kRowsPerInsert : 1);
    Statement& insert = many ? writing->many_signals : writing->one_signal;
    insert.bind();
    for (size_t i = begin; i < end; ++i) {
      if (Status done = bind_signal(insert, signals[i], provisional); !done) return done;
    }
    if (Status done = insert.run(); !done) return done;
  }
  return Done{};
}

Status Store::Impl::take_back(const std::map<std::string, std::vector<Signal>>& provisional) {
  if (provisional.empty()) return Done{};
  if (!writing) writing.emplace(*connection);
  for (const auto& [source, signals] : provisional) {
    if (Status done = writing->take_back.bind(hash_of(source)).run(); !done) return done;
  }
  return Done{};
}

Result<std::vector<std::string>> Store::services() const {
  Statement select(*impl_->connection,
                   "SELECT text FROM names WHERE EXISTS"
                   " (SELECT 1 FROM signals WHERE service = names.id) ORDER BY text");
  std::vector<std::string> names;
  while (select.next()) names.emplace_back(Row(select).text());
  if (Status done = select.status(); !done) return done.error();
  return names;
}

Status Store::each_signal(std::string_view service,
                          const std::function<void(const Signal&)>& visit) const {
  Statement select(*impl_->connection, R"(
      SELECT s.time, s.stream, s.offset, s.kind, s.subject, i.text, s.number, s.since, s.quality,
        s.text, s.detail, s.frame, s.fingerprint, s.before, s.after, s.count
      FROM signals s CROSS JOIN names i ON i.id = s.instance
      WHERE s.service = (SELECT id FROM names WHERE text = ?)
      ORDER BY s.time, s.stream, s.offset, s.kind, s.subject)");
  select.bind(service);
  Signal signal;  // one for all rows: its strings keep their capacity
  signal.service = service;
  while (select.next()) {
    Row row(select);
    signal.time = row.time();
    signal.at.stream = row.key();
    signal.at.offset = row.u64();
    const int64_t kind = row.i64();
    row.text(signal.subject);
    row.text(signal.instance);
    signal.at.number = row.u64();
    signal.since = row.time();
    const int64_t quality = row.i64();
    // Names and tables are indexed by these: a number out of range is a damaged file.
    if (kind < 0 || kind >= kKinds || quality < 0 || quality >= kQualities) {
      return impl_->connection->error(SQLITE_CORRUPT);
    }
    signal.kind = static_cast<SignalKind>(kind);
    signal.quality = static_cast<TimeQuality>(quality);
    row.text(signal.text);
    row.text(signal.detail);
    row.text(signal.frame);
    signal.fingerprint = row.u64();
    signal.before = row.real();
    signal.after = row.real();
    signal.count = row.u64();
    visit(signal);
  }
  return select.status();
}

Status Store::each_symptom(const std::function<void(const Signal&)>& visit) const {
  Statement select(*impl_->connection, R"(
      SELECT n.text, s.time, s.stream, s.offset, s.subject, s.number, s.text
      FROM signals s CROSS JOIN names n ON n.id = s.service
      WHERE s.kind = ?
      ORDER BY s.time, s.stream, s.offset, s.subject)");
  select.bind(static_cast<int64_t>(SignalKind::symptom));
  Signal signal;
  signal.kind = SignalKind::symptom;
  while (select.next()) {
    Row row(select);
    row.text(signal.service);
    signal.time = row.time();
    signal.at.stream = row.key();
    signal.at.offset = row.u64();
    row.text(signal.subject);
    signal.at.number = row.u64();
    row.text(signal.text);
    visit(signal);
  }
  return select.status();
}

Result<std::vector<double>> Store::samples(std::string_view service, std::string_view instance,
                                           std::string_view metric, Time from, Time to,
                                           size_t points) const {
  // Counted first, so that memory is bounded by `points` and not by the history.
  const std::string matching =
      " FROM signals WHERE service = (SELECT id FROM names WHERE text = ?1)"
      " AND time BETWEEN ?2 AND ?3 AND kind = ?4 AND subject = ?5"
      " AND instance = (SELECT id FROM names WHERE text = ?6)";
  const int64_t last_time = known(to) ? to_us(to) : INT64_MAX;
  const auto kind = static_cast<int>(SignalKind::sample);
  std::vector<double> values;
  if (points == 0) return values;

  Statement count(*impl_->connection, "SELECT count(*)" + matching);
  count.bind(service, to_us(from), last_time, kind, Bytes{metric}, instance);
  const size_t total = count.next() ? Row(count).u64() : 0;
  if (Status done = count.run(); !done) return done.error();

  Statement select(*impl_->connection,
                   "SELECT after" + matching + " ORDER BY time, stream, offset");
  select.bind(service, to_us(from), last_time, kind, Bytes{metric}, instance);
  const size_t wanted = std::min(points, total);
  for (size_t seen = 0; values.size() < wanted && select.next(); ++seen) {
    // The n-th of `wanted` lies at n/(wanted-1) of the way; a single one is the last.
    const size_t at = wanted == 1 ? total - 1 : values.size() * (total - 1) / (wanted - 1);
    if (seen == at) values.push_back(Row(select).real());
  }
  if (Status done = select.status(); !done) return done.error();
  return values;
}

Result<std::vector<double>> Store::course(std::string_view service, std::string_view instance,
                                          std::string_view metric, Time from, Time to,
                                          size_t parts) const {
  std::vector<double> values(parts, std::numeric_limits<double>::quiet_NaN());
  if (parts == 0 || !known(from) || !known(to) || to <= from) return values;
  const auto number_of = [this](std::string_view name) -> Result<int64_t> {
    Statement find(*impl_->connection, "SELECT id FROM names WHERE text = ?");
    const int64_t number = find.bind(name).next() ? Row(find).i64() : 0;  // 0: nobody's
    if (Status done = find.status(); !done) return done.error();
    return number;
  };
  const Result<int64_t> whose = number_of(service), lane = number_of(instance);
  if (!whose || !lane) return whose ? lane.error() : whose.error();
  Statement select(*impl_->connection,
                   "SELECT after FROM signals WHERE service = ?1 AND time >= ?2 AND time < ?3"
                   " AND kind = ?4 AND subject = ?5" +
                       std::string(instance.empty() ? "" : " AND instance = ?6") + " LIMIT ?7");
  // A year of samples is not read to draw eighty columns: of each piece of a part the first ones.
  constexpr int64_t kPieces = 8, kSamples = 32;
  const int64_t begin = to_us(from), span = to_us(to) - begin;
  const auto pieces = static_cast<int64_t>(parts) * kPieces;
  const auto edge = [&](int64_t piece) {
    const double share = static_cast<double>(piece) / static_cast<double>(pieces);
    return begin + static_cast<int64_t>(share * static_cast<double>(span));
  };
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const int64_t end = piece + 1 == pieces ? to_us(to) + 1 : edge(piece + 1);
    select.bind(*whose, edge(piece), end, static_cast<int>(SignalKind::sample), Bytes{metric},
                *lane, kSamples);
    double& highest = values[static_cast<size_t>(piece / kPieces)];
    while (select.next()) highest = std::fmax(highest, Row(select).real());  // NaN: the other
  }
  if (Status done = select.status(); !done) return done.error();
  return values;
}

Result<std::vector<VersionChange>> Store::versions(std::string_view service) const {
  Statement select(*impl_->connection,
                   "SELECT time, subject, detail FROM signals"
                   " WHERE service = (SELECT id FROM names WHERE text = ?1) AND kind = ?2"
                   " AND time > ?3 ORDER BY time, stream, offset");
  select.bind(service, static_cast<int>(SignalKind::version_changed), to_us(kNoTime));
  std::vector<VersionChange> changes;
  while (select.next()) {
    Row row(select);
    VersionChange& change = changes.emplace_back();
    change.at = row.time();
    row.text(change.before);
    row.text(change.after);
  }
  if (Status done = select.status(); !done) return done.error();
  return changes;
}

}  // namespace blip
