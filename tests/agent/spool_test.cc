// A log of our own: whole lines, durable, bounded, and nothing lost between a pipe and it.

#include "agent/spool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/stories.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
using testing::TempFolder;

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

TEST(Spool, GoesOnWhereItEnded) {
  TempFolder folder;
  const std::string path = (folder.path() / "a/b/journal.log").string();
  {
    Result<Spool> spool = Spool::open(path);
    ASSERT_TRUE(spool) << spool.error().text;
    EXPECT_EQ(spool->last_line(), "");
    ASSERT_TRUE(spool->append("one\ntwo\n"));
  }
  Result<Spool> spool = Spool::open(path);
  ASSERT_TRUE(spool);
  EXPECT_EQ(spool->last_line(), "two");
  ASSERT_TRUE(spool->append("three\n"));
  EXPECT_EQ(text_of(path), "one\ntwo\nthree\n");
  struct stat now;
  ASSERT_EQ(::stat(path.c_str(), &now), 0);
  EXPECT_EQ(now.st_mode & 0777, 0600u) << "logs are nobody else's to read";
}

TEST(Spool, ATornLineIsCutOff) {
  TempFolder folder;
  const fs::path path = folder.path() / "a.log";
  for (const auto& [before, after] : std::vector<std::pair<std::string, std::string>>{
           {"one\ntw", "one\n"},
           {"tw", ""},
           {"one\n", "one\n"},
           {"", ""},
           {"one\n" + std::string(10000, 'x'), "one\n"},
           {std::string(4095, 'y') + "\n" + std::string(4096, 'x'),
            std::string(4095, 'y') + "\n"}}) {
    std::ofstream(path) << before;
    Result<Spool> spool = Spool::open(path.string());
    ASSERT_TRUE(spool);
    ASSERT_TRUE(spool->cut_torn_line());
    EXPECT_EQ(text_of(path), after);
    ASSERT_TRUE(spool->append("next\n"));
    EXPECT_EQ(text_of(path), after + "next\n");
  }
}

TEST(Spool, TakesAPipesBytesAndSeesItsEnd) {
  TempFolder folder;
  const fs::path path = folder.path() / "a.log";
  Result<Spool> spool = Spool::open(path.string());
  ASSERT_TRUE(spool);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  bool ended = true;
  Result<uint64_t> moved = spool->splice_from(ends[0], 1 << 20, ended);
  ASSERT_TRUE(moved) << moved.error().text;
  EXPECT_EQ(*moved, 0u);
  EXPECT_FALSE(ended);
  ASSERT_EQ(::write(ends[1], "one\ntwo\n", 8), 8);
  moved = spool->splice_from(ends[0], 4, ended);
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, 4u) << "no more than was asked for";
  ::close(ends[1]);
  moved = spool->splice_from(ends[0], 1 << 20, ended);
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, 4u);
  EXPECT_TRUE(ended);
  ::close(ends[0]);
  EXPECT_EQ(text_of(path), "one\ntwo\n");
}

TEST(Spool, IsBoundedAndNeverLosesWhatIsNotRead) {
  TempFolder folder;
  const std::string path = (folder.path() / "a.log").string();
  Result<Spool> spool = Spool::open(path, 100);
  ASSERT_TRUE(spool);
  const std::string line = std::string(59, 'x') + "\n";
  ASSERT_TRUE(spool->append(line + line));
  EXPECT_FALSE(spool->full());
  ASSERT_TRUE(spool->tidy(false));
  EXPECT_EQ(text_of(path), "");
  EXPECT_EQ(text_of(path + ".1"), line + line);
  EXPECT_EQ(spool->last_line(), line.substr(0, 59)) << "of the file before";
  ASSERT_TRUE(spool->append(line + line));
  EXPECT_TRUE(spool->full());
  ASSERT_TRUE(spool->tidy(false));
  EXPECT_TRUE(spool->full()) << "what was rotated away is not read yet";
  EXPECT_EQ(text_of(path), line + line);
  ASSERT_TRUE(spool->tidy(true));
  EXPECT_FALSE(spool->full());
  EXPECT_EQ(text_of(path), "");
}

TEST(Spool, IsRotatedBetweenLines) {
  TempFolder folder;
  const std::string path = (folder.path() / "a.log").string();
  Result<Spool> spool = Spool::open(path, 100);
  ASSERT_TRUE(spool);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  const std::string half(120, 'x');
  bool ended = false;
  ASSERT_EQ(::write(ends[1], half.data(), half.size()), 120);
  ASSERT_TRUE(spool->splice_from(ends[0], 1 << 20, ended));
  ASSERT_TRUE(spool->tidy(false));
  EXPECT_FALSE(fs::exists(path + ".1")) << "in the middle of a line";
  ASSERT_EQ(::write(ends[1], "\n", 1), 1);
  ASSERT_TRUE(spool->splice_from(ends[0], 1 << 20, ended));
  ASSERT_TRUE(spool->tidy(false));
  EXPECT_EQ(text_of(path + ".1"), half + "\n");
}
}  // namespace
}  // namespace blip
