// blip scan on real files: what it says of good ones, and of everything that can be wrong with
// inputs, rules and stores.

#include <sqlite3.h>
#include <sys/stat.h>
#include <zlib.h>

#include "tests/cli/support.h"

namespace blip {
namespace {
// A service that serves for two hours, dies of a panic and comes back, twice.
std::string crashing_log() {
  std::string out;
  const auto line = [&out](int minute, const std::string& text) {
    char stamp[40];
    std::snprintf(stamp, sizeof stamp, "2014-06-24 %02d:%02d:00 ", 8 + minute / 60, minute % 60);
    out += stamp + text + "\n";
  };
  for (int life = 0; life < 3; ++life) {
    const int begin = life * 125;
    line(begin, "info: orders 1.4.2 starting, pid " + std::to_string(2000 + life * 31));
    line(begin, "info: listening on 0.0.0.0:8080");
    for (int i = 1; i < 120; ++i) {
      line(begin + i, "info: served " + std::to_string(i * 17 % 97) + " orders in " +
                          std::to_string(3 + i % 5) + " ms");
    }
    if (life == 2) break;
    out +=
        "panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\n"
        "main.(*Router).put(0xc000010000)\n\t/srv/orders/handler.go:88 +0x1d\nexit status 2\n";
  }
  return out;
}

std::string quiet_log() {
  std::string out;
  for (int i = 0; i < 200; ++i) {
    char line[80];
    std::snprintf(line, sizeof line, "2014-06-24 %02d:%02d:00 info: served %d orders\n", 8 + i / 60,
                  i % 60, i * 31 % 97);
    out += line;
  }
  return out;
}

std::string gzipped(const std::string& text) {
  z_stream stream = {};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return "";
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

bool valid_id(std::string_view id) {
  return id.size() >= 6 && id.find_first_not_of("0123456789abcdef") == id.npos;
}

TEST(Scan, TellsOfRestarts) {
  const TempFolder folder;
  const std::string log = folder.write("orders.log", crashing_log());
  const Outcome outcome = run_blip(folder, {"scan", "--utc", log});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_TRUE(has(outcome.out, "orders restarted 2 times in 2 hours")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "assignment to entry in nil map\" at handler.go:88")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "times are UTC, 2014")) << outcome.out;
  EXPECT_FALSE(has(outcome.out, "\x1b"));
  EXPECT_FALSE(std::filesystem::exists(folder / ".local"));  // nothing remains without --keep
}

TEST(Scan, FindsNothingPlainly) {
  const TempFolder folder;
  const Outcome outcome = run_blip(folder, {"scan", folder.write("orders.log", quiet_log())});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out.substr(0, 33), "no restarts, crashes or leaks in ") << outcome.out;
  EXPECT_TRUE(has(outcome.out, "200 lines"));
}

TEST(Scan, KeptFindingsAreThereForLater) {
  const TempFolder folder;
  const std::string log = folder.write("orders.log", crashing_log());
  ASSERT_EQ(run_blip(folder, {"scan", "--keep", log}).code, 0);
  ASSERT_TRUE(std::filesystem::exists(folder / ".local/state/blip/blip.db"));
  const Outcome restarts = run_blip(folder, {"restarts", "-o", "csv", "--utc"});
  EXPECT_EQ(restarts.code, 0) << restarts.err;
  ASSERT_TRUE(has(restarts.out, "TIME,SERVICE,PLANNED,SILENT")) << restarts.out;
  // The 9th cell of the last row but the ones that wide output adds.
  const std::string json = run_blip(folder, {"restarts", "-o", "ndjson", "-n", "1"}).out;
  ASSERT_EQ(json.substr(0, 7), "{\"id\":\"") << json;
  const std::string id = json.substr(7, 16);
  ASSERT_TRUE(valid_id(id)) << id;
  const Outcome why = run_blip(folder, {"why", id.substr(0, 8), "--context", "2", "--utc"});
  EXPECT_EQ(why.code, 0) << why.err;
  EXPECT_TRUE(has(why.out, "restart of orders at 2014-06-24 12:10:00.000")) << why.out;
  EXPECT_TRUE(has(why.out, "prior")) << why.out;
  EXPECT_FALSE(has(why.out, "not accounted for")) << why.out;
  EXPECT_TRUE(has(why.out, "\n> ")) << why.out;
  EXPECT_TRUE(has(run_blip(folder, {"runs", "orders"}).out, "alive"));
  EXPECT_TRUE(has(run_blip(folder, {"crashes"}).out, "handler.go:88"));
  EXPECT_EQ(run_blip(folder, {"restarts", "--fail-on", "restart"}).code, 1);
  EXPECT_EQ(run_blip(folder, {"restarts", "--fail-on", "leak"}).code, 0);
  EXPECT_TRUE(
      has(run_blip(folder, {}).out, "nothing in the last 24 h; the newest event is of 2014"));
  EXPECT_TRUE(has(run_blip(folder, {"--since", "2014-06-24"}).out, "orders"));
  EXPECT_TRUE(has(run_blip(folder, {"restarts", "-s", "nobody"}).out, "no restarts of nobody"));
  // The file is gone: the evidence is not.
  std::filesystem::remove(log);
  const Outcome gone = run_blip(folder, {"why", id.substr(0, 8), "--context", "2"});
  EXPECT_EQ(gone.code, 0) << gone.err;
  EXPECT_TRUE(has(gone.out, "lines around it are not to be had")) << gone.out;
}

