// Opening: what is made, what is refused, and whether the error says what to do.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "store/schema.h"
#include "tests/store/support.h"

namespace blip {
namespace {
using testing::Test;

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.insert(entry.path().filename());
  }
  return names;
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What open_error() says to an ordinary user: root may write everywhere.
std::string open_error_as_nobody(const std::string& path, Access access) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    const bool ordinary = getuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0);
    const std::string text = ordinary ? open_error(path, access) : "still root";
    const ssize_t written = write(pipe_ends[1], text.data(), text.size());
    _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  close(pipe_ends[1]);
  char text[1024];
  const ssize_t size = read(pipe_ends[0], text, sizeof text);
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  return {text, static_cast<size_t>(size > 0 ? size : 0)};
}

TEST(Open, MakesAFileThatOthersOfTheGroupMayUse) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  const mode_t before = umask(0007);
  { Store store = must_open(path); }
  umask(before);
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660u);
  EXPECT_EQ(query(path, "PRAGMA application_id"), std::to_string(kApplicationId));
  EXPECT_EQ(query(path, "PRAGMA user_version"), std::to_string(kSchemaVersion));
  EXPECT_EQ(query(path, "PRAGMA journal_mode"), "wal");
}

TEST(Open, KeepsItsLogForReadersAndShort) {
  Scratch scratch;
  {
    Store store = must_open(scratch.file("blip.db"));
    ASSERT_TRUE(store.commit({.states = {{"big", std::string(1 << 20, 'x')}}}));
  }
  EXPECT_EQ(names_in(scratch.path()),
            (std::set<std::string>{"blip.db", "blip.db-shm", "blip.db-wal"}));
  EXPECT_EQ(std::filesystem::file_size(scratch.file("blip.db-wal")), 0u);
  Store reader = must_open(scratch.file("blip.db"), Access::read_only);
  EXPECT_EQ(must(reader.state("big"))->size(), 1u << 20);
}

TEST(Open, ReadersSeeWhatTheWriterCommits) {
  Scratch scratch;
  Store writer = must_open(scratch.file("blip.db"));
  const Store reader = must_open(scratch.file("blip.db"), Access::read_only);
  ASSERT_TRUE(writer.commit({.signals = {sample_signal(1, 1)}}));
  EXPECT_EQ(signals_of(reader, "api").size(), 1u);
  ASSERT_TRUE(writer.settle("api", {full_event(1)}, {}));
  EXPECT_EQ(must(reader.events({})).size(), 1u);
}

TEST(Open, ReadOnlyMakesNothing) {
  Scratch scratch;
  const std::string path = scratch.file("a 100%?#.db");
  EXPECT_NE(open_error(path, Access::read_only).find("No such file"), std::string::npos);
  EXPECT_TRUE(names_in(scratch.path()).empty());
  {
    Store store = must_open(path);
    ASSERT_TRUE(store.commit({.states = {{"owner", "blob"}}}));
  }
  // As if copied without its log.
  std::filesystem::remove(path + "-wal");
  std::filesystem::remove(path + "-shm");
  const std::string before = bytes_of(path);
  {
    Store reader = must_open(path, Access::read_only);
    EXPECT_EQ(must(reader.state("owner")), "blob");
    const std::string refused = error_of(reader.commit({.states = {{"owner", "other"}}}));
    EXPECT_NE(refused.find("read-only"), std::string::npos) << refused;
  }
  EXPECT_EQ(names_in(scratch.path()).size(), 1u);
  EXPECT_EQ(bytes_of(path), before);
}

TEST(Open, APathIsOnlyAPath) {
  Scratch scratch;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(scratch.path());
  for (const char* name : {":memory:", "file:x?mode=memory"}) {
    { Store store = must_open(name); }
    EXPECT_TRUE(std::filesystem::exists(name)) << name;
    EXPECT_EQ(open_error(name, Access::read_only), "");
  }
  std::filesystem::current_path(before);
}

// Takes away what version 4 added.
constexpr const char* kAsVersion3 =
    "DROP TABLE acks; DROP TABLE horizons; DROP INDEX events_of_service; DROP INDEX events_of_note;"
    "DROP INDEX events_by_end; DROP INDEX runs_by_end; DROP INDEX ids_of_note;"
    "DROP INDEX restarts_by_time; DROP INDEX streams_by_source; PRAGMA user_version = 3;";

