// Events and runs as people ask for them:
//
//   since last night, kinds restart and crash, service "api*", confidence >= 0.5, the newest 20
//   the one whose id begins with 51be07
//
// Writing them is settle.cc's. Bytes of log text come back as they were; whoever prints escapes.

#include <algorithm>
#include <array>

#include "store/impl.h"
#include "store/json.h"
#include "store/visit.h"

namespace blip {
namespace {
// Looking up the file is a walk through another tree for each row: lists that show none go without.
enum class Files { named, left_out };

// "SELECT ... WHERE", by this index or, where it is empty, whichever SQLite takes.
std::string select_events(std::string_view index = {}, Files files = Files::named) {
  const bool named = files == Files::named;
  std::string sql =
      "SELECT e.id, e.revision, e.kind, e.service, e.host, e.stream, e.offset, e.number, ";
  sql.append(named ? "f.path" : "''");
  sql.append(
      ", e.time, e.end, e.quality, e.planned, e.explicit, e.silent, e.cause, e.score,"
      " e.confidence, e.severity, e.title, e.attributes, e.seq FROM events e");
  if (!index.empty()) sql.append(" INDEXED BY ").append(index);
  if (named) sql.append(" LEFT JOIN streams f ON f.key = e.stream");
  return sql.append(" WHERE ");
}

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

// Room for so many is asked for at once where they are listed: moving a growing list of events took
// more than reading it. What is not used of it is never touched.
constexpr size_t kEventsExpected = 4'000, kHeadsExpected = 32'000;

// `select` starts with select_events() and is bound. Adds to `events`.
Status read_events(const Connection& connection, Statement& select, bool with_evidence,
                   std::vector<Event>& events) {
  std::optional<Statement> evidence;
  if (with_evidence)
    evidence.emplace(connection, R"(
      SELECT v.signal, v.weight, v.stream, v.offset, v.number, f.path, v.time, v.text
      FROM evidence v LEFT JOIN streams f ON f.key = v.stream WHERE v.event = ? ORDER BY position)");
  if (!with_evidence) events.reserve(kEventsExpected);
  // While `select` is open the connection reads one snapshot: the evidence fits the events.
  while (select.next()) {
    Event& event = events.emplace_back();
    if (!read_event(Row(select), event)) return connection.error(SQLITE_CORRUPT);
    if (!evidence) continue;
    if (Status done = read_evidence(*evidence, event); !done) return done;
  }
  return select.status();
}

Result<std::vector<Event>> read_events(const Connection& connection, Statement& select) {
  std::vector<Event> events;
  if (Status done = read_events(connection, select, true, events); !done) return done.error();
  return events;
}

// One snapshot for several statements. Where one is held already (Store::hold, a transaction) that
// is it.
class Moment {
 public:
  explicit Moment(Connection& connection)
      : connection_(connection), own_(sqlite3_get_autocommit(connection.handle()) != 0) {
    if (own_) (void)connection_.run("BEGIN");  // what fails here fails the first statement too
  }
  ~Moment() {
    if (own_) (void)connection_.run("COMMIT");
  }
  Moment(const Moment&) = delete;
  Moment& operator=(const Moment&) = delete;

 private:
  Connection& connection_;
  bool own_;
};

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

bool is_glob(const std::string& service) {
  return service.find_first_of("*?[") != std::string::npos;
}

// Parameters: ?1 since, ?2 until, ?3 service, ?4 confidence, ?5 limit.
//
// Which events are meant, as a condition on `kind` and `service`; and which index finds them within
// a period. SQLite has no idea that most events are matched lines, so it is told.
struct Range {
  std::string condition, index;
};

Range range_of(const EventQuery& query) {
  const bool glob = is_glob(query.service);
  if (!query.service.empty() && !glob) {
    return {"service = ?3 AND " + kinds_sql(query.kinds), "events_of_service"};
  }
  const std::string service = glob ? " AND service GLOB ?3" : "";
  if (query.kinds == std::vector<EventKind>{EventKind::restart}) {
    return {"kind = 'restart'" + service, "restarts_by_time"};
  }
  const std::string condition = (query.kinds.empty() ? "TRUE" : kinds_sql(query.kinds)) + service;
  const bool matches = query.kinds.empty() ||
                       std::count(query.kinds.begin(), query.kinds.end(), EventKind::match) != 0;
  if (matches) return {condition, "events_by_time"};
  return {condition + " AND " + std::string(kOfNote), "events_of_note"};
}

// Only what is asked for stands in a statement, so that each finds its index: the newest of ten
// million events, or those of one service, are read without the others. All of the first are before
// all of the second, and so on: one statement over the three would copy each row twice.
std::vector<std::string> events_sql(const EventQuery& query) {
  const Range range = range_of(query);
  const std::string sure = " AND (confidence < ?4) IS NOT TRUE";
  const std::string until = known(query.until) ? " AND time < ?2" : "";
  const Files files = query.files ? Files::named : Files::left_out;
  const std::string from = select_events(range.index, files) + range.condition + sure;
  const std::string order =
      query.limit == 0 ? " ORDER BY time, id LIMIT ?5" : " ORDER BY time DESC, id DESC LIMIT ?5";
  if (!known(query.since)) {
    return {from + (until.empty() ? "" : " AND (time < ?2 OR time IS NULL)") + order};
  }
  // What began before and reaches into the period: of all that has an end, the end is looked at.
  return {from + " AND time IS NULL" + order,
          select_events("events_by_end", files) + "end >= ?1 AND time < ?1" + until + " AND " +
              range.condition + sure + order,
          from + " AND time >= ?1" + until + order};
}

// The place of a name in a list, to which new ones are added. A day has tens of thousands of events
// of thousands of services: std::unordered_map, a node here and a node there, took half of reading
// them.
class Numbering {
 public:
  explicit Numbering(std::deque<std::string>& names) : names_(names) {}

