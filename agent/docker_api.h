// Asking dockerd over its socket, without ever waiting for it: it may hang for minutes.
#pragma once

#include <string>

#include "core/fd.h"
#include "core/result.h"

namespace blip {

inline constexpr const char* kDockerSocket = "/var/run/docker.sock";

// One GET. Its answer comes in pieces, or without an end where dockerd streams.
class DockerCall {
 public:
  // `target`: path and query, percent-encoded. The error says what to do.
  static Result<DockerCall> get(const std::string& socket, const std::string& target);

  int fd() const { return socket_.get(); }  // to poll for reading
  // Appends what came of the body. Fails when the answer is none, or not 200.
  Status read(std::string& body);
  bool answered() const { return answered_; }  // the head of the answer is there
  bool ended() const { return ended_; }

 private:
  Fd socket_;
  std::string head_;
  bool answered_ = false, ended_ = false;
};

// For a query: everything but letters, digits and "-._~" becomes %XX.
std::string percent_encoded(std::string_view text);

}  // namespace blip
