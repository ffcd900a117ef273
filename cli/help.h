// Help texts, made from the commands' own tables.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cli/arguments.h"

namespace blip {

// "2" -> "wrong usage": what the exit codes mean to who runs blip.
std::span<const std::pair<std::string_view, std::string_view>> exit_codes();

std::string general_help();                        // all commands, a line each
std::string command_help(const Command& command);  // one of them, with its flags
std::string man_page();                            // all of it, for man(1)
std::string version_text();                        // "blip 0.1.0\n"

}  // namespace blip
