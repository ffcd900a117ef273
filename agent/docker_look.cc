// ok       /var/run/docker.sock  may be asked
// ok       log drivers           10 containers json-file, 2 blip
// problem  log driver blip       does not answer: dockerd gives up api, shop when they die,
// whatever
//                                their restart policy; start it (systemctl start
//                                blip-docker-driver)
//
// A driver that is no part of dockerd is a plugin: a socket of its name in dockerd's folder, or one
// that dockerd runs itself, of which it keeps in <root>/plugins/<id>/config.json:
//
//   {"plugin":{"Name":"blip:latest","Enabled":true, ...}, ...}

#include "agent/docker_look.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "agent/docker_api.h"
#include "agent/docker_names.h"
#include "agent/json_text.h"
#include "core/fd.h"
#include "core/json_field.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
constexpr size_t kMostContainers = 10'000;
constexpr size_t kNamed = 3;            // containers, of those that something is said of
constexpr size_t kMaxRecord = 4 << 20;  // bytes of a plugin's record

const std::set<std::string, std::less<>> kOfDockerd = {
    "json-file", "local",   "journald", "syslog",  "none",    "gelf",
    "fluentd",   "awslogs", "splunk",   "etwlogs", "gcplogs", "logentries"};

struct Users {
  size_t all = 0;
  std::vector<std::string> names;
  std::vector<std::string> restarted;  // those that dockerd would start again
};

std::string some_of(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < kNamed; ++i) out += (i > 0 ? ", " : "") + names[i];
  if (names.size() > kNamed) out += " and " + std::to_string(names.size() - kNamed) + " more";
  return out;
}

bool listens(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // EAGAIN: so many call it that one more must wait.
  return fd && (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ||
                errno == EAGAIN);
}

enum class Life { alive, dead, unknown };

// Of a plugin that dockerd runs; nullopt where it has none of this name.
std::optional<Life> managed(const std::string& root, const std::string& name) {
  std::error_code error;
  for (const auto& one : fs::directory_iterator(root + "/plugins", error)) {
    std::ifstream in(one.path() / "config.json", std::ios::binary);
    std::string text(kMaxRecord, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(in.gcount()));
    const Json json = Json::parse(text, nullptr, false);
    const Json plugin = part(json, "plugin");
    const std::string found = text_at(plugin, "Name");
    if (found != name && found != name + ":latest") continue;
    const Json enabled = part(plugin, "Enabled");
    return enabled.is_boolean() && enabled.get<bool>() ? Life::alive : Life::dead;
  }
  return std::nullopt;
}

Life life_of(const DockerPlaces& places, const std::string& driver) {
  if (const auto found = managed(places.root, driver)) return *found;
  const std::string socket = places.plugins + "/" + driver + ".sock";
  if (listens(socket)) return Life::alive;
  std::error_code error;
  const bool there = fs::exists(socket, error);
  // Who may not enter the folder, or finds no socket (a spec file may name another one), can't tell
  // of strangers; ours is always there.
  const bool hidden =
      error || (there && ::faccessat(AT_FDCWD, socket.c_str(), W_OK, AT_EACCESS) != 0);
  if (hidden || (!there && driver != "blip")) return Life::unknown;
  return Life::dead;
}

Diagnosis of_plugin(const DockerPlaces& places, const std::string& driver, const Users& users) {
  const std::string start = driver.starts_with("blip")
                                ? "start it (systemctl start blip-docker-driver, or docker plugin "
                                  "enable " +
                                      driver + ")"
                                : "start it";
  Diagnosis out{Verdict::ok, "log driver " + driver, ""};
  const std::string at_risk = some_of(users.restarted);
  switch (life_of(places, driver)) {
    case Life::alive:
      out.text = users.restarted.empty()
                     ? "answers"
                     : "answers; without it dockerd would give up " + at_risk +
                           " at their next death, whatever their restart policy";
      break;
    case Life::dead:
      out.verdict = Verdict::problem;
      out.text = users.restarted.empty()
                     ? "does not answer, and no container starts without it: " + start
                     : "does not answer: dockerd gives up " + at_risk +
                           " when they die, whatever their restart policy: " + start;
      break;
    case Life::unknown:
      out.verdict = users.restarted.empty() ? Verdict::ok : Verdict::warning;
      out.text = "is a plugin, and blip can't see whether it lives";
      if (!users.restarted.empty()) {
        out.text += "; without it dockerd would give up " + at_risk +
                    " at their next death, whatever their restart policy";
      }
      break;
  }
  return out;
}
}  // namespace

std::vector<Diagnosis> look_at_docker(const DockerPlaces& places) {
  std::vector<Diagnosis> out;
  const Result<DockerCall> call = DockerCall::get(places.socket, "/_ping");
  if (call) {
    out.push_back({Verdict::ok, places.socket, "may be asked what happens to containers"});
  } else {
    const bool denied =
        ::faccessat(AT_FDCWD, places.socket.c_str(), W_OK, AT_EACCESS) != 0 && errno == EACCES;
    out.push_back({denied ? Verdict::problem : Verdict::warning, places.socket,
                   call.error().text + ". Without it deaths are known from logs alone"});
  }
  std::map<std::string, Users> drivers;
  std::error_code error;
  size_t seen = 0;
  for (const auto& one : fs::directory_iterator(places.root + "/containers", error)) {
    const Result<ContainerRecord> container = read_container(one.path().string());
    if (!container || container->log_driver.empty()) continue;
    if (++seen > kMostContainers) break;
    Users& users = drivers[container->log_driver];
    ++users.all;
    users.names.push_back(container->name);
    const std::string& policy = container->restart_policy;
    if (!policy.empty() && policy != "no") users.restarted.push_back(container->name);
  }
  if (drivers.empty()) return out;
  std::string text, unseen;
  for (const auto& [driver, users] : drivers) {
    text += (text.empty() ? "" : ", ") + driver + " " + std::to_string(users.all);
    const bool read = driver == "json-file" || driver == "local" || driver.starts_with("blip") ||
                      (driver == "journald" && places.reads_journal);
    if (!read) {
      unseen += (unseen.empty() ? "" : "; ") + some_of(users.names) + " (" + driver + ")";
    }
  }
  text = std::to_string(seen) + (seen == 1 ? " container: " : " containers: ") + text;
  if (unseen.empty()) {
    out.push_back({Verdict::ok, "log drivers", text});
  } else {
    out.push_back(
        {Verdict::warning, "log drivers",
         text + ". Not read by this source, " + unseen + ": json-file, local and blip are"});
  }
  for (const auto& [driver, users] : drivers) {
    if (kOfDockerd.count(driver) == 0) out.push_back(of_plugin(places, driver, users));
  }
  return out;
}

}  // namespace blip
