// Judges services anew from the signals in the store and writes what comes out back into it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/result.h"
#include "store/store.h"

namespace blip {

// All services that have signals; the host first, for its reboots explain the others' restarts.
Status judge_all(Store& store);
// These; with the host among them all, for the same reason.
Status judge(Store& store, const std::set<std::string>& services);

}  // namespace blip
