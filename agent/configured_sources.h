// From what the configuration says to what the agent does.
#pragma once

#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/config.h"

namespace blip {

// `options` as `config` wants them: sources, rules left out, backfill, polling. Gives what the
// agent can't do yet of it, a sentence each.
std::vector<std::string> apply_config(const Config& config, AgentOptions& options);

}  // namespace blip
