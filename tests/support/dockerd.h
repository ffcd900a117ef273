// A dockerd of our own: its data lies in a folder of ours, it has no network, and its image `bb:1`
// is made of busybox. For the tests and for bench/docker_cost.cc.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace blip::testing {

// Starts a program with its output at the end of `log`.
inline pid_t spawn(std::vector<std::string> words, const std::string& log) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  _exit(127);
}

// Ends what spawn() started, and waits for it.
inline void end(pid_t& pid, int signal) {
  if (pid <= 0) return;
  ::kill(pid, signal);
  ::waitpid(pid, nullptr, 0);
  pid = -1;
}

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Dockerd {
 public:
  // `folder` is there, and empty. `more`: files for the image's /bin.
  explicit Dockerd(std::filesystem::path folder, const std::vector<std::string>& more = {})
      : folder_(std::move(folder)) {
    if (::geteuid() != 0) {
      why_not_ = "dockerd needs root";
    } else if (::access("/usr/bin/docker", X_OK) != 0 || ::access("/bin/busybox", X_OK) != 0) {
      why_not_ = "Debian's docker.io and busybox-static are not installed";
    } else if (!start()) {
      why_not_ = "dockerd does not start here: " + last_line(text_of(at("dockerd.log")));
    } else if (!import(more)) {
      why_not_ = "no image could be made";
    }
  }
  ~Dockerd() {
    if (dockerd_ > 0) {
      docker("ps -aq | xargs -r /usr/bin/docker -H unix://" + at("docker.sock") + " rm -f");
      end(dockerd_, SIGTERM);
    }
    end_shims();
    unmount();
  }
  Dockerd(const Dockerd&) = delete;
  Dockerd& operator=(const Dockerd&) = delete;

  // "" when it runs.
  const std::string& why_not() const { return why_not_; }
  std::string at(const std::string& name) const { return (folder_ / name).string(); }

  // Output of `docker WORDS`, without its last newline.
  std::string docker(const std::string& words, int* status = nullptr) const {
    const std::string command =
        "timeout 60 /usr/bin/docker -H unix://" + at("docker.sock") + " " + words + " 2>&1";
    std::string out;
    FILE* pipe = ::popen(command.c_str(), "r");
    for (char bytes[4096]; size_t n = std::fread(bytes, 1, sizeof bytes, pipe);)
      out.append(bytes, n);
    const int result = ::pclose(pipe);
    if (status != nullptr) *status = result;
    while (out.ends_with('\n')) out.pop_back();
    return out;
  }
  bool start() {
    std::filesystem::remove(at("dockerd.pid"));
    // Its containerd goes with a dockerd that is killed. Where its pid is not free at once, the
    // next dockerd takes it for alive and waits for it.
    std::filesystem::remove(at("exec/containerd/containerd.pid"));
    dockerd_ = spawn({"dockerd", "--data-root", at("data"), "--exec-root", at("exec"), "--pidfile",
                      at("dockerd.pid"), "-H", "unix://" + at("docker.sock"), "--exec-opt",
                      "native.cgroupdriver=cgroupfs", "--iptables=false", "--bridge=none",
                      "--storage-driver", "vfs"},
                     at("dockerd.log"));
    for (int i = 0; i < 150; ++i) {
      int status = 1;
      docker("version", &status);
      if (status == 0) return true;
      if (::waitpid(dockerd_, nullptr, WNOHANG) == dockerd_) {
        dockerd_ = -1;
        break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  }
  void kill() { end(dockerd_, SIGKILL); }

 private:
  // They outlive a dockerd that is killed; ours are known by our folder in their arguments.
  void end_shims() const {
    std::error_code error;
    for (const auto& process : std::filesystem::directory_iterator("/proc", error)) {
      const int pid = std::atoi(process.path().filename().c_str());
      if (pid > 1 && pid != ::getpid() &&
          text_of(process.path() / "cmdline").find(at("exec")) != std::string::npos) {
        ::kill(pid, SIGKILL);
      }
    }
  }
  // dockerd mounts its data over itself and leaves it so; whoever removes our folder must not walk
  // through mounts.
  void unmount() const {
    std::ifstream table("/proc/self/mounts");
    std::vector<std::string> ours;
    for (std::string line; std::getline(table, line);) {
      std::istringstream words(line);
      std::string device, where;
      words >> device >> where;
      if (where.starts_with(folder_.string() + "/")) ours.push_back(where);
    }
    std::sort(ours.rbegin(), ours.rend());  // what lies deeper goes first
    for (const std::string& where : ours) ::umount2(where.c_str(), MNT_DETACH);
  }
  static std::string last_line(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text.substr(text.rfind('\n') + 1).substr(0, 300);
  }
  bool import(const std::vector<std::string>& more) {
    const std::string img = at("img");
    std::string script = "mkdir -p " + img + "/bin " + img + "/tmp " + img + "/proc " + img +
                         "/dev && cp /bin/busybox " + img +
                         "/bin/ && for a in $(busybox --list); do [ $a = busybox ] || ln -s "
                         "busybox " +
                         img + "/bin/$a; done";
    for (const std::string& file : more) script += " && cp " + file + " " + img + "/bin/";
    script += " && tar -C " + img + " -cf " + img + ".tar .";
    if (std::system(script.c_str()) != 0) return false;
    int status = 1;
    docker("import -c 'ENV PATH=/bin' " + img + ".tar bb:1", &status);
    return status == 0;
  }

  const std::filesystem::path folder_;
  pid_t dockerd_ = -1;
  std::string why_not_;
};

}  // namespace blip::testing
