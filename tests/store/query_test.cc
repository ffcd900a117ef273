// What SQL from people can and cannot do to a store.

#include "store/query.h"

#include "store/schema.h"
#include "tests/store/support.h"

namespace blip {
namespace {
class QueryTest : public testing::Test {
 protected:
  QueryTest() {
    Store store = must_open(path_);
    EXPECT_EQ(error_of(store.settle("api", {full_event(1), full_event(2)}, {full_run(3)})), "");
  }

  // The first column of all rows, joined; or the error.
  std::string ask(std::string_view sql, QueryLimits limits = {}) {
    const Result<StoreQuery> query = StoreQuery::open(path_);
    if (!query) return "open: " + query.error().text;
    std::string out;
    const Result<QueryEnd> end = query->ask(
        sql, limits, [&](const std::vector<std::string>& names) { columns_ = names; },
        [&](const std::vector<SqlValue>& values) {
          const auto* whole = std::get_if<int64_t>(&values[0]);
          const auto* text = std::get_if<std::string_view>(&values[0]);
          out += whole != nullptr  ? std::to_string(*whole)
                 : text != nullptr ? std::string(*text)
                                   : "?";
          out += ";";
        });
    if (!end) return "error: " + end.error().text;
    return out + (end->cut ? "cut" : "");
  }

