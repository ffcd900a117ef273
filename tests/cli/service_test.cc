// The agent as a service: the store's lock and systemd's messages, between real processes.

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <thread>

#include "agent/lock.h"
#include "tests/cli/support.h"

namespace blip {
namespace {
TEST(Service, AStoreThatIsHeldIsRefused) {
  const TempFolder folder;
  const std::string db = folder / "blip.db";
  const std::string log = folder.write("app.log", "2024-06-24 19:50:53 info listening\n");
  const Result<StoreLock> lock = StoreLock::take(db, "agent");
  ASSERT_TRUE(lock);
  const std::string who = db + " is held by blip agent, pid " + std::to_string(getpid());
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"scan", "--db", db, log}, {"agent", "--db", db, log}}) {
    const Outcome refused = run_blip(folder, words);
    EXPECT_EQ(refused.code, 5) << words[0];
    EXPECT_TRUE(has(refused.err, who)) << refused.err;
  }
  EXPECT_FALSE(std::filesystem::exists(db));
  EXPECT_EQ(run_blip(folder, {"scan", log}).code, 0);  // keeps nothing, holds nothing
}

class Manager {
 public:
  explicit Manager(const std::string& path) : path_(path) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) std::abort();
    std::memcpy(address.sun_path, path.data(), path.size());
    fd_ = Fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::abort();
  }
  // Starts blip as systemd would.
  pid_t start(std::vector<std::string> words) const {
    words.insert(words.begin(), "blip");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child != 0) return child;
    setenv("NOTIFY_SOCKET", path_.c_str(), 1);
    setenv("WATCHDOG_USEC", "200000", 1);
    execv(BLIP_BINARY, argv.data());
    _exit(127);
  }
  // Waits for a message that holds `part`, and gives it.
  std::string wait_for(std::string_view part) const {
    for (pollfd ready = {fd_.get(), POLLIN, 0}; poll(&ready, 1, 20'000) == 1;) {
      char text[1024];
      const ssize_t size = recv(fd_.get(), text, sizeof text, 0);
      const std::string message(text, size > 0 ? static_cast<size_t>(size) : 0);
      if (has(message, part)) return message;
    }
    return "(nothing came)";
  }

 private:
  std::string path_;
  Fd fd_;
};

TEST(Service, SystemdIsToldHowItGoes) {
  const TempFolder folder;
  const std::string db = folder / "blip.db";
  const std::string log = folder.write("app.log", "2024-06-24 19:50:53 info listening\n");
  const std::string config =
      folder.write("blip.yaml", "sources: [{files: [" + log + "]}]\nstore: {path: " + db +
                                    "}\nbackfill: 3650d\n");
  const Manager manager(folder / "notify");
  const pid_t agent = manager.start({"agent", "-c", config});
  EXPECT_EQ(manager.wait_for("READY=1"), "READY=1\nSTATUS=following 1 source");
  EXPECT_EQ(manager.wait_for("WATCHDOG=1"), "WATCHDOG=1");
  const auto holder = lock_holder(db);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->pid, agent);

  folder.write("blip.yaml", "sources: [{files: [" + log + ", " + log + ".2]}, {files: [/none]}]\n");
  kill(agent, SIGHUP);
  EXPECT_TRUE(has(manager.wait_for("RELOADING=1"), "MONOTONIC_USEC="));
  EXPECT_EQ(manager.wait_for("READY=1"), "READY=1\nSTATUS=following 2 sources");
  folder.write("blip.yaml", "sources: wrong\n");
  kill(agent, SIGHUP);
  manager.wait_for("RELOADING=1");
  EXPECT_EQ(manager.wait_for("READY=1"), "READY=1\nSTATUS=following 2 sources");
  std::string told;
  for (int i = 0; i < 100 && !has(told, "the old one stays"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    told = run_blip(folder, {"events", "--kind", "health", "-o", "json", "--db", db}).out;
  }
  EXPECT_TRUE(has(told, "the new configuration is refused, the old one stays: ")) << told;

  kill(agent, SIGTERM);
  EXPECT_EQ(manager.wait_for("STOPPING=1"), "STOPPING=1");
  int status = 0;
  ASSERT_EQ(waitpid(agent, &status, 0), agent);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_FALSE(lock_holder(db));
}

TEST(Service, ABadConfigurationIsNotBegunWith) {
  const TempFolder folder;
  const std::string config = folder.write("blip.yaml", "sorces: []\n");
  const Outcome refused = run_blip(folder, {"agent", "-c", config, "--db", folder / "blip.db"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_TRUE(has(refused.err, config + ":1:1: unknown key")) << refused.err;
}
}  // namespace
}  // namespace blip
