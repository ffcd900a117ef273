// The driver and the agent beside a real dockerd of our own (support/dockerd.h). Where no dockerd
// can run these tests are skipped, and say why; BLIP_NEEDS_DOCKER=1 makes that a failure.
// BLIP_LONG=1 gives some of them their full size.

#include "tests/support/dockerd.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/stories.h"

namespace blip::docker {
namespace {
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

using testing::Dockerd;
using testing::end;
using testing::spawn;
using testing::text_of;

void pause(int ms) { std::this_thread::sleep_for(milliseconds(ms)); }

// One dockerd for all tests of this program.
Dockerd& the_dockerd() {
  static const testing::TempFolder folder;
  static Dockerd one(folder.path());
  return one;
}

class WithDockerd : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!dockerd_.why_not().empty()) {
      ASSERT_EQ(std::getenv("BLIP_NEEDS_DOCKER"), nullptr) << dockerd_.why_not();
      GTEST_SKIP() << dockerd_.why_not();
    }
    static int count = 0;
    // The folder of plugins is dockerd's own, wherever its data lies.
    name_ = "bliptest" + std::to_string(::getpid()) + "x" + std::to_string(++count);
    socket_ = "/run/docker/plugins/" + name_ + ".sock";
    start_driver();
  }
  void TearDown() override {
    if (!dockerd_.why_not().empty()) return;
    for (const std::string& name : names_) docker("rm -f " + name);
    if (!plugin_.empty()) docker("plugin rm -f " + plugin_);
    end(agent_, SIGTERM);
    end(driver_, SIGKILL);
    fs::remove(socket_);
    if (mounted_) ::umount2(at("spool").c_str(), MNT_DETACH);
    if (HasFailure()) {
      std::cerr << text_of(at("driver.log")) << text_of(at("agent.log"));
    }
  }

  std::string docker(const std::string& words, int* status = nullptr) const {
    return dockerd_.docker(words, status);
  }
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }

  void start_driver(std::vector<std::string> more = {}) {
    fs::remove(socket_);
    std::vector<std::string> words = {BLIP_DOCKER_DRIVER, "--socket", socket_,  "--spool",
                                      at("spool"),        "--run",    at("run")};
    words.insert(words.end(), more.begin(), more.end());
    driver_ = spawn(words, at("driver.log"));
    for (int i = 0; i < 500 && !fs::exists(socket_); ++i) pause(10);
  }
  // BLIP_LONG=1: the full size.
  static bool is_long() { return std::getenv("BLIP_LONG") != nullptr; }
  // Of a managed plugin: its shim's child.
  static pid_t plugin_process(const std::string& plugin_id) {
    std::error_code error;
    for (const auto& process : fs::directory_iterator("/proc", error)) {
      const int pid = std::atoi(process.path().filename().c_str());
      if (pid <= 1 || !text_of(process.path() / "cmdline").starts_with("/usr/bin/blip-docker-dri"))
        continue;
      const std::string stat = text_of(process.path() / "stat");
      const int parent = std::atoi(stat.c_str() + stat.rfind(')') + 4);
      const std::string shim = text_of("/proc/" + std::to_string(parent) + "/cmdline");
      if (shim.find(plugin_id) != std::string::npos) return pid;
    }
    return -1;
  }
  void kill_driver() { end(driver_, SIGKILL); }
  void start_agent() {
    std::ofstream(at("blip.yaml"))
        << "sources:\n  - docker: {socket: " << dockerd_.at("docker.sock")
        << ", root: " << dockerd_.at("data") << ", spool: " << at("spool")
        << "}\nstore: {path: " << at("blip.db") << "}\n";
    agent_ = spawn({BLIP_BINARY, "agent", "--config", at("blip.yaml")}, at("agent.log"));
    wait_for(
        [this] { return text_of(at("agent.log")).find("blip following") != std::string::npos; });
  }
  // What a command says.
  std::string blip(const std::string& words) const {
    const std::string command =
        std::string(BLIP_BINARY) + " " + words + " >" + at("said") + " 2>&1";
    [[maybe_unused]] const int status = std::system(command.c_str());
    return text_of(at("said"));
  }
  // Gives the container's id.
  std::string run(const std::string& name, const std::string& options, const std::string& script) {
    names_.push_back(name);
    std::ofstream(at(name + ".sh")) << script;
    int status = 1;
    const std::string id = docker("run -d --name " + name + " " + options + " -v " +
                                      at(name + ".sh") + ":/tmp/run.sh bb:1 sh /tmp/run.sh",
                                  &status);
    EXPECT_EQ(status, 0) << id;
    return id.substr(id.rfind('\n') + 1);
  }
  std::string spool_text(const std::string& id) const {
    std::string all;
    for (int age = 9; age >= 0; --age) {
      all += text_of(at("spool/" + id + ".log" + (age == 0 ? "" : "." + std::to_string(age))));
    }
    return all;
  }
  bool drained() const {
    for (const auto& entry : fs::directory_iterator(at("run"))) {
      if (entry.path().extension() == ".start") return false;
    }
    return true;
  }
  int count(const std::string& where) const {
    sqlite3* handle = nullptr;
    int found = 0;
    if (sqlite3_open_v2(at("blip.db").c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) ==
        SQLITE_OK) {
      sqlite3_busy_timeout(handle, 5000);
      sqlite3_exec(
          handle, ("SELECT count(*) FROM events WHERE confidence >= 0.5 AND " + where).c_str(),
          [](void* out, int, char** text, char**) {
            *static_cast<int*>(out) = std::atoi(text[0]);
            return 0;
          },
          &found, nullptr);
    }
    sqlite3_close(handle);
    return found;
  }
  static bool wait_for(const std::function<bool()>& done, seconds at_most = seconds(20)) {
    const auto until = Clock::now() + at_most;
    while (Clock::now() < until) {
      if (done()) return true;
      pause(20);
    }
    return done();
  }
  // Numbered lines, each once and in order?
  static void expect_lines(const std::string& text, int lines) {
    std::istringstream all(text);
    std::string line;
    int number = 0;
    while (std::getline(all, line)) {
      if (!line.starts_with(R"({"log":"line )")) continue;
      ASSERT_EQ(std::atoi(line.c_str() + 13), ++number) << line;
    }
    EXPECT_EQ(number, lines);
  }

  Dockerd& dockerd_ = the_dockerd();
  std::string name_, socket_;
  std::string plugin_;    // managed, to be removed
  bool mounted_ = false;  // the spool is a disk of its own

 private:
  testing::TempFolder folder_;
  std::vector<std::string> names_;
  pid_t driver_ = -1;
  pid_t agent_ = -1;
};

