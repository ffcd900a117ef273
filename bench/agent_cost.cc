// What the host agent costs, and how soon an event is in the store:
//
//   agent_cost BLIP [SECONDS [files|latency]]      SECONDS of each phase, 20; one half only
//
// idle       1,000 files that nobody writes to: CPU and memory
// trickle    500 appends a second over 1,000 files: CPU
// latency    lines that a rule of kind `match` asks for, 500 and 20,000 a second: from write(2)
//            until a reader of the store sees the committed row (which includes fsync), and the
//            reader's own look every half millisecond
//
// Everything is real: the agent's own binary, files, inotify, SQLite. Run it on a quiet machine.

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr const char* kRule = R"(- id: bench.line
  title: "a line of a writer"
  kind: match
  severity: info
  regex: 'writer=(?P<writer>\w+) seq=(?P<seq>\d+)'
  match: ["2026-01-02T03:04:05.678Z writer=a seq=12 x"]
  no_match: ["2026-01-02T03:04:05.678Z writer=a"]
)";

void check(bool fine, const char* what) {
  if (fine) return;
  std::perror(what);
  std::exit(1);
}

std::string stamp() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<milliseconds>(now).count();
  const time_t seconds = ms / 1000;
  tm parts;
  gmtime_r(&seconds, &parts);
  char text[40];
  const size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + n, sizeof text - n, ".%03dZ", static_cast<int>(ms % 1000));
  return text;
}

class Agent {
 public:
  Agent(const std::string& blip, const fs::path& folder) : folder_(folder) {
    std::ofstream(folder / "rule.yaml") << kRule;
    const std::string log = (folder / "agent.log").string(), db = store(),
                      rule = (folder / "rule.yaml").string(), logs = (folder / "logs").string();
    pid_ = ::fork();
    check(pid_ >= 0, "fork");
    if (pid_ == 0) {
      const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
      ::dup2(out, 1);
      ::dup2(out, 2);
      ::execl(blip.c_str(), blip.c_str(), "agent", "--db", db.c_str(), "--rules", rule.c_str(),
              logs.c_str(), nullptr);
      _exit(127);
    }
    for (int i = 0; i < 2000; ++i) {
      std::ifstream in(log);
      const std::string text(std::istreambuf_iterator<char>(in), {});
      if (text.find("following") != text.npos) return;
      std::this_thread::sleep_for(milliseconds(10));
    }
    std::fprintf(stderr, "the agent did not begin; see %s\n", log.c_str());
    std::exit(1);
  }
  ~Agent() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  std::string store() const { return (folder_ / "blip.db").string(); }
  double cpu() const {
    std::ifstream in("/proc/" + std::to_string(pid_) + "/schedstat");
    double nanoseconds = 0;
    in >> nanoseconds;
    return nanoseconds / 1e9;
  }
  double rss_mib() const {
    std::ifstream in("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("VmRSS:")) return std::atof(line.c_str() + 6) / 1024;
    }
    return 0;
  }

 private:
  fs::path folder_;
  pid_t pid_ = -1;
};

std::vector<int> open_logs(const fs::path& folder, int count) {
  fs::create_directories(folder / "logs");
  std::vector<int> files;
  for (int i = 0; i < count; ++i) {
    const std::string path = (folder / "logs" / ("app" + std::to_string(i) + ".log")).string();
    files.push_back(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    check(files.back() >= 0, path.c_str());
  }
  return files;
}

void say(int fd, const std::string& text) {
  check(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()), "write");
}

void idle_and_trickle(const std::string& blip, const fs::path& folder, int seconds) {
  const std::vector<int> files = open_logs(folder, 1000);
  for (size_t i = 0; i < files.size(); ++i) {
    for (int line = 0; line < 20; ++line) {
      say(files[i], stamp() + " INFO request " + std::to_string(line) + " served in " +
                        std::to_string(line * 3) + " ms\n");
    }
  }
  const Agent agent(blip, folder);
  std::this_thread::sleep_for(std::chrono::seconds(40));  // what was there is read and judged
  double cpu = agent.cpu();
  auto began = Clock::now();
  const auto share = [&] {
    const std::chrono::duration<double> wall = Clock::now() - began;
    return (agent.cpu() - cpu) / wall.count() * 100;
  };
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  std::printf("idle, 1,000 files               %6.2f %% of a core   %6.1f MiB\n", share(),
              agent.rss_mib());
  const int warm = 500 * 12;  // every file's memory comes back from the store, once
  began = Clock::now();
  for (int i = 0; i < warm + 500 * seconds; ++i) {
    if (i == warm) cpu = agent.cpu();
    say(files[static_cast<size_t>(i * 7) % files.size()],
        stamp() + " INFO request " + std::to_string(i) + " served in 12 ms\n");
    std::this_thread::sleep_until(began + microseconds(2000) * (i + 1));
  }
  began += microseconds(2000) * warm;
  std::printf("500 appends/s, 1,000 files      %6.2f %% of a core   %6.1f MiB\n", share(),
              agent.rss_mib());
  for (const int fd : files) ::close(fd);
}

