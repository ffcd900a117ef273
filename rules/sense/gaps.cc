// The longest times without a line, ranked among the unit's own: a process that dies is quiet for
// as long as its supervisor and its start take. A gap alone proves little (traffic has holes), so
// only the longest 0.4 % are told, each with how seldom such a gap is here.

#include <algorithm>
#include <array>
#include <cmath>

#include "rules/sense/sensor.h"

namespace blip {
namespace {
constexpr size_t kBuckets = 128;
constexpr double kRatio = 1.25;      // of a bucket's bounds: ranks are good to that
constexpr double kShortest = 0.001;  // seconds: bucket 0
constexpr double kRare = 0.004;      // share of gaps that are told
constexpr double kTimesMedian = 10;  // and at least this many medians long
constexpr uint64_t kEnough = 100;    // gaps seen before any is told

size_t bucket_of(double seconds) {
  if (seconds <= kShortest) return 0;
  return std::min(kBuckets - 1,
                  static_cast<size_t>(std::log(seconds / kShortest) / std::log(kRatio)) + 1);
}
double top_of(size_t bucket) { return kShortest * std::pow(kRatio, static_cast<double>(bucket)); }

class Gaps : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    if (!known(line.time) || !known(line.previous)) return;
    if (line.record.sampled) return;  // the sampler's pauses are not the service's
    if (line.time == line.previous) {
      ++counts_[0];
      ++total_;
      return;
    }
    const double seconds = seconds_of(line.time - line.previous);
    if (seconds < 0) return;  // a clock was set back: no gap
    const size_t bucket = bucket_of(seconds);
    if (total_ >= kEnough && bucket > 0) tell(seconds, bucket, line, sink);
    ++counts_[bucket];
    ++total_;
  }
  void save(StateWriter& out) const override {
    for (const uint64_t count : counts_) out.u64(count);
    out.u64(total_);
  }
  void restore(StateReader& in) override {
    for (uint64_t& count : counts_) count = in.u64();
    total_ = in.u64();
  }

 private:
  void tell(double seconds, size_t bucket, const Observation& line, SignalSink& sink) {
    uint64_t as_long = 1;
    for (size_t i = bucket; i < kBuckets; ++i) as_long += counts_[i];
    const double rank = static_cast<double>(as_long) / static_cast<double>(total_ + 1);
    if (rank > kRare && as_long > 1) return;
    if (seconds < kTimesMedian * quantile(0.5)) return;
    Signal signal = line.signal(SignalKind::gap);
    signal.since = line.previous;
    signal.before = seconds;
    signal.after = quantile(0.99);
    signal.count = as_long;
    signal.detail = std::to_string(rank);
    sink.emit(std::move(signal));
  }
  double quantile(double share) const {
    const auto target = static_cast<uint64_t>(share * static_cast<double>(total_));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += counts_[i];
      if (seen > target) return top_of(i);
    }
    return top_of(kBuckets - 1);
  }

  std::array<uint64_t, kBuckets> counts_{};
  uint64_t total_ = 0;
};
}  // namespace

extern const SensorSpec gaps_sensor = {"gaps", 1, [] { return std::unique_ptr<Sensor>(new Gaps); },
                                       true, true};
}  // namespace blip
