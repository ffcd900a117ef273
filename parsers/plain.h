// What is known of `plain` lines beyond their records.
#pragma once

#include <string_view>

namespace blip {

// Of a line in which `plain` found no time: would it find none with any other digits in the place
// of these? Lines of a stack trace are so.
bool never_dated(std::string_view line);

}  // namespace blip
