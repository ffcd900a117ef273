// A gauge that had only risen and fell at once to where it began: what a leak looks like across a
// restart. Told as an interval, (sample before, sample of the fall], with detail "gauge", or
// kWhollyBack where nothing but a process's end is likely to have taken it all.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/signal.h"
#include "core/state.h"

namespace blip {

// It came back to the level of its very start, while its sampler kept its pace, and no timer did
// it.
inline constexpr std::string_view kWhollyBack = "gauge, all of it";
bool is_gauge_fall(const Signal& fact);

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
    Time start_time = kNoTime, last_time = kNoTime;
    uint64_t samples = 0, rises = 0;  // since its start
    Micros age_before{0};             // when it fell the last time
  };
  static bool wholly_back(const Gauge& gauge, const Signal& sample);

  std::map<std::string, Gauge, std::less<>> gauges_;  // lane and metric
};

}  // namespace blip
