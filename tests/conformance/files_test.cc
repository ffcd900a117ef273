// What files do under a reader, case by case; the numbers are those of docs/conformance.md. Each
// case runs with inotify and with polling, and again with the agent killed at the points marked
// kill().

#include <sys/mount.h>
#include <zlib.h>

#include <random>

#include "tests/conformance/support.h"

namespace blip::conformance {
namespace {

struct Way {
  bool polling, killed;
};

class Files : public ::testing::TestWithParam<Way> {
 protected:
  Files() : site(GetParam().polling) {}
  // A point at which the agent may be killed and started again.
  void kill() {
    if (!GetParam().killed) return;
    site.kill();
    site.start();
  }
  // The agent is down while `what` happens, in the killed way; else it watches.
  template <class What>
  void maybe_down(What&& what) {
    if (GetParam().killed) site.kill();
    what();
    if (GetParam().killed) site.start();
  }
  uint64_t losses() const { return site.count("kind = 'loss'"); }
  Site site;
};

void gzip(const fs::path& from, const fs::path& to) {
  std::ifstream in(from, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  gzFile out = gzopen(to.c_str(), "wb");
  gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  gzclose(out);
  fs::remove(from);
}

void copytruncate(const fs::path& path, const std::function<void()>& between = {}) {
  fs::copy_file(path, path.string() + ".1", fs::copy_options::overwrite_existing);
  if (between) between();
  ASSERT_EQ(::truncate(path.c_str(), 0), 0);
}

TEST_P(Files, Case01RandomPieces) {
  Writer writer("a", site.file("app.log"));
  site.start();
  std::mt19937 random(1);
  std::string text;
  const int lines = long_run() ? 100'000 : 10'000;
  for (int i = 0; i < lines; ++i) text += writer.next_line();
  int piece = 0;
  for (size_t at = 0; at < text.size(); ++piece) {
    const size_t size = 1 + random() % (random() % 4 == 0 ? 65536 : 2000);
    writer.raw(std::string_view(text).substr(at, size));
    at += size;
    if (piece % 50 == 7) kill();
  }
  site.expect_all({&writer});
}

TEST_P(Files, Case02RenameAndTheWriterKeepsTheOldOne) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(500);
  kill();
  fs::rename(site.file("app.log"), site.file("app.log.1"));
  std::ofstream(site.file("app.log"));
  writer.lines(1000);
  kill();
  writer.reopen();
  writer.lines(500);
  site.expect_all({&writer});
}

TEST_P(Files, Case03TenRenamesAtOnce) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(10);
  site.wait_for(10);
  maybe_down([&] {
    for (int i = 0; i < 10; ++i) {
      rotate(writer.path(), 12);
      writer.reopen();
      writer.lines(20);
    }
  });
  site.expect_all({&writer});
}

TEST_P(Files, Case04RenamedOutOfTheFolder) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(100);
  site.wait_for(100);
  fs::create_directories(site.logs().parent_path() / "elsewhere");
  fs::rename(site.file("app.log"), site.logs().parent_path() / "elsewhere" / "app.log");
  writer.lines(50);  // through the descriptor that both hold
  site.wait_for(150);
  writer.reopen();
  writer.lines(50);
  site.expect_all({&writer});
}

TEST_P(Files, Case05RotatedPackedAndGoneWhileBehind) {
  Writer writer("a", site.file("app.log"));
  writer.lines(20'000);
  site.start();
  site.wait_for(1);
  rotate(writer.path(), 3);
  writer.reopen();
  writer.lines(10);
  gzip(site.file("app.log.1"), site.file("app.log.1.gz"));
  kill();
  site.expect_all({&writer});
}

TEST_P(Files, Case06TwoRotationsWithDelaycompressWhileDown) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(300);
  site.wait_for(300);
  site.kill();
  writer.lines(200);
  rotate(writer.path(), 5);
  writer.reopen();
  writer.lines(200);
  rotate(writer.path(), 5);
  gzip(site.file("app.log.2"), site.file("app.log.2.gz"));
  writer.reopen();
  writer.lines(100);
  site.start();
  kill();
  site.expect_all({&writer});
}

TEST_P(Files, Case07DatedNamesAndAFileThatIsAway) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(300);
  maybe_down([&] {
    fs::rename(writer.path(), site.file("app.log-20260101"));
    pause(300);
    writer.reopen();
    writer.lines(200);
    fs::rename(writer.path(), site.file("app.log-20260102"));
    gzip(site.file("app.log-20260101"), site.file("app.log-20260101.gz"));
    writer.reopen();
    writer.lines(100);
  });
  site.expect_all({&writer});
}

