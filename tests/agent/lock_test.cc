// Two real processes want one store.

#include "agent/lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace blip {
namespace {
class LockTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "blip-lock-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    db_ = folder_ + "/blip.db";
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  // A process that holds the lock until it is killed; returns when it does.
  pid_t holder() const {
    int pipes[2];
    if (pipe(pipes) != 0) std::abort();
    const pid_t child = fork();
    if (child == 0) {
      const Result<StoreLock> lock = StoreLock::take(db_, "agent");
      const char word = lock ? 'y' : 'n';
      if (write(pipes[1], &word, 1) != 1) _exit(1);
      for (;;) pause();
    }
    close(pipes[1]);
    char word = 0;
    const bool told = read(pipes[0], &word, 1) == 1;
    close(pipes[0]);
    return told && word == 'y' ? child : -1;
  }
  static void end(pid_t child) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  std::string folder_, db_;
};

TEST_F(LockTest, TheSecondIsToldWhoTheFirstIs) {
  const pid_t child = holder();
  ASSERT_GT(child, 0);
  const Result<StoreLock> refused = StoreLock::take(db_, "scan");
  ASSERT_FALSE(refused);
  const std::string who = "blip agent, pid " + std::to_string(child) + ", since 20";
  EXPECT_NE(refused.error().text.find(who), std::string::npos) << refused.error().text;
  EXPECT_NE(refused.error().text.find("--db"), std::string::npos);
  const auto seen = lock_holder(db_);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->pid, child);
  EXPECT_EQ(seen->command, "agent");
  end(child);
}

TEST_F(LockTest, AKilledHolderHoldsNothing) {
  const pid_t child = holder();
  ASSERT_GT(child, 0);
  end(child);
  EXPECT_FALSE(lock_holder(db_));
  EXPECT_TRUE(StoreLock::take(db_, "scan"));
}

TEST_F(LockTest, AllNamesOfAStoreAreOne) {
  const pid_t child = holder();
  ASSERT_GT(child, 0);
  std::filesystem::create_directory_symlink(folder_, folder_ + "/other");
  EXPECT_FALSE(StoreLock::take(folder_ + "/other/blip.db", "scan"));
  EXPECT_TRUE(StoreLock::take(folder_ + "/second.db", "scan"));
  end(child);
}

TEST_F(LockTest, LettingGoLetsTheNextIn) {
  {
    const Result<StoreLock> first = StoreLock::take(db_, "scan");
    ASSERT_TRUE(first);
    EXPECT_TRUE(lock_holder(db_));
    EXPECT_FALSE(StoreLock::take(db_, "scan"));  // the same process asks again
  }
  EXPECT_FALSE(lock_holder(db_));
  EXPECT_TRUE(StoreLock::take(db_, "scan"));
  EXPECT_TRUE(std::filesystem::exists(db_ + ".lock"));
}

TEST_F(LockTest, PrivateStoresAndBadPaths) {
  EXPECT_TRUE(StoreLock::take("", "scan"));
  EXPECT_TRUE(StoreLock::take("", "scan"));
  const Result<StoreLock> nowhere = StoreLock::take(folder_ + "/no/blip.db", "scan");
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().text.find("make its folder"), std::string::npos);
  EXPECT_FALSE(lock_holder(folder_ + "/no/blip.db"));
}
}  // namespace
}  // namespace blip
