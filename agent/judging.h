// Judges services anew from the signals in the store and writes what comes out back into it.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "agent/outside.h"
#include "agent/stops.h"
#include "core/result.h"
#include "store/store.h"

namespace blip {

// Service -> when it is to be judged again if nothing comes of it: it has fallen silent then, or is
// down. On the clock of the logs.
using Dues = std::map<std::string, Time>;

// From when to when each source of logs spoke: what shows that time went on where a service is
// silent.
class Watched {
 public:
  static Result<Watched> of(const Store& store);
  void learn(const StreamInfo& stream);
  std::span<const Interval> all() const { return all_; }

 private:
  std::map<std::string, size_t> places_;  // source -> in all_
  std::vector<Interval> all_;
};

// All services that have signals; the host first, for its reboots explain the others' restarts.
// `dues`: entries of those judged are replaced.
Status judge_all(Store& store, Dues* dues = nullptr);
// These. With the host among them all, if its reboots are others than before; and those that were
// asked to stop when one of these was, and those that restart when one of these saw symptoms.
// `stops` and `outside` are kept up to date.
Status judge(Store& store, const std::set<std::string>& services, const Watched& watched,
             Stops& stops, Outside& outside, Dues* dues = nullptr);

}  // namespace blip