constexpr const char* kPanics = R"(
echo "server: listening on :8080"
for i in 1 2 3 4 5 6; do echo "handled request $i"; done
sleep 1
echo "panic: runtime error: invalid memory address or nil pointer dereference" >&2
echo >&2
echo "goroutine 1 [running]:" >&2
printf "main.main()\n\t/src/main.go:42 +0x1d\n" >&2
exit 2
)";

TEST_F(WithDockerd, DriverKilledUnderLoadLosesAndDoublesNothing) {
  const std::string id = run("load", "--log-driver " + name_, R"(
i=0
while [ $i -lt 150000 ]; do
  i=$((i+1))
  echo "line $i of some work that was done"
  [ $((i % 10000)) = 0 ] && sleep 0.2
done
)");
  for (int kills = 0; kills < 3; ++kills) {
    pause(500);
    ASSERT_EQ(docker("inspect -f '{{.State.Running}}' load"), "true") << "it was too fast";
    kill_driver();
    pause(200);
    start_driver();
  }
  EXPECT_EQ(docker("wait load"), "0");
  EXPECT_TRUE(wait_for([this] { return drained(); }));
  expect_lines(spool_text(id), 150000);
}

constexpr const char* kChatters = R"(
trap 'exit 0' TERM
i=0
while :; do i=$((i+1)); echo "line $i of some work that was done"; done
)";

