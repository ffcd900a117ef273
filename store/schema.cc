// The schema, and the steps that bring an older database to it. A step, once released, never
// changes: another table, column or signal kind is another step. Sample rows:
//
//   names     7 | api
//   streams   -3602879701896396800 | /var/log/api.log | /var/log/api.log.1 | go_log | ... | 1048576
//   | ... signals   7 | 1403639453000000 | -3602879701896396800 | 88172 | 19 | goroutines | ... |
//   41022.0 events    5892037 | 1 | restart | api | ... | {"lifetime_s":14520.2} evidence  5892037
//   | 0 | prior | -4.6 ...
//
// The base tables may change from version to version; what people query are the views, whose
// columns are only ever added to. Rows are read and written by signals.cc, events.cc and settle.cc.

#include "store/schema.h"

#include <array>
#include <string>

#include "core/signal.h"
#include "store/connection.h"
#include "store/statement.h"

namespace blip {
namespace {
// Times are microseconds since 1970, NULL when unknown. Keys and ids have their top bit flipped
// (statement.h). Log text is BLOB: it may be no UTF-8.
constexpr const char* kTables = R"(
CREATE TABLE names(
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
);

CREATE TABLE streams(
  key INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  path TEXT NOT NULL,
  format TEXT NOT NULL,
  first INTEGER,
  last INTEGER,
  offset INTEGER NOT NULL,
  number INTEGER NOT NULL,
  marker INTEGER NOT NULL,
  whole INTEGER NOT NULL
);

-- Clustered in the order in which judges fold, so that reading a service is one range scan.
-- `time` is part of that key and hence not NULL: unknown is the least integer, and sorts first.
-- `service` and `instance` are ids of names, unchecked: two look-ups a row were a quarter of the cost.
CREATE TABLE signals(
  service INTEGER NOT NULL,
  time INTEGER NOT NULL,
  stream INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  subject BLOB NOT NULL,
  instance INTEGER NOT NULL,
  number INTEGER NOT NULL,
  since INTEGER,
  quality INTEGER NOT NULL,
  text BLOB NOT NULL,
  detail BLOB NOT NULL,
  frame BLOB NOT NULL,
  fingerprint INTEGER NOT NULL,
  before REAL,
  after REAL,
  count INTEGER NOT NULL,
  PRIMARY KEY(service, time, stream, offset, kind, subject)
) WITHOUT ROWID;
-- What makes a signal one: the same bytes, read again, add nothing.
CREATE UNIQUE INDEX signals_once ON signals(stream, offset, kind, subject);

CREATE TABLE events(
  id INTEGER PRIMARY KEY,
  revision INTEGER NOT NULL,
  digest INTEGER NOT NULL,
  kind TEXT NOT NULL,
  service TEXT NOT NULL,
  host TEXT NOT NULL,
  stream INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  number INTEGER NOT NULL,
  time INTEGER,
  end INTEGER,
  quality INTEGER NOT NULL,
  planned INTEGER,
  explicit INTEGER NOT NULL,
  silent INTEGER NOT NULL,
  cause TEXT NOT NULL,
  score REAL,
  confidence REAL,
  severity TEXT NOT NULL,
  title TEXT NOT NULL,
  attributes TEXT NOT NULL
);
CREATE INDEX events_by_time ON events(time, kind, service);
CREATE INDEX events_by_service ON events(service, id, digest);

CREATE TABLE evidence(
  event INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,
  position INTEGER NOT NULL,
  signal TEXT NOT NULL,
  weight REAL,
  stream INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  number INTEGER NOT NULL,
  time INTEGER,
  text BLOB NOT NULL,
  PRIMARY KEY(event, position)
) WITHOUT ROWID;

CREATE TABLE runs(
  id INTEGER PRIMARY KEY,
  digest INTEGER NOT NULL,
  service TEXT NOT NULL,
  instance TEXT NOT NULL,
  stream INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  number INTEGER NOT NULL,
  begin_from INTEGER,
  begin_to INTEGER,
  end_from INTEGER,
  end_to INTEGER,
  began_by INTEGER NOT NULL,
  ended_by INTEGER NOT NULL,
  ending TEXT NOT NULL,
  gauges TEXT NOT NULL
);
CREATE INDEX runs_by_service ON runs(service, id, digest);

CREATE TABLE states(
  owner TEXT PRIMARY KEY,
  blob BLOB NOT NULL
);
)";

// "e.time AS ..." twice: as text for people, as milliseconds for arithmetic. Whole milliseconds go
// in, so that strftime, which rounds, cannot carry into the next second.
std::string times(const std::string& column, const std::string& name) {
  return "strftime('%Y-%m-%dT%H:%M:%fZ', " + column + " / 1000 / 1000.0, 'unixepoch') AS " + name +
         ", " + column + " / 1000 AS " + name + "_ms";
}

// The 16 hex digits of a key: SQL has no exclusive or, but adding flips the top bit back.
std::string hex(const std::string& column) {
  return "printf('%08x%08x', (" + column + " >> 32) + 2147483648, " + column + " & 4294967295)";
}

// An id of which 0 means none.
std::string hex_or_null(const std::string& column) {
  return "nullif(" + hex(column) + ", '0000000000000000')";
}

std::string views() {
  const std::string event =
      hex("e.id") + " AS id, e.revision, e.kind, e.service, e.host, f.path AS file, " +
      "e.number AS line, e.offset, " + times("e.time", "time") + ", " + times("e.end", "end") +
      ", e.quality, e.planned, e.explicit, e.silent, e.cause, e.score, e.confidence, e.severity, "
      "e.title, e.attributes";
  const std::string sample = std::to_string(static_cast<int>(SignalKind::sample));
  return "CREATE VIEW v_events AS SELECT " + event +
         ", (SELECT count(*) FROM evidence WHERE event = e.seq) AS evidence"
         " FROM events e LEFT JOIN streams f ON f.key = e.stream;\n"

         "CREATE VIEW v_restarts AS SELECT " +
         event +
         ", json_extract(e.attributes, '$.lifetime_s') AS lifetime_s"
         ", json_extract(e.attributes, '$.downtime_s') AS downtime_s"
         ", json_extract(e.attributes, '$.certainty') AS certainty"
         " FROM events e LEFT JOIN streams f ON f.key = e.stream WHERE e.kind = 'restart';\n"

         "CREATE VIEW v_runs AS SELECT " +
         hex("r.id") +
         " AS id, r.service, r.instance, f.path AS file, r.number AS line, r.offset, " +
         times("r.begin_from", "begin_from") + ", " + times("r.begin_to", "begin_to") + ", " +
         times("r.end_from", "end_from") + ", " + times("r.end_to", "end_to") + ", " +
         hex_or_null("r.began_by") + " AS began_by, " + hex_or_null("r.ended_by") +
         " AS ended_by, r.ending, r.gauges"
         " FROM runs r LEFT JOIN streams f ON f.key = r.stream;\n"

         "CREATE VIEW v_samples AS SELECT s.text AS service, i.text AS instance, "
         "CAST(g.subject AS TEXT) AS metric, " +
         times("nullif(g.time, -9223372036854775808)", "time") +
         ", g.after AS value, f.path AS file, g.number AS line"
         " FROM signals g JOIN names s ON s.id = g.service JOIN names i ON i.id = g.instance"
         " LEFT JOIN streams f ON f.key = g.stream WHERE g.kind = " +
         sample +
         ";\n"

         "CREATE VIEW v_sources AS SELECT " +
         hex("key") + " AS stream, source, path AS file, format, " + times("first", "first") +
         ", " + times("last", "last") + ", offset AS bytes, number AS lines, whole FROM streams;\n";
}

Status create(Connection& connection) { return connection.run(kTables); }

// For who follows logs: which file a stream was, what is said only until more comes, the order in
// which events were written, and what people and the agent tell each other.
constexpr const char* kFollowing = R"(
ALTER TABLE streams ADD COLUMN begin INTEGER NOT NULL DEFAULT 0;
ALTER TABLE streams ADD COLUMN marker_size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE streams ADD COLUMN first_line INTEGER NOT NULL DEFAULT 0;
ALTER TABLE streams ADD COLUMN dev INTEGER NOT NULL DEFAULT 0;
ALTER TABLE streams ADD COLUMN ino INTEGER NOT NULL DEFAULT 0;
ALTER TABLE streams ADD COLUMN born INTEGER NOT NULL DEFAULT 0;
ALTER TABLE streams ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;

-- Hash of the source whose next batch takes the signal back; 0: it stands for good.
ALTER TABLE signals ADD COLUMN provisional INTEGER NOT NULL DEFAULT 0;
CREATE INDEX signals_provisional ON signals(provisional) WHERE provisional != 0;

-- Grows with each event written or revised.
ALTER TABLE events ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
CREATE INDEX events_by_seq ON events(seq);
-- Facts (a matched line, a loss) are never settled again, and there may be millions.
DROP INDEX events_by_service;
CREATE INDEX events_judged ON events(service, id, digest)
  WHERE kind NOT IN ('match', 'loss', 'health');

CREATE TABLE marks(
  id INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  until INTEGER NOT NULL
) STRICT;

CREATE TABLE status(
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
)";

Status follow(Connection& connection) { return connection.run(kFollowing); }

// Events lie in the order of writing, and their evidence beside each other: ids are hashes, and a
// tree sorted by them was the slowest part of storing a matched line. (No ON CONFLICT: settle.cc
// gives a revised event its new place.)
constexpr const char* kInOrder = R"(
CREATE TABLE new_events(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id INTEGER NOT NULL UNIQUE,
  revision INTEGER NOT NULL,
  digest INTEGER NOT NULL,
  kind TEXT NOT NULL,
  service TEXT NOT NULL,
  host TEXT NOT NULL,
  stream INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  number INTEGER NOT NULL,
  time INTEGER,
  end INTEGER,
  quality INTEGER NOT NULL,
  planned INTEGER,
  explicit INTEGER NOT NULL,
  silent INTEGER NOT NULL,
  cause TEXT NOT NULL,
  score REAL,
  confidence REAL,
  severity TEXT NOT NULL,
  title TEXT NOT NULL,
  attributes TEXT NOT NULL
);
INSERT INTO new_events SELECT row_number() OVER (ORDER BY seq, id), id, revision, digest, kind,
  service, host, stream, offset, number, time, end, quality, planned, explicit, silent, cause,
  score, confidence, severity, title, attributes FROM events;
CREATE TABLE new_evidence(
  event INTEGER NOT NULL REFERENCES new_events(seq) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  signal TEXT NOT NULL,
  weight REAL,
  stream INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  number INTEGER NOT NULL,
  time INTEGER,
  text BLOB NOT NULL,
  PRIMARY KEY(event, position)
) WITHOUT ROWID;
INSERT INTO new_evidence SELECT n.seq, position, signal, weight, v.stream, v.offset, v.number,
  v.time, v.text FROM evidence v JOIN new_events n ON n.id = v.event;
DROP TABLE evidence;
DROP TABLE events;
ALTER TABLE new_events RENAME TO events;
ALTER TABLE new_evidence RENAME TO evidence;
CREATE INDEX events_by_time ON events(time, kind, service);
CREATE INDEX events_judged ON events(service, id, digest)
  WHERE kind NOT IN ('match', 'loss', 'health');
)";

