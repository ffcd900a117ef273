// GET /v1.24/events?since=1795194390.379095600&filters=%7B... HTTP/1.0
//
// 1.0, because then the answer is a head, a body and the end of the connection: no chunks.

#include "agent/docker_api.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace blip {
namespace {
constexpr size_t kMaxHead = 64 * 1024;
constexpr size_t kMaxRead = 1 << 20;  // of one call of read()

std::string advice(int error) {
  if (error == EACCES) {
    return "; blip needs the rights of root or of the group docker for it (which are the same)";
  }
  if (error == ENOENT || error == ECONNREFUSED) return "; is dockerd running?";
  return "";
}
}  // namespace

Result<DockerCall> DockerCall::get(const std::string& socket, const std::string& target) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path) return Error{socket + ": too long for a socket"};
  std::memcpy(address.sun_path, socket.data(), socket.size());
  DockerCall call;
  call.socket_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto failed = [&](const char* what) {
    const int why = errno;
    return Error{std::string(what) + " " + socket + ": " + std::strerror(why) + advice(why)};
  };
  if (!call.socket_ ||
      ::connect(call.socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return failed("connect to");
  }
  const std::string request = "GET " + target + " HTTP/1.0\r\nHost: docker\r\n\r\n";
  const ssize_t n = ::send(call.socket_.get(), request.data(), request.size(), MSG_NOSIGNAL);
  if (n != static_cast<ssize_t>(request.size())) return failed("ask");
  return call;
}

Status DockerCall::read(std::string& body) {
  char bytes[64 * 1024];
  for (size_t sum = 0; sum < kMaxRead && !ended_;) {
    const ssize_t n = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return Error{std::string("read from dockerd: ") + std::strerror(errno)};
    ended_ = n == 0;
    sum += static_cast<size_t>(n);
    if (answered_) {
      body.append(bytes, static_cast<size_t>(n));
      continue;
    }
    head_.append(bytes, static_cast<size_t>(n));
    const size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos) {
      if (ended_ || head_.size() > kMaxHead) return Error{"dockerd gave no answer"};
      continue;
    }
    const std::string_view status(head_.data(), head_.find('\r'));
    if (status.find(" 200 ") == std::string_view::npos) {
      return Error{"dockerd says: " + std::string(status.substr(0, 200))};
    }
    answered_ = true;
    body.append(head_, end + 4);
    head_.clear();
  }
  return Done{};
}

std::string percent_encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else {
      ((out += '%') += kHex[byte >> 4]) += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace blip
