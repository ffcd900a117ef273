// The version or build that lines say they run under. A change is a deploy, and with a start beside
// it, a planned one.

#include <string>

#include "rules/sense/sensor.h"

namespace blip {
namespace {
class Versions : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    const std::string_view version = line.record.version;
    if (version.empty()) return;
    if (version == version_) {
      ++lines_;
      return;
    }
    if (!version_.empty()) {
      Signal signal = line.signal(SignalKind::version_changed);
      signal.subject = version_;
      signal.detail = version.substr(0, 64);
      signal.since = line.previous;
      signal.count = lines_;
      sink.emit(std::move(signal));
    }
    version_ = version.substr(0, 64);
    lines_ = 1;
  }
  void save(StateWriter& out) const override {
    out.text(version_);
    out.u64(lines_);
  }
  void restore(StateReader& in) override {
    version_ = in.text();
    lines_ = in.u64();
  }

 private:
  std::string version_;
  uint64_t lines_ = 0;  // that ran under it, one after the other
};
}  // namespace

extern const SensorSpec versions_sensor = {
    "versions", 2,    [] { return std::unique_ptr<Sensor>(new Versions); },
    false,      true, &Record::version};
}  // namespace blip