Status put_in_order(Connection& connection) { return connection.run(kInOrder); }

// For who asks of a long history, and for keeping it from growing for ever.
constexpr const char* kRemembering = R"(
CREATE TABLE acks(
  event INTEGER PRIMARY KEY,
  note TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- What began before `settled` is history: judging leaves it alone (prune.h).
CREATE TABLE horizons(
  service TEXT PRIMARY KEY,
  settled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX events_of_service ON events(service, time);
-- What began before a period and reaches into it: few events have an end.
CREATE INDEX events_by_end ON events(end) WHERE end IS NOT NULL;
-- The last sign of a life: its end, or the last line of one that goes on.
CREATE INDEX runs_by_end ON runs(service, coalesce(end_to, end_from));
)";

Status remember(Connection& connection) { return connection.run(kRemembering); }

// Signals of the kind `counts`: an older blip knows no name for them.
Status count(Connection&) { return Done{}; }

// For questions to ten million events, most of which are matched lines that nobody worries about.
constexpr const char* kAnswering = R"(
-- All but those (kOfNote in impl.h says the same): a day of them is read from the index alone.
CREATE INDEX events_of_note ON events(time, kind, service, severity, confidence)
  WHERE kind <> 'match' OR severity <> 'info';
DROP INDEX events_of_service;
CREATE INDEX events_of_service ON events(service, kind, time, confidence);
CREATE INDEX streams_by_source ON streams(source);
-- What begins and ends elsewhere is told from the index alone.
DROP INDEX events_by_end;
CREATE INDEX events_by_end ON events(end, time, kind, service) WHERE end IS NOT NULL;
-- Their ids: among so few, six digits tell one from the others.
CREATE INDEX ids_of_note ON events(id) WHERE kind <> 'match' OR severity <> 'info';
-- Restarts are asked for most, and lie between fifty others each: all of a row, in order of time.
CREATE INDEX restarts_by_time ON events(time, id, revision, kind, service, host, stream, offset, number,
    end, quality, planned, explicit, silent, cause, score, confidence, severity, title, attributes)
  WHERE kind = 'restart';
)";