  Scratch scratch_;
  const std::string path_ = scratch_.file("blip.db");
  std::vector<std::string> columns_;
};

TEST_F(QueryTest, Reads) {
  EXPECT_EQ(ask("SELECT count(*) AS n, 1 FROM v_events"), "2;");
  EXPECT_EQ(columns_, (std::vector<std::string>{"n", "1"}));
  EXPECT_EQ(ask(" SELECT text FROM evidence WHERE signal = 'death note' LIMIT 1 ; -- end"),
            kHostile + ";");
  EXPECT_EQ(ask("SELECT count(lifetime_s) FROM v_restarts"), "0;");
  EXPECT_EQ(ask("SELECT 1 WHERE 0"), "");
  EXPECT_EQ(ask("PRAGMA user_version"), std::to_string(kSchemaVersion) + ";");
  EXPECT_NE(ask("PRAGMA table_info(v_events)"), "");
  EXPECT_EQ(ask("EXPLAIN QUERY PLAN SELECT * FROM v_events").find("error"), std::string::npos);
  EXPECT_EQ(ask("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3)"
                " SELECT i FROM n"),
            "1;2;3;");
}

TEST_F(QueryTest, RefusesAllThatWritesAndLeavesNoTrace) {
  const std::string before = query(path_, "SELECT count(*) || group_concat(title) FROM events");
  const std::string victim = scratch_.file("victim.db");
  const std::string attempts[] = {
      "INSERT INTO marks(service, text, at, until) VALUES('a', 'b', 1, 2)",
      "INSERT INTO marks SELECT 1, 'a', 'b', 1, 2 RETURNING id",
      "UPDATE events SET title = ''",
      "DELETE FROM events",
      "EXPLAIN DELETE FROM events",
      "WITH x AS (SELECT 1) DELETE FROM events",
      "REPLACE INTO status VALUES('a', 'b')",
      "DROP TABLE events",
      "DROP INDEX events_by_time",
      "CREATE INDEX i ON events(title)",
      "CREATE UNIQUE INDEX IF NOT EXISTS i ON events(title)",
      "ALTER TABLE events ADD COLUMN x",
      "INSERT INTO status VALUES('a', 'b') ON CONFLICT DO UPDATE SET value = 'b'",
      "UPDATE events SET title = '' FROM marks",
      "INSERT INTO sqlite_schema VALUES('table', 'x', 'x', 0, '')",
      "DROP VIEW v_events",
      "ALTER TABLE events RENAME TO e",
      "CREATE TABLE t(x)",
      "CREATE TEMP TABLE t AS SELECT * FROM events",
      "CREATE TEMP VIEW v AS SELECT 1",
      "CREATE TRIGGER t AFTER INSERT ON events BEGIN SELECT 1; END",
      "CREATE VIRTUAL TABLE t USING fts5(x)",
      "ATTACH '" + victim + "' AS v",
      "ATTACH ':memory:' AS v",
      "DETACH main",
      "VACUUM",
      "VACUUM INTO '" + victim + "'",
      "REINDEX",
      "ANALYZE",
      "BEGIN IMMEDIATE",
      "SAVEPOINT a",
      "COMMIT",
      "END",
      "ROLLBACK",
      "RELEASE a",
      "PRAGMA application_id(1)",
      "PRAGMA main.synchronous = OFF",
      "PRAGMA foreign_keys = OFF",
      "PRAGMA trusted_schema = ON",
      "PRAGMA incremental_vacuum",
      "PRAGMA schema_version = 1",
      "SELECT * FROM pragma_journal_mode",
      "PRAGMA user_version = 9",
      "PRAGMA query_only = OFF",
      "PRAGMA writable_schema = ON",
      "PRAGMA journal_mode = DELETE",
      "PRAGMA wal_checkpoint(TRUNCATE)",
      "PRAGMA temp_store_directory = '/tmp'",
      "PRAGMA optimize",
      "PRAGMA integrity_check",
      "SELECT load_extension('" + victim + "')",
      "SELECT writefile('" + victim + "', 'x')",
      "SELECT readfile('/etc/hostname')",
      "SELECT * FROM v_events WHERE load_extension('x') IS NULL",
  };
  for (const std::string& sql : attempts) {
    EXPECT_EQ(ask(sql).substr(0, 6), "error:") << sql;
  }
  EXPECT_EQ(query(path_, "SELECT count(*) || group_concat(title) FROM events"), before);
  EXPECT_EQ(query(path_, "PRAGMA user_version"), std::to_string(kSchemaVersion));
  EXPECT_FALSE(std::filesystem::exists(victim));
  EXPECT_EQ(ask("DELETE FROM events"), "error: refused: DELETE; blip sql only reads");
  EXPECT_EQ(ask("ATTACH 'x' AS v"), "error: refused: ATTACH; blip sql only reads");
  EXPECT_EQ(ask("SELECT load_extension('x')"),
            "error: refused: load_extension; blip sql only reads");
}

TEST_F(QueryTest, OneAtATime) {
  EXPECT_EQ(ask("SELECT 1; SELECT 2"),
            "error: one query at a time: there is more after the first ';'");
  EXPECT_EQ(ask("SELECT 1; DELETE FROM events"),
            "error: one query at a time: there is more after the first ';'");
  EXPECT_EQ(ask(""), "error: there is no query in that");
  EXPECT_EQ(ask("-- only a comment"), "error: there is no query in that");
  EXPECT_EQ(ask("SELEKT 1"), "error: near \"SELEKT\": syntax error");
}

TEST_F(QueryTest, EndsWhatRunsAway) {
  const std::string endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) ";
  QueryLimits limits;
  limits.time = std::chrono::milliseconds(150);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(endless + "SELECT count(*) FROM n", limits),
            "error: the query was ended after 0.15 s; narrow it with WHERE, or give it longer: "
            "--max-time 60s");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  limits = {};
  limits.rows = 3;
  EXPECT_EQ(ask(endless + "SELECT i FROM n", limits), "1;2;3;cut");
  EXPECT_EQ(ask("SELECT count(*) FROM (" + endless + "SELECT i FROM n LIMIT 3)", limits), "3;");
  EXPECT_EQ(ask("SELECT zeroblob(1 << 30)"), "error: string or blob too big");
  // Also what finds no row to count steps by, and what gathers instead of counting.
  limits.time = std::chrono::milliseconds(150);
  for (const char* sql : {"SELECT i FROM n WHERE i < 0", "SELECT i FROM n ORDER BY i DESC",
                          "SELECT count(*) FROM n a JOIN (SELECT 1) b ON a.i = -1"}) {
    EXPECT_TRUE(ask(endless + sql, limits).starts_with("error: ")) << sql;
  }
}
}  // namespace
}  // namespace blip
