// -c web.yaml: then web.yaml and conf.d/*.yaml beside it, and nothing of /etc/blip.
//
//   /etc/blip/blip.yaml:15:43: no rule "nginx.worker_cod"; did you mean "nginx.worker_code"?

#include "cli/configured.h"

#include <filesystem>
#include <set>

#include "agent/discover.h"
#include "cli/render/escape.h"
#include "cli/rule_files.h"
#include "core/suggest.h"

namespace blip {
namespace {
std::string place(const Setting<std::string>& setting) {
  return setting.origin + ":" + std::to_string(setting.column) + ": ";
}
}  // namespace

std::string config_path(const Arguments& arguments) {
  return arguments.config.empty() ? kConfigPath : arguments.config;
}

Result<Config> configured(const Arguments& arguments, std::vector<std::string>* notes) {
  const std::string path = config_path(arguments);
  std::error_code unreadable;
  if (!arguments.config.empty() && !std::filesystem::exists(path, unreadable) && !unreadable) {
    return Error{"there is no " + visible(path) + "; make it: blip config init -c " +
                 visible(path)};
  }
  Result<Config> config = read_config(path);
  if (!config || !config->sources.empty()) return config;
  Discovery found = discover();
  config->sources = std::move(found.sources);
  if (notes != nullptr) *notes = std::move(found.notes);
  return config;
}

Result<std::vector<Signature>> configured_rules(const Config& config) {
  std::vector<Signature> rules;
  std::set<std::string> ids;
  for (const Setting<std::string>& dir : config.rules.dirs) {
    Result<std::vector<Signature>> read = read_rule_files(*dir);
    if (!read) return Error{place(dir) + read.error().text};
    for (Signature& rule : *read) {
      if (!ids.insert(rule.id).second) {
        return Error{place(dir) + "rule " + rule.id + " is in two of the folders"};
      }
      rules.push_back(std::move(rule));
    }
  }
  std::vector<std::string_view> known(ids.begin(), ids.end());
  const std::vector<Signature> builtin = builtin_signatures();
  for (const Signature& rule : builtin) known.push_back(rule.id);
  const std::set<std::string_view> all(known.begin(), known.end());
  for (const Setting<std::string>& id : config.rules.disable) {
    if (all.count(*id) > 0) continue;
    return Error{place(id) + "no rule \"" + *id + "\"" + did_you_mean(*id, known, "\"") +
                 " (blip rules list)"};
  }
  return rules;
}

}  // namespace blip