Status answer(Connection& connection) { return connection.run(kAnswering); }

// Signals of the kind `rule_line`, and the events that come of them: of kind `match`, but judged.
// What no judge has a say in has no digest.
constexpr const char* kTelling = R"(
DROP INDEX events_judged;
CREATE INDEX events_judged ON events(service, id, digest) WHERE digest <> 0;
)";

Status tell(Connection& connection) { return connection.run(kTelling); }

// The step at [n] makes version n + 1 out of version n.
constexpr std::array<Status (*)(Connection&), kSchemaVersion> kSteps = {
    create, follow, put_in_order, remember, count, answer, tell};

Status drop_views(Connection& connection) {
  return connection.run(
      "DROP VIEW IF EXISTS v_events; DROP VIEW IF EXISTS v_restarts; DROP VIEW IF EXISTS v_runs;"
      "DROP VIEW IF EXISTS v_samples; DROP VIEW IF EXISTS v_sources;");
}

int user_version(const Connection& connection) {
  Statement version(connection, "PRAGMA user_version");
  return version.next() ? static_cast<int>(Row(version).i64()) : 0;
}
}  // namespace

Status migrate(Connection& connection) {
  if (user_version(connection) == kSchemaVersion) return Done{};
  return connection.transaction(Durability::full, [&]() -> Status {
    // Views hold no data: they are made anew, over whatever the tables have become.
    if (Status done = drop_views(connection); !done) return done;
    // Asked again inside: another process may have migrated while this one waited.
    for (int version = user_version(connection); version < kSchemaVersion; ++version) {
      if (Status done = kSteps[static_cast<size_t>(version)](connection); !done) return done;
    }
    if (Status done = connection.run(views().c_str()); !done) return done;
    const std::string marks = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                              "; PRAGMA user_version = " + std::to_string(kSchemaVersion);
    return connection.run(marks.c_str());
  });
}

}  // namespace blip
