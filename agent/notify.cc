// NOTIFY_SOCKET=/run/systemd/notify (or "@name" for an abstract one), WATCHDOG_USEC=60000000:
//
//   READY=1\nSTATUS=following 9 sources      WATCHDOG=1      STOPPING=1
//   RELOADING=1\nMONOTONIC_USEC=86400000123  then READY=1 again
//
// Each message is one datagram.

#include "agent/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace blip {
namespace {
constexpr size_t kStatusLimit = 256;  // bytes

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

// A newline would begin another assignment.
std::string status_line(std::string_view status) {
  std::string line = "STATUS=" + std::string(status.substr(0, kStatusLimit));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 32) c = ' ';
  }
  return line;
}
}  // namespace

Result<Notifier> Notifier::from_environment() {
  Notifier notifier;
  const std::string_view path = environment("NOTIFY_SOCKET");
  if (path.empty()) return notifier;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const bool known = path[0] == '/' || path[0] == '@';
  if (!known || path.size() < 2 || path.size() >= sizeof address.sun_path) {
    return Error{"NOTIFY_SOCKET is \"" + std::string(path.substr(0, 128)) +
                 "\", which is no AF_UNIX socket"};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  // An abstract name begins with a NUL and has none behind it; a path has one.
  if (path[0] == '@') address.sun_path[0] = '\0';
  const size_t size = offsetof(sockaddr_un, sun_path) + path.size() + (path[0] == '/' ? 1 : 0);
  Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                     static_cast<socklen_t>(size)) != 0) {
    return Error{"NOTIFY_SOCKET " + std::string(path) + ": " +
                 std::generic_category().message(errno)};
  }
  notifier.socket_ = std::move(fd);
  const auto allowed = number(environment("WATCHDOG_USEC"));
  const std::string_view pid = environment("WATCHDOG_PID");
  if (allowed && (pid.empty() || number(pid) == getpid())) {
    notifier.alive_every_ = std::chrono::microseconds(*allowed / 2);
  }
  return notifier;
}

Status Notifier::send(std::string text) const {
  if (!socket_) return Done{};
  ssize_t sent = 0;
  do {
    sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent == static_cast<ssize_t>(text.size())) return Done{};
  return Error{"tell systemd: " + std::generic_category().message(errno)};
}

Status Notifier::ready(std::string_view status) const {
  return send(status.empty() ? "READY=1" : "READY=1\n" + status_line(status));
}

Status Notifier::alive() const { return send("WATCHDOG=1"); }

Status Notifier::reloading() const {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t us = now.tv_sec * 1'000'000LL + now.tv_nsec / 1'000;
  return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

Status Notifier::stopping() const { return send("STOPPING=1"); }

Status Notifier::say(std::string_view status) const { return send(status_line(status)); }

}  // namespace blip
