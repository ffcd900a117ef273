// Care of the file: what is told of it, of its damage, and that a copy is of one moment.

#include "store/care.h"

#include <atomic>
#include <fstream>
#include <thread>

#include "store/schema.h"
#include "tests/store/support.h"

namespace blip {
namespace {
TEST(Care, InfoTellsWhatIsInIt) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  Store store = must_open(path);
  EXPECT_EQ(error_of(store.settle("api", {full_event(1), full_event(2)}, {full_run(3)})), "");
  const StoreInfo info = must(store_info(path));
  EXPECT_EQ(info.schema, kSchemaVersion);
  EXPECT_GT(info.bytes + info.log_bytes, 4096u);
  EXPECT_EQ(info.first, full_event(1).time);
  EXPECT_FALSE(known(info.pruned));
  for (const auto& [table, rows] : info.rows) {
    if (table == "events") {
      EXPECT_EQ(rows, 2u);
    }
    if (table == "runs") {
      EXPECT_EQ(rows, 1u);
    }
    if (table == "evidence") {
      EXPECT_EQ(rows, 4u);
    }
  }
}

TEST(Care, CheckFindsNothingInASoundStore) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  Store store = must_open(path);
  EXPECT_EQ(error_of(store.settle("api", {full_event(1)}, {full_run(3)})), "");
  std::string faults;
  for (const StoreFault& fault : must(check_store(path))) faults += fault.what + "; ";
  // full_event() ends after it begins, and its evidence is there.
  EXPECT_EQ(faults, "");
}

TEST(Care, CheckFindsWhatDoesNotFitTogether) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  {
    Store store = must_open(path);
    EXPECT_EQ(error_of(store.settle("api", {full_event(1)}, {})), "");
  }
  query(path, "INSERT INTO evidence VALUES(99, 0, 's', 0, 0, 0, 0, NULL, '')");
  query(path, "UPDATE events SET kind = 'earthquake'");
  const std::vector<StoreFault> faults = must(check_store(path));
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0].what, "evidence of 1 events that are gone");
  EXPECT_EQ(faults[1].what, "1 events of the kind earthquake, unknown to this blip");
  EXPECT_FALSE(faults[0].remedy.empty());
}

TEST(Care, CheckFindsDamage) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  {
    Store store = must_open(path);
    std::vector<Event> events;
    for (uint64_t id = 1; id < 300; ++id) events.push_back(full_event(id));
    EXPECT_EQ(error_of(store.settle("api", events, {})), "");
  }
  query(path, "PRAGMA wal_checkpoint(TRUNCATE)");
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(path));
  for (std::streamoff at = size / 2; at < size / 2 + 12'288; at += 8) {
    file.seekp(at);
    file.write("garbage!", 8);
  }
  file.close();
  const Result<std::vector<StoreFault>> faults = check_store(path);
  ASSERT_TRUE(faults) << faults.error().text;
  ASSERT_FALSE(faults->empty());
  EXPECT_NE(faults->front().remedy.find("backup"), std::string::npos);
}

TEST(Care, ABackupIsOfOneMomentWhileOthersWrite) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db"), copy = scratch.file("copy.db");
  Store store = must_open(path);
  std::atomic<bool> stop = false;
  uint64_t next = 0;
  // Each commit is two signals: a copy with an odd number is of no moment.
  const auto pair = [&] {
    Batch batch;
    for (int i = 0; i < 2; ++i) {
      batch.signals.push_back({.at = {.stream = 1, .offset = next++},
                               .service = "api",
                               .time = time_from_us(static_cast<int64_t>(next)),
                               .text = std::string(400, 'x')});
    }
    return error_of(store.commit(batch));
  };
  for (int i = 0; i < 5'000; ++i) ASSERT_EQ(pair(), "");
  uint64_t pages = 0;
  std::thread writer([&] {
    while (!stop) ASSERT_EQ(pair(), "");
  });
  EXPECT_EQ(error_of(backup_store(path, copy, [&](uint64_t, uint64_t all) { pages = all; })), "");
  stop = true;
  writer.join();
  EXPECT_GT(pages, 100u);
  EXPECT_TRUE(must(check_store(copy)).empty());
  const long rows = std::stol(query(copy, "SELECT count(*) FROM signals"));
  EXPECT_EQ(rows % 2, 0);
  EXPECT_GE(rows, 10'000);
  EXPECT_FALSE(std::filesystem::exists(copy + ".partial"));
  EXPECT_EQ(error_of(backup_store(path, copy)),
            copy + " is there already: name another file, or remove it");
  EXPECT_NE(error_of(backup_store(path, scratch.file("no/such/folder.db"))), "");
  EXPECT_EQ(must(must_open(copy).services()), std::vector<std::string>{"api"});
}
}  // namespace
}  // namespace blip
