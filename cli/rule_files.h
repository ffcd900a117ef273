// Rule files that a person names.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "rules/rule_test.h"
#include "rules/signature.h"

namespace blip {

// A YAML file, or all *.yaml and *.yml of a folder, by name. The error goes with kBadConfig.
Result<std::vector<Signature>> read_rule_files(const std::string& path);

// A folder's rules and their tests (*.test.yaml), either of which may be missing. Of a test file
// named alone: that file's tests, with the rules beside it.
struct RuleFolder {
  std::vector<Signature> rules;
  std::vector<RuleTest> tests;
};
Result<RuleFolder> read_rule_folder(const std::string& path);

}  // namespace blip
