// A run: one life of one instance of a service.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/signal.h"
#include "core/time.h"

namespace blip {

struct Interval {
  Time from = kNoTime, to = kNoTime;  // somewhere in [from, to]
};

// A gauge over one life.
struct GaugeLife {
  double first = 0, last = 0, low = 0, high = 0;
  uint64_t samples = 0;
};

struct Run {
  uint64_t id = 0;  // hash of service, instance and the anchor of its first line
  std::string service, instance;
  Anchor begins;                        // its first line
  Interval begin, end;                  // end.to unknown: still alive when the logs end
  uint64_t began_by = 0, ended_by = 0;  // ids of the restart events at its ends; 0: none
  std::string ending;                   // "", or the cause of the event that ended it
  std::map<std::string, GaugeLife, std::less<>> gauges;  // by metric name
};

}  // namespace blip
