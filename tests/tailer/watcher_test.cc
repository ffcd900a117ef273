// What the watcher tells of real folders, by inotify and by looking; and what it does when the
// kernel gives it no more.

#include "tailer/watcher.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "core/fd.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Without the seldom look, so that inotify has to tell by itself.
constexpr WatchOptions kInotify{.polling = false, .poll_every = 1h, .reconcile_every = 1h};
constexpr WatchOptions kPolling{.polling = true, .poll_every = 5ms, .reconcile_every = 1h};
constexpr WatchOptions kOften{.polling = false, .poll_every = 5ms, .reconcile_every = 5ms};

void append(const fs::path& path, const std::string& text = "x\n") {
  std::ofstream(path, std::ios::app) << text;
}

class Ear {
 public:
  explicit Ear(WatchOptions options) : watcher(options) {}

  // Waits until it has heard of `name` in the folder, or of the folder as a whole.
  bool content(const fs::path& folder, const std::string& name) {
    return wait([&](const Change& one) {
      return one.folder == folder && (one.name == name || one.name.empty()) && one.content;
    });
  }
  bool names(const fs::path& folder, const std::string& name) {
    return wait([&](const Change& one) {
      return one.folder == folder && (one.name == name || one.name.empty()) && one.names;
    });
  }
  // A name that is removed and made again between two looks may have its old inode number.
  bool either(const fs::path& folder, const std::string& name) {
    return wait([&](const Change& one) {
      return one.folder == folder && (one.name == name || one.name.empty());
    });
  }
  // What there is to hear up to now is of no interest.
  void flush() {
    for (int quiet = 0; quiet < 3; ++quiet) {
      if (!watcher.take().empty()) quiet = 0;
      if (watcher.due() < Clock::now() + 1s) ::usleep(10'000);
    }
  }
  std::vector<Change> heard;  // by the latest wait
  Watcher watcher;

 private:
  bool wait(const std::function<bool(const Change&)>& wanted) {
    heard.clear();
    for (const auto until = Clock::now() + 5s; Clock::now() < until;) {
      const std::vector<Change> now = watcher.take();
      heard.insert(heard.end(), now.begin(), now.end());
      if (std::any_of(now.begin(), now.end(), wanted)) return true;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          std::min(watcher.due(), until) - Clock::now());
      pollfd fd{watcher.fd(), POLLIN, 0};
      ::poll(&fd, 1, static_cast<int>(std::clamp<int64_t>(left.count(), 0, 5000)));
    }
    return false;
  }
};

class WatcherTest : public ::testing::TestWithParam<bool> {
 protected:
  Ear ear_{GetParam() ? kPolling : kInotify};
  testing::TempFolder temp_;
  fs::path folder_ = temp_.path();
};
INSTANTIATE_TEST_SUITE_P(, WatcherTest, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "Polling" : "Inotify"; });

