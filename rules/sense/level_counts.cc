// The shares of levels, ten minutes by ten minutes; those with few lines are added to the next.

#include "rules/sense/level_counts.h"

#include <algorithm>

#include "rules/counts.h"

namespace blip {
namespace {
constexpr int64_t kBucket = 600'000'000;  // microseconds
constexpr std::array<Level, 4> kLooked = {Level::trace, Level::debug, Level::info, Level::notice};
constexpr double kHistory = 12;   // buckets before anything is told
constexpr double kFewLines = 20;  // a bucket with fewer says nothing
constexpr double kShare = 0.05;   // of all lines that a level has where it is on
constexpr double kExpected = 20;  // lines missed before it is off
constexpr double kAbsent = 2000;  // lines without it before it can come
constexpr double kRate = 0.1;     // of the mean of shares
}  // namespace

void LevelCounts::advance(const Observation& line, SignalSink& sink) {
  const int64_t us = to_us(line.time);
  const int64_t bucket = us >= 0 ? us / kBucket : -((-us + kBucket - 1) / kBucket);
  if (bucket == bucket_) return;
  bucket_ = bucket;
  double total = 0;
  for (const uint64_t count : counts_) total += static_cast<double>(count);
  if (total < kFewLines) return;
  for (const Level level : kLooked) look(level, total, line, sink);
  ++buckets_;
  counts_.fill(0);
}

void LevelCounts::look(Level level, double total, const Observation& line, SignalSink& sink) {
  const auto i = static_cast<size_t>(level);
  const auto count = static_cast<double>(counts_[i]);
  const double share = count / total;
  const bool enough = buckets_ >= kHistory;
  if (enough && absent_[i] >= kAbsent && count >= kExpected && share >= kShare) {
    tell(level, true, i, share, line, sink);
    shares_[i] = share;
  } else if (enough && count == 0 && shares_[i] >= kShare && shares_[i] * total >= kExpected) {
    // Where the bucket without it begins: at whatever level comes first.
    size_t head = kLevels;
    for (size_t other = 0; other < kLevels; ++other) {
      if (counts_[other] == 0) continue;
      if (head == kLevels || first_[other].number < first_[head].number) head = other;
    }
    tell(level, false, head, share, line, sink);
    shares_[i] = 0;
  } else {
    shares_[i] += std::max(kRate, 1 / (buckets_ + 1)) * (share - shares_[i]);
  }
  absent_[i] = count == 0 ? absent_[i] + total : 0;
}

void LevelCounts::tell(Level level, bool on, size_t first, double share, const Observation& line,
                       SignalSink& sink) const {
  Signal signal = line.signal(SignalKind::counts);
  signal.at = first_[first];
  signal.time = signal.since = first_time_[first];
  signal.text.clear();
  signal.subject = std::string(kLevel) + ' ' + std::string(level_name(level));
  signal.detail = on ? "on" : "off";
  const auto i = static_cast<size_t>(level);
  signal.before = shares_[i];
  signal.after = share;
  signal.count = on ? static_cast<uint64_t>(absent_[i]) : 0;
  sink.emit(std::move(signal));
}

void LevelCounts::save(StateWriter& out) const {
  out.i64(bucket_);
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

void LevelCounts::restore(StateReader& in) {
  bucket_ = in.i64();
  buckets_ = in.f64();
  for (size_t i = 0; i < kLevels; ++i) {
    counts_[i] = in.u64();
    shares_[i] = in.f64();
    absent_[i] = in.f64();
    first_time_[i] = in.time();
    first_[i] = {in.u64(), in.u64(), in.u64()};
  }
}

}  // namespace blip
