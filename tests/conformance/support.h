// A folder of logs, a store, and a real agent over them that can be killed at any moment. Every
// line a Writer writes says who wrote it and which one it is; the agent is given a rule of kind
// `match` that keeps each, so that the store tells exactly what was read, how often, and in what
// order.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/stories.h"

namespace blip::conformance {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using testing::TempFolder;

inline bool long_run() { return std::getenv("BLIP_LONG") != nullptr; }

inline constexpr const char* kRule = R"(- id: test.line
  title: "a line of a writer"
  kind: match
  severity: info
  regex: 'writer=(?P<writer>\w+) seq=(?P<seq>\d+)'
  match: ["2026-01-02T03:04:05.678Z writer=a seq=12 x"]
  no_match: ["2026-01-02T03:04:05.678Z writer=a"]
)";

// Writes numbered lines, appending, through one descriptor that stays where a rotation moves it.
class Writer {
 public:
  Writer(std::string name, fs::path path, int flags = O_APPEND)
      : name_(std::move(name)), path_(std::move(path)), flags_(flags) {
    reopen();
  }
  ~Writer() { ::close(fd_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void reopen() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags_, 0644);
    EXPECT_GE(fd_, 0) << path_;
  }
  std::string next_line() {
    char text[160];
    const uint64_t ms = 1767323045000 + seq_ + 1;  // 2026-01-02, a millisecond a line
    const time_t seconds = static_cast<time_t>(ms / 1000);
    tm parts;
    gmtime_r(&seconds, &parts);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, sizeof text, "%s.%03dZ writer=%s seq=%llu of some work that was done\n", stamp,
             static_cast<int>(ms % 1000), name_.c_str(), static_cast<unsigned long long>(++seq_));
    return text;
  }
  void lines(uint64_t count) {
    std::string text;
    for (uint64_t i = 0; i < count; ++i) text += next_line();
    raw(text);
  }
  void raw(std::string_view text) {
    for (size_t done = 0; done < text.size();) {
      const ssize_t n = ::write(fd_, text.data() + done, text.size() - done);
      ASSERT_GT(n, 0);
      done += static_cast<size_t>(n);
    }
  }
  uint64_t written() const { return seq_; }
  const std::string& name() const { return name_; }
  const fs::path& path() const { return path_; }

 private:
  std::string name_;
  fs::path path_;
  int flags_;
  int fd_ = -1;
  uint64_t seq_ = 0;
};

// What is in the store: for each writer the numbers, in the order in which they were committed.
using Stored = std::map<std::string, std::vector<uint64_t>>;

class Site {
 public:
  explicit Site(bool polling = false) : polling_(polling) {
    fs::create_directories(logs());
    std::ofstream(folder_.path() / "rule.yaml") << kRule;
    patterns_ = {logs().string()};
  }
  ~Site() {
    if (agent_ > 0) kill();
  }

