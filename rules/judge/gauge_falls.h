// A gauge that had only risen and fell at once to where it began: what a leak looks like across a
// restart. Told as an interval, (sample before, sample of the fall], with detail "gauge".
#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/signal.h"
#include "core/state.h"

namespace blip {

class GaugeFalls {
 public:
  // `sample`: in order. The fact of a fall, as a counter_reset.
  std::optional<Signal> weigh(const Signal& sample);

  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  static constexpr size_t kMaxGauges = 64;  // of one service; later ones are left out
  struct Gauge {
    double start = 0, last = 0;
    Time last_time = kNoTime;
    uint64_t samples = 0, rises = 0;  // since its start
  };
  std::map<std::string, Gauge, std::less<>> gauges_;  // lane and metric
};

}  // namespace blip