TEST_P(WatcherTest, TellsContentAndNames) {
  append(folder_ / "old.log");
  fs::create_directory(folder_ / "other");
  ear_.watcher.watch(folder_);
  EXPECT_TRUE(ear_.names(folder_, "")) << "what came before the watch";
  ear_.flush();
  append(folder_ / "old.log");
  EXPECT_TRUE(ear_.content(folder_, "old.log"));
  append(folder_ / "new.log");
  EXPECT_TRUE(ear_.names(folder_, "new.log"));
  ear_.flush();
  fs::rename(folder_ / "new.log", folder_ / "new.log.1");
  EXPECT_TRUE(ear_.names(folder_, "new.log"));
  ear_.flush();
  fs::rename(folder_ / "new.log.1", folder_ / "other/new.log");
  EXPECT_TRUE(ear_.names(folder_, "new.log.1"));
  ear_.flush();
  fs::resize_file(folder_ / "old.log", 0);
  EXPECT_TRUE(ear_.content(folder_, "old.log"));
  ear_.flush();
  fs::permissions(folder_ / "old.log", fs::perms::none);
  EXPECT_TRUE(ear_.content(folder_, "old.log")) << "it may be opened now, or not any more";
  ear_.flush();
  fs::remove(folder_ / "old.log");
  EXPECT_TRUE(ear_.names(folder_, "old.log"));
  ear_.flush();
  append(folder_ / "other/new.log");
  ::usleep(20'000);
  EXPECT_TRUE(ear_.watcher.take().empty()) << "in a folder that nobody asked for";
  EXPECT_EQ(ear_.watcher.troubles(), std::vector<std::string>{});
}

TEST_P(WatcherTest, EachChangeIsToldOnce) {
  ear_.watcher.watch(folder_);
  append(folder_ / "a.log");
  ear_.flush();
  for (int i = 0; i < 100; ++i) append(folder_ / "a.log");
  ASSERT_TRUE(ear_.content(folder_, "a.log"));
  EXPECT_EQ(ear_.heard.size(), 1u);
  ear_.flush();
  EXPECT_TRUE(ear_.watcher.take().empty());
  ear_.watcher.forget(folder_);
  append(folder_ / "a.log");
  ::usleep(20'000);
  EXPECT_TRUE(ear_.watcher.take().empty());
}

TEST_P(WatcherTest, AFolderThatComesLater) {
  const fs::path deep = folder_ / "a/b/c";
  ear_.watcher.watch(deep);
  ear_.flush();
  for (const char* const step : {"a", "a/b", "a/b/c"}) {
    fs::create_directory(folder_ / step);
    ::usleep(5000);
    if (step != std::string("a/b/c")) ear_.watcher.take();
  }
  EXPECT_TRUE(ear_.names(deep, ""));
  ear_.flush();
  append(deep / "x.log");
  EXPECT_TRUE(ear_.names(deep, "x.log"));
  ear_.flush();
  append(deep / "x.log");
  EXPECT_TRUE(ear_.content(deep, "x.log"));
}

TEST_P(WatcherTest, AFolderThatComesAtOnceWithItsFiles) {
  const fs::path deep = folder_ / "a/b/c";
  ear_.watcher.watch(deep);
  ear_.flush();
  fs::create_directories(deep);
  append(deep / "x.log");
  EXPECT_TRUE(ear_.names(deep, "x.log"));
  ear_.flush();
  append(deep / "x.log");
  EXPECT_TRUE(ear_.content(deep, "x.log"));
}

TEST_P(WatcherTest, RemovedAndMadeAgain) {
  const fs::path logs = folder_ / "host/logs";
  fs::create_directories(logs);
  append(logs / "x.log");
  ear_.watcher.watch(logs);
  for (int i = 0; i < 3; ++i) {
    ear_.flush();
    fs::remove_all(folder_ / "host");
    EXPECT_TRUE(ear_.names(logs, "x.log"));
    ear_.flush();
    fs::create_directories(logs);
    append(logs / "x.log");
    EXPECT_TRUE(ear_.names(logs, "x.log"));
    ear_.flush();
    append(logs / "x.log");
    EXPECT_TRUE(ear_.content(logs, "x.log"));
    // Between two looks.
    ear_.flush();
    fs::remove_all(logs);
    fs::create_directory(logs);
    append(logs / "x.log");
    EXPECT_TRUE(ear_.either(logs, "x.log"));
    ear_.flush();
    append(logs / "x.log");
    EXPECT_TRUE(ear_.content(logs, "x.log"));
  }
}

TEST_P(WatcherTest, MovedAwayAndMadeAgain) {
  const fs::path logs = folder_ / "logs";
  fs::create_directory(logs);
  append(logs / "x.log");
  ear_.watcher.watch(logs);
  ear_.flush();
  fs::rename(logs, folder_ / "old");
  EXPECT_TRUE(ear_.names(logs, "x.log"));
  ear_.flush();
  append(folder_ / "old/x.log");
  fs::create_directory(logs);
  EXPECT_TRUE(ear_.names(logs, ""));
  ear_.flush();
  append(logs / "y.log");
  EXPECT_TRUE(ear_.names(logs, "y.log"));
}

// What inotify doesn't tell: the seldom look finds it, and inotify tells from then on.
TEST(Watcher, ANameThatMeansAnotherFolderByNow) {
  const testing::TempFolder temp;
  const fs::path& top = temp.path();
  const fs::path logs = top / "host/logs", link = top / "current";
  fs::create_directories(logs);
  fs::create_directory(top / "one");
  fs::create_directory(top / "two");
  fs::create_directory_symlink("one", link);
  Ear ear({.polling = false, .poll_every = 1h, .reconcile_every = 200ms});
  ear.watcher.watch(logs);
  ear.watcher.watch(link);
  ear.flush();
  fs::rename(top / "host", top / "away");
  EXPECT_TRUE(ear.names(logs, "")) << "a folder above was renamed";
  fs::create_directories(logs);
  EXPECT_TRUE(ear.names(logs, ""));
  fs::remove(link);
  fs::create_directory_symlink("two", link);
  EXPECT_TRUE(ear.names(link, "")) << "the link was turned";
  for (const fs::path& folder : {logs, link}) {
    ear.flush();
    append(folder / "x.log");
    pollfd fd{ear.watcher.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&fd, 1, 100), 1) << folder;
    EXPECT_TRUE(ear.names(folder, "x.log"));
  }
  append(top / "one/x.log");
  append(top / "away/logs/x.log");
  ear.flush();
  EXPECT_TRUE(ear.watcher.take().empty());
}

TEST(Watcher, TheSeldomLookMissesNothingInotifyWould) {
  const testing::TempFolder temp;
  Ear ear(kOften);
  ear.watcher.watch(temp.path());
  ear.watcher.watch(temp.path() / "later");
  for (int i = 0; i < 200; ++i) {
    const fs::path later = temp.path() / "later";
    fs::create_directory(later);
    append(later / "x.log");
    ASSERT_TRUE(ear.names(later, "x.log")) << i;
    append(later / "x.log");
    ASSERT_TRUE(ear.either(later, "x.log")) << i;
    fs::remove_all(later);
    ASSERT_TRUE(ear.names(later, "x.log")) << i;
  }
}

TEST(Watcher, QueueOverflowIsToldOnceAndEverythingIsLookedAt) {
  int most = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  if (most == 0 || most > 200'000) GTEST_SKIP() << "the queue holds " << most;
  const testing::TempFolder temp;
  const fs::path logs = temp.path() / "logs", later = temp.path() / "later";
  fs::create_directory(logs);
  append(logs / "quiet.log");
  Ear ear(kInotify);
  ear.watcher.watch(logs);
  ear.watcher.watch(later);
  for (int round = 0; round < 2; ++round) {
    ear.flush();
    std::ofstream a(logs / "a.log"), b(logs / "b.log");  // by turns: the same again is one event
    for (int i = 0; i < most; ++i) (i % 2 == 0 ? a : b) << "x" << std::flush;
    // The queue is full: nothing says this.
    append(logs / "quiet.log");
    fs::remove_all(logs);
    fs::create_directory(logs);
    append(logs / "quiet.log");
    fs::create_directory(later);
    append(later / "x.log");
    EXPECT_TRUE(ear.content(logs, ""));
    EXPECT_TRUE(std::any_of(ear.heard.begin(), ear.heard.end(),
                            [&](const Change& one) { return one.folder == later && one.names; }));
    const std::vector<std::string> troubles = ear.watcher.troubles();
    ASSERT_EQ(troubles.size(), round == 0 ? 1u : 0u);
    const std::string told = round == 0 ? troubles[0] : "max_queued_events";
    EXPECT_NE(told.find("max_queued_events"), std::string::npos) << told;
    ear.flush();
    append(logs / "quiet.log");
    EXPECT_TRUE(ear.content(logs, "quiet.log")) << "it is watched again";
    append(later / "x.log");
    EXPECT_TRUE(ear.content(later, "x.log"));
    fs::remove_all(later);
  }
}

TEST(Watcher, NoMoreInstances) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);
  ASSERT_GE(next, 0);
  ::close(next);
  const rlimit none{static_cast<rlim_t>(next), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  Ear ear({.polling = false, .poll_every = 5ms, .reconcile_every = 1h});
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(ear.watcher.fd(), -1);
  const std::vector<std::string> troubles = ear.watcher.troubles();
  ASSERT_EQ(troubles.size(), 1u);
  EXPECT_NE(troubles[0].find("max_user_instances"), std::string::npos) << troubles[0];
  const testing::TempFolder temp;
  append(temp.path() / "x.log");
  ear.watcher.watch(temp.path());
  ear.flush();
  append(temp.path() / "x.log");
  EXPECT_TRUE(ear.content(temp.path(), "x.log"));
  EXPECT_EQ(ear.watcher.troubles(), std::vector<std::string>{});
}

// In a user namespace of its own, so that nobody else's limit is touched. 0: as it should be.
constexpr int kCannot = 77;
int with_two_watches(const fs::path& top) {
  const auto write = [](const char* path, const std::string& text) {
    const Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
    return fd && ::write(fd.get(), text.data(), text.size()) > 0;
  };
  const char* const limit = "/proc/sys/user/max_inotify_watches";
  const std::string map = "0 " + std::to_string(::getuid()) + " 1";
  if (::unshare(CLONE_NEWUSER) != 0 || !write("/proc/self/uid_map", map) || !write(limit, "2")) {
    return kCannot;
  }
  Ear ear({.polling = false, .poll_every = 5ms, .reconcile_every = 1h});
  for (const char* name : {"a", "b", "c", "d"}) ear.watcher.watch(top / name);
  ear.watcher.watch(top / "later/e");  // not even its ancestor can be watched
  const std::vector<std::string> troubles = ear.watcher.troubles();
  if (troubles.size() != 1) return 1;
  if (troubles[0].find("max_user_watches") == std::string::npos) return 2;
  ear.flush();
  for (const char* name : {"a", "b", "c", "d"}) {
    append(top / name / "x.log");
    if (!ear.content(top / name, "x.log")) return 3;
  }
  fs::create_directories(top / "later/e");
  append(top / "later/e/x.log");
  if (!ear.names(top / "later/e", "x.log")) return 4;
  if (!ear.watcher.troubles().empty()) return 5;
  // Raised meanwhile: inotify takes over.
  if (!write(limit, "20")) return kCannot;
  ear.flush();
  if (ear.watcher.due() < Clock::now() + 1min) return 6;
  for (const char* name : {"a", "d", "later/e"}) {
    append(top / name / "x.log");
    if (!ear.content(top / name, "x.log")) return 7;
  }
  return 0;
}

TEST(Watcher, NoMoreWatches) {
  const testing::TempFolder temp;
  for (const char* name : {"a", "b", "c", "d"}) {
    fs::create_directory(temp.path() / name);
    append(temp.path() / name / "x.log");
  }
  const pid_t child = ::fork();
  if (child == 0) ::_exit(with_two_watches(temp.path()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kCannot) GTEST_SKIP() << "no user namespaces here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace blip
