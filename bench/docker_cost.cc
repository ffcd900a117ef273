// What the Docker log driver costs, beside dockerd's own json-file:
//
//   docker_cost BLIP DRIVER TICKER [throughput [PAIRS] | flood [CONTAINERS [SECONDS]]]
//
// throughput  1,000,000 lines of 83 bytes from one container, json-file and blip in turns, PAIRS
// (5):
//             wall time of the container's life; how long the program in it took, and its longest
//             write; how long until every line is in the spool; the driver's peak memory
// flood       CONTAINERS (200) of 50 lines a second for SECONDS (60): what was lost, and the CPU
//             seconds of the driver and of the agent that follows it
//
// Everything is real: a dockerd of our own (tests/support/dockerd.h), the programs as they are
// shipped, with their own defaults but for the size of the spool's files, which here is enough to
// count every line. TICKER is bench/ticker.c. Run it as root on a quiet machine.

#include <sys/stat.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <map>

#include "tests/support/dockerd.h"

namespace {
namespace fs = std::filesystem;
using blip::testing::Dockerd;
using blip::testing::end;
using blip::testing::spawn;
using blip::testing::text_of;
using Clock = std::chrono::steady_clock;

// The last: without the copy that dockerd keeps for `docker logs`, most of what blip costs.
constexpr const char* kVariants[] = {"json-file", "blip", "uncached"};
constexpr int kLines = 1'000'000, kWidth = 83, kPerSecond = 50;

void pause(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }
double since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}
double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}
bool wait_for(const std::function<bool()>& done, int seconds) {
  for (const auto began = Clock::now(); since(began) < seconds; pause(5)) {
    if (done()) return true;
  }
  return done();
}

// Seconds on a CPU so far.
double cpu_of(pid_t pid) {
  const std::string text = text_of("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream words(text.substr(text.rfind(')') + 1));
  std::string word;
  for (int i = 0; i < 11; ++i) words >> word;
  double user = 0, system = 0;
  words >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}
double peak_mib(pid_t pid) {
  const std::string text = text_of("/proc/" + std::to_string(pid) + "/status");
  const size_t at = text.find("VmHWM:");
  return at == text.npos ? 0 : std::atof(text.c_str() + at + 6) / 1024;
}

struct Spooled {
  long lines = 0, lost = 0;
};
Spooled read_spool(const std::string& folder) {
  Spooled out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with(R"({"log":"line )")) ++out.lines;
      const char* lost = std::strstr(line.c_str(), R"({"blip":"lost","lines":)");
      if (lost == line.c_str()) out.lost += std::atol(lost + 23);
    }
  }
  return out;
}

class Bench {
 public:
  Bench(std::string blip, std::string driver, const std::string& ticker)
      : blip_(std::move(blip)), driver_program_(std::move(driver)) {
    std::string name = (fs::temp_directory_path() / "blip-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder");
    folder_ = name;
    fs::create_directories(folder_ / "d");
    fs::create_directories(folder_ / "truth");
    dockerd_ = std::make_unique<Dockerd>(folder_ / "d", std::vector<std::string>{ticker});
    if (!dockerd_->why_not().empty()) throw std::runtime_error(dockerd_->why_not());
    // Where /run is, as a rule: in memory.
    std::string run = "/dev/shm/blip-bench-XXXXXX";
    run_ = ::mkdtemp(run.data()) != nullptr ? fs::path(run) : folder_ / "run";
    plugin_ = "blipbench" + std::to_string(::getpid());
    socket_ = "/run/docker/plugins/" + plugin_ + ".sock";
  }
  ~Bench() {
    end(agent_, SIGTERM);
    dockerd_.reset();
    stop_driver();
    if (text_of("/proc/self/mounts").find(folder_.string() + "/") == std::string::npos) {
      std::error_code ignored;
      fs::remove_all(folder_, ignored);
    }
    std::error_code ignored;
    fs::remove_all(run_, ignored);
  }

