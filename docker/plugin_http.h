// dockerd's log-driver protocol: HTTP over a socket, answered at once and always.
#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "docker/driver.h"

namespace blip::docker {

// Whose lines a container writes, from the Info of StartLogging as JSON text: the log option
// blip-service, the label blip.service, compose's name of the service, the container's name.
std::string service_of(const std::string& info);

class PluginServer {
 public:
  // `driver` is borrowed. Listens at `socket`; a socket file left by an earlier process is
  // replaced. `read_logs`: `docker logs` is answered from the spool; else dockerd keeps a copy for
  // it.
  PluginServer(Driver& driver, std::string socket, bool read_logs = false);
  ~PluginServer();

  Status listen();  // until stop()
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace blip::docker
