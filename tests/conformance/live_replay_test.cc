// Replay equals live: the events of a scan, of an agent that sees the logs grow in random pieces,
// and of one that is killed meanwhile are the same, byte for byte. Over the five stories' hosts,
// and over every run of the corpus where it is there.

#include <algorithm>
#include <queue>
#include <random>

#include "agent/dump.h"
#include "agent/scan.h"
#include "tailer/inputs.h"
#include "tests/conformance/support.h"

namespace blip::conformance {
namespace {

std::string dump(Store& store) {
  std::string text;
  const Status done = write_canonical_dump(store, text);
  EXPECT_TRUE(done) << done.error().text;
  return text;
}

std::string dump_of_scan(const fs::path& folder) {
  Result<Store> store = Store::open("", Access::read_write);
  EXPECT_TRUE(store);
  ScanOptions options;
  options.paths = {folder.string()};
  EXPECT_TRUE(scan(*store, options));
  return dump(*store);
}

std::string dump_of(const std::string& db) {
  Result<Store> store = Store::open(db, Access::read_only);
  EXPECT_TRUE(store) << store.error().text;
  return store ? dump(*store) : "";
}

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// One rotation set of a run, oldest file first, and how much of it is written so far.
struct Log {
  struct File {
    fs::path from, to;
    std::string text;
    bool packed = false;
    fs::file_time_type mtime;
    size_t done = 0;
  };
  std::vector<File> files;
  size_t size = 0, done = 0;
};

std::vector<Log> logs_of(const fs::path& from, const fs::path& to) {
  std::vector<Log> logs;
  for (const Source& source : find_inputs({from.string()}).sources) {
    Log log;
    for (const InputFile& file : source.files) {
      log.files.push_back({file.path, to / fs::relative(file.path, from), contents(file.path),
                           file.path.ends_with(".gz"), fs::last_write_time(file.path), 0});
      log.size += log.files.back().text.size();
      fs::create_directories(log.files.back().to.parent_path());
    }
    logs.push_back(std::move(log));
  }
  return logs;
}

// Writes the set on to `until` of its bytes: file by file, a packed one whole.
void write_to(Log& log, size_t until) {
  size_t begin = 0;
  for (Log::File& file : log.files) {
    const size_t here = until <= begin ? 0 : std::min(until - begin, file.text.size());
    begin += file.text.size();
    if (here <= file.done || (file.packed && here < file.text.size())) continue;
    const fs::path to = file.packed ? file.to.parent_path() / ".packing" : file.to;
    std::ofstream(to, std::ios::binary | std::ios::app)
        << std::string_view(file.text).substr(file.done, here - file.done);
    fs::last_write_time(to, file.mtime);
    if (file.packed) fs::rename(to, file.to);
    file.done = here;
  }
  log.done = std::max(log.done, until);
}

void live(const fs::path& from, int kills, uint32_t seed, const std::string& expected) {
  Site site;
  std::vector<Log> logs = logs_of(from, site.logs());
  std::mt19937 random(seed);
  site.start();
  // In pieces: each set is as far along as the others, by share of its bytes.
  const int pieces = std::max(30, 2 * kills);
  for (int piece = 1; piece <= pieces; ++piece) {
    // The agent must not see a file before its mtime is what the scan will find.
    ::kill(site.agent(), SIGSTOP);
    for (Log& log : logs) {
      size_t until = log.size * static_cast<size_t>(piece) / static_cast<size_t>(pieces);
      if (piece < pieces) until = std::min(log.size, until + random() % 300);
      write_to(log, until);
    }
    ::kill(site.agent(), SIGCONT);
    pause(static_cast<int>(random() % 20));
    if (kills > 0 && piece % std::max(1, pieces / kills) == 0) {
      site.kill();
      site.start();
    }
  }
  site.wait_until_following();
  uint64_t size = 0, packed = 0, read = 0, unpacked = 0;
  for (const Log& log : logs) {
    for (const Log::File& file : log.files)
      (file.packed ? packed : size) += file.packed ? 1 : file.text.size();
  }
  for (int i = 0; i < 3000 && (read < size || unpacked < packed); ++i) {
    site.query(
        "SELECT sum(offset) FILTER (WHERE path NOT LIKE '%.gz'),"
        " count(*) FILTER (WHERE path LIKE '%.gz' AND whole) FROM streams",
        [&](sqlite3_stmt* row) {
          read = static_cast<uint64_t>(sqlite3_column_int64(row, 0));
          unpacked = static_cast<uint64_t>(sqlite3_column_int64(row, 1));
        });
    pause(10);
  }
  site.stop();
  const std::string found = dump_of(site.db());
  if (found == expected) return;
  // The first line that differs says more than two long texts.
  const auto at = std::mismatch(found.begin(), found.end(), expected.begin(), expected.end());
  const size_t where = static_cast<size_t>(at.first - found.begin());
  const size_t from_byte = where < 300 ? 0 : where - 300;
  ADD_FAILURE() << from << ", seed " << seed << ", " << kills << " kills: differs at byte " << where
                << "\n  live: " << found.substr(from_byte, 600)
                << "\n  scan: " << expected.substr(from_byte, 600) << "\n"
                << site.log_text();
}

std::vector<fs::path> corpus() {
  std::vector<fs::path> runs;
  const fs::path dev = fs::path(BLIP_SOURCE_DIR) / ".." / "shared" / "corpus" / "dev";
  if (!fs::exists(dev)) return runs;
  for (const auto& entry : fs::directory_iterator(dev)) {
    if (entry.is_directory()) runs.push_back(entry.path());
  }
  std::sort(runs.begin(), runs.end());
  return runs;
}

// In a folder of the same name as a Site's: names of services come from it where nothing else
// tells.
class TempCopy {
 public:
  explicit TempCopy(const fs::path& from) : path_(folder_.path() / "logs") {
    fs::create_directories(path_);
    for (const auto& entry : fs::recursive_directory_iterator(from)) {
      const fs::path to = path_ / fs::relative(entry.path(), from);
      if (entry.is_directory()) fs::create_directories(to);
      if (!entry.is_regular_file() || entry.path().filename() == "truth.json") continue;
      fs::create_directories(to.parent_path());
      fs::copy_file(entry.path(), to);
      fs::last_write_time(to, fs::last_write_time(entry.path()));
    }
  }
  const fs::path& path() const { return path_; }

