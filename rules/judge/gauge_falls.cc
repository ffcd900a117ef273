// rss_mb  95 105 117 121 129 139 149 157 167 | 99 111      one step takes back what eight brought
//
// A collected heap does this at each collection and a queue when it is drained, so heaps are left
// out, a rise must be long and steady, and the fall weighs little by itself. What a job holds while
// it runs, and what is counted for an hour, falls back as well: there the samples pause between two
// jobs, or the falls keep the clock's time.

#include "rules/judge/gauge_falls.h"

#include <cmath>
#include <cstdlib>

#include "rules/judge/metrics.h"

namespace blip {
namespace {
constexpr uint64_t kSamples = 5;      // of the rise
constexpr double kSteady = 0.7;       // share of its steps that rose
constexpr double kLeastRise = 0.15;   // of the level at the start
constexpr double kFallTo = 0.35;      // of the rise may be left
constexpr double kAllButThis = 0.05;  // of the rise: the level of its start, and no other
constexpr int64_t kPauses = 4;        // steps of its sampler: longer, and it stood still
constexpr int64_t kSameAge = 2;       // steps by which two lives of one timer differ
constexpr Micros kWindow = 1800s;     // statistics begin anew at full hours, in some zones at half
}  // namespace

bool is_gauge_fall(const Signal& fact) {
  return fact.kind == SignalKind::counter_reset &&
         (fact.detail == "gauge" || fact.detail == kWhollyBack);
}

bool GaugeFalls::wholly_back(const Gauge& gauge, const Signal& sample) {
  const double rise = gauge.last - gauge.start;
  if (std::abs(sample.after - gauge.start) > kAllButThis * rise) return false;
  const Micros age = gauge.last_time - gauge.start_time;
  const Micros step = age / static_cast<int64_t>(gauge.samples - 1);
  if (sample.time - gauge.last_time > kPauses * step) return false;
  if (sample.time.time_since_epoch() / kWindow != gauge.last_time.time_since_epoch() / kWindow) {
    return false;
  }
  return std::abs((age - gauge.age_before).count()) > (kSameAge * step).count();
}

std::optional<Signal> GaugeFalls::weigh(const Signal& sample) {
  const MetricKind kind = kind_of_metric(sample.subject);
  if (!known(sample.time) || (kind != MetricKind::held && kind != MetricKind::memory)) return {};
  std::string name = sample.instance + '\n' + sample.subject;
  auto found = gauges_.find(name);
  if (found == gauges_.end()) {
    if (gauges_.size() >= kMaxGauges) return {};
    found = gauges_.emplace(std::move(name), Gauge{}).first;
  }
  Gauge& gauge = found->second;
  const double value = sample.after, rise = gauge.last - gauge.start;
  const bool fell = gauge.samples > 0 && value < gauge.last &&
                    (rise <= 0 || value <= gauge.start + kFallTo * rise);
  std::optional<Signal> fact;
  if (fell && gauge.samples >= kSamples && rise >= kLeastRise * gauge.start &&
      static_cast<double>(gauge.rises) >= kSteady * static_cast<double>(gauge.samples - 1)) {
    fact = sample;
    fact->kind = SignalKind::counter_reset;
    fact->detail = wholly_back(gauge, sample) ? kWhollyBack : "gauge";
    fact->since = gauge.last_time;
    fact->before = gauge.last;
    fact->count = gauge.rises;
  }
  if (fell || gauge.samples == 0) {
    const Micros age = fact ? gauge.last_time - gauge.start_time : gauge.age_before;
    gauge = {value, value, sample.time, sample.time, 1, 0, age};
    return fact;
  }
  gauge.rises += value > gauge.last;
  ++gauge.samples;
  gauge.last = value;
  gauge.last_time = sample.time;
  return {};
}

void GaugeFalls::save(StateWriter& out) const {
  out.u64(gauges_.size());
  for (const auto& [name, gauge] : gauges_) {
    out.text(name);
    out.f64(gauge.start);
    out.f64(gauge.last);
    out.time(gauge.start_time);
    out.time(gauge.last_time);
    out.u64(gauge.samples);
    out.u64(gauge.rises);
    out.i64(gauge.age_before.count());
  }
}

void GaugeFalls::restore(StateReader& in) {
  gauges_.clear();
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
    Gauge& gauge = gauges_[std::string(in.text())];
    gauge.start = in.f64();
    gauge.last = in.f64();
    gauge.start_time = in.time();
    gauge.last_time = in.time();
    gauge.samples = in.u64();
    gauge.rises = in.u64();
    gauge.age_before = Micros(in.i64());
  }
}

}  // namespace blip
