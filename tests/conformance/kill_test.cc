// The promise at its hardest: four writers at thousands of lines a second, rotation every 300 ms,
// and an agent that is killed by SIGKILL again and again. Every line must be in the store exactly
// once and in order. `./dev test --long` kills 200 times; the everyday run 12 times.

#include <atomic>
#include <random>

#include "tests/conformance/support.h"

namespace blip::conformance {
namespace {

struct Totals {
  uint64_t written = 0, stored = 0, lost = 0, doubled = 0, disordered = 0;
};

// What a writer of so many lines a second has not written yet.
void catch_up(Writer& writer, Clock::time_point began, uint64_t per_second) {
  const std::chrono::duration<double> past = Clock::now() - began;
  const auto due = static_cast<uint64_t>(past.count() * static_cast<double>(per_second));
  if (due > writer.written()) writer.lines(due - writer.written());
}

// One thread a file: lines in bursts, a rotation each 300 ms. All rotations are kept, under the
// second they were made, as dateext does.
class RotatingWriter {
 public:
  RotatingWriter(const Site& site, int index, uint64_t per_second)
      : path_(site.file("app" + std::to_string(index) + ".log")),
        writer_("w" + std::to_string(index), path_),
        per_second_(per_second),
        thread_([this] { run(); }) {}
  ~RotatingWriter() { finish(); }
  void finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  const Writer& writer() const { return writer_; }

 private:
  void run() {
    const auto began = Clock::now();
    auto rotate_at = began + milliseconds(300);
    int number = 0;
    while (!stop_) {
      catch_up(writer_, began, per_second_);
      pause(10);
      if (Clock::now() < rotate_at) continue;
      rotate_at += milliseconds(300);
      char suffix[32];
      snprintf(suffix, sizeof suffix, "-20260102-%06d", ++number);
      fs::rename(path_, path_.string() + suffix);
      writer_.lines(3);  // the old descriptor is written to for a moment
      writer_.reopen();
    }
  }
  fs::path path_;
  Writer writer_;
  uint64_t per_second_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

Totals count_up(const Site& site, const std::vector<const Writer*>& writers) {
  Totals totals;
  const Stored stored = site.stored();
  for (const Writer* writer : writers) {
    totals.written += writer->written();
    const auto found = stored.find(writer->name());
    if (found == stored.end()) {
      totals.lost += writer->written();
      continue;
    }
    std::vector<uint64_t> times(writer->written() + 1);
    uint64_t before = 0;
    for (const uint64_t seq : found->second) {
      ++totals.stored;
      if (seq >= times.size()) continue;
      if (++times[seq] > 1) ++totals.doubled;
      if (seq < before) {
        ++totals.disordered;
        printf("%s: %llu after %llu\n", writer->name().c_str(),
               static_cast<unsigned long long>(seq), static_cast<unsigned long long>(before));
      }
      before = seq;
    }
    for (uint64_t seq = 1; seq < times.size(); ++seq) totals.lost += times[seq] == 0;
  }
  return totals;
}

void kill_again_and_again(bool polling, int kills, uint64_t per_second) {
  Site site(polling);
  std::mt19937 random(std::random_device{}());
  const auto began = Clock::now();
  std::vector<std::unique_ptr<RotatingWriter>> writers;
  for (int i = 0; i < 4; ++i) {
    writers.push_back(std::make_unique<RotatingWriter>(site, i, per_second / 4));
  }
  for (int i = 0; i < kills; ++i) {
    site.start();
    pause(static_cast<int>(random() % 1000) * Site::slow());
    site.kill();
  }
  for (const auto& writer : writers) writer->finish();
  const std::chrono::duration<double> wrote = Clock::now() - began;
  std::vector<const Writer*> all;
  uint64_t sum = 0;
  for (const auto& writer : writers) {
    all.push_back(&writer->writer());
    sum += writer->writer().written();
  }
  site.start();
  site.wait_for(sum, milliseconds(120000));
  site.stop();
  const Totals totals = count_up(site, all);
  printf(
      "%d kills, %s: %llu lines written (%.0f a second), %llu stored, %llu lost, %llu doubled, %llu"
      " out of order\n",
      kills, polling ? "polling" : "inotify", static_cast<unsigned long long>(totals.written),
      static_cast<double>(totals.written) / wrote.count(),
      static_cast<unsigned long long>(totals.stored), static_cast<unsigned long long>(totals.lost),
      static_cast<unsigned long long>(totals.doubled),
      static_cast<unsigned long long>(totals.disordered));
  EXPECT_EQ(totals.lost, 0u) << site.log_text();
  EXPECT_EQ(totals.doubled, 0u);
  EXPECT_EQ(totals.disordered, 0u);
  EXPECT_EQ(totals.stored, totals.written);
}

// As RotatingWriter, but each file is copied and cut: what is written between is lost to everybody,
// and which lines these are is remembered.
class CuttingWriter {
 public:
  struct Gap {
    uint64_t begin = 0;            // of what was copied; numbers of lines, all of them
    uint64_t first = 0, last = 0;  // written after it was copied; less last than first: none
    uint64_t bytes = 0;
  };
  CuttingWriter(const Site& site, int index, uint64_t per_second)
      : path_(site.file("cut" + std::to_string(index) + ".log")),
        writer_("c" + std::to_string(index), path_),
        per_second_(per_second),
        thread_([this] { run(); }) {}
  ~CuttingWriter() { finish(); }
  void finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  const Writer& writer() const { return writer_; }
  const std::vector<Gap>& gaps() const { return gaps_; }

