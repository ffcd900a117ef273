// The driver as a process: FIFOs are written as dockerd writes them, and it is killed at moments of
// chance. What is in its spool afterwards must be every line once.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <random>
#include <string>
#include <thread>

#include "docker/log_entry.h"
#include "docker/plugin_http.h"
#include "tests/support/stories.h"

namespace blip::docker {
namespace {
namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

std::string frame(std::string_view line, int64_t time_ns) {
  std::string body("\x0a\x06stdout\x10", 9);
  for (auto left = static_cast<uint64_t>(time_ns); left != 0; left >>= 7) {
    body += static_cast<char>((left & 0x7f) | (left >= 0x80 ? 0x80 : 0));
  }
  body += "\x1a";
  for (size_t left = line.size(); left != 0; left >>= 7) {
    body += static_cast<char>((left & 0x7f) | (left >= 0x80 ? 0x80 : 0));
  }
  body += line;
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(body.size() >> shift);
  return out + body;
}

class Site {
 public:
  ~Site() {
    if (driver_ > 0) kill();
  }
  void start(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {
        BLIP_DOCKER_DRIVER, "--socket", at("blip.sock"), "--spool", at("spool"), "--run", run()};
    words.insert(words.end(), more.begin(), more.end());
    fs::remove(at("blip.sock"));
    driver_ = ::fork();
    if (driver_ == 0) {
      const int log = ::open(at("driver.log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
      ::dup2(log, 2);
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      _exit(127);
    }
  }
  void kill() {
    ::kill(driver_, SIGKILL);
    ::waitpid(driver_, nullptr, 0);
    driver_ = -1;
  }
  std::string run() const {
    const char* asked = std::getenv("BLIP_RUN");
    return asked == nullptr ? at("run") : asked;
  }
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }

  std::string call(const std::string& name, const std::string& body) {
    for (int i = 0; i < 200; ++i) {
      httplib::Client client(at("blip.sock"));
      client.set_address_family(AF_UNIX);
      const auto answer = client.Post(("/" + name).c_str(), body, "application/json");
      if (answer && answer->status == 200) return answer->body;
      std::this_thread::sleep_for(milliseconds(10));
    }
    return "no answer";
  }
  std::string start_logging(const std::string& fifo, const std::string& container) {
    return call("LogDriver.StartLogging",
                R"({"File":")" + fifo + R"(","Info":{"Config":{},"ContainerID":")" + container +
                    R"(","ContainerName":"/api","ContainerEnv":["K=secret"]}})");
  }
  std::string text(const std::string& container) const {
    std::string all;
    for (int age = 9; age >= 0; --age) {
      std::ifstream in(
          at("spool/" + container + ".log" + (age == 0 ? "" : "." + std::to_string(age))));
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }
  // Nothing is being drained any more.
  bool wait_until_done() const {
    const auto until = Clock::now() + std::chrono::seconds(20);
    while (Clock::now() < until) {
      bool busy = false;
      for (const auto& entry : fs::directory_iterator(run())) {
        busy |= entry.path().extension() == ".start";
      }
      if (!busy) return true;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return false;
  }

 private:
  testing::TempFolder folder_;
  pid_t driver_ = -1;
};

// dockerd's end of a FIFO: open for reading and writing, so that it never sees a broken pipe.
class Fifo {
 public:
  explicit Fifo(std::string path) : path_(std::move(path)) {
    EXPECT_EQ(::mkfifo(path_.c_str(), 0700), 0);
    fd_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
  }
  ~Fifo() { close(); }
  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
      ASSERT_GT(n, 0);
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int fd_ = -1;
};

constexpr int64_t kBegin = 1'795'195'000'000'000'000;

TEST(DockerDriver, LosesAndDoublesNothingOverKills) {
  const char* asked = std::getenv("BLIP_SEED");
  const uint32_t seed = asked == nullptr ? 11 : static_cast<uint32_t>(std::atol(asked));
  SCOPED_TRACE("BLIP_SEED=" + std::to_string(seed));
  Site site;
  // Small files, so that it is killed while it rotates as well.
  const std::vector<std::string> options = {"--file", "200000"};
  site.start(options);
  Fifo first(site.at("first")), second(site.at("second"));
  ASSERT_EQ(site.start_logging(first.path(), "aaaa"), R"({"Err":""})");
  ASSERT_EQ(site.start_logging(second.path(), "bbbb"), R"({"Err":""})");
  constexpr int kLines = 4000;
  std::thread writer([&] {
    std::mt19937 chance(7);
    std::string bytes;
    for (int i = 1; i <= kLines; ++i) {
      bytes +=
          frame("line " + std::to_string(i) + " " + std::string(chance() % 300, 'x'), kBegin + i);
      // Frames are cut anywhere by what fits into the pipe.
      if (chance() % 8 != 0) continue;
      const size_t cut = chance() % bytes.size();
      first.write(std::string_view(bytes).substr(0, cut));
      second.write(std::string_view(bytes).substr(0, cut));
      bytes.erase(0, cut);
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    first.write(bytes);
    second.write(bytes);
  });
  std::mt19937 chance(seed);
  for (int kills = 0; kills < 25; ++kills) {
    std::this_thread::sleep_for(std::chrono::microseconds(chance() % 25'000));
    site.kill();
    site.start(options);
  }
  writer.join();
  // As dockerd does, which tells us before it closes: what nobody holds open is gone.
  site.call("Plugin.Activate", "");
  first.close();
  second.close();
  ASSERT_TRUE(site.wait_until_done());
  for (const char* container : {"aaaa", "bbbb"}) {
    std::istringstream all(site.text(container));
    std::string line;
    int lines = 0;
    // Only the last files are kept: from some number on, each once.
    while (std::getline(all, line)) {
      const int number = std::atoi(line.c_str() + std::string(R"({"log":"line )").size());
      if (lines == 0) lines = number - 1;
      ASSERT_EQ(number, ++lines) << line.substr(0, 200);
    }
    EXPECT_EQ(lines, kLines);
  }
}

TEST(DockerDriver, KeepsRunsApartAndInOrder) {
  Site site;
  site.start();
  std::string expected;
  for (int run = 1; run <= 20; ++run) {
    Fifo fifo(site.at("run" + std::to_string(run)));
    ASSERT_EQ(site.start_logging(fifo.path(), "cccc"), R"({"Err":""})");
    // What `docker logs` of a stopped container does in between.
    Fifo nothing(site.at("nothing" + std::to_string(run)));
    ASSERT_EQ(site.start_logging(nothing.path(), "cccc"), R"({"Err":""})");
    for (int i = 0; i < 200; ++i) {
      const std::string line = std::to_string(run) + "/" + std::to_string(i);
      fifo.write(frame(line, kBegin + run * 1000 + i));
      expected += line + "\n";
    }
    EXPECT_EQ(site.call("LogDriver.StopLogging", R"({"File":")" + fifo.path() + "\"}"),
              R"({"Err":""})");
  }
  ASSERT_TRUE(site.wait_until_done());
  std::istringstream all(site.text("cccc"));
  std::string line, found;
  while (std::getline(all, line)) found += line.substr(8, line.find("\\n") - 8) + "\n";
  EXPECT_EQ(found, expected);
}

TEST(DockerDriver, AnswersWhatDockerdAsks) {
  Site site;
  site.start();
  EXPECT_EQ(site.call("Plugin.Activate", ""), R"({"Implements":["LogDriver"]})");
  EXPECT_EQ(site.call("LogDriver.Capabilities", ""), R"({"Cap":{"ReadLogs":false}})");
  // dockerd's retry after a broken connection.
  EXPECT_NE(site.call("LogDriver.StartLogging", "").find("names no FIFO"), std::string::npos);
  EXPECT_EQ(site.call("LogDriver.StopLogging", R"({"File":"/nobody/knows"})"), R"({"Err":""})");
  EXPECT_NE(site.start_logging(site.at("absent"), "dddd").find("no FIFO there"), std::string::npos);
  EXPECT_NE(site.start_logging(site.at("absent"), "../x").find("no container"), std::string::npos);
  Fifo fifo(site.at("fifo"));
  EXPECT_EQ(site.start_logging(fifo.path(), "dddd"), R"({"Err":""})");
  EXPECT_EQ(site.start_logging(fifo.path(), "dddd"), R"({"Err":""})");
  for (const auto& entry : fs::directory_iterator(site.at("run"))) {
    std::ifstream in(entry.path());
    const std::string kept(std::istreambuf_iterator<char>(in), {});
    EXPECT_EQ(kept.find("secret"), std::string::npos) << entry.path();
  }
}

TEST(DockerDriver, NeverBlocksAWriterAndTellsWhatItDropped) {
  Site site;
  // A folder that cannot be written: a file stands in the live file's place.
  site.start({"--buffer", "100000"});
  site.call("Plugin.Activate", "");
  fs::create_directories(site.at("spool/eeee.log"));
  Fifo fifo(site.at("fifo"));
  ASSERT_EQ(site.start_logging(fifo.path(), "eeee"), R"({"Err":""})");
  constexpr int kLines = 60'000;  // several times what pipe and buffer hold
  const auto began = Clock::now();
  for (int i = 1; i <= kLines; ++i) fifo.write(frame("line " + std::to_string(i), kBegin + i));
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(5));
  std::this_thread::sleep_for(milliseconds(100));
  fs::remove(site.at("spool/eeee.log"));
  std::this_thread::sleep_for(milliseconds(700));
  for (int i = 1; i <= 100; ++i) fifo.write(frame("late", kBegin + kLines + i));
  fifo.close();
  ASSERT_TRUE(site.wait_until_done());
  std::istringstream all(site.text("eeee"));
  std::string line;
  uint64_t kept = 0, late = 0, lost = 0;
  const std::string words = R"({"blip":"lost","lines":)";
  while (std::getline(all, line)) {
    if (line.find("\"late\\n") != line.npos) {
      ++late;
    } else if (const size_t said = line.find(words); said != line.npos) {
      lost += std::strtoull(line.c_str() + said + words.size(), nullptr, 10);
    } else {
      ++kept;
    }
  }
  EXPECT_EQ(late, 100u);
  EXPECT_GT(kept, 1000u);
  EXPECT_GT(lost, 1000u);
  EXPECT_EQ(kept + lost, static_cast<uint64_t>(kLines));
}

TEST(DockerDriver, NamesTheService) {
  EXPECT_EQ(service_of(R"({"ContainerName":"/api"})"), "api");
  EXPECT_EQ(service_of(R"({"ContainerName":"/shop-api-1",
      "ContainerLabels":{"com.docker.compose.service":"api"}})"),
            "api");
  EXPECT_EQ(service_of(R"({"ContainerName":"/x","ContainerLabels":{"blip.service":"web",
      "com.docker.compose.service":"api"},"Config":{"blip-service":"front"}})"),
            "front");
  EXPECT_EQ(service_of(R"({"ContainerID":"cf8aaddafacfc4f1291e"})"), "cf8aaddafacf");
  EXPECT_EQ(service_of("[]"), "");
}

}  // namespace
}  // namespace blip::docker
