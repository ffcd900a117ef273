// Lives: between two restarts of a service lies one run. Gauges are kept per run (first, last, low,
// high): what a restart reset can only be seen when lives are kept apart.

#include <algorithm>
#include <map>
#include <vector>

#include "core/hash.h"
#include "rules/judge/judge.h"
#include "rules/judge/metrics.h"

namespace blip {
namespace {
constexpr size_t kMaxPoints = 8192;  // of one metric; then neighbours are merged, extremes kept
constexpr size_t kMaxMetrics = 64;   // of a service, so at most 30 MiB; later names are left out

struct Gauge {
  Anchor head;  // of its first sample
  std::vector<GaugePoint> points;
};

struct Lane {
  Time first = kNoTime, last = kNoTime;
  Anchor head;
  std::map<std::string, Gauge, std::less<>> metrics;
};

void merge(GaugeLife& into, const GaugeLife& next) {
  into.last = next.last;
  into.low = std::min(into.low, next.low);
  into.high = std::max(into.high, next.high);
  into.samples += next.samples;
}

class Lives : public Judge {
 public:
  void weigh(const Signal& signal) override {
    if (signal.kind != SignalKind::progress && signal.kind != SignalKind::sample) return;
    Lane& lane = lanes_[signal.instance];
    if (lane.head.stream == 0) lane.head = signal.at;
    if (known(signal.time)) {
      if (!known(lane.first)) lane.first = signal.time;
      lane.last = std::max(lane.last, signal.time);
    }
    if (signal.kind == SignalKind::sample) keep(lane, signal);
  }

  // A service has one sequence of lives, whatever lanes its lines come in; its gauges are those of
  // the lane that has any (a METRICS line and an access log are lanes of one program).
  void settle(Docket& docket) override {
    Lane whole;
    std::string measured;
    size_t lanes_measured = 0;
    for (const auto& [name, lane] : lanes_) {
      if (known(lane.first) && (!known(whole.first) || lane.first < whole.first)) {
        whole.first = lane.first;
        whole.head = lane.head;
      }
      if (whole.head.stream == 0) whole.head = lane.head;
      whole.last = std::max(whole.last, lane.last);
      for (const auto& [metric, gauge] : lane.metrics) {
        if (whole.metrics.try_emplace(metric, gauge).second)
          tell_series(name, metric, gauge, docket);
      }
      if (lane.metrics.empty()) continue;
      measured = name;
      ++lanes_measured;
    }
    if (whole.head.stream == 0) return;
    settle_lane(lanes_measured == 1 ? measured : std::string(), whole, docket);
  }

  void save(StateWriter& out) const override {
    out.u64(lanes_.size());
    for (const auto& [name, lane] : lanes_) {
      out.text(name);
      out.time(lane.first);
      out.time(lane.last);
      for (const uint64_t part : {lane.head.stream, lane.head.offset, lane.head.number})
        out.u64(part);
      out.u64(lane.metrics.size());
      for (const auto& [metric, gauge] : lane.metrics) {
        out.text(metric);
        for (const uint64_t part : {gauge.head.stream, gauge.head.offset, gauge.head.number})
          out.u64(part);
        out.u64(gauge.points.size());
        for (const GaugePoint& point : gauge.points) {
          out.time(point.from);
          out.time(point.to);
          for (const double part :
               {point.value.first, point.value.last, point.value.low, point.value.high}) {
            out.f64(part);
          }
          out.u64(point.value.samples);
        }
      }
    }
  }
  void restore(StateReader& in) override {
    lanes_.clear();
    metrics_ = 0;
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
      Lane& lane = lanes_[std::string(in.text())];
      lane.first = in.time();
      lane.last = in.time();
      lane.head = {in.u64(), in.u64(), in.u64()};
      for (uint64_t metrics = in.count(); metrics > 0 && in.ok(); --metrics) {
        Gauge& gauge = lane.metrics[std::string(in.text())];
        ++metrics_;
        gauge.head = {in.u64(), in.u64(), in.u64()};
        for (uint64_t count = in.count(); count > 0 && in.ok(); --count) {
          GaugePoint point;
          point.from = in.time();
          point.to = in.time();
          for (double* part :
               {&point.value.first, &point.value.last, &point.value.low, &point.value.high}) {
            *part = in.f64();
          }
          point.value.samples = in.u64();
          gauge.points.push_back(point);
        }
      }
    }
  }