TEST(Scan, TheSameBytesTwiceAreTheSameEvents) {
  const TempFolder folder;
  const std::string log = folder.write("orders.log", crashing_log());
  const std::string db = folder / "a.db";
  ASSERT_EQ(run_blip(folder, {"scan", "--db", db, log}).code, 0);
  const std::string once = run_blip(folder, {"events", "--db", db, "-o", "ndjson"}).out;
  ASSERT_EQ(run_blip(folder, {"scan", "--db", db, log}).code, 0);
  EXPECT_EQ(run_blip(folder, {"events", "--db", db, "-o", "ndjson"}).out, once);
  EXPECT_NE(once, "");
}

TEST(Scan, FormatsForPrograms) {
  const TempFolder folder;
  const std::string log = folder.write("orders.log", crashing_log());
  const Outcome json = run_blip(folder, {"scan", "--json", log});
  EXPECT_EQ(json.out.substr(0, 12), "{\"schema\":1,") << json.out;
  EXPECT_TRUE(has(json.out, "\"scan\":{\"files\":1,"));
  const Outcome lines = run_blip(folder, {"scan", "-o", "ndjson", log});
  EXPECT_TRUE(has(lines.out, "\"kind\":\"restart\""));
  EXPECT_EQ(run_blip(folder, {"scan", "-o", "ndjson", log, "--fail-on", "restart"}).code, 1);
  EXPECT_TRUE(has(run_blip(folder, {"scan", "-o", "md", log}).out, "| TIME | KIND |"));
}

struct BadInput {
  std::string_view what;
  std::string path;
  int code = 0;
  std::string_view on_stderr;
};

TEST(Scan, SaysWhichInputCouldNotBeRead) {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "empty");
  std::string truncated = gzipped(crashing_log());
  truncated.resize(truncated.size() / 2);
  std::string program(
      "\x7f"
      "ELF\x02\x01\x01",
      7);
  program.resize(4096, '\0');
  const BadInput cases[] = {
      {"missing", folder / "no.log", 4, "no.log"},
      {"empty folder", folder / "empty", 4, "empty"},
      {"binary", folder.write("tool", program), 4, "tool"},
      {"empty file", folder.write("empty.log", ""), 0, ""},
      {"truncated gzip", folder.write("cut.log.gz", truncated), 4, "cut.log.gz"},
  };
  for (const BadInput& bad : cases) {
    SCOPED_TRACE(bad.what);
    const Outcome outcome = run_blip(folder, {"scan", bad.path});
    EXPECT_EQ(outcome.code, bad.code) << outcome.out << outcome.err;
    EXPECT_TRUE(has(outcome.err, bad.on_stderr)) << outcome.err;
    EXPECT_EQ(outcome.err.empty(), bad.code == 0) << outcome.err;
  }
}

TEST(Scan, GivesWhatItCanBesideBadInput) {
  const TempFolder folder;
  const std::string log = folder.write("orders.log", crashing_log());
  const Outcome outcome = run_blip(folder, {"scan", folder / "no.log", log});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_TRUE(has(outcome.out, "orders restarted 2 times")) << outcome.out;
  EXPECT_TRUE(has(outcome.err, "no.log: ")) << outcome.err;
}

