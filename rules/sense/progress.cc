// Signs of life: a unit's first line, and the first of each ten minutes of line time. They bound
// runs and answer "was it watched, and was it quiet".

#include "rules/sense/sensor.h"

namespace blip {
namespace {
constexpr int64_t kBucket = 600'000'000;  // microseconds

class ProgressSensor : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    if (line.ordinal > 1 && line.time >= from_ && line.time < until_) return;
    const int64_t bucket = known(line.time) ? to_us(line.time) / kBucket : INT64_MIN;
    if (line.ordinal > 1 && bucket <= bucket_) return;
    bucket_ = bucket;
    if (known(line.time)) {
      from_ = time_from_us(bucket * kBucket);
      until_ = time_from_us((bucket + 1) * kBucket);
    }
    Signal signal = line.signal(SignalKind::progress);
    signal.count = line.ordinal;
    signal.detail = line.record.format;
    sink.emit(std::move(signal));
  }
  void save(StateWriter& out) const override { out.i64(bucket_); }
  void restore(StateReader& in) override { bucket_ = in.i64(); }

 private:
  int64_t bucket_ = INT64_MIN;
  Time from_ = kNoTime, until_ = kNoTime;  // its bounds, once met: spares a division a line
};
}  // namespace

extern const SensorSpec progress_sensor = {
    "progress", 1, [] { return std::unique_ptr<Sensor>(new ProgressSensor); }, false, true};
}  // namespace blip
