// Samples of what a process holds: memory, handles, goroutines, queues, delays. At most one sample
// a metric in 10 s of line time, so a chatty service costs no more than a quiet one:
//
//   METRICS: goroutines: 250, cgo: 40, alloc: 7377040     -> goroutines=250, cgo=40, alloc=7377040
//   {"rssMb":51.1,"leakyHandles":160,"msg":"event loop"}  -> rssMb=51.1, leakyHandles=160

#include <algorithm>
#include <map>
#include <string>

#include "rules/sense/sensor.h"

namespace blip {
namespace {
constexpr Micros kEvery = 10s;
constexpr size_t kMaxMetrics = 64;  // of one unit; later names are not sampled

class Gauges : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    if (line.numbers == nullptr) return;
    const std::vector<Slot>& slots = line.shape->slots;  // counters.cc, before us, has filled them
    for (size_t i = 0; i < std::min(slots.size(), line.numbers->size()); ++i) {
      const Number& number = (*line.numbers)[i];
      if (!slots[i].gauge) continue;
      auto known = sampled_.find(number.name);
      if (known == sampled_.end()) {
        if (sampled_.size() >= kMaxMetrics) continue;
        known = sampled_.emplace(std::string(number.name), kNoTime).first;
      } else if (known->second != kNoTime && line.time >= known->second &&
                 line.time - known->second < kEvery) {
        continue;
      }
      known->second = line.time;
      Signal signal = line.signal(SignalKind::sample);
      signal.text.clear();  // there are many, and the number says it all
      signal.subject = number.name;
      signal.after = number.value;
      sink.emit(std::move(signal));
    }
  }
  void save(StateWriter& out) const override {
    out.u64(sampled_.size());
    for (const auto& [name, when] : sampled_) {
      out.text(name);
      out.time(when);
    }
  }
  void restore(StateReader& in) override {
    sampled_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
      std::string name(in.text());
      sampled_[std::move(name)] = in.time();
    }
  }

 private:
  std::map<std::string, Time, std::less<>> sampled_;  // metric -> time of its last sample
};
}  // namespace

extern const SensorSpec gauges_sensor = {"gauges", 1,
                                         [] { return std::unique_ptr<Sensor>(new Gauges); }};
}  // namespace blip
