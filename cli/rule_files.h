// Rule files that a person names.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "rules/signature.h"

namespace blip {

// A YAML file, or all *.yaml and *.yml of a folder, by name. The error goes with kBadConfig.
Result<std::vector<Signature>> read_rule_files(const std::string& path);

}  // namespace blip