TEST(Scan, OtherPeoplesFilesAreToldNotFeared) {
  if (getuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  const TempFolder folder;
  const std::string log = folder.write("secret.log", quiet_log());
  ASSERT_EQ(chmod(log.c_str(), 0600), 0);
  const Outcome outcome = run_blip(folder, {"scan", log}, kNobody);
  EXPECT_EQ(outcome.code, 4) << outcome.out;
  EXPECT_TRUE(has(outcome.err, "secret.log")) << outcome.err;
  EXPECT_TRUE(has(outcome.err, "Permission denied")) << outcome.err;
}

TEST(Scan, HostileNamesAndLinesAreShownNotObeyed) {
  const TempFolder folder;
  std::string log = crashing_log();
  const size_t at = log.find("assignment");
  log.insert(at, "\x1b]0;pwned\x07 ");
  const Outcome outcome = run_blip(folder, {"scan", folder.write("or\x1b[31mders.log", log)});
  EXPECT_FALSE(has(outcome.out, "\x1b")) << outcome.out;
  const Outcome missing = run_blip(folder, {"scan", folder / "no\x1b[31m.log"});
  EXPECT_EQ(missing.code, 4);
  EXPECT_FALSE(has(missing.err, "\x1b")) << missing.err;
}

TEST(Scan, RuleFilesAreChecked) {
  const TempFolder folder;
  const std::string log = folder.write("orders.log", quiet_log());
  const std::string unknown_key = folder.write("a.yaml", "- id: acme.x\n  regx: 'boom'\n");
  const Outcome outcome = run_blip(folder, {"scan", "--rules", unknown_key, log});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_TRUE(has(outcome.err, "a.yaml:2")) << outcome.err;
  const std::string no_yaml = folder.write("b.yaml", "- id: [unclosed\n");
  EXPECT_EQ(run_blip(folder, {"scan", "--rules", no_yaml, log}).code, 3);
  EXPECT_EQ(run_blip(folder, {"scan", "--rules", folder / "no.yaml", log}).code, 3);
  EXPECT_EQ(run_blip(folder, {"rules", "list", "--rules", no_yaml}).code, 3);
}

TEST(Scan, OwnRulesCount) {
  const TempFolder folder;
  const std::string log = folder.write("orders.log", quiet_log() +
                                                         "2014-06-24 12:00:00 FATAL broker "
                                                         "b1 unreachable for 30s\n");
  const std::string rules = folder.write("rules/acme.yaml", R"(
- id: acme.lost_broker
  title: the broker is gone
  kind: crash
  severity: error
  regex: 'broker (\S+) unreachable for (\d+)s'
  literal: ' unreachable for '
  match: ["FATAL broker b1 unreachable for 30s"]
  no_match: ["INFO broker b1 unreachable, retrying"]
)");
  const Outcome outcome =
      run_blip(folder, {"scan", "--rules", folder / "rules", "-o", "ndjson", log});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(has(outcome.out, "\"kind\":\"crash\"")) << outcome.out << outcome.err;
  EXPECT_EQ(run_blip(folder, {"scan", "-o", "ndjson", log}).out, "");  // nothing without it
  const Outcome listed = run_blip(folder, {"rules", "show", "acme.lost_broker", "--rules", rules});
  EXPECT_TRUE(has(listed.out, "not on      INFO broker")) << listed.out << listed.err;
}

TEST(Scan, StoresThatCannotBeUsed) {
  const TempFolder folder;
  const std::string log = folder.write("orders.log", quiet_log());
  const std::string newer = folder / "newer.db";
  sqlite3* db = nullptr;
  ASSERT_EQ(run_blip(folder, {"scan", "--db", newer, log}).code, 0);
  ASSERT_EQ(sqlite3_open(newer.c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "PRAGMA user_version = 1000", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"scan", "--db", newer, log}, {"restarts", "--db", newer}}) {
    const Outcome outcome = run_blip(folder, words);
    EXPECT_EQ(outcome.code, 5) << outcome.err;
    EXPECT_TRUE(has(outcome.err, "newer blip")) << outcome.err;
  }
  const std::string text = folder.write("text.db", "this is no database, and never was one\n");
  EXPECT_EQ(run_blip(folder, {"restarts", "--db", text}).code, 5);
  EXPECT_EQ(run_blip(folder, {"scan", "--db", folder / "no/such/folder.db", log}).code, 5);
  EXPECT_EQ(run_blip(folder, {"scan", "--db", folder.path(), log}).code, 5);
}

TEST(Scan, AStoreInAReadOnlyPlace) {
  if (getuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  const TempFolder folder;
  const std::string log = folder.write("orders.log", quiet_log());
  const Outcome outcome = run_blip(folder, {"scan", "--db", folder / "new.db", log}, kNobody);
  EXPECT_EQ(outcome.code, 5) << outcome.out;
  EXPECT_TRUE(has(outcome.err, "Permission denied")) << outcome.err;
  const Outcome kept = run_blip(folder, {"scan", "--keep", log}, kNobody);
  EXPECT_EQ(kept.code, 5) << kept.out;
  EXPECT_TRUE(has(kept.err, "--db FILE")) << kept.err;
}
}  // namespace
}  // namespace blip
