// Why a life ended, from the signals of its end: one word, and what a person wants to read with it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/signal.h"

namespace blip {

struct Cause {
  std::string word = "unknown";     // panic, exception, segv, abort, oom, kill9, sigterm, exit0,
                                    // exit1, exitN, deploy, reboot, unknown
  std::optional<bool> planned;      // empty: nothing tells
  const Signal* told_by = nullptr;  // the signal that decided; borrowed from `ends`
  std::string message, frame;       // of a death note
};

// `ends` in order. Precedence: out of memory, a death note's block, a supervisor's signal or code,
// a stop notice; a stop notice makes it planned unless one of the first two contradicts.
// `version_changed`: the new life runs another version.
Cause cause_of(const std::vector<Signal>& ends, bool version_changed, bool host_rebooted);

}  // namespace blip
