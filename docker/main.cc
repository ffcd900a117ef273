// blip-docker-driver: the log driver that dockerd calls. It keeps what containers write in files
// that blip follows; see docs/docker.md.
//
//   blip-docker-driver [--socket PATH] [--spool FOLDER] [--run FOLDER]
//                      [--buffer BYTES] [--buffers BYTES] [--file BYTES] [--total BYTES]
//                      [--read-logs on|off]

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "docker/driver.h"
#include "docker/plugin_http.h"

namespace {
constexpr const char* kUsage =
    "usage: blip-docker-driver [--socket PATH] [--spool FOLDER] [--run FOLDER]\n"
    "                          [--buffer BYTES] [--buffers BYTES] [--file BYTES] [--total BYTES]\n"
    "                          [--read-logs on|off]\n"
    "\n"
    "A Docker log driver that keeps what containers write, for blip to follow.\n"
    "  --socket   where dockerd calls (/run/docker/plugins/blip.sock)\n"
    "  --spool    where the lines are kept (/var/lib/blip/docker)\n"
    "  --run      raw frames and notes; a tmpfs (/run/blip/docker)\n"
    "  --buffer   of raw frames for one container (4 MiB); more is dropped and told\n"
    "  --buffers  ... and for all of them (64 MiB)\n"
    "  --file     size at which a container's file is rotated (16 MiB; 4 are kept)\n"
    "  --total    of all spool files (1 GiB); the oldest go first\n"
    "  --read-logs   on: `docker logs` is answered from the spool; off (as a rule): dockerd keeps "
    "a\n"
    "             copy of its own for it, which works without this program\n";

// Anything on stderr is this program's log.
void say(const std::string& text) {
  std::fprintf(stderr, "blip-docker-driver: %s\n", text.c_str());
}

bool read_options(int argc, char** argv, blip::docker::DriverOptions& options, std::string& socket,
                  bool& read_logs) {
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 == argc) return false;
    const std::string value = argv[i + 1];
    char* end = nullptr;
    const uint64_t number = std::strtoull(value.c_str(), &end, 10);
    const bool is_number = !value.empty() && *end == '\0' && number > 0;
    if (name == "--socket") {
      socket = value;
    } else if (name == "--spool") {
      options.spool = value;
    } else if (name == "--run") {
      options.run = value;
    } else if (name == "--read-logs" && (value == "on" || value == "off")) {
      read_logs = value == "on";
    } else if (name == "--buffer" && is_number) {
      options.drain.per_stream = number;
    } else if (name == "--buffers" && is_number) {
      options.drain.in_all = number;
    } else if (name == "--file" && is_number) {
      options.files.file = number;
    } else if (name == "--total" && is_number) {
      options.spool_total = number;
    } else {
      return false;
    }
  }
  return true;
}
}  // namespace

int main(int argc, char** argv) {
  blip::docker::DriverOptions options;
  options.log = say;
  std::string socket = "/run/docker/plugins/blip.sock";
  bool read_logs = false;
  if (argc == 2 && std::strcmp(argv[1], "--help") == 0) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (!read_options(argc, argv, options, socket, read_logs)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  // Four descriptors a running container.
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);

  blip::docker::Driver driver(options);
  const blip::Status begun = driver.begin();
  if (!begun) {
    say(begun.error().text);
    return 1;
  }
  blip::docker::PluginServer server(driver, socket, read_logs);
  std::thread([&ending] {
    int signal = 0;
    sigwait(&ending, &signal);
    // Nothing to save: it may be killed at any instant.
    ::_exit(0);
  }).detach();
  say("listens at " + socket);
  const blip::Status served = server.listen();
  if (!served) say(served.error().text);
  ::_exit(served ? 0 : 1);
}
