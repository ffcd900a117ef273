// sources: [{files: [/var/log/app/*.log], timezone: Europe/Berlin}, {docker: {}}]
//
// Docker's json-file and local logs are files like others, followed by pattern; dockerd's records
// name them.

#include "agent/configured_sources.h"

#include <algorithm>
#include <memory>

#include "agent/docker_api.h"
#include "agent/docker_look.h"
#include "agent/docker_names.h"
#include "agent/feeder.h"

namespace blip {
namespace {
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

// Containers' logs, under the names that dockerd's records give them, and what dockerd itself
// tells.
void follow_docker(const SourceConfig& source, const Config& config, AgentOptions& options) {
  const std::string root = source.root.empty() ? kDockerRoot : source.root;
  const std::string socket = source.socket.empty() ? kDockerSocket : source.socket;
  AgentSource logs = followed(source);
  logs.patterns.include = {root + "/containers/*/*-json.log",
                           root + "/containers/*/local-logs/container.log",
                           (source.spool.empty() ? kDriverSpool : source.spool) + "/*.log"};
  logs.owner = [root, labels = source.labels](const Source& set) {
    return docker_owner(set.folder, set.base, root, labels);
  };
  const bool journal =
      std::any_of(config.sources.begin(), config.sources.end(),
                  [](const SourceConfig& one) { return one.kind == SourceKind::journal; });
  logs.standing = [places = DockerPlaces{socket, root, DoctorOptions().docker_plugins, journal}] {
    std::vector<std::string> lines;
    for (const Diagnosis& one : look_at_docker(places)) {
      lines.push_back(
          (one.verdict == Verdict::ok ? "" : std::string(verdict_name(one.verdict)) + ": ") +
          one.subject + " " + one.text);
    }
    return lines;
  };
  options.sources.push_back(std::move(logs));
  AgentSource events;
  events.feeder = docker_feeder(socket, source.labels, *config.backfill);
  options.sources.push_back(std::move(events));
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
      follow_docker(source, config, options);
    } else if (source.kind == SourceKind::pipe || source.kind == SourceKind::standard_input) {
      AgentSource one = followed(source);
      one.feeder = pipe_feeder(source.kind == SourceKind::pipe ? source.path : "-");
      options.sources.push_back(std::move(one));
    } else if (source.kind == SourceKind::journal) {
      AgentSource one = followed(source);
      one.feeder = journal_feeder(source.path, source.units, *config.backfill);
      options.sources.push_back(std::move(one));
    }
  }
  if ((*config.probe).count() > 0) {
    options.sources.emplace_back().feeder = probe_feeder(*config.probe);
  }
  options.disable.clear();
  for (const Setting<std::string>& id : config.rules.disable) options.disable.insert(*id);
  options.backfill = *config.backfill;
  options.watch.polling = *config.polling;
  return cannot;
}

}  // namespace blip
