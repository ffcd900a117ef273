// Where output goes: results to stdout, everything else to stderr.
#pragma once

#include <string_view>

#include "cli/exit_code.h"
#include "core/result.h"

namespace blip {

void print(std::string_view text);          // to stdout, as it is
void note(std::string_view text);           // to stderr: "blip: text\n", made visible
int fail(ExitCode code, const Error& why);  // notes why; returns code

// Has all that was printed reached stdout? If not, notes why.
bool flush_output();

}  // namespace blip
