// Help texts, made from the commands' own tables.
#pragma once

#include <string>

#include "cli/arguments.h"

namespace blip {

std::string general_help();                        // all commands, a line each
std::string command_help(const Command& command);  // one of them, with its flags
std::string version_text();                        // "blip 0.1.0\n"

}  // namespace blip