  void throughput(int pairs) {
    std::map<std::string, std::vector<double>> wall, app, longest;
    std::vector<double> spooled, memory, cpu;
    Spooled all;
    std::printf("%-10s %8s %8s %14s\n", "driver", "wall s", "app s", "longest write");
    for (int turn = 0; turn < pairs; ++turn) {
      // In another order each time: none of them always comes first.
      for (int i = 0; i < 3; ++i) {
        const std::string name = kVariants[(turn + i) % 3];
        const bool ours = name != "json-file";
        if (ours) start_driver({"--file", "1000000000"});
        const auto began = Clock::now();
        run("one",
            (ours ? plugin_ : name) + (name == "uncached" ? " --log-opt cache-disabled=true" : ""),
            kLines, 0);
        dockerd_->docker("wait one");
        wall[name].push_back(since(began));
        if (ours) {
          wait_for([this] { return drained(); }, 60);
          spooled.push_back(since(began) - wall[name].back());
          memory.push_back(peak_mib(driver_));
          cpu.push_back(cpu_of(driver_));
        }
        const auto [took, write] = truth("one");
        app[name].push_back(took);
        longest[name].push_back(write);
        std::printf("%-10s %8.2f %8.2f %11.0f ms\n", name.c_str(), wall[name].back(), took,
                    1000 * write);
        std::fflush(stdout);
        dockerd_->docker("rm one");
        if (!ours) continue;
        const Spooled found = read_spool(at("spool"));
        all.lines += found.lines;
        all.lost += found.lost;
        stop_driver();
      }
    }
    const double json_file = median(wall["json-file"]);
    std::printf("\n%d turns of 1,000,000 lines of 83 bytes, medians:\n", pairs);
    for (const std::string name : kVariants) {
      std::printf(
          "%-10s %.2f s wall, %.2f of json-file's; the program %.2f s, longest write %.0f ms\n",
          name.c_str(), median(wall[name]), median(wall[name]) / json_file, median(app[name]),
          1000 * median(longest[name]));
    }
    std::printf(
        "wanted     blip at most 1.3 of json-file's wall time\n"
        "driver     %.2f s of CPU, %.1f MiB at its peak (32 at most), %.0f ms later all is in the "
        "spool\n"
        "lines      %ld of %ld, %ld dropped\n",
        median(cpu), *std::max_element(memory.begin(), memory.end()), 1000 * median(spooled),
        all.lines, 2L * pairs * kLines, all.lost);
  }