TEST_P(Files, Case08CopytruncateAtRest) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(300);
  site.wait_for(300);
  maybe_down([&] { copytruncate(writer.path()); });
  pause(300);
  writer.lines(200);
  site.expect_all({&writer});
}

TEST_P(Files, Case09CopytruncateWithWritesBetween) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(300);
  site.wait_for(300);
  site.kill();  // so that the lines between are seen by nobody
  writer.lines(100);
  copytruncate(writer.path(), [&] { writer.lines(7); });
  site.start();
  writer.lines(50);
  site.wait_for(450);
  const std::vector<uint64_t> seen = site.stored()["a"];
  EXPECT_EQ(seen.size(), 450u) << Site::gaps(seen) << site.log_text();
  EXPECT_EQ(losses(), 1u) << "seven lines are gone and no loss covers them";
}

TEST_P(Files, Case10CopytruncateRegrownPastTheOffset) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(300);
  site.wait_for(300);
  site.kill();
  copytruncate(writer.path());
  writer.lines(900);
  site.start();
  kill();
  site.expect_all({&writer});
}

TEST_P(Files, Case11TheSameBannerAgain) {
  Writer writer("a", site.file("app.log"));
  const std::string banner(1500, '=');
  writer.raw("2026-01-02T03:04:05.000Z " + banner + "\n");
  writer.lines(300);
  site.start();
  site.wait_for(300);
  site.kill();
  copytruncate(writer.path());
  writer.raw("2026-01-02T03:04:05.000Z " + banner + "\n");
  writer.lines(900);
  site.start();
  kill();
  site.expect_all({&writer});
}

TEST_P(Files, Case12AHoleOfNuls) {
  Writer writer("a", site.file("app.log"), 0);  // does not append
  site.start();
  writer.lines(300);
  site.wait_for(300);
  ASSERT_EQ(::truncate(writer.path().c_str(), 0), 0);
  writer.lines(200);
  kill();
  writer.lines(100);
  site.expect_all({&writer});
}

TEST_P(Files, Case13TruncatedAndQuiet) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(300);
  site.wait_for(300);
  ASSERT_EQ(::truncate(writer.path().c_str(), 0), 0);
  pause(300);
  kill();
  pause(300);
  site.expect_all({&writer});
  EXPECT_EQ(site.count("kind = 'restart'"), 0u);
}

TEST_P(Files, Case14CutToHalf) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(1000);
  site.wait_for(1000);
  const auto half = fs::file_size(writer.path()) / 2;
  std::ifstream in(writer.path(), std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const size_t cut = text.find('\n', half) + 1;
  ASSERT_EQ(::truncate(writer.path().c_str(), static_cast<off_t>(cut)), 0);
  pause(400);
  kill();
  writer.lines(100);
  site.expect_all({&writer});
  EXPECT_EQ(losses(), 1u);
}

TEST_P(Files, Case15UnlinkedAndMadeAnew) {
  for (const int lines : {50, 300, 900}) {
    Site fresh(GetParam().polling);
    Writer writer("a", fresh.file("app.log"));
    fresh.start();
    writer.lines(300);
    fresh.wait_for(300);
    if (GetParam().killed) fresh.kill();  // case 16
    fs::remove(writer.path());
    writer.reopen();
    writer.lines(static_cast<uint64_t>(lines));
    if (GetParam().killed) fresh.start();
    fresh.expect_all({&writer});
  }
}

TEST_P(Files, Case17ReplacedByItsOwnContentAndMore) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(300);
  site.wait_for(300);
  maybe_down([&] {
    fs::copy_file(writer.path(), site.logs().parent_path() / "new");
    fs::rename(site.logs().parent_path() / "new", writer.path());
    writer.reopen();
    writer.lines(1);
  });
  site.expect_all({&writer});
}

TEST_P(Files, Case18TwinsWithOneHead) {
  Writer a("a", site.file("syslog")), b("b", site.file("messages"));
  const std::string banner = "2026-01-02T03:04:05.000Z " + std::string(5000, '=') + "\n";
  a.raw(banner);
  b.raw(banner);
  site.start();
  a.lines(100);
  b.lines(200);
  kill();
  a.lines(100);
  site.expect_all({&a, &b});
}

TEST_P(Files, Case19LinksAreReadOnce) {
  Writer writer("a", site.file("app.log"));
  writer.lines(100);
  fs::create_hard_link(site.file("app.log"), site.file("other.log"));
  fs::create_symlink(site.file("app.log"), site.file("current.log"));
  fs::create_symlink(site.file("nowhere"), site.file("dangling.log"));
  fs::create_symlink(site.file("loop.log"), site.file("loop.log"));
  site.start();
  kill();
  writer.lines(50);
  site.expect_all({&writer});
}