  uint32_t number_of(std::string_view name) {
    if (names_.size() * 2 >= slots_.size()) grow();
    uint32_t& slot = slot_of(name);
    if (slot == 0) {
      names_.emplace_back(name);
      slot = static_cast<uint32_t>(names_.size());
    }
    return slot - 1;
  }

 private:
  // Its own, or the free one that it would take.
  uint32_t& slot_of(std::string_view name) {
    const size_t most = slots_.size() - 1;  // a power of two less one
    size_t at = std::hash<std::string_view>()(name) & most;
    while (slots_[at] != 0 && names_[slots_[at] - 1] != name) at = (at + 1) & most;
    return slots_[at];
  }
  void grow() {
    slots_.assign(std::max<size_t>(1024, slots_.size() * 4), 0);
    for (uint32_t i = 0; i < names_.size(); ++i) slot_of(names_[i]) = i + 1;
  }

  std::deque<std::string>& names_;
  std::vector<uint32_t> slots_;  // number + 1, 0: free; a power of two of them, half empty
};
}  // namespace

std::string kinds_sql(const std::vector<EventKind>& kinds) {
  std::string list;
  const auto add = [&list](EventKind kind) {
    list.append(list.empty() ? "'" : ",'").append(kind_name(kind)).append("'");
  };
  if (kinds.empty()) {
    for (int i = 0; i <= static_cast<int>(EventKind::health); ++i) add(static_cast<EventKind>(i));
  }
  for (const EventKind kind : kinds) add(kind);
  return "kind IN (" + list + ")";
}

Result<std::vector<Event>> Store::events(const EventQuery& query) const {
  std::vector<std::string> parts = events_sql(query);
  const bool newest_first = query.limit != 0;
  if (newest_first) std::reverse(parts.begin(), parts.end());
  // An event that is written meanwhile is not to be missed by one part for being in the other.
  const Moment moment(*impl_->connection);
  std::vector<Event> events;
  for (const std::string& part : parts) {
    if (newest_first && events.size() == query.limit) break;
    const int64_t room =
        newest_first ? static_cast<int64_t>(query.limit - events.size()) : int64_t{-1};
    Statement select(*impl_->connection, part);
    select.bind(query.since, query.until, query.service, query.min_confidence, room);
    Status read = read_events(*impl_->connection, select, query.evidence, events);
    if (!read) return read.error();
  }
  if (newest_first) std::reverse(events.begin(), events.end());
  return events;
}

Result<Heads> Store::heads(const EventQuery& query, size_t room) const {
  std::string service;
  if (!query.service.empty()) {
    service = is_glob(query.service) ? " AND service GLOB ?3" : " AND service = ?3";
  }
  const std::string until = known(query.until) ? " AND time < ?2" : "";
  const std::string period = (known(query.since) ? "time >= ?1" : "time IS NOT NULL") + until;
  Heads heads;
  Numbering services(heads.services);
  heads.listed.reserve(kHeadsExpected);
  bool readable = true;
  const Visitor list = [&](Values row) {
    EventHead head;
    head.seq = row.u64();
    head.time = row.time();
    const std::optional<EventKind> kind = kind_from_name(row.text());
    const std::optional<Severity> severity = severity_from_name(row.text());
    if (!kind || !severity) {
      readable = false;
      return;
    }
    head.kind = *kind;
    head.severity = *severity;
    head.service = services.number_of(row.text());
    heads.listed.push_back(head);
  };
  const std::string sure = service + " AND (confidence < ?4) IS NOT TRUE";
  const auto read = [&](const std::string& from) -> Status {
    Statement select(*impl_->connection,
                     "SELECT count(visit_row(?5, seq, time, kind, severity, service))"
                     " FROM events INDEXED BY " +
                         from + sure);
    select.bind(query.since, query.until, query.service, query.min_confidence);
    if (Status done = visit_rows(select, 5, list); !done) return done;
    if (!readable) return impl_->connection->error(SQLITE_CORRUPT);
    return Done{};
  };
  const std::string note = " AND " + std::string(kOfNote);
  std::vector<std::string> parts = {"events_of_note WHERE time IS NULL" + note,
                                    "events_of_note WHERE " + period + note};
  if (known(query.since)) {
    parts.push_back("events_by_end WHERE end >= ?1 AND time < ?1" + until + note);
  }
  for (const std::string& part : parts) {
    if (Status done = read(part); !done) return done.error();
  }
  // What is left: matched lines within the period that are not of note. Matches that are, and were
  // listed, are among those counted here.
  uint64_t of_note = static_cast<uint64_t>(
      std::count_if(heads.listed.begin(), heads.listed.end(), [&query](const EventHead& head) {
        return head.kind == EventKind::match && !(known(head.time) && head.time < query.since);
      }));
  for (const std::string& when : {std::string("time IS NULL"), period}) {
    Statement count(*impl_->connection,
                    "SELECT count(*), ?4 FROM (SELECT 1 FROM events INDEXED BY events_by_time"
                    " WHERE " +
                        when + " AND kind = 'match'" + service + " LIMIT " +
                        std::to_string(Heads::kMostLines + of_note) + ")");
    count.bind(query.since, query.until, query.service, query.min_confidence);
    if (count.next()) heads.lines += Row(count).u64();
    if (Status done = count.status(); !done) return done.error();
  }
  heads.lines = std::min(heads.lines - std::min(heads.lines, of_note), Heads::kMostLines);
  if (heads.lines == 0 || heads.lines + heads.listed.size() > room) return heads;
  heads.lines = 0;
  for (const std::string& when : {std::string("time IS NULL"), period}) {
    const std::string from =
        "events_by_time WHERE " + when + " AND kind = 'match' AND severity = 'info'";
    if (Status done = read(from); !done) return done.error();
  }
  return heads;
}

Result<std::map<std::string, size_t>> Store::weights(const EventQuery& query, size_t most) const {
  std::deque<std::string> names;
  Numbering services(names);
  std::vector<size_t> counts;
  size_t seen = 0;
  const Visitor count = [&](Values row) {
    const uint32_t number = services.number_of(row.text());
    if (number == counts.size()) counts.push_back(0);
    ++counts[number];
    ++seen;
  };
  const std::string until = known(query.until) ? " AND time < ?2" : "";
  std::string worth = " AND " + std::string(kOfNote) +
                      " AND (severity <> 'info' OR kind = 'restart')"
                      " AND (confidence < ?4) IS NOT TRUE";
  if (!query.service.empty()) {
    worth += is_glob(query.service) ? " AND service GLOB ?3" : " AND service = ?3";
  }
  // The parts of heads(), newest first.
  std::vector<std::string> parts = {
      "events_of_note WHERE " +
      std::string(known(query.since) ? "time >= ?1" : "time IS NOT NULL") + until};
  if (known(query.since)) parts.push_back("events_by_end WHERE end >= ?1 AND time < ?1" + until);
  parts.emplace_back("events_of_note WHERE time IS NULL");
  const Moment moment(*impl_->connection);
  for (const std::string& part : parts) {
    Statement select(*impl_->connection,
                     "SELECT count(visit_row(?6, service)) FROM (SELECT service FROM events"
                     " INDEXED BY " +
                         part + worth + " ORDER BY time DESC LIMIT ?5)");
    select.bind(query.since, query.until, query.service, query.min_confidence, most - seen);
    if (Status done = visit_rows(select, 6, count); !done) return done.error();
  }
  std::map<std::string, size_t> weights;
  for (size_t i = 0; i < counts.size(); ++i) weights[names[i]] = counts[i];
  return weights;
}

Result<std::vector<Event>> Store::events_at(const std::vector<uint64_t>& seqs) const {
  Statement select(*impl_->connection, select_events() + "e.seq = ?");
  std::vector<Event> events;
  for (const uint64_t seq : seqs) {
    select.bind(seq);
    while (select.next()) {
      if (!read_event(Row(select), events.emplace_back())) {
        return impl_->connection->error(SQLITE_CORRUPT);
      }
    }
  }
  if (Status done = select.status(); !done) return done.error();
  return events;
}

Result<std::vector<Time>> Store::times(std::string_view service, EventKind kind, Time since,
                                       Time until, double min_confidence) const {
  std::optional<Statement>& select = impl_->times;
  if (!select) {
    select.emplace(*impl_->connection,
                   "SELECT count(visit_row(?6, time)) FROM events INDEXED BY events_of_service"
                   " WHERE service = ?1 AND kind = ?2 AND time >= ?3 AND time < ?4"
                   " AND (confidence < ?5) IS NOT TRUE");
  }
  const int64_t from = known(since) ? to_us(since) : INT64_MIN;
  select->bind(service, kind_name(kind), from, known(until) ? to_us(until) : INT64_MAX,
               min_confidence);
  std::vector<Time> times;
  const Status done = visit_rows(*select, 6, [&times](Values row) { times.push_back(row.time()); });
  if (!done) return done.error();
  return times;
}

Result<size_t> Store::digits_of(uint64_t id, size_t least) const {
  Impl& impl = *impl_;
  if (!impl.ids) impl.ids.emplace(*impl.connection);
  const Result<std::optional<uint64_t>> noted = impl.look_up(impl.ids->noted, id);
  if (!noted) return noted.error();
  const std::array<Statement*, 2> neighbours =
      *noted ? std::array{&impl.ids->noted_below, &impl.ids->noted_above}
             : std::array{&impl.ids->below, &impl.ids->above};
  size_t digits = least;
  for (Statement* neighbour : neighbours) {
    const Result<std::optional<uint64_t>> other = impl.look_up(*neighbour, id);
    if (!other) return other.error();
    if (!*other) continue;
    size_t same = 0;
    while (same < 16 && id >> (60 - 4 * same) == **other >> (60 - 4 * same)) ++same;
    digits = std::max(digits, same + 1);
  }
  return std::min<size_t>(digits, 16);
}

Store::Impl::Ids::Ids(const Connection& connection)
    : noted(connection, "SELECT id FROM events INDEXED BY ids_of_note WHERE id = ? AND " +
                            std::string(kOfNote)),
      noted_below(connection,
                  "SELECT max(id) FROM events INDEXED BY ids_of_note WHERE id < ? AND " +
                      std::string(kOfNote)),
      noted_above(connection,
                  "SELECT min(id) FROM events INDEXED BY ids_of_note WHERE id > ? AND " +
                      std::string(kOfNote)),
      below(connection, "SELECT max(id) FROM events WHERE id < ?"),
      above(connection, "SELECT min(id) FROM events WHERE id > ?") {}

Result<std::optional<uint64_t>> Store::Impl::look_up(Statement& statement, uint64_t id) {
  std::optional<uint64_t> found;
  statement.bind(Key{id});
  if (statement.next()) found = Row(statement).maybe_key();
  if (Status done = statement.status(); !done) return done.error();
  statement.bind(Key{id});  // an open statement would keep its snapshot
  return found;
}

Result<std::vector<Event>> Store::events_by_prefix(std::string_view hex) const {
  const std::optional<uint64_t> first = least_id(hex);
  if (!first) return Error{"not an event id: it has 1 to 16 hex digits"};
  const uint64_t last = *first | ((uint64_t{1} << 4 * (16 - hex.size())) - 1);
  for (const std::string& among :
       {select_events("ids_of_note") + std::string(kOfNote) + " AND ", select_events()}) {
    Statement select(*impl_->connection, among + "e.id BETWEEN ? AND ? ORDER BY e.time, e.id");
    select.bind(Key{*first}, Key{last});
    Result<std::vector<Event>> events = read_events(*impl_->connection, select);
    if (!events || !events->empty()) return events;
  }
  return std::vector<Event>();
}

Result<std::vector<Event>> Store::events_after(uint64_t seq, size_t limit) const {
  Statement select(*impl_->connection, select_events() + "e.seq > ? ORDER BY e.seq LIMIT ?");
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
  Statement select(*impl_->connection,
                   "SELECT id, service, instance, stream, offset, number, begin_from, begin_to,"
                   " end_from, end_to, began_by, ended_by, ending, gauges FROM runs" +
                       std::string(service.empty() ? "" : " WHERE service = ?") +
                       " ORDER BY begin_to, begin_from, stream, offset, id");
  if (!service.empty()) select.bind(service);
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
