// The configuration as the command line names it.
#pragma once

#include <string>
#include <vector>

#include "agent/config.h"
#include "cli/arguments.h"
#include "core/result.h"
#include "rules/signature.h"

namespace blip {

// --config (or BLIP_CONFIG), else /etc/blip/blip.yaml, with conf.d/*.yaml in its folder. A file
// that was named must be there. Sources are found where none is configured: then `notes`, if given,
// get what was left out and why. The error goes with kBadConfig.
Result<Config> configured(const Arguments& arguments, std::vector<std::string>* notes = nullptr);

std::string config_path(const Arguments& arguments);

// The rules of config.rules.dirs; all that it disables exist. The error goes with kBadConfig.
Result<std::vector<Signature>> configured_rules(const Config& config);

}  // namespace blip