 private:
  void run() {
    const auto began = Clock::now();
    auto cut_at = began + milliseconds(1000);  // it is seen before
    int number = 0;
    while (!stop_) {
      catch_up(writer_, began, per_second_);
      pause(10);
      if (Clock::now() < cut_at) continue;
      cut_at += milliseconds(300);
      char suffix[32];
      snprintf(suffix, sizeof suffix, "-20260102-%06d", ++number);
      fs::copy_file(path_, path_.string() + suffix);
      Gap gap{.begin = gaps_.empty() ? 1 : gaps_.back().last + 1,
              .first = writer_.written() + 1,
              .last = 0,
              .bytes = 0};
      const auto before = fs::file_size(path_);
      writer_.lines(static_cast<uint64_t>(number % 4));
      gap.last = writer_.written();
      gap.bytes = fs::file_size(path_) - before;
      ASSERT_EQ(::truncate(path_.c_str(), 0), 0);
      gaps_.push_back(gap);
    }
  }
  fs::path path_;
  Writer writer_;
  uint64_t per_second_;
  std::vector<Gap> gaps_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

// A `loss` event as the store has it: somewhere after this line its file was cut.
struct Loss {
  uint64_t after = 0;  // number of the line before it, by its time
  uint64_t at_least = 0;
  std::optional<uint64_t> at_most;
};

std::map<std::string, std::vector<Loss>> losses_of(const Site& site) {
  std::map<std::string, std::vector<Loss>> all;
  site.query(
      "SELECT service, time, json_extract(attributes, '$.at_least'),"
      " json_extract(attributes, '$.at_most') FROM events WHERE kind = 'loss' ORDER BY seq",
      [&all](sqlite3_stmt* row) {
        Loss loss;
        loss.after = static_cast<uint64_t>(sqlite3_column_int64(row, 1) / 1000 - 1767323045000);
        loss.at_least = static_cast<uint64_t>(sqlite3_column_int64(row, 2));
        if (sqlite3_column_type(row, 3) != SQLITE_NULL) {
          loss.at_most = static_cast<uint64_t>(sqlite3_column_int64(row, 3));
        }
        all[reinterpret_cast<const char*>(sqlite3_column_text(row, 0))].push_back(loss);
      });
  return all;
}

// Which lines came not once: "lines 40 to 90 came 0 times; "
std::string runs_of(const std::vector<uint64_t>& times) {
  std::string text;
  for (uint64_t seq = 1, from = 1; seq < times.size(); ++seq) {
    if (seq + 1 < times.size() && times[seq + 1] == times[from]) continue;
    if (times[from] != 1) {
      text += "lines " + std::to_string(from) + " to " + std::to_string(seq) + " came " +
              std::to_string(times[from]) + " times; ";
    }
    from = seq + 1;
  }
  return text;
}

std::string cuts_of(const std::vector<CuttingWriter::Gap>& gaps) {
  std::string text = "cut after";
  for (const auto& gap : gaps) text += " " + std::to_string(gap.last);
  return text;
}

TEST(Kill, WhatCopytruncateLosesIsToldWhereItIsLost) {
  const int kills = long_run() ? 200 : 12;
  const uint64_t per_second = 22'000 / static_cast<uint64_t>(Site::slow());
  Site site;
  std::mt19937 random(std::random_device{}());
  std::vector<std::unique_ptr<CuttingWriter>> writers;
  // What was cut before it was ever seen, nobody can know.
  site.start();
  site.wait_until_following();
  for (int i = 0; i < 4; ++i) {
    writers.push_back(std::make_unique<CuttingWriter>(site, i, per_second / 4));
  }
  while (site.stored().size() < writers.size()) pause(10);
  for (int i = 0; i < kills; ++i) {
    if (i > 0) site.start();
    pause(static_cast<int>(random() % 1000) * Site::slow());
    site.kill();
  }
  uint64_t written = 0, missing = 0, told = 0, untold = 0, unexpected = 0, doubled = 0;
  uint64_t at_most = 0;
  for (const auto& writer : writers) {
    writer->finish();
    written += writer->writer().written();
    at_most += writer->writer().written();
    for (const auto& gap : writer->gaps()) at_most -= gap.last + 1 - gap.first;
  }
  site.start();
  site.wait_for(at_most, milliseconds(60000));
  site.stop();
  const Stored stored = site.stored();
  const auto losses = losses_of(site);
  for (size_t i = 0; i < writers.size(); ++i) {
    const CuttingWriter& writer = *writers[i];
    std::vector<uint64_t> times(writer.writer().written() + 1);
    const auto found = stored.find(writer.writer().name());
    ASSERT_NE(found, stored.end());
    for (const uint64_t seq : found->second) doubled += ++times.at(seq) > 1;
    const auto own = losses.find("cut" + std::to_string(i));
    for (const auto& gap : writer.gaps()) {
      uint64_t gone = 0;
      for (uint64_t seq = gap.first; seq <= gap.last; ++seq) {
        gone += times[seq] == 0;
        times[seq] = 1;
      }
      missing += gone;
      if (gone == 0) continue;
      bool covered = false;
      for (size_t k = 0; own != losses.end() && k < own->second.size(); ++k) {
        const Loss& loss = own->second[k];
        const bool here = loss.after >= gap.begin && loss.after <= gap.last;
        const uint64_t line = gap.bytes / (gap.last + 1 - gap.first);
        covered |= here && (!loss.at_most || *loss.at_most >= line * gone);
      }
      told += covered;
      untold += !covered;
    }
    for (uint64_t seq = 1; seq < times.size(); ++seq) unexpected += times[seq] == 0;
    const std::string odd = runs_of(times);
    if (odd.empty()) continue;
    ADD_FAILURE() << writer.writer().name() << ": " << odd << cuts_of(writer.gaps());
    site.query("SELECT path, begin, offset, whole, ino FROM streams WHERE source LIKE '%cut" +
                   std::to_string(i) + ".log' ORDER BY path",
               [](sqlite3_stmt* row) {
                 printf("%s begin %lld offset %lld whole %lld ino %lld\n",
                        sqlite3_column_text(row, 0), sqlite3_column_int64(row, 1),
                        sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3),
                        sqlite3_column_int64(row, 4));
               });
  }
  printf(
      "%d kills, copytruncate: %llu lines written, %llu gone between copy and cut in %llu places"
      " told and %llu untold, %llu others lost, %llu doubled\n",
      kills, static_cast<unsigned long long>(written), static_cast<unsigned long long>(missing),
      static_cast<unsigned long long>(told), static_cast<unsigned long long>(untold),
      static_cast<unsigned long long>(unexpected), static_cast<unsigned long long>(doubled));
  EXPECT_EQ(untold, 0u);
  EXPECT_EQ(unexpected, 0u);
  EXPECT_EQ(doubled, 0u);
}

// Case 26: the agent dies as it enters its nth call of a kind, for every n that it comes to.
TEST(Kill, Case26AtEverySystemCallThatWrites) {
  if (std::system("strace -f -o /dev/null true 2>/dev/null") != 0) {
    GTEST_SKIP() << "strace can't trace here";
  }
  int deaths = 0;
  for (const char* call : {"pwrite64", "fdatasync", "openat", "ftruncate", "unlink", "write"}) {
    for (int nth = 1, died = 1; died; nth += long_run() ? 1 : 1 + nth) {
      Site site;
      Writer writer("a", site.file("app.log"));
      writer.lines(50);
      site.start_by(
          {"strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + std::string(call), "-e",
           std::string("inject=") + call + ":signal=SIGKILL:when=" + std::to_string(nth)});
      site.start();
      for (int i = 0; i < 5; ++i) {
        writer.lines(20);
        pause(20);
        if (i == 2) rotate(writer.path(), 3), writer.reopen();
      }
      died = site.died_within(milliseconds(nth == 1 ? 2000 : 300));
      deaths += died;
      if (!died) site.kill();
      site.start_by({});
      site.start();
      site.expect_all({&writer});
      if (HasFatalFailure()) FAIL() << call << " number " << nth;
    }
  }
  printf("died at %d calls\n", deaths);
  EXPECT_GE(deaths,
            6);  // else nothing was tested; how many more is a matter of the machine's speed
}

// What strace saw written to each file and not yet synced when the traced process died.
std::map<std::string, std::vector<std::pair<uint64_t, uint64_t>>> unsynced(const fs::path& trace) {
  std::map<std::string, std::vector<std::pair<uint64_t, uint64_t>>> ranges;
  std::ifstream in(trace);
  for (std::string line; std::getline(in, line);) {
    const size_t open = line.find('<'), close = line.find('>');
    if (open == line.npos || close == line.npos) continue;
    const std::string path = line.substr(open + 1, close - open - 1);
    const bool done = line.find(") = ") != line.npos;
    if (line.find("fdatasync(") != line.npos || line.find("fsync(") != line.npos) {
      if (done) ranges.erase(path);
    } else if (const size_t comma = line.rfind(", "); comma != line.npos) {
      // pwrite64(6</x/blip.db-wal>, ""..., 4096, 32) = 4096
      const size_t size = line.rfind(", ", comma - 1);
      ranges[path].emplace_back(std::strtoull(line.c_str() + comma + 2, nullptr, 10),
                                std::strtoull(line.c_str() + size + 2, nullptr, 10));
    }
  }
  return ranges;
}

// Case 28: the power goes just before the nth sync: of what was written since the last one, any
// part may be on the disk, or something else in its place.
TEST(Kill, Case28PowerLossLeavesWhatWasSynced) {
  if (std::system("strace -f -o /dev/null true 2>/dev/null") != 0) {
    GTEST_SKIP() << "strace can't trace here";
  }
  std::mt19937 random(28);
  int losses = 0, torn = 0;
  for (int nth = 1, died = 1; died; nth += long_run() ? 1 : 1 + nth / 2) {
    Site site;
    const fs::path trace = site.folder() / "trace";
    Writer writer("a", site.file("app.log"));
    writer.lines(200);
    site.start_by({"strace", "-D", "-f", "-qq", "-y", "-s", "0", "-o", trace.string(), "-e",
                   "trace=pwrite64,fdatasync,fsync", "-e",
                   "inject=fdatasync:signal=SIGKILL:when=" + std::to_string(nth)});
    site.start();
    for (int i = 0; i < 25; ++i) {
      writer.lines(60);
      pause(15);
    }
    died = site.died_within(milliseconds(nth == 1 ? 2000 : 400));
    losses += died;
    if (!died) site.kill();
    if (died) pause(20);  // strace writes its last line
    for (const auto& [path, ranges] : unsynced(trace)) {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      for (const auto& [offset, size] : ranges) {
        if (!died || !file || random() % 2 == 0) continue;
        std::string other(size, '\0');
        if (random() % 2 == 0) {
          for (char& byte : other) byte = static_cast<char>(random());
        }
        file.seekp(static_cast<std::streamoff>(offset));
        file.write(other.data(), static_cast<std::streamsize>(size));
        ++torn;
      }
    }
    site.start_by({});
    site.start();
    site.expect_all({&writer});
    std::string sound;
    site.query("PRAGMA integrity_check", [&sound](sqlite3_stmt* row) {
      sound += reinterpret_cast<const char*>(sqlite3_column_text(row, 0));
    });
    EXPECT_EQ(sound, "ok");
    if (HasFatalFailure()) FAIL() << "sync number " << nth;
  }
  printf("the power went %d times, %d writes were lost\n", losses, torn);
  EXPECT_GT(losses, 1);
  EXPECT_GT(torn, 0);
}

TEST(Kill, EveryLineOnceAndInOrder) {
  kill_again_and_again(false, long_run() ? 200 : 12, 22'000 / static_cast<uint64_t>(Site::slow()));
}
TEST(Kill, EveryLineOnceAndInOrderByPolling) {
  kill_again_and_again(true, long_run() ? 50 : 4, 22'000 / static_cast<uint64_t>(Site::slow()));
}

}  // namespace
}  // namespace blip::conformance