 private:
  void keep(Lane& lane, const Signal& sample) {
    auto found = lane.metrics.find(sample.subject);
    if (found == lane.metrics.end()) {
      if (metrics_ >= kMaxMetrics) return;
      ++metrics_;
      found = lane.metrics.emplace(sample.subject, Gauge{.head = sample.at, .points = {}}).first;
    }
    std::vector<GaugePoint>& points = found->second.points;
    points.push_back(
        {sample.time, sample.time, {sample.after, sample.after, sample.after, sample.after, 1}});
    if (points.size() < kMaxPoints) return;
    // Delays scatter so that half of them fall by half: to keep those would keep the slow ones.
    thin_out(points, kind_of_metric(sample.subject) != MetricKind::delay);
    if (points.size() > kMaxPoints / 4 * 3) thin_out(points, false);
  }

  // Merges neighbours two by two. With `keep_falls` not where the gauge drops by half: a life may
  // end there.
  static void thin_out(std::vector<GaugePoint>& points, bool keep_falls) {
    size_t out = 0;
    for (size_t i = 0; i < points.size(); ++i, ++out) {
      points[out] = points[i];
      if (i + 1 == points.size()) continue;
      const GaugePoint& next = points[i + 1];
      if (keep_falls && next.value.first < points[i].value.last / 2) continue;
      points[out].to = next.to;
      merge(points[out].value, next.value);
      ++i;
    }
    points.resize(out);
  }

  static void tell_series(const std::string& lane, const std::string& metric, const Gauge& gauge,
                          Docket& docket) {
    Series series{.metric = metric, .instance = lane, .head = gauge.head, .points = {}};
    for (const GaugePoint& point : gauge.points) {
      if (known(point.from)) series.points.push_back(point);
    }
    docket.series.push_back(std::move(series));
  }

  static void settle_lane(const std::string& name, const Lane& lane, Docket& docket) {
    std::vector<const Turn*> turns;  // where the service has times, those without cannot be placed
    for (const Turn& turn : docket.turns) {
      if (known(turn.begun) == known(lane.first)) turns.push_back(&turn);
    }
    for (size_t life = 0; life <= turns.size(); ++life) {
      const Turn* const began = life > 0 ? turns[life - 1] : nullptr;
      const Turn* const ended = life < turns.size() ? turns[life] : nullptr;
      Run run;
      run.service = docket.service;
      run.instance = name;
      run.begins = began != nullptr ? began->first : lane.head;
      run.id = Hasher()
                   .field("run")
                   .field(docket.service)
                   .field(name)
                   .number(run.begins.stream)
                   .number(run.begins.offset)
                   .value();
      // A life that was met running began somewhere before: its lower end is open.
      run.begin =
          began != nullptr ? Interval{began->begun, began->begun} : Interval{kNoTime, lane.first};
      run.end =
          ended != nullptr ? Interval{ended->died, ended->begun} : Interval{lane.last, kNoTime};
      if (began != nullptr) run.began_by = docket.events[began->event].id;
      if (ended != nullptr) {
        run.ended_by = docket.events[ended->event].id;
        run.ending = docket.events[ended->event].cause;
      }
      for (const auto& [metric, gauge] : lane.metrics) {
        for (const GaugePoint& point : gauge.points) {
          if (began != nullptr && point.from < began->begun) continue;
          if (ended != nullptr && point.from >= ended->begun) continue;
          const auto [own, fresh] = run.gauges.try_emplace(metric, point.value);
          if (!fresh) merge(own->second, point.value);
        }
      }
      docket.runs.push_back(std::move(run));
    }
  }

  std::map<std::string, Lane, std::less<>> lanes_;
  size_t metrics_ = 0;  // of all lanes
};
}  // namespace

extern const JudgeSpec lives_judge = {"lives", 2, 1,
                                      [] { return std::unique_ptr<Judge>(new Lives); }};
}  // namespace blip
