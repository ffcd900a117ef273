// How much a service usually writes, by hour of the day: what tells a silence from a quiet night.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/time.h"

namespace blip {

class Habits {
 public:
  // So many lines came in this time. In order, without overlap.
  void learn(Time from, Time to, double lines);
  // It was quiet for so long from then on, and that was nothing.
  void quiet(Time from, Micros length);

  // Lines to be expected in this time, as things were before it.
  double expected(Time from, Time to) const;
  // By how much counts scatter beyond chance: variance = mean + dispersion mean^2.
  double dispersion() const;
  // The longest time without a line at about this time of day; before two days, ever.
  Micros longest_quiet(Time at) const;
  Micros watched() const { return watched_; }
  bool knows_hours() const;
  double rate() const;  // lines a second, all hours

 private:
  struct Hour {
    double rate = 0;  // lines a second
    double days = 0;  // that it was seen
    Micros quiet{0};
  };
  void close();
  double usual(size_t hour) const;

  std::array<Hour, 24> hours_{};
  int64_t cell_ = INT64_MIN;  // hour since 1970 that is being counted
  double cell_lines_ = 0, cell_seconds_ = 0;
  double lines_ = 0, seconds_ = 0;        // ever
  double recent_ = 0, recent_usual_ = 0;  // lines of late, and as many as the hours have
  double recent_seconds_ = 0;
  double excess_ = 0, square_ = 0;  // for the dispersion
  Micros watched_{0}, longest_{0};
};

}  // namespace blip
