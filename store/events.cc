// Events and runs as people ask for them:
//
//   since last night, kinds restart and crash, service "api*", confidence >= 0.5, the newest 20
//   the one whose id begins with 51be07
//
// Writing them is settle.cc's. Bytes of log text come back as they were; whoever prints escapes.

#include <algorithm>

#include "store/impl.h"
#include "store/json.h"

namespace blip {
namespace {
constexpr std::string_view kEventColumns = R"(
    SELECT e.id, e.revision, e.kind, e.service, e.host, e.stream, e.offset, e.number, f.path,
      e.time, e.end, e.quality, e.planned, e.explicit, e.silent, e.cause, e.score, e.confidence,
      e.severity, e.title, e.attributes, e.seq
    FROM events e LEFT JOIN streams f ON f.key = e.stream WHERE )";

Anchor read_anchor(Row& row) {
  Anchor at;
  at.stream = row.key();
  at.offset = row.u64();
  at.number = row.u64();
  return at;
}

// False: a kind, severity or quality that this version has never written.
bool read_event(Row row, Event& event) {
  event.id = row.key();
  event.revision = static_cast<uint32_t>(row.i64());
  const std::optional<EventKind> kind = kind_from_name(row.text());
  row.text(event.service);
  row.text(event.host);
  event.at = read_anchor(row);
  row.text(event.file);
  event.time = row.time();
  event.end = row.time();
  const int64_t quality = row.i64();
  event.planned = row.maybe();
  event.explicit_ = row.flag();
  event.silent = row.flag();
  row.text(event.cause);
  event.score = row.real();
  event.confidence = row.real();
  const std::optional<Severity> severity = severity_from_name(row.text());
  row.text(event.title);
  event.attributes = attributes_from_json(row.text());
  event.seq = row.u64();
  if (!kind || !severity) return false;
  if (quality < 0 || quality > static_cast<int64_t>(TimeQuality::exact)) return false;
  event.kind = *kind;
  event.severity = *severity;
  event.quality = static_cast<TimeQuality>(quality);
  return true;
}

Status read_evidence(Statement& select, Event& event) {
  select.bind(event.seq);
  while (select.next()) {
    Row row(select);
    Evidence& evidence = event.evidence.emplace_back();
    row.text(evidence.signal);
    evidence.weight = row.real();
    evidence.at = read_anchor(row);
    row.text(evidence.file);
    evidence.time = row.time();
    row.text(evidence.text);
  }
  return select.status();
}

// `select` starts with kEventColumns and is bound.
Result<std::vector<Event>> read_events(const Connection& connection, Statement& select) {
  Statement evidence(connection, R"(
      SELECT v.signal, v.weight, v.stream, v.offset, v.number, f.path, v.time, v.text
      FROM evidence v LEFT JOIN streams f ON f.key = v.stream WHERE v.event = ? ORDER BY position)");
  std::vector<Event> events;
  // While `select` is open the connection reads one snapshot: the evidence fits the events.
  while (select.next()) {
    Event& event = events.emplace_back();
    if (!read_event(Row(select), event)) return connection.error(SQLITE_CORRUPT);
    if (Status done = read_evidence(evidence, event); !done) return done.error();
  }
  if (Status done = select.status(); !done) return done.error();
  return events;
}

// "e.kind IN ('restart','crash')"; the names are ours, so they need no quoting.
std::string one_of(const std::vector<EventKind>& kinds) {
  if (kinds.empty()) return "TRUE";
  std::string list;
  for (const EventKind kind : kinds) {
    list.append(list.empty() ? "'" : ",'").append(kind_name(kind)).append("'");
  }
  return "e.kind IN (" + list + ")";
}

// "51be07" -> 0x51be070000000000, which the ids that begin so are not less than.
std::optional<uint64_t> least_id(std::string_view hex) {
  if (hex.empty() || hex.size() > 16) return std::nullopt;
  uint64_t id = 0;
  for (size_t i = 0; i < 16; ++i) {
    const char c = i < hex.size() ? hex[i] : '0';
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') {
      id = id << 4 | static_cast<uint64_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      id = id << 4 | static_cast<uint64_t>(lower - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return id;
}
}  // namespace

Result<std::vector<Event>> Store::events(const EventQuery& query) const {
  const std::string sql = std::string(kEventColumns) + one_of(query.kinds) +
                          " AND (?1 IS NULL OR e.time >= ?1 OR e.end >= ?1 OR e.time IS NULL)"
                          " AND (?2 IS NULL OR e.time < ?2 OR e.time IS NULL)"
                          " AND (?3 = '' OR e.service GLOB ?3)"
                          " AND (e.confidence < ?4) IS NOT TRUE"
                          " ORDER BY e.time DESC, e.id DESC LIMIT ?5";
  Statement select(*impl_->connection, sql);
  const int64_t limit = query.limit == 0 ? -1 : static_cast<int64_t>(query.limit);
  select.bind(query.since, query.until, query.service, query.min_confidence, limit);
  Result<std::vector<Event>> events = read_events(*impl_->connection, select);
  if (events) std::reverse(events->begin(), events->end());
  return events;
}

Result<std::vector<Event>> Store::events_by_prefix(std::string_view hex) const {
  const std::optional<uint64_t> first = least_id(hex);
  if (!first) return Error{"not an event id: it has 1 to 16 hex digits"};
  const uint64_t last = *first | ((uint64_t{1} << 4 * (16 - hex.size())) - 1);
  Statement select(*impl_->connection,
                   std::string(kEventColumns) + "e.id BETWEEN ? AND ? ORDER BY e.time, e.id");
  select.bind(Key{*first}, Key{last});
  return read_events(*impl_->connection, select);
}

Result<std::vector<Event>> Store::events_after(uint64_t seq, size_t limit) const {
  Statement select(*impl_->connection,
                   std::string(kEventColumns) + "e.seq > ? ORDER BY e.seq LIMIT ?");
  select.bind(seq, limit);
  return read_events(*impl_->connection, select);
}

Result<uint64_t> Store::last_seq() const {
  Statement last(*impl_->connection, "SELECT max(seq) FROM events");
  const uint64_t seq = last.next() ? Row(last).u64() : 0;
  if (Status done = last.status(); !done) return done.error();
  return seq;
}

Result<std::vector<Run>> Store::runs(std::string_view service) const {
  // A stream without times has its runs in the order of its bytes.
  Statement select(*impl_->connection, R"(
      SELECT id, service, instance, stream, offset, number, begin_from, begin_to, end_from, end_to,
        began_by, ended_by, ending, gauges
      FROM runs WHERE ?1 = '' OR service = ?1
      ORDER BY begin_to, begin_from, stream, offset, id)");
  select.bind(service);
  std::vector<Run> runs;
  while (select.next()) {
    Row row(select);
    Run& run = runs.emplace_back();
    run.id = row.key();
    row.text(run.service);
    row.text(run.instance);
    run.begins = read_anchor(row);
    run.begin.from = row.time();
    run.begin.to = row.time();
    run.end.from = row.time();
    run.end.to = row.time();
    run.began_by = row.key();
    run.ended_by = row.key();
    row.text(run.ending);
    run.gauges = gauges_from_json(row.text());
  }
  if (Status done = select.status(); !done) return done.error();
  return runs;
}

}  // namespace blip