 private:
  TempFolder folder_;
  fs::path path_;
};

// Copies lose their mtimes; year-less stamps are read by them. Each file gets the time of its last
// line, or of the run's.
void set_mtimes(const fs::path& folder) {
  Result<Store> store = Store::open("", Access::read_write);
  ScanOptions options;
  options.paths = {folder.string()};
  ASSERT_TRUE(scan(*store, options));
  const Result<std::vector<Checkpoint>> streams = store->checkpoints();
  ASSERT_TRUE(streams);
  Time last = kNoTime;
  for (const Checkpoint& one : *streams) last = std::max(last, one.stream.last);
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    Time own = last;
    for (const Checkpoint& one : *streams) {
      if (one.stream.path == entry.path() && known(one.stream.last)) own = one.stream.last;
    }
    if (!known(own)) continue;
    timespec times[2];
    times[0].tv_sec = times[1].tv_sec = to_us(own) / 1'000'000 + 1;
    times[0].tv_nsec = times[1].tv_nsec = 0;
    ASSERT_EQ(::utimensat(AT_FDCWD, entry.path().c_str(), times, 0), 0);
  }
}

void compare(const std::vector<fs::path>& runs, uint32_t seed) {
  for (const fs::path& run : runs) {
    SCOPED_TRACE(run.filename().string());
    const TempCopy copy(run);
    set_mtimes(copy.path());
    const std::string expected = dump_of_scan(copy.path());
    live(copy.path(), 0, seed, expected);
    live(copy.path(), long_run() ? 20 : 5, seed, expected);
  }
}

TEST(LiveReplay, StoriesGiveTheSameEventsAsAScan) {
  std::vector<fs::path> hosts;
  for (const std::string& host : testing::story_hosts()) hosts.push_back(host);
  if (!long_run()) hosts.resize(1);
  compare(hosts, 1);
}

TEST(LiveReplay, CorpusGivesTheSameEventsAsAScan) {
  std::vector<fs::path> runs = corpus();
  if (runs.empty()) GTEST_SKIP() << "no ../shared/corpus/dev here";
  if (!long_run()) runs.resize(std::min<size_t>(runs.size(), 12));
  compare(runs, 2);
}

}  // namespace
}  // namespace blip::conformance
