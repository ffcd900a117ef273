// How a gauge grows inside the lives of its service: the series cut at restarts, each life reduced
// to floors, and what the floors of all lives say together. Statistics only; leaks.cc judges.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "rules/judge/judge.h"
#include "rules/judge/trend.h"

namespace blip {

// One life of a gauge. Times in minutes since its first sample.
struct GaugeLifeline {
  Time from = kNoTime, to = kNoTime;  // of its samples
  std::optional<size_t> ended_by;     // index in Docket::turns; empty: still running, or unknown
  size_t samples = 0;
  TrendPoints floors;          // one of each of at most 32 stretches; of 64, see day_shape.h
  TrendPoints settled;         // floors without the warm-up: the first quarter, or the first day
  double start = 0, last = 0;  // level in its first samples, in its last
  double next_start = 0;       // of the life after this one, if `ended_by` is set
  double low = 0, high = 0;    // over all samples
  double scatter = 0;          // of the medians of its days about their rise; 0: not measured
  size_t own_falls = 0;        // falls by more than half of its range that no restart explains
  size_t steps_down = 0, steps_up = 0;  // from sample to sample
};

// What a stretch of samples becomes.
enum class Reduce {
  floors,            // its least value
  floors_of_15_min,  // the same, of at least so long where lives are long: collected heaps
  medians,           // its median, of at least four samples where there are enough: delays
};

struct Growth {
  std::vector<GaugeLifeline> lives;  // the stretch of lives in which it grows most; else all
  size_t told = 0, of = 0;  // lives of that stretch with floors enough to be compared; of all such
  bool to_the_end = true;   // does the stretch reach the latest life?
  double slope = 0;         // per minute: median of the last lives that tell one
  std::vector<double> slopes;  // of the lives with at least 12 floors; else of none
  double z = 0;                // of all lives together, with likeness of neighbours allowed for
  size_t points = 0;           // floors that z rests on
  size_t long_lives = 0, rising = 0;  // lives with at least 12 floors; of those, with z > 2.5
  double ratio = 1;                // slope of the later half of a life to that of the earlier one
  double evenness = 1;             // slope of the lives' outer thirds to that of their middle third
  double share = 0;                // growth over a usual life, as a share of the level at its start
  double scatter = 0;              // of the medians of days, as a share of it too; 0: unknown
  size_t levels = 0;               // different floor levels in the richest life
  size_t ended = 0, returned = 0;  // lives that a restart ended; that began again where they began
  std::vector<size_t> reset_by;    // the turns of those that returned
};

// A build may bring a leak and the next one take it away, so not all lives must grow alike: the
// stretch of lives that tells most of growth is judged, and how much was left out is told. Cuts
// where a restart of the service stands; one of another lane cuts only where the gauge moved.
Growth growth_of(const Series& series, const Docket& docket, Reduce how);

}  // namespace blip