  fs::path logs() const { return folder_.path() / "logs"; }
  fs::path file(std::string_view name) const { return logs() / name; }
  std::string db() const { return db_.empty() ? (folder_.path() / "blip.db").string() : db_; }
  void store_at(std::string path) { db_ = std::move(path); }
  // Seconds of CPU that the agent has used.
  double cpu() const {
    std::ifstream in("/proc/" + std::to_string(agent_) + "/stat");
    const std::string text(std::istreambuf_iterator<char>(in), {});
    std::istringstream rest(text.substr(text.rfind(')') + 2));
    std::string word;
    double ticks = 0;
    for (int i = 3; i <= 15 && rest >> word; ++i) {
      if (i >= 14) ticks += std::atof(word.c_str());
    }
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  std::string agent_log() const { return (folder_.path() / "agent.log").string(); }
  void follow(std::vector<std::string> patterns) { patterns_ = std::move(patterns); }
  // What the agent follows then stands in a configuration.
  void configure(const std::string& yaml) {
    const std::string path = (folder_.path() / "blip.yaml").string();
    std::ofstream(path) << yaml;
    patterns_ = {"-c", path};
  }
  // The agents that start from now on are started by this command.
  void start_by(std::vector<std::string> command) { starter_ = std::move(command); }
  const fs::path& folder() const { return folder_.path(); }

  void start() {
    ASSERT_EQ(agent_, -1);
    log_size_ = log_text().size();
    std::vector<std::string> words = {
        BLIP_BINARY, "agent", "--db", db(), "--rules", (folder_.path() / "rule.yaml").string()};
    if (polling_) words.push_back("--polling");
    words.insert(words.end(), patterns_.begin(), patterns_.end());
    words.insert(words.begin(), starter_.begin(), starter_.end());
    agent_ = ::fork();
    if (agent_ == 0) {
      const int log = ::open(agent_log().c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
      ::dup2(log, 1);
      ::dup2(log, 2);
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      ::execvp(argv[0], argv.data());
      _exit(127);
    }
    ASSERT_GT(agent_, 0);
  }
  void kill() {
    ::kill(agent_, SIGKILL);
    ::waitpid(agent_, nullptr, 0);
    agent_ = -1;
  }
  // Did it die by itself within this time? It can be started again then.
  bool died_within(milliseconds at_most) {
    for (const auto until = Clock::now() + at_most; Clock::now() < until; pause_a_little()) {
      if (::waitpid(agent_, nullptr, WNOHANG) != agent_) continue;
      agent_ = -1;
      return true;
    }
    return false;
  }
  // Until the agent that was started last says that it has begun.
  void wait_until_following() const {
    const auto until = Clock::now() + milliseconds(10000);
    while (Clock::now() < until) {
      const std::string text = log_text();
      if (text.find("blip following", log_size_) != text.npos) return;
      pause_a_little();
    }
  }
  // SIGTERM: everything that is there is read first.
  void stop() {
    ASSERT_GT(agent_, 0);
    const auto began = Clock::now();
    ::kill(agent_, SIGTERM);
    int status = 0;
    ::waitpid(agent_, &status, 0);
    agent_ = -1;
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status << "\n" << log_text();
    EXPECT_LT(Clock::now() - began, milliseconds(slow() * 2000)) << "SIGTERM takes too long";
  }
  pid_t agent() const { return agent_; }

  // Sanitizers make everything several times slower.
  static int slow() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return 5;
#else
    return 1;
#endif
  }

  Stored stored() const {
    Stored all;
    query(
        "SELECT json_extract(attributes, '$.writer'), json_extract(attributes, '$.seq')"
        " FROM events WHERE kind = 'match' ORDER BY seq",
        [&all](sqlite3_stmt* row) {
          const char* writer = reinterpret_cast<const char*>(sqlite3_column_text(row, 0));
          all[writer].push_back(static_cast<uint64_t>(sqlite3_column_int64(row, 1)));
        });
    return all;
  }
  uint64_t count(const std::string& where) const {
    uint64_t n = 0;
    query("SELECT count(*) FROM events WHERE " + where,
          [&n](sqlite3_stmt* row) { n = static_cast<uint64_t>(sqlite3_column_int64(row, 0)); });
    return n;
  }
  uint64_t matches() const { return count("kind = 'match'"); }

  // Until so many lines are stored, or none came for so long.
  bool wait_for(uint64_t lines, milliseconds at_most = milliseconds(10000)) const {
    auto until = Clock::now() + at_most * slow();
    for (uint64_t before = 0;;) {
      const uint64_t now = matches();
      if (now >= lines) return true;
      if (now > before) until = Clock::now() + at_most * slow();
      before = now;
      if (Clock::now() > until) return false;
      std::this_thread::sleep_for(milliseconds(10));
    }
  }

  // Every line of these writers once and in order; nothing else.
  void expect_all(const std::vector<const Writer*>& writers) const {
    uint64_t sum = 0;
    for (const Writer* writer : writers) sum += writer->written();
    wait_for(sum);
    const Stored all = stored();
    EXPECT_EQ(all.size(), writers.size()) << log_text();
    for (const Writer* writer : writers) {
      const auto found = all.find(writer->name());
      ASSERT_NE(found, all.end()) << "no line of " << writer->name() << "\n" << log_text();
      ASSERT_EQ(found->second.size(), writer->written()) << gaps(found->second) << log_text();
      for (uint64_t i = 0; i < found->second.size(); ++i) {
        ASSERT_EQ(found->second[i], i + 1) << gaps(found->second) << log_text();
      }
    }
  }
  std::string log_text() const {
    std::ifstream in(agent_log());
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  static std::string gaps(const std::vector<uint64_t>& numbers) {
    std::string text;
    for (size_t i = 1; i < numbers.size() && text.size() < 400; ++i) {
      if (numbers[i] != numbers[i - 1] + 1) {
        text += std::to_string(numbers[i - 1]) + " -> " + std::to_string(numbers[i]) + "\n";
      }
    }
    return text;
  }

  template <class Visit>
  void query(const std::string& sql, Visit&& visit) const {
    sqlite3* handle = nullptr;
    if (sqlite3_open_v2(db().c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
      sqlite3_busy_timeout(handle, 5000);
      sqlite3_stmt* statement = nullptr;
      if (sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK) {
        while (sqlite3_step(statement) == SQLITE_ROW) visit(statement);
      }
      sqlite3_finalize(statement);
    }
    sqlite3_close(handle);
  }

 private:
  TempFolder folder_;
  std::string db_;
  bool polling_;
  std::vector<std::string> patterns_, starter_;
  static void pause_a_little() { std::this_thread::sleep_for(milliseconds(5)); }

  size_t log_size_ = 0;
  pid_t agent_ = -1;
};

inline void pause(int ms) { std::this_thread::sleep_for(milliseconds(ms)); }

// app.log.1 -> app.log.2, app.log -> app.log.1, as logrotate does.
inline void rotate(const fs::path& path, int keep) {
  for (int i = keep; i >= 1; --i) {
    const fs::path from = i == 1 ? path : fs::path(path.string() + "." + std::to_string(i - 1));
    std::error_code error;
    if (fs::exists(from, error)) fs::rename(from, path.string() + "." + std::to_string(i), error);
  }
}

}  // namespace blip::conformance
