// The longest times without a line, ranked among the unit's own: a process that dies is quiet for
// as long as its supervisor and its start take. A gap alone proves little (traffic has holes), so
// only the longest 0.4 % are told, each with how seldom such a gap is here.

#include <algorithm>
#include <array>
#include <bit>
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
constexpr uint32_t kAgain = 64;

double top_of(size_t bucket) { return kShortest * std::pow(kRatio, static_cast<double>(bucket)); }

// Gaps to buckets without a logarithm: from the bucket of the power of two below it is a few steps.
struct Buckets {
  std::array<int64_t, kBuckets> tops{};  // microseconds
  std::array<uint8_t, 64> of_power{};
  Buckets() {
    for (size_t i = 0; i < kBuckets; ++i) tops[i] = static_cast<int64_t>(1e6 * top_of(i));
    tops.back() = INT64_MAX;
    for (size_t power = 0; power < 63; ++power) {
      of_power[power] = static_cast<uint8_t>(
          std::upper_bound(tops.begin(), tops.end() - 1, int64_t{1} << power) - tops.begin());
    }
  }
  // Of a gap longer than nothing.
  size_t operator()(Micros gap) const {
    const int64_t us = gap.count();
    size_t bucket = of_power[63 - static_cast<size_t>(std::countl_zero(static_cast<uint64_t>(us)))];
    while (us >= tops[bucket] && bucket + 1 < kBuckets) ++bucket;
    return bucket;
  }
};

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
    if (line.time < line.previous) return;  // a clock was set back: no gap
    static const Buckets bucket_of;
    const size_t bucket = bucket_of(line.time - line.previous);
    if (total_ >= kEnough && bucket > 0 && !usual(bucket)) {
      tell(seconds_of(line.time - line.previous), bucket, line, sink);
    }
    ++counts_[bucket];
    ++total_;
    longer_ += bucket >= usual_ ? 1 : 0;
  }
  void save(StateWriter& out) const override {
    for (const uint64_t count : counts_) out.u64(count);
    out.u64(total_);
  }
  void restore(StateReader& in) override {
    for (uint64_t& count : counts_) count = in.u64();
    total_ = in.u64();
    usual_ = 0;
    longer_ = total_;
  }

 private:
  // Certainly not among the longest: enough are as long as the longest that was found to be usual.
  bool usual(size_t bucket) {
    const auto many = [this](uint64_t count, double slack) {
      return count > 0 &&
             static_cast<double>(count + 1) > slack * kRare * static_cast<double>(total_ + 1);
    };
    if (bucket <= usual_ && many(longer_, 1)) return true;
    if (many(longer_, 1) && ++asked_ < kAgain) return false;
    asked_ = 0;
    usual_ = kBuckets;
    longer_ = 0;
    do {
      longer_ += counts_[--usual_];
    } while (usual_ > 0 && !many(longer_, 1.5));
    return bucket <= usual_ && many(longer_, 1);
  }

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
  size_t usual_ = 0;     // a bucket
  uint64_t longer_ = 0;  // gaps in it and those above
  uint32_t asked_ = 0;   // how often it was too low since it was found
};
}  // namespace

extern const SensorSpec gaps_sensor = {"gaps", 1, [] { return std::unique_ptr<Sensor>(new Gaps); },
                                       true, true};
}  // namespace blip
