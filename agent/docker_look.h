// Can blip see this host's containers, and does one of them hang on a log driver that is dead? From
// dockerd's own records and sockets, at once: nothing here waits for dockerd, which may hang.
#pragma once

#include <string>
#include <vector>

#include "agent/doctor.h"

namespace blip {

struct DockerPlaces {
  std::string socket;          // where dockerd listens
  std::string root;            // its data
  std::string plugins;         // the folder of its plugins' sockets
  bool reads_journal = false;  // containers that log to the journal are seen there
};

// Of the socket, of the log drivers that containers use, and of each of those that is a plugin.
// Nothing of drivers where the records may not be read.
std::vector<Diagnosis> look_at_docker(const DockerPlaces& places);

}  // namespace blip