TEST_F(WithDockerd, StopsAContainerWhileTheSpoolsDiskIsFull) {
  kill_driver();
  // A disk of its own, of one megabyte.
  fs::create_directories(at("spool"));
  ASSERT_EQ(::mount("tmpfs", at("spool").c_str(), "tmpfs", 0, "size=1m"), 0);
  mounted_ = true;
  start_driver({"--buffer", "65536"});
  const std::string id = run("full", "--log-driver " + name_, kChatters);
  EXPECT_TRUE(wait_for([this] {
    return text_of(at("driver.log")).find("No space left on device") != std::string::npos;
  }));
  pause(3000);  // the buffer fills up, too
  const auto began = Clock::now();
  docker("stop -t 8 full");
  EXPECT_LT(Clock::now() - began, seconds(3));
  EXPECT_EQ(docker("inspect -f '{{.State.ExitCode}}' full"), "0");
  // When there is room again, what waited is written and what was dropped is told.
  ASSERT_EQ(::mount("", at("spool").c_str(), "", MS_REMOUNT, "size=64m"), 0);
  EXPECT_TRUE(wait_for([this] { return drained(); }));
  const std::string text = spool_text(id);
  EXPECT_TRUE(text.starts_with(R"({"log":"line 1 of)")) << text.substr(0, 200);
  EXPECT_NE(text.find(R"({"blip":"lost","lines":)"), std::string::npos);
}

TEST_F(WithDockerd, StopsAContainerWhileTheStoreIsLocked) {
  start_agent();
  const std::string id = run("locked", "--log-driver " + name_, kChatters);
  run("filed", "", kChatters);
  pause(500);
  sqlite3* store = nullptr;
  ASSERT_EQ(sqlite3_open(at("blip.db").c_str(), &store), SQLITE_OK);
  sqlite3_busy_timeout(store, 5000);
  ASSERT_EQ(sqlite3_exec(store, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto locked = Clock::now();
  const seconds lasts(is_long() ? 30 : 6);
  // Meanwhile it writes on; and it ends within the lock.
  std::this_thread::sleep_until(locked + lasts - seconds(4));
  const auto began = Clock::now();
  docker("stop -t 8 locked");
  EXPECT_LT(Clock::now() - began, seconds(3));
  docker("stop -t 8 filed");
  EXPECT_LT(Clock::now() - began, seconds(6));
  EXPECT_EQ(docker("inspect -f '{{.State.ExitCode}}' locked"), "0");
  // An end that is nobody's wish, and that the locked store cannot take.
  run("dies", "--log-driver " + name_, "echo 'FATAL: last words of this life'; exit 3");
  std::this_thread::sleep_until(locked + lasts);
  ASSERT_EQ(sqlite3_exec(store, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(store);
  EXPECT_TRUE(wait_for([this] { return count("kind = 'crash' AND service = 'dies'") == 1; }));
  EXPECT_TRUE(wait_for([this] { return drained(); }));
  EXPECT_EQ(spool_text(id).find(R"({"blip":"lost")"), std::string::npos);
}

TEST_F(WithDockerd, TheManagedPluginComesBackAfterAKill) {
  const std::string plugin = name_ + ":1", package = at("plugin");
  const std::string make = std::string("sh ") + BLIP_SOURCE_DIR + "/packaging/docker-plugin.sh " +
                           BLIP_DOCKER_DRIVER + " " + package;
  ASSERT_EQ(std::system(make.c_str()), 0);
  fs::create_directories(at("spool"));
  plugin_ = plugin;
  int status = 1;
  const std::string said = docker("plugin create " + plugin + " " + package, &status);
  ASSERT_EQ(status, 0) << said;
  docker("plugin set " + plugin + " spool.source=" + at("spool"), &status);
  ASSERT_EQ(status, 0);
  const std::string enabled = docker("plugin enable " + plugin, &status);
  ASSERT_EQ(status, 0) << enabled;
  const std::string plugin_id = docker("plugin inspect -f '{{.Id}}' " + plugin);
  const std::string id = run("managed", "--log-driver " + plugin, R"(
i=0
while [ $i -lt 3000 ]; do i=$((i+1)); echo "line $i of some work that was done"; usleep 1000; done
)");
  for (int kills = 0; kills < 2; ++kills) {
    pause(800);
    ASSERT_EQ(docker("inspect -f '{{.State.Running}}' managed"), "true") << "it was too fast";
    const pid_t pid = plugin_process(plugin_id);
    ASSERT_GT(pid, 0);
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    ASSERT_TRUE(wait_for([&] {
      const pid_t next = plugin_process(plugin_id);
      return next > 0 && next != pid;
    }));
  }
  EXPECT_EQ(docker("wait managed"), "0");
  const auto all_there = [&] {
    return spool_text(id).find(R"({"log":"line 3000 of)") != std::string::npos;
  };
  EXPECT_TRUE(wait_for(all_there));
  expect_lines(spool_text(id), 3000);
  // And it takes new containers.
  const std::string later = run("later", "--log-driver " + plugin, "echo 'line 1 of it'");
  EXPECT_EQ(docker("wait later"), "0");
  EXPECT_TRUE(wait_for([&] { return !spool_text(later).empty(); }));
  expect_lines(spool_text(later), 1);
}

// Full size: ./dev bench docker flood.
TEST_F(WithDockerd, AFloodOfContainersLosesNothing) {
  start_agent();
  const int containers = is_long() ? 100 : 20, rounds = is_long() ? 300 : 40;
  const std::string script = "i=0; r=0; while [ $r -lt " + std::to_string(rounds) + R"( ]; do
  for k in 1 2 3 4 5 6 7 8 9 10; do i=$((i+1)); echo "line $i of some work that was done"; done
  r=$((r+1)); usleep 200000
done
)";
  std::vector<std::string> ids;
  for (int i = 0; i < containers; ++i) {
    ids.push_back(run("many" + std::to_string(i), "--log-driver " + name_, script));
  }
  for (int i = 0; i < containers; ++i) docker("wait many" + std::to_string(i));
  EXPECT_TRUE(wait_for([this] { return drained(); }));
  for (const std::string& id : ids) expect_lines(spool_text(id), 10 * rounds);
  EXPECT_EQ(count("kind = 'loss'"), 0)
      << blip("events -n 20 -o ndjson --db " + at("blip.db")).substr(0, 8000);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr auto kSoon = seconds(10);  // instrumented, everything is several times slower
#else
constexpr auto kSoon = seconds(2);
#endif

TEST_F(WithDockerd, EachRestartIsToldWithItsCauseAndLastWords) {
  start_agent();
  run("panics", "--restart always --label com.docker.compose.service=shop --log-driver " + name_,
      kPanics);
  run("filed", "--restart always", kPanics);
  run("eater", "--restart always -m 16m",
      "echo ready; sleep 2; x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done");
  const auto restarts = [this](const std::string& service, const std::string& cause,
                               const std::string& last_words) {
    return count("kind = 'restart' AND planned = 0 AND service = '" + service + "' AND cause = '" +
                 cause + "' AND attributes LIKE '%" + last_words + "%'");
  };
  for (int wanted = 1; wanted <= 3; ++wanted) {
    for (const auto& [container, service] :
         {std::pair("panics", "shop"), std::pair("filed", "filed")}) {
      // Started again; from here on blip has kSoon.
      ASSERT_TRUE(wait_for([&] {
        const std::string count =
            docker("inspect -f '{{.RestartCount}} {{.State.Running}}' " + std::string(container));
        return std::atoi(count.c_str()) >= wanted && count.ends_with("true");
      }));
      EXPECT_TRUE(
          wait_for([&] { return restarts(service, "panic", "main.go:42") >= wanted; }, kSoon))
          << service << " " << wanted;
    }
  }
  EXPECT_TRUE(wait_for([&] { return restarts("eater", "oom", "") >= 2; }));
}

TEST_F(WithDockerd, LogsOfAStoppedContainerAreNoRestart) {
  start_agent();
  const std::string id = run("quiet", "--log-driver " + name_, "echo 'line 1 is all'; exit 0");
  EXPECT_EQ(docker("wait quiet"), "0");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(docker("logs quiet"), "line 1 is all");
  }
  EXPECT_TRUE(wait_for([this] { return drained(); }));
  pause(1500);
  expect_lines(spool_text(id), 1);
  EXPECT_EQ(count("kind IN ('restart', 'loss') AND service = 'quiet'"), 0);
}

// With --read-logs on dockerd keeps no copy, and asks the driver.
TEST_F(WithDockerd, DockerLogsComeFromTheSpool) {
  kill_driver();
  start_driver({"--read-logs", "on", "--file", "100000"});  // rotated twice on the way
  const std::string id = run("told", "--log-driver " + name_, R"(
i=0
while [ $i -lt 1000 ]; do i=$((i+1)); echo "line $i of it"; done
sleep 2
while [ $i -lt 2000 ]; do i=$((i+1)); echo "line $i of it"; done
printf 'a "tab"\there, and no newline' >&2
sleep 1
)");
  std::string first, second;
  for (int i = 1; i <= 2000; ++i) {
    (i <= 1000 ? first : second) += "line " + std::to_string(i) + " of it\n";
  }
  const std::string words = "a \"tab\"\there, and no newline";
  pause(1000);
  const std::string middle = docker("logs told");  // it runs, and does not write
  EXPECT_EQ(middle + "\n", first);
  // Followed to its end, which comes with the container's.
  const auto sorted_out = [&](std::string text) {
    const size_t at = text.find(words);  // of stderr: anywhere among the lines
    EXPECT_NE(at, text.npos);
    if (at != text.npos) text.erase(at, words.size());
    if (!text.ends_with('\n')) text += '\n';
    return text;
  };
  EXPECT_EQ(sorted_out(docker("logs -f told")), first + second);
  EXPECT_EQ(docker("wait told"), "0");
  EXPECT_GT(fs::file_size(at("spool/" + id + ".log.1")), 100'000u);
  EXPECT_EQ(sorted_out(docker("logs told")), first + second);
  EXPECT_EQ(sorted_out(docker("logs --tail 3 told")), "line 1999 of it\nline 2000 of it\n");
  // A second after the first line and a second before the last.
  const std::string began = docker("inspect -f '{{.State.StartedAt}}' told");
  const auto at_second = [&](int n) {
    FILE* pipe = ::popen(
        ("date -u -d '" + began + " +" + std::to_string(n) + " seconds' +%Y-%m-%dT%H:%M:%S.%NZ")
            .c_str(),
        "r");
    char text[64] = {};
    EXPECT_NE(std::fgets(text, sizeof text, pipe), nullptr);
    ::pclose(pipe);
    return std::string(text, std::strcspn(text, "\n"));
  };
  EXPECT_EQ(docker("logs --until " + at_second(1) + " told") + "\n", first);
  EXPECT_EQ(sorted_out(docker("logs --since " + at_second(1) + " told")), second);
  // There is no copy.
  EXPECT_FALSE(fs::exists(dockerd_.at("data/containers/" + id + "/container-cached.log")));
}

TEST_F(WithDockerd, DoctorAndStatusKnowTheLogDriver) {
  run("needy", "--restart always --log-driver " + name_, "sleep 100");
  start_agent();
  const std::string doctor = "doctor --config " + at("blip.yaml");
  std::string said = blip(doctor);
  EXPECT_NE(said.find("may be asked what happens"), said.npos) << said;
  EXPECT_NE(said.find("1 container: " + name_ + " 1"), said.npos) << said;
  EXPECT_NE(said.find("log driver " + name_ + "  answers; without it dockerd would give up needy"),
            said.npos)
      << said;
  said = blip("status --db " + at("blip.db"));
  EXPECT_NE(said.find("log driver " + name_ + " answers"), said.npos) << said;
  kill_driver();
  said = blip(doctor);
  EXPECT_NE(said.find("does not answer: dockerd gives up needy"), said.npos) << said;
  start_driver();  // so that it can be removed at once
}

TEST_F(WithDockerd, RemovedRightAfterItsDeathItLosesNoLine) {
  start_agent();
  for (const std::string& driver : {name_, std::string("json-file")}) {
    const std::string name = "gone" + std::to_string(driver == name_);
    const std::string id = run(name, "--log-driver " + driver, R"(
i=0
while [ $i -lt 2000 ]; do i=$((i+1)); echo "line $i"; done
echo "FATAL: last words of this life"
exit 3
)");
    EXPECT_EQ(docker("wait " + name), "3");
    docker("rm -f " + name);
    if (driver == name_) {
      EXPECT_TRUE(wait_for([this] { return drained(); }));
      expect_lines(spool_text(id), 2000);
    }
  }
  EXPECT_TRUE(wait_for([this] { return count("kind = 'crash' AND service = 'gone0'") == 1; }));
  EXPECT_TRUE(wait_for([this] { return count("kind = 'crash' AND service = 'gone1'") == 1; }));
  EXPECT_EQ(count("kind = 'loss'"), 0);
}

TEST_F(WithDockerd, ADaemonThatIsKilledIsNamedAsTheCause) {
  start_agent();
  constexpr const char* kSteady = R"(
trap 'exit 0' TERM
i=0
while :; do i=$((i+1)); echo "work item $i"; sleep 0.2; done
)";
  run("steady", "--restart always", kSteady);
  run("driven", "--restart always --log-driver " + name_, kSteady);
  pause(2000);
  dockerd_.kill();
  pause(1000);
  ASSERT_TRUE(dockerd_.start()) << text_of(dockerd_.at("dockerd.log"));
  for (const std::string service : {"steady", "driven"}) {
    const std::string restarts = "kind = 'restart' AND service = '" + service + "'";
    EXPECT_TRUE(
        wait_for([&] { return count(restarts + " AND cause = 'dockerd'") == 1; }, seconds(40)))
        << docker("ps -a") << "\n"
        << docker("inspect " + service) << "\n"
        << text_of(dockerd_.at("dockerd.log"));
    EXPECT_EQ(count(restarts), 1);
  }
}

}  // namespace
}  // namespace blip::docker
