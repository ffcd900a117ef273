// A level that comes or goes as a whole: somebody switched debugging on, or off. Per ten minutes,
//
//   debug 0 of 5,212   0 of 4,980   ...   8,411 of 13,600      on
//   debug 38 % of the lines for hours     0 of 3,114           off
//
// Levels of trouble are not looked at: those come and go by themselves. Part of the sensor of
// counts, which sees every line.
#pragma once

#include <array>
#include <cstdint>

#include "rules/sense/sensor.h"

namespace blip {

class LevelCounts {
 public:
  void count(const Observation& line) {
    const auto level = static_cast<size_t>(line.record.level);
    if (counts_[level]++ == 0) {
      first_[level] = line.at;
      first_time_[level] = line.time;
    }
  }
  // Before count(), of a line that may begin another ten minutes.
  void advance(const Observation& line, SignalSink& sink);
  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  static constexpr size_t kLevels = 8;

  void look(Level level, double total, const Observation& line, SignalSink& sink);
  void tell(Level level, bool on, size_t first, double share, const Observation& line,
            SignalSink& sink) const;

  int64_t bucket_ = INT64_MIN;  // of ten minutes since 1970
  double buckets_ = 0;          // that were looked at
  std::array<uint64_t, kLevels> counts_{};
  std::array<double, kLevels> shares_{};  // of the lines as a rule
  std::array<double, kLevels> absent_{};  // lines of the unit since it was seen last
  std::array<Anchor, kLevels> first_{};   // its first line in the bucket
  std::array<Time, kLevels> first_time_{};
};

}  // namespace blip