// Version 2 kept events by id; what it held is there in the same order, with its evidence.
TEST(Open, BringsAnOlderStoreUpToDate) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  std::vector<Event> before;
  {
    Store store = must_open(path);
    const std::vector<Event> events = {full_event(7), full_event(8)};
    ASSERT_TRUE(store.settle(events[0].service, events, {}));
    before = must(store.events({.min_confidence = 0}));
    ASSERT_EQ(before.size(), 2u);
  }
  query(path, kAsVersion3);
  query(path,
        "DROP VIEW v_events; DROP VIEW v_restarts; PRAGMA foreign_keys = OFF;"
        "CREATE TABLE old AS SELECT * FROM events;"
        "CREATE TABLE reasons AS SELECT e.id AS event, v.position, v.signal, v.weight,"
        " v.stream, v.offset, v.number, v.time, v.text"
        " FROM evidence v JOIN events e ON e.seq = v.event;"
        "DROP TABLE evidence; DROP TABLE events; DELETE FROM sqlite_sequence;"
        "ALTER TABLE old RENAME TO events; ALTER TABLE reasons RENAME TO evidence;"
        "PRAGMA user_version = 2");
  EXPECT_EQ(query(path, "SELECT typeof(event) || count(*) FROM evidence"),
            "integer" + std::to_string(2 * before[0].evidence.size()));
  Store store = must_open(path);
  std::vector<Event> after = must(store.events({.min_confidence = 0}));
  ASSERT_EQ(after.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(after[i].id, before[i].id);
    EXPECT_EQ(after[i].revision, before[i].revision);
    EXPECT_EQ(after[i].seq, before[i].seq);
    EXPECT_EQ(after[i].attributes, before[i].attributes);
    ASSERT_EQ(after[i].evidence.size(), before[i].evidence.size());
    EXPECT_EQ(after[i].evidence[0].text, before[i].evidence[0].text);
  }
  // And it goes on: a revised event is the newest.
  after[0].cause = "oom";
  ASSERT_TRUE(store.settle(after[0].service, after, {}));
  EXPECT_EQ(must(store.last_seq()), 3u);
  EXPECT_EQ(query(path, "SELECT count(*) FROM evidence"),
            std::to_string(2 * before[0].evidence.size()));
  EXPECT_EQ(query(path, "PRAGMA foreign_key_check"), "");
}

TEST(Open, RefusesANewerSchema) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  { Store store = must_open(path); }
  const std::string newer = std::to_string(kSchemaVersion + 1);
  query(path, "PRAGMA user_version = " + newer);
  for (const Access access : {Access::read_write, Access::read_only}) {
    EXPECT_EQ(open_error(path, access), path + " was written by a newer blip (schema " + newer +
                                            "; this blip knows " + std::to_string(kSchemaVersion) +
                                            "): upgrade blip, or name another file with " + "--db");
  }
}

TEST(Open, AnOlderStoreIsBroughtUpToDateAndKeepsWhatItHolds) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  {
    Store store = must_open(path);
    EXPECT_EQ(error_of(store.settle("api", {full_event(1)}, {full_run(2)})), "");
  }
  query(path, kAsVersion3);
  EXPECT_EQ(open_error(path, Access::read_only),
            path +
                " was written by an older blip (schema 3): open it once with a command that "
                "writes, `blip scan --keep`");
  const Store store = must_open(path);
  EXPECT_EQ(query(path, "PRAGMA user_version"), std::to_string(kSchemaVersion));
  EXPECT_EQ(must(store.events({})).size(), 1u);
  EXPECT_EQ(must(store.runs("")).size(), 1u);
  EXPECT_EQ(error_of(add_ack(path, {.event = 1, .note = "known", .at = time_from_us(5)})), "");
  const std::vector<Ack> acks = must(store.acks());
  ASSERT_EQ(acks.size(), 1u);
  EXPECT_EQ(acks[0].event, 1u);
  EXPECT_EQ(acks[0].note, "known");
  EXPECT_TRUE(must(remove_ack(path, 1)));
  EXPECT_FALSE(must(remove_ack(path, 1)));
  EXPECT_TRUE(must(store.acks()).empty());
}

