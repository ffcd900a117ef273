// Why does blip see nothing? Looks at everything between a configuration and an event: rights,
// files, formats, disks, limits, the clock, the store.
#pragma once

#include <string>
#include <vector>

#include "agent/config.h"
#include "core/time.h"

namespace blip {

enum class Verdict { ok, warning, problem };
std::string_view verdict_name(Verdict verdict);

// One line of it. Paths are raw: escape them.
struct Diagnosis {
  Verdict verdict = Verdict::ok;
  std::string subject;  // "/var/log/app.log", "store", "clock"
  std::string text;     // what is the case, and behind a ": " what to do
};

struct DoctorOptions {
  Time now = kNoTime;          // the clock to judge
  std::string proc = "/proc";  // where the kernel's limits are read
  // Where a source does not say.
  std::string docker = "/var/lib/docker";
  std::string docker_socket = "/var/run/docker.sock";
  std::string docker_plugins = "/run/docker/plugins";
  std::vector<std::string> journals = {"/var/log/journal", "/run/log/journal"};
};

// In the order of the configuration, then of the host. Changes nothing.
std::vector<Diagnosis> examine(const Config& config, const DoctorOptions& options);

}  // namespace blip
