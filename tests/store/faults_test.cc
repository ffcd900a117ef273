// Full disks, kills, and damaged files: every batch is whole or absent, and blip says what to do.

#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "tests/store/support.h"

namespace blip {
namespace {
constexpr uint64_t kPerBatch = 40;

// Batch n: its signals, and a checkpoint that says that n + 1 batches are in.
Batch numbered_batch(uint64_t n, size_t padding = 0) {
  Batch batch;
  for (uint64_t i = 0; i < kPerBatch; ++i) {
    batch.signals.push_back(sample_signal(1, n * kPerBatch + i));
    batch.signals.back().text.assign(padding, 'x');
  }
  batch.checkpoints = {{.stream = {.key = 1}, .offset = (n + 1) * kPerBatch, .number = n + 1}};
  batch.states = {{"sense", std::to_string(n + 1)}};
  return batch;
}

// How many batches are in, having seen that nothing of them is missing or doubled, and nothing of
// another one is there.
uint64_t whole_batches(const Store& store) {
  const std::vector<Checkpoint> points = must(store.checkpoints());
  const uint64_t batches = points.empty() ? 0 : points.at(0).number;
  EXPECT_EQ(must(store.state("sense")).value_or("0"), std::to_string(batches));
  uint64_t next = 0;
  for (const Signal& signal : signals_of(store, "api")) EXPECT_EQ(signal.at.offset, next++);
  EXPECT_EQ(next, batches * kPerBatch);
  return batches;
}

// A file system of so many KiB, where one may mount.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& folder, int kib) : folder_(folder) {
    const std::string size = "size=" + std::to_string(kib) + "k";
    mounted_ = mount("tmpfs", folder.c_str(), "tmpfs", 0, size.c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

 private:
  std::string folder_;
  bool mounted_ = false;
};

TEST(Faults, AFullDiskLosesNoEarlierBatch) {
  Scratch scratch;
  const SmallDisk disk(scratch.path(), 256);
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small file system needs root";
  const std::string path = scratch.file("blip.db");
  Store store = must_open(path);
  uint64_t batches = 0;
  std::string error;
  while (error.empty() && batches < 1000) {
    error = error_of(store.commit(numbered_batch(batches, 300)));
    if (error.empty()) ++batches;
  }
  EXPECT_EQ(error, "write " + path +
                       ": the disk is full: free some space, or name another file with --db");
  EXPECT_GT(batches, 0u);
  EXPECT_EQ(whole_batches(store), batches);
  // The names that this batch brings are taken back with it.
  Batch renamed = numbered_batch(batches, 300);
  for (Signal& signal : renamed.signals) signal.instance = std::to_string(signal.at.offset);
  EXPECT_FALSE(store.commit(renamed));
  Event large = full_event(1);
  large.evidence[0].text.assign(1 << 20, 'x');
  EXPECT_FALSE(store.settle("api", {full_event(2), large}, {full_run(1)}));
  EXPECT_TRUE(must(store.events({})).empty());

  ASSERT_EQ(mount("tmpfs", scratch.path().c_str(), "tmpfs", MS_REMOUNT, "size=4m"), 0);
  EXPECT_EQ(error_of(store.commit(renamed)), "");
  EXPECT_EQ(whole_batches(store), batches + 1);
  EXPECT_EQ(query(path, "PRAGMA integrity_check"), "ok");
  EXPECT_EQ(
      query(path, "SELECT count(*) FROM signals WHERE instance NOT IN (SELECT id FROM names)"),
      "0");
}

TEST(Faults, AFullDiskWhenCreating) {
  Scratch scratch;
  const SmallDisk disk(scratch.path(), 16);
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small file system needs root";
  EXPECT_NE(open_error(scratch.file("blip.db")).find("the disk is full"), std::string::npos);
}

// Commits batch after batch, and some of them again, and tells each on `out` once it is in.
[[noreturn]] void commit_until_killed(const std::string& path, int out) {
  Store store = must_open(path);
  const std::vector<Checkpoint> points = must(store.checkpoints());
  for (uint64_t n = points.empty() ? 0 : points[0].number;; ++n) {
    if (n % 7 == 6 && !store.commit({.signals = numbered_batch(n - 1).signals})) _exit(1);
    if (!store.commit(numbered_batch(n))) _exit(1);
    if (n % 5 == 4 && !store.settle("api", {full_event(n), full_event(n + 1)}, {full_run(n)})) {
      _exit(1);
    }
    if (write(out, "+", 1) != 1) _exit(1);
  }
}

TEST(Faults, KillsLeaveWholeBatches) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  { Store store = must_open(path); }
  uint64_t before = 0;
  for (int round = 0; round < 30; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) commit_until_killed(path, ends[1]);
    close(ends[1]);
    // After a few batches, and then anywhere within the next: what is discarded takes up to 1 ms.
    uint64_t told = 0;
    char plus = 0;
    for (const uint64_t batches = random() % 12; told < batches; ++told) {
      ASSERT_EQ(read(ends[0], &plus, 1), 1);
    }
    random.discard(random() % 200'000);
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer failed by itself";
    while (read(ends[0], &plus, 1) == 1) ++told;
    close(ends[0]);

    Store store = must_open(path);
    const uint64_t batches = whole_batches(store);
    EXPECT_GE(batches, before + told);
    EXPECT_LE(batches, before + told + 1);
    before = batches;
    // Two events, one run, each with all that belongs to it; or none yet.
    const std::vector<Event> events = must(store.events({}));
    EXPECT_EQ(events.size(), 2 * must(store.runs("api")).size());
    for (const Event& event : events) EXPECT_EQ(event.evidence.size(), 2u);
  }
  EXPECT_GT(before, 30u);
  EXPECT_EQ(query(path, "PRAGMA integrity_check"), "ok");
}

TEST(Faults, ADamagedFileIsToldAndNeverCrashes) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Scratch scratch;
  const std::string path = scratch.file("blip.db"), damaged = scratch.file("damaged.db");
  {
    Store store = must_open(path);
    for (uint64_t n = 0; n < 20; ++n) ASSERT_TRUE(store.commit(numbered_batch(n, 100)));
    ASSERT_TRUE(store.settle("api", {full_event(1), full_event(2)}, {full_run(1)}));
  }
  size_t told = 0;
  for (int round = 0; round < 60; ++round) {
    std::filesystem::copy_file(path, damaged, std::filesystem::copy_options::overwrite_existing);
    std::fstream file(damaged, std::ios::in | std::ios::out | std::ios::binary);
    const auto size = static_cast<uint32_t>(std::filesystem::file_size(damaged));
    for (int i = 0; i < 200; ++i) {
      file.seekp(100 + static_cast<std::streamoff>(random() % (size - 100)));
      file.put(static_cast<char>(random()));
    }
    file.close();
    const Result<Store> store = Store::open(damaged, Access::read_only);
    if (!store) {
      ++told;
      continue;
    }
    const Status read = store->each_signal("api", [](const Signal& signal) {
      EXPECT_FALSE(signal_name(signal.kind).empty());  // in range
    });
    const auto events = store->events({.min_confidence = 0});
    const auto runs = store->runs("");
    (void)store->events_by_prefix("0");
    (void)store->checkpoints();
    for (const Error* error : {read ? nullptr : &read.error(), events ? nullptr : &events.error(),
                               runs ? nullptr : &runs.error()}) {
      if (error == nullptr) continue;
      ++told;
      EXPECT_NE(error->text.find(damaged), std::string::npos) << error->text;
    }
  }
  EXPECT_GT(told, 0u);
}

TEST(Faults, DamageSaysHowToLook) {
  Scratch scratch;
  const std::string path = scratch.file("blip.db");
  Store store = must_open(path);
  ASSERT_TRUE(store.commit({.signals = {sample_signal(1, 1)}}));
  ASSERT_TRUE(store.settle("api", {full_event(1)}, {}));
  query(path, "UPDATE events SET kind = 'restrat'; UPDATE signals SET kind = 99");
  const std::string advice =
      path + " is damaged: run: sqlite3 " + path + " 'PRAGMA integrity_check'";
  EXPECT_EQ(store.events({}).error().text, advice);
  EXPECT_EQ(error_of(store.each_signal("api", [](const Signal&) {})), advice);
}
}  // namespace
}  // namespace blip
