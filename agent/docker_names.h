// Whose log a container's is, from dockerd's own records beside it: config.v2.json. They are there
// before the log, and go away with it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"

namespace blip {

inline constexpr const char* kDockerRoot = "/var/lib/docker";
// Where blip-docker-driver keeps its containers' lines.
inline constexpr const char* kDriverSpool = "/var/lib/blip/docker";

struct ContainerRecord {
  std::string id, name, image;  // name without its slash
  std::string log_driver;       // "json-file", "local", "blip"
  std::map<std::string, std::string> labels;
  // What makes it come back; "always" and the like from hostconfig.json.
  std::string restart_policy;
};

// `folder`: of one container, "/var/lib/docker/containers/72d5...".
Result<ContainerRecord> read_container(const std::string& folder);

// The label blip.service, compose's name of the service, the container's name.
std::string service_of(const ContainerRecord& container);

// Has it all of these labels? Each is "name=value" or "name".
bool has_labels(const ContainerRecord& container, const std::vector<std::string>& labels);

// Of a log in this folder: the service to read it as; "" where its own lines tell; nullopt where
// its container lacks a label. Knows containers' folders below `root` and the driver's spool.
std::optional<std::string> docker_owner(const std::string& folder, const std::string& base,
                                        const std::string& root,
                                        const std::vector<std::string>& labels);

}  // namespace blip