TEST_P(Files, Case20And22ALineInPieces) {
  Writer writer("a", site.file("app.log"));
  site.start();
  pause(200);
  const std::string line = writer.next_line();
  writer.raw(line.substr(0, 1));
  pause(1300);
  EXPECT_EQ(site.matches(), 0u);
  kill();
  writer.raw(line.substr(1, 40));
  pause(300);
  EXPECT_EQ(site.matches(), 0u);
  writer.raw(line.substr(41));
  site.expect_all({&writer});
}

TEST_P(Files, Case21AnUnterminatedLineAtARotation) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(10);
  std::string line = writer.next_line();
  line.pop_back();
  writer.raw(line);
  rotate(writer.path(), 3);
  writer.reopen();
  writer.lines(10);
  kill();
  site.expect_all({&writer});
}

TEST_P(Files, Case23LongLines) {
  Writer writer("a", site.file("app.log"));
  site.start();
  for (const size_t size : {size_t{33} << 10, (size_t{1} << 20) + 1, size_t{40} << 20}) {
    writer.lines(10);
    std::string line = writer.next_line();
    line.pop_back();
    const std::string part(1 << 20, 'x');
    writer.raw(line);
    for (size_t done = 0; done < size; done += part.size()) {
      writer.raw(std::string_view(part).substr(0, std::min(part.size(), size - done)));
    }
    writer.raw("\n");
    kill();
  }
  writer.lines(10);
  site.expect_all({&writer});
}

TEST_P(Files, Case25AnyBytes) {
  Writer writer("a", site.file("app.log"));
  site.start();
  const std::string odd[] = {std::string("\0\0\0", 3),
                             "\xff\xfe\xfd",
                             "\xc3",
                             "\xe2\x80\xa8",
                             "\xc0\xaf",
                             "\x1b[31m",
                             "\xf0\x9f\x98"};
  for (const std::string& bytes : odd) {
    writer.raw("2026-01-02T03:04:05.000Z " + bytes + " is odd\n");
    writer.lines(5);
    kill();
  }
  site.expect_all({&writer});
}

TEST_P(Files, Case31NoRightsForAWhile) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  Writer writer("a", site.file("app.log"));
  writer.lines(10);
  fs::permissions(writer.path(), fs::perms::none);
  site.start();
  pause(500);
  fs::permissions(writer.path(), fs::perms::owner_all);
  site.expect_all({&writer});
}

TEST_P(Files, Case33TheStoreIsLockedForAWhile) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(10);
  site.wait_for(10);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(site.db().c_str(), &other), SQLITE_OK);
  sqlite3_busy_timeout(other, 2000);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  for (int i = 0; i < 5; ++i) {
    writer.lines(100);
    rotate(writer.path(), 9);
    writer.reopen();
    pause(300);
  }
  ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  site.expect_all({&writer});
  EXPECT_EQ(site.count("kind = 'health' AND cause = 'store'"), 1u) << site.log_text();
}

TEST_P(Files, Case34ManyFilesAndNewFolders) {
  const int count = long_run() ? 20'000 : 2'000;
  for (int i = 0; i < count; ++i) {
    std::ofstream(site.file("f" + std::to_string(i) + ".log")) << "2026-01-02T03:04:05.000Z idle\n";
  }
  Writer old("old", site.file("f7.log"));
  site.start();
  old.lines(10);
  site.wait_for(10, milliseconds(30000));
  fs::create_directories(site.logs() / "new" / "deep");
  Writer fresh("fresh", site.logs() / "new" / "deep" / "late.log");
  fresh.lines(10);
  const auto began = Clock::now();
  site.expect_all({&old, &fresh});
  EXPECT_LT(Clock::now() - began, milliseconds(4000 * Site::slow()));
  size_t descriptors = 0;
  for (const auto& each : fs::directory_iterator("/proc/" + std::to_string(site.agent()) + "/fd")) {
    descriptors += each.exists() ? 1 : 1;
  }
  EXPECT_LT(descriptors, 1200u);
}

