// /var/lib/docker/containers/72d577fe.../config.v2.json
//   {"Name":"/shop-api-1","Config":{"Image":"shop:7","Labels":{"com.docker.compose.service":"api"}},
//    "LogPath":"...-json.log","HasBeenManuallyStopped":false, ...}
// ... /hostconfig.json
//   {"LogConfig":{"Type":"json-file",...},"RestartPolicy":{"Name":"always",...}, ...}

#include "agent/docker_names.h"

#include <fstream>

#include "agent/json_text.h"
#include "core/json_field.h"

namespace blip {
namespace {
constexpr size_t kMaxRecord = 4 << 20;  // bytes of one of these files

Json read_json(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kMaxRecord, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return Json::parse(text, nullptr, false);
}

}  // namespace

Result<ContainerRecord> read_container(const std::string& folder) {
  const Json config = read_json(folder + "/config.v2.json");
  if (!config.is_object()) return Error{folder + "/config.v2.json: no record of a container"};
  const Json host = read_json(folder + "/hostconfig.json");
  ContainerRecord container;
  container.id = text_at(config, "ID");
  container.name = text_at(config, "Name");
  if (container.name.starts_with('/')) container.name.erase(0, 1);
  container.image = text_at(part(config, "Config"), "Image");
  const Json& labels = part(part(config, "Config"), "Labels");
  if (labels.is_object()) {
    for (const auto& [name, value] : labels.items()) {
      if (value.is_string()) container.labels[name] = value.get<std::string>();
    }
  }
  container.log_driver = text_at(part(host, "LogConfig"), "Type");
  container.restart_policy = text_at(part(host, "RestartPolicy"), "Name");
  return container;
}

std::string service_of(const ContainerRecord& container) {
  for (const char* label : {"blip.service", "com.docker.compose.service"}) {
    const auto found = container.labels.find(label);
    if (found != container.labels.end() && !found->second.empty()) return found->second;
  }
  return container.name.empty() ? container.id.substr(0, 12) : container.name;
}

bool has_labels(const ContainerRecord& container, const std::vector<std::string>& labels) {
  for (const std::string& label : labels) {
    const size_t equals = label.find('=');
    const auto found = container.labels.find(label.substr(0, equals));
    if (found == container.labels.end()) return false;
    if (equals != std::string::npos && found->second != label.substr(equals + 1)) return false;
  }
  return true;
}

std::optional<std::string> docker_owner(const std::string& folder, const std::string& base,
                                        const std::string& root,
                                        const std::vector<std::string>& labels) {
  const std::string containers = root + "/containers/";
  const bool of_docker = folder.starts_with(containers);
  // The driver's files are named after the container, and their lines after the service.
  const std::string id =
      of_docker ? folder.substr(containers.size(), 64) : base.substr(0, base.find('.'));
  const Result<ContainerRecord> container = read_container(containers + id);
  if (!container) return labels.empty() ? std::optional<std::string>("") : std::nullopt;
  if (!has_labels(*container, labels)) return std::nullopt;
  return of_docker ? service_of(*container) : "";
}

}  // namespace blip