  void flood(int containers, int seconds) {
    start_driver({"--file", "1000000000"});
    std::ofstream(at("blip.yaml"))
        << "sources:\n  - docker: {socket: " << dockerd_->at("docker.sock")
        << ", root: " << dockerd_->at("data") << ", spool: " << at("spool")
        << "}\nstore: {path: " << at("blip.db") << "}\n";
    agent_ = spawn({blip_, "agent", "--config", at("blip.yaml")}, at("agent.log"));
    const int lines = kPerSecond * seconds;
    const auto began = Clock::now();
    std::atomic<int> next{0};
    const auto start_some = [&] {
      for (int i = next++; i < containers; i = next++) {
        run("c" + std::to_string(i), plugin_, lines, kPerSecond);
      }
    };
    std::vector<std::thread> starters;
    for (int i = 0; i < 4; ++i) starters.emplace_back(start_some);
    for (std::thread& starter : starters) starter.join();
    std::printf("%d containers started in %.0f s\n", containers, since(began));
    std::fflush(stdout);
    pause(2000);
    const double driver = cpu_of(driver_), agent = cpu_of(agent_);
    const auto all_up = Clock::now();
    std::ofstream(at("truth/go")) << "now they write\n";
    // From here until the first has ended they all write.
    wait_for([&] { return files("truth") > 1; }, seconds + 60);
    const double wall = since(all_up);
    const double driver_used = cpu_of(driver_) - driver, agent_used = cpu_of(agent_) - agent;
    const double load = 100 * (driver_used + agent_used) / wall;
    wait_for([&] { return files("truth") > containers; }, 120);
    wait_for([this] { return drained(); }, 60);
    const Spooled found = read_spool(at("spool"));
    std::printf(
        "\n%d containers, %d lines a second each, %.0f s with all of them:\n"
        "lines    %ld of %ld, %ld dropped\n"
        "driver   %.1f %% of a core, %.1f MiB at its peak\n"
        "agent    %.1f %% of a core, %.1f MiB at its peak\n"
        "both     %.1f %% of a core (25 at most)\n",
        containers, kPerSecond, wall, found.lines, static_cast<long>(containers) * lines,
        found.lost, 100 * driver_used / wall, peak_mib(driver_), 100 * agent_used / wall,
        peak_mib(agent_), load);
    // Has the agent read them all? It says so every five seconds.
    pause(7000);
    const std::string ask = blip_ + " status -o json --db " + at("blip.db") + " >" + at("status");
    if (std::system(ask.c_str()) != 0) std::printf("no status\n");
    const std::string status = text_of(at("status"));
    const size_t behind = status.find("\"behind\":"), losses = status.find("\"losses\":");
    if (behind == status.npos || losses == status.npos) return;
    std::printf("agent    %ld bytes behind, %ld losses told\n", std::atol(&status[behind + 9]),
                std::atol(&status[losses + 9]));
  }

 private:
  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  int files(const std::string& folder) const {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(at(folder))) ++count;
    return count;
  }
  void start_driver(std::vector<std::string> more) {
    fs::remove_all(at("spool"));
    std::vector<std::string> words = {driver_program_, "--socket", socket_,      "--spool",
                                      at("spool"),     "--run",    run_.string()};
    words.insert(words.end(), more.begin(), more.end());
    driver_ = spawn(words, at("driver.log"));
    wait_for([this] { return fs::exists(socket_); }, 10);
  }
  void stop_driver() {
    end(driver_, SIGTERM);
    fs::remove(socket_);
  }
  void run(const std::string& name, const std::string& driver, int lines, int rate) const {
    int status = 1;
    const std::string said = dockerd_->docker(
        "run -d --name " + name + " --log-driver " + driver + " -v " + at("truth") +
            ":/truth bb:1 ticker " + name + " " + std::to_string(lines) + " " +
            std::to_string(rate) + " " + std::to_string(kWidth),
        &status);
    if (status != 0) std::fprintf(stderr, "docker run: %s\n", said.c_str());
  }
  // Seconds: of its whole life, of its longest write.
  std::pair<double, double> truth(const std::string& name) const {
    double took = 0, longest = 0;
    std::ifstream(at("truth/" + name)) >> took >> longest;
    fs::remove(at("truth/" + name));
    return {took / 1000, longest / 1000};
  }
  bool drained() const {
    for (const auto& entry : fs::directory_iterator(run_)) {
      if (entry.path().extension() == ".start") return false;
    }
    return true;
  }

  const std::string blip_, driver_program_;
  fs::path folder_, run_;
  std::unique_ptr<Dockerd> dockerd_;
  std::string plugin_, socket_;
  pid_t driver_ = -1, agent_ = -1;
};
}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto number = [&](size_t at, int otherwise) {
    return words.size() > at ? std::atoi(words[at].c_str()) : otherwise;
  };
  if (words.size() < 3) return 2;
  const std::string part = words.size() > 3 ? words[3] : "";
  try {
    Bench bench(words[0], words[1], words[2]);
    if (part.empty() || part == "throughput") bench.throughput(number(4, 5));
    if (part.empty() || part == "flood") bench.flood(number(4, 200), number(5, 60));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "docker_cost: %s\n", error.what());
    return 1;
  }
}