TEST_P(Files, Case35DeletedWithBytesUnread) {
  Writer writer("a", site.file("app.log"));
  writer.lines(20'000);
  site.start();
  site.wait_for(1);
  fs::remove(writer.path());
  site.expect_all({&writer});
}

TEST_P(Files, Case36SizesThatFlicker) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers want to be preloaded first";
#endif
  site.start_by({"env", "LD_PRELOAD=" BLIP_FLICKER});
  Writer writer("a", site.file("app.log"));
  site.start();
  for (int i = 0; i < 60; ++i) {
    writer.lines(1 + static_cast<uint64_t>(i) % 7);
    pause(20);
    if (i % 20 == 10) kill();
  }
  site.expect_all({&writer});
  EXPECT_EQ(losses(), 0u);
}

TEST_P(Files, Case46ConfigurationReadAgain) {
  Writer writer("a", site.file("app.log"));
  site.start();
  writer.lines(1);
  site.wait_for(1);  // its signals are in place
  for (int i = 0; i < 5; ++i) {
    writer.lines(1000);
    ::kill(site.agent(), SIGHUP);
    pause(50);
  }
  site.expect_all({&writer});
}

TEST_P(Files, Case52RotationForgottenByItsWriter) {
  Writer forgetful("a", site.file("app.log"));
  site.start();
  forgetful.lines(100);
  site.wait_for(100);
  rotate(site.file("app.log"), 3);
  Writer fresh("b", site.file("app.log"));
  for (int i = 0; i < 5; ++i) {
    fresh.lines(20);
    pause(100);
    forgetful.lines(20);
    if (i == 2) kill();
  }
  site.expect_all({&forgetful, &fresh});
}

INSTANTIATE_TEST_SUITE_P(, Files,
                         ::testing::Values(Way{false, false}, Way{false, true}, Way{true, false},
                                           Way{true, true}),
                         [](const auto& way) {
                           return std::string(way.param.polling ? "Polling" : "Inotify") +
                                  (way.param.killed ? "Killed" : "");
                         });

// A store on a disk of 8 MiB that fills up while lines come.
// The disk of the logs: a line is cut where the disk ends, and its rest comes when there is room.
TEST(FullDisk, Case30OfTheLogsIsTold) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting a small disk needs root";
  TempFolder small;
  if (::mount("none", small.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "no tmpfs can be mounted here";
  }
  {
    Site site;
    site.follow({small.path().string() + "/*.log"});
    const fs::path log = small.path() / "app.log";
    Writer writer("a", log);
    site.start();
    writer.lines(100);
    site.wait_for(100);
    std::ofstream filler(small.path() / "filler.bin", std::ios::binary);
    while (filler.write("xxxxxxxx", 8).flush()) {
    }
    filler.close();
    // What the last page of the file has room for is written, then no more.
    const int fd = ::open(log.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    std::string text;
    for (int i = 0; i < 200; ++i) text += writer.next_line();
    const ssize_t fits = ::write(fd, text.data(), text.size());
    ASSERT_GT(fits, 0);
    ASSERT_LT(fits, static_cast<ssize_t>(text.size()));
    const auto told = [&site] { return site.count("kind = 'health' AND cause = 'disk'"); };
    for (int i = 0; i < 150 && told() == 0; ++i) pause(100);
    EXPECT_EQ(told(), 1u) << site.log_text();
    fs::remove(small.path() / "filler.bin");
    text.erase(0, static_cast<size_t>(fits));
    ASSERT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(fd);
    site.expect_all({&writer});
    EXPECT_EQ(site.count("kind = 'silence'"), 0u);
    site.stop();
  }
  ::umount(small.path().c_str());
}

TEST(FullDisk, ReadingWaitsAndNothingIsLost) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting a small disk needs root";
  TempFolder small;
  if (::mount("none", small.path().c_str(), "tmpfs", 0, "size=8m") != 0) {
    GTEST_SKIP() << "no tmpfs can be mounted here";
  }
  {
    Site site;
    site.store_at((small.path() / "blip.db").string());
    Writer writer("a", site.file("app.log"));
    site.start();
    writer.lines(100);
    site.wait_for(100);
    {
      std::ofstream filler(small.path() / "filler", std::ios::binary);
      const std::string block(65536, 'x');
      while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
      }
    }
    const auto cpu = site.cpu();
    for (int i = 0; i < (long_run() ? 300 : 30); ++i) {
      writer.lines(50);
      pause(100);
    }
    EXPECT_LT(site.cpu() - cpu, 0.5 * Site::slow()) << "a busy loop";
    fs::remove(small.path() / "filler");
    site.expect_all({&writer});
    EXPECT_GE(site.count("kind = 'health' AND cause = 'store'"), 1u) << site.log_text();
    site.stop();
  }
  ::umount(small.path().c_str());
}

}  // namespace
}  // namespace blip::conformance