TEST(Open, RefusesWhatIsNotOursAndLeavesItAlone) {
  Scratch scratch;
  const std::string text = scratch.file("notes.txt"), tiny = scratch.file("tiny"),
                    other = scratch.file("other.db");
  std::ofstream(text) << std::string(5000, 'n');
  std::ofstream(tiny) << "no";
  query(other, "CREATE TABLE t(x); PRAGMA user_version = 1");
  const std::pair<std::string, std::string> cases[] = {
      {text, "is not a database"},
      {tiny, "is not a database"},
      {other, "is a database of another program"},
      {scratch.path(), "is a folder"},
  };
  for (const auto& [path, why] : cases) {
    for (const Access access : {Access::read_write, Access::read_only}) {
      const std::string before = path == scratch.path() ? "" : bytes_of(path);
      const std::string error = open_error(path, access);
      EXPECT_NE(error.find(path), std::string::npos) << error;
      EXPECT_NE(error.find(why), std::string::npos) << error;
      EXPECT_EQ(path == scratch.path() ? "" : bytes_of(path), before);
    }
  }
  EXPECT_EQ(names_in(scratch.path()).size(), 3u);
}

TEST(Open, AnEmptyFileIsAFreshStoreToWritersOnly) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  std::ofstream(path).close();
  EXPECT_NE(open_error(path, Access::read_only).find("is empty"), std::string::npos);
  EXPECT_EQ(open_error(path), "");
  EXPECT_EQ(open_error(path, Access::read_only), "");
}

TEST(Open, ToldWhereTheFolderIsMissing) {
  Scratch scratch;
  const std::string error = open_error(scratch.file("no/such/blip.db"));
  EXPECT_NE(error.find("mkdir -p " + scratch.file("no/such")), std::string::npos) << error;
  EXPECT_TRUE(names_in(scratch.path()).empty());
  EXPECT_FALSE(open_error(scratch.file("no/blip.db"), Access::read_only).empty());
}

TEST(Open, ToldWhatMayNotBeWritten) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  ASSERT_EQ(chmod(scratch.path().c_str(), 0555), 0);
  const std::string error = open_error_as_nobody(path, Access::read_write);
  EXPECT_NE(error.find("create " + path + ": Permission denied"), std::string::npos) << error;
  ASSERT_EQ(chmod(scratch.path().c_str(), 0755), 0);

  const mode_t before = umask(0022);
  {
    Store store = must_open(path);
    ASSERT_TRUE(store.commit({.states = {{"owner", "blob"}}}));
  }
  umask(before);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    ASSERT_EQ(chmod((path + suffix).c_str(), 0444), 0);
  }
  ASSERT_EQ(chmod(scratch.path().c_str(), 0555), 0);
  const std::string refused = open_error_as_nobody(path, Access::read_write);
  EXPECT_NE(refused.find("write " + path + ": Permission denied"), std::string::npos) << refused;
  EXPECT_EQ(open_error_as_nobody(path, Access::read_only), "");
  ASSERT_EQ(chmod(scratch.path().c_str(), 0755), 0);
}

TEST(Open, ToldThatAnotherProcessWrites) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  Result<Store> store = Store::open(path, Access::read_write, std::chrono::milliseconds(1));
  ASSERT_TRUE(store);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const std::string error = error_of(store->commit({.signals = {sample_signal(1, 1)}}));
  EXPECT_NE(error.find(path + " is held by another process"), std::string::npos) << error;
  EXPECT_TRUE(signals_of(*store, "api").empty());  // reading goes on meanwhile
  sqlite3_close(other);
  EXPECT_EQ(error_of(store->commit({.signals = {sample_signal(1, 1)}})), "");
  EXPECT_EQ(signals_of(*store, "api").size(), 1u);
}

TEST(Open, PrivateStoresAreApartAndLeaveNothing) {
  Store a = must_open(""), b = must_open("");
  ASSERT_TRUE(a.commit({.states = {{"owner", "blob"}}}));
  EXPECT_EQ(must(b.state("owner")), std::nullopt);
  b = std::move(a);
  EXPECT_EQ(must(b.state("owner")), "blob");
}
}  // namespace
}  // namespace blip
