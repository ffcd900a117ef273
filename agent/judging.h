// Judges services anew from the signals in the store and writes what comes out back into it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/result.h"
#include "store/store.h"

namespace blip {

// Service -> when it is to be judged again if nothing comes of it: it has fallen silent then, or is
// down. On the clock of the logs.
using Dues = std::map<std::string, Time>;

// All services that have signals; the host first, for its reboots explain the others' restarts.
// `dues`: entries of those judged are replaced.
Status judge_all(Store& store, Dues* dues = nullptr);
// These; with the host among them all, for the same reason.
Status judge(Store& store, const std::set<std::string>& services, Dues* dues = nullptr);

}  // namespace blip
