// Between findings.cc and the paragraphs that have a file of their own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/findings.h"

namespace blip {

using Events = std::vector<const Event*>;  // of one service and kind, in order of time; never empty

// All restarts of one service, and their list: a line each, bounded.
Finding restart_finding(const Events& restarts, const FindingsContext& context);
std::string restart_list(const Events& restarts, const FindingsContext& context);

Severity worst_of(const Events& events);
std::string in_quotes(std::string_view text);  // made visible

}  // namespace blip
