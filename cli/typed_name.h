// A service's name in a command that a person is told to type.
#pragma once

#include <string>
#include <string_view>

namespace blip {

// The name where a shell takes it for one plain word that is short enough for a hint; else SERVICE:
// names come out of logs, and what is copied from a hint is run.
std::string typed_name(std::string_view name);

}  // namespace blip
