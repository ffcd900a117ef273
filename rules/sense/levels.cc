// A level that comes or goes as a whole: somebody switched debugging on, or off. Per ten minutes,
//
//   debug 0 of 5,212   0 of 4,980   ...   8,411 of 13,600      on
//   debug 38 % of the lines for hours     0 of 3,114           off
//
// Levels of trouble are not looked at: those come and go by themselves.

#include <algorithm>
#include <array>

#include "rules/counts.h"
#include "rules/sense/sensor.h"

namespace blip {
namespace {
constexpr int64_t kBucket = 600'000'000;  // microseconds
constexpr size_t kLevels = 8;
constexpr std::array<Level, 4> kLooked = {Level::trace, Level::debug, Level::info, Level::notice};
constexpr double kHistory = 12;   // buckets with lines before anything is told
constexpr double kFewLines = 20;  // a bucket with fewer lines says nothing
constexpr double kShare = 0.05;   // of all lines that a level has where it is on
constexpr double kExpected = 20;  // lines missed before it is off
constexpr double kAbsent = 2000;  // lines without it before it can come
constexpr double kRate = 0.1;     // of the mean of shares

class Levels : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    const auto level = static_cast<size_t>(line.record.level);
    if (!(line.time >= from_ && line.time < until_)) {
      if (!known(line.time)) return;
      roll(line, sink);
    }
    if (counts_[level]++ == 0) {
      first_[level] = line.at;
      first_time_[level] = line.time;
    }
  }
  void save(StateWriter& out) const override {
    out.time(from_);
    out.time(until_);
    out.f64(buckets_);
    for (size_t i = 0; i < kLevels; ++i) {
      out.u64(counts_[i]);
      out.f64(shares_[i]);
      out.f64(absent_[i]);
      out.time(first_time_[i]);
      for (const uint64_t part : {first_[i].stream, first_[i].offset, first_[i].number})
        out.u64(part);
    }
  }
  void restore(StateReader& in) override {
    from_ = in.time();
    until_ = in.time();
    buckets_ = in.f64();
    for (size_t i = 0; i < kLevels; ++i) {
      counts_[i] = in.u64();
      shares_[i] = in.f64();
      absent_[i] = in.f64();
      first_time_[i] = in.time();
      first_[i] = {in.u64(), in.u64(), in.u64()};
    }
  }

 private:
  void roll(const Observation& line, SignalSink& sink) {
    double total = 0;
    for (const uint64_t count : counts_) total += static_cast<double>(count);
    if (total >= kFewLines) {
      for (const Level level : kLooked) look(level, total, line, sink);
      ++buckets_;
      counts_.fill(0);
    }  // else they are added to the next one
    const int64_t us = to_us(line.time);
    const int64_t bucket = us >= 0 ? us / kBucket : -((-us + kBucket - 1) / kBucket);
    from_ = time_from_us(bucket * kBucket);
    until_ = time_from_us((bucket + 1) * kBucket);
  }

  void look(Level level, double total, const Observation& line, SignalSink& sink) {
    const auto i = static_cast<size_t>(level);
    const auto count = static_cast<double>(counts_[i]);
    const double share = count / total;
    const bool enough = buckets_ >= kHistory;
    if (enough && absent_[i] >= kAbsent && count >= kExpected && share >= kShare) {
      tell(level, "on", first_[i], first_time_[i], share, line, sink);
      shares_[i] = share;
    } else if (enough && count == 0 && shares_[i] >= kShare && shares_[i] * total >= kExpected) {
      // The first line of the bucket without it: of whatever level comes first.
      size_t head = kLevels;
      for (size_t other = 0; other < kLevels; ++other) {
        if (counts_[other] == 0) continue;
        if (head == kLevels || first_[other].number < first_[head].number) head = other;
      }
      tell(level, "off", first_[head], first_time_[head], share, line, sink);
      shares_[i] = 0;
    } else {
      shares_[i] += std::max(kRate, 1 / (buckets_ + 1)) * (share - shares_[i]);
    }
    absent_[i] = count == 0 ? absent_[i] + total : 0;
  }

  void tell(Level level, const char* what, const Anchor& at, Time time, double share,
            const Observation& line, SignalSink& sink) const {
    Signal signal = line.signal(SignalKind::counts);
    signal.at = at;
    signal.time = time;
    signal.since = time;
    signal.text.clear();
    signal.subject = std::string(kLevel) + ' ' + std::string(level_name(level));
    signal.detail = what;
    const auto i = static_cast<size_t>(level);
    signal.before = shares_[i];
    signal.after = share;
    signal.count = static_cast<uint64_t>(
        *what == 'o' && what[1] == 'n' ? absent_[i] : static_cast<double>(counts_[i]));
    sink.emit(std::move(signal));
  }

  Time from_ = kNoTime, until_ = kNoTime;  // of the bucket
  double buckets_ = 0;
  std::array<uint64_t, kLevels> counts_{};
  std::array<double, kLevels> shares_{};  // of the lines as a rule
  std::array<double, kLevels> absent_{};  // lines of the unit since it was seen last
  std::array<Anchor, kLevels> first_{};   // its first line in the bucket
  std::array<Time, kLevels> first_time_{};
};
}  // namespace

extern const SensorSpec levels_sensor = {
    "levels", 1, [] { return std::unique_ptr<Sensor>(new Levels); }, false, true};
}  // namespace blip
