// The views are a contract: their columns, times as text and milliseconds, ids as people write
// them.

#include "store/schema.h"
#include "tests/store/support.h"

namespace blip {
namespace {
class Views : public testing::Test {
 protected:
  void SetUp() override {
    Store store = must_open(path_);
    Signal timeless = sample_signal(uint64_t{1} << 63, 0);
    timeless.time = kNoTime;
    ASSERT_TRUE(store.commit({.signals = {sample_signal(7, 2'000), timeless},
                              .checkpoints = {{.stream = {.key = 0xfedcba9876543210,
                                                          .source = "/var/log/api.log",
                                                          .path = "/var/log/api.log.1",
                                                          .format = "go_log",
                                                          .first = time_from_us(1403639453999999),
                                                          .last = time_from_us(1403639454000000)},
                                               .offset = 1 << 20,
                                               .number = 8123,
                                               .whole = true}}}));
    Event restart = full_event(0x00000000ffffffff);
    restart.kind = EventKind::restart;
    restart.planned = std::nullopt;
    Event timeless_event = full_event(0x8000000000000000);
    timeless_event.time = kNoTime;
    ASSERT_TRUE(store.settle("api", {restart, timeless_event}, {full_run(~uint64_t{0})}));
  }
  std::string one(const std::string& sql) { return query(path_, sql); }

  Scratch scratch_;
  const std::string path_ = scratch_.file("blip.db");
};

TEST_F(Views, HaveTheseColumns) {
  const auto columns = [&](const std::string& view) {
    return one("SELECT group_concat(name, ' ') FROM pragma_table_info('" + view + "')");
  };
  const std::string event =
      "id revision kind service host file line offset time time_ms end end_ms quality planned "
      "explicit silent cause score confidence severity title attributes ";
  EXPECT_EQ(columns("v_events"), event + "evidence");
  EXPECT_EQ(columns("v_restarts"), event + "lifetime_s downtime_s certainty");
  EXPECT_EQ(columns("v_runs"),
            "id service instance file line offset begin_from begin_from_ms begin_to begin_to_ms "
            "end_from end_from_ms end_to end_to_ms began_by ended_by ending gauges");
  EXPECT_EQ(columns("v_samples"), "service instance metric time time_ms value file line");
  EXPECT_EQ(columns("v_sources"),
            "stream source file format first first_ms last last_ms bytes lines whole");
}

TEST_F(Views, Events) {
  EXPECT_EQ(one("SELECT group_concat(id, ' ') FROM (SELECT id FROM v_events ORDER BY id)"),
            "00000000ffffffff 8000000000000000");
  const std::string restart = " FROM v_events WHERE id = '00000000ffffffff'";
  EXPECT_EQ(one("SELECT time" + restart), "2014-06-24T19:50:53.123Z");
  EXPECT_EQ(one("SELECT time_ms" + restart), "1403639453123");
  EXPECT_EQ(one("SELECT end" + restart), "2014-06-24T19:50:54.000Z");
  EXPECT_EQ(one("SELECT file || ':' || line" + restart), "/var/log/api.log.1:1203");
  EXPECT_EQ(one("SELECT planned IS NULL AND explicit AND silent" + restart), "1");
  EXPECT_EQ(one("SELECT evidence" + restart), "2");
  EXPECT_EQ(one("SELECT count(*) FROM v_events WHERE time IS NULL AND time_ms IS NULL"), "1");
}

TEST_F(Views, Restarts) {
  EXPECT_EQ(one("SELECT count(*) FROM v_restarts"), "1");
  EXPECT_EQ(one("SELECT lifetime_s FROM v_restarts"), "3.0");
  EXPECT_EQ(one("SELECT downtime_s FROM v_restarts"), "NULL");
}

TEST_F(Views, Runs) {
  EXPECT_EQ(one("SELECT id FROM v_runs"), "ffffffffffffffff");
  EXPECT_EQ(one("SELECT began_by FROM v_runs"), "8000000000000000");
  EXPECT_EQ(one("SELECT ended_by FROM v_runs"), "NULL");
  EXPECT_EQ(one("SELECT begin_from FROM v_runs"), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(one("SELECT end_to FROM v_runs"), "NULL");
  EXPECT_EQ(one("SELECT json_extract(gauges, '$.goroutines.high') FROM v_runs"), "41022.0");
}

TEST_F(Views, Samples) {
  EXPECT_EQ(one("SELECT count(*) FROM v_samples"), "2");
  EXPECT_EQ(one("SELECT service || metric || value FROM v_samples WHERE time IS NOT NULL"),
            "apigoroutines2000.0");
  EXPECT_EQ(one("SELECT time FROM v_samples WHERE value = 2000"), "2014-06-24T19:50:53.002Z");
}

TEST_F(Views, SourcesDoNotRoundUpIntoTheNextSecond) {
  EXPECT_EQ(one("SELECT stream FROM v_sources"), "fedcba9876543210");
  EXPECT_EQ(one("SELECT first FROM v_sources"), "2014-06-24T19:50:53.999Z");
  EXPECT_EQ(one("SELECT bytes || ' ' || lines || ' ' || whole FROM v_sources"), "1048576 8123 1");
}

// Kinds lie in files by number: a new one goes to the end, and none moves.
TEST(Schema, NumbersOfSignalKindsStay) {
  EXPECT_EQ(static_cast<int>(SignalKind::death_note), 0);
  EXPECT_EQ(static_cast<int>(SignalKind::symptom), 9);
  EXPECT_EQ(static_cast<int>(SignalKind::sample), 19);
  EXPECT_EQ(static_cast<int>(SignalKind::progress), 20);
  EXPECT_EQ(static_cast<int>(SignalKind::pause), 21);
  EXPECT_EQ(static_cast<int>(SignalKind::counts), 22);
  EXPECT_EQ(static_cast<int>(SignalKind::rule_line), 23);
  static_assert(kSchemaVersion == 7, "a new kind is a new schema: an older blip must refuse it");
}
}  // namespace
}  // namespace blip
