// sources: [{files: [/var/log/app/*.log], timezone: Europe/Berlin}, {docker: {}}]
//
// Docker's json-file logs are files like others: followed by pattern, under the names that their
// own lines and folders give them.

#include "agent/configured_sources.h"

#include <memory>

#include "agent/feeder.h"

namespace blip {
namespace {
constexpr const char* kDockerLogs = "/var/lib/docker/containers/*/*-json.log";

AgentSource followed(const SourceConfig& source) {
  AgentSource out;
  out.patterns = {source.files, source.exclude};
  out.service = source.service;
  out.format = source.format;
  if (source.timezone.fixed()) {
    out.utc_offset = source.timezone.offset_at(Time());
  } else {
    out.zone = std::make_shared<const TimeZone>(source.timezone);
  }
  return out;
}
}  // namespace

std::vector<std::string> apply_config(const Config& config, AgentOptions& options) {
  std::vector<std::string> cannot;
  options.sources.clear();
  for (const SourceConfig& source : config.sources) {
    const std::string name =
        std::string(source_kind_name(source.kind)) + " (" + source.origin + ")";
    if (source.kind == SourceKind::files) {
      options.sources.push_back(followed(source));
    } else if (source.kind == SourceKind::docker) {
      options.sources.push_back(followed(source));
      options.sources.back().patterns.include = {kDockerLogs};
      if (!source.labels.empty()) {
        cannot.push_back(name + ": labels are not read yet; all containers are followed");
      }
    } else if (source.kind == SourceKind::pipe || source.kind == SourceKind::standard_input) {
      AgentSource one = followed(source);
      one.feeder = pipe_feeder(source.kind == SourceKind::pipe ? source.path : "-");
      options.sources.push_back(std::move(one));
    } else {
      cannot.push_back(name + ": not followed yet");
    }
  }
  options.disable.clear();
  for (const Setting<std::string>& id : config.rules.disable) options.disable.insert(*id);
  options.backfill = *config.backfill;
  options.watch.polling = *config.polling;
  return cannot;
}

}  // namespace blip