void latency(const std::string& blip, const fs::path& folder, int per_second, int seconds) {
  const std::vector<int> files = open_logs(folder, 4);
  for (const int fd : files) say(fd, stamp() + " INFO begin\n");
  const Agent agent(blip, folder);
  std::this_thread::sleep_for(milliseconds(1500));
  const int total = per_second * seconds;
  std::vector<Clock::time_point> written(static_cast<size_t>(total)),
      seen(static_cast<size_t>(total));
  std::atomic<bool> stop = false;
  int count = 0;
  std::thread reader([&] {
    sqlite3* handle = nullptr;
    sqlite3_open_v2(agent.store().c_str(), &handle, SQLITE_OPEN_READONLY, nullptr);
    sqlite3_stmt* newer = nullptr;
    sqlite3_prepare_v2(handle,
                       "SELECT seq, json_extract(attributes, '$.seq') FROM events"
                       " WHERE seq > ? AND kind = 'match' ORDER BY seq",
                       -1, &newer, nullptr);
    int64_t last = 0;
    while (!stop && count < total) {
      sqlite3_bind_int64(newer, 1, last);
      std::vector<int64_t> rows;
      while (sqlite3_step(newer) == SQLITE_ROW) {
        if (rows.empty()) rows.push_back(0);
        last = sqlite3_column_int64(newer, 0);
        rows.push_back(sqlite3_column_int64(newer, 1));
      }
      sqlite3_reset(newer);
      const auto now = Clock::now();
      for (size_t i = 1; i < rows.size(); ++i) {
        seen.at(static_cast<size_t>(rows[i])) = now;
        ++count;
      }
      std::this_thread::sleep_for(microseconds(500));
    }
    sqlite3_finalize(newer);
    sqlite3_close(handle);
  });
  const double cpu = agent.cpu();
  const auto began = Clock::now();
  const int step = std::max(1, per_second / 1000);  // lines of one write, as loggers buffer them
  for (int i = 0; i < total; i += step) {
    const std::string head = stamp() + " INFO writer=w seq=";
    std::string text;
    for (int k = i; k < i + step; ++k) {
      text += head + std::to_string(k) + " of some work that was done\n";
    }
    const auto now = Clock::now();
    for (int k = i; k < i + step; ++k) written[static_cast<size_t>(k)] = now;
    say(files[static_cast<size_t>(i / step) % files.size()], text);
    std::this_thread::sleep_until(began + microseconds(1'000'000LL * (i + step) / per_second));
  }
  const std::chrono::duration<double> wall = Clock::now() - began;
  const double share = (agent.cpu() - cpu) / wall.count() * 100;
  for (int i = 0; i < 1000 && count < total; ++i) std::this_thread::sleep_for(milliseconds(10));
  stop = true;
  reader.join();
  std::vector<double> ms;
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] == Clock::time_point{}) continue;
    ms.push_back(std::chrono::duration<double, std::milli>(seen[i] - written[i]).count());
  }
  std::sort(ms.begin(), ms.end());
  const auto at = [&ms](double part) {
    return ms.empty() ? 0 : ms[static_cast<size_t>(part * static_cast<double>(ms.size() - 1))];
  };
  std::printf(
      "%6.0f of %d lines/s, append to row  p50 %6.2f ms  p99 %6.2f ms  max %6.2f ms  "
      "(%zu of %d stored, %.0f %% of a core)\n",
      total / wall.count(), per_second, at(0.5), at(0.99), at(1), ms.size(), total, share);
  for (const int fd : files) ::close(fd);
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "agent_cost BLIP [SECONDS]\n");
    return 2;
  }
  const std::string blip = fs::absolute(argv[1]).string();
  const int seconds = argc > 2 ? std::atoi(argv[2]) : 20;
  std::string pattern = (fs::temp_directory_path() / "blip-cost-XXXXXX").string();
  check(::mkdtemp(pattern.data()) != nullptr, "mkdtemp");
  const fs::path folder = pattern;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  fs::create_directories(folder / "a");
  const std::string only = argc > 3 ? argv[3] : "";
  if (only != "latency") idle_and_trickle(blip, folder / "a", seconds);
  for (const int rate : {500, 20'000}) {
    if (only == "files") break;
    const fs::path own = folder / std::to_string(rate);
    fs::create_directories(own);
    latency(blip, own, rate, seconds);
  }
  fs::remove_all(folder);
  return 0;
}
