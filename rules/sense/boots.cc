// In which boot of the host a line was said, where lines tell: another id is another boot, and no
// process survives that. blip's host probe writes it into its samples of the host,
//
//   ... service=host boot=e6ec4a4f-9136-... about=host uptime_s=29810.45 ...
//   ... service=host boot=0b7d1c22-41aa-... about=host uptime_s=11.02 ...       -> host_boot
//
// and when it was asked to stop, a farewell: right before another boot that was somebody's intent.

#include <string>

#include "rules/sense/sensor.h"

namespace blip {
namespace {
constexpr std::string_view kFarewell = "about=farewell";
constexpr size_t kMaxId = 64;  // bytes; a boot id has 36

class Boots : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    const std::string_view boot = line.record.boot.substr(0, kMaxId);
    if (boot.empty()) return;
    if (!boot_.empty() && boot != boot_) {
      if (farewell_at_.number != 0) {
        Signal stop = line.signal(SignalKind::stop_notice);
        stop.at = farewell_at_;
        stop.time = last_;
        stop.since = last_;
        stop.service = "host";
        stop.instance.clear();
        stop.subject = "probe.farewell";
        stop.text = kFarewell;
        sink.emit(std::move(stop));
      }
      Signal signal = line.signal(SignalKind::host_boot);
      signal.service = "host";
      signal.instance.clear();
      signal.subject = "boot id";
      signal.detail = "boot id";
      signal.text = "boot " + boot_ + " -> " + std::string(boot);
      signal.since = last_;
      signal.after = age_of_host(line.record);
      sink.emit(std::move(signal));
    }
    boot_ = boot;
    if (known(line.time)) last_ = line.time;
    farewell_at_ = line.record.message.starts_with(kFarewell) ? line.at : Anchor();
  }
  void save(StateWriter& out) const override {
    out.text(boot_);
    out.time(last_);
    for (const uint64_t part : {farewell_at_.stream, farewell_at_.offset, farewell_at_.number}) {
      out.u64(part);
    }
  }
  void restore(StateReader& in) override {
    boot_ = in.text();
    last_ = in.time();
    farewell_at_ = {in.u64(), in.u64(), in.u64()};
  }

 private:
  static double age_of_host(const Record& record) {
    for (const Field& field : record.fields) {
      if (!names_an_uptime(field.name)) continue;
      return std::strtod(std::string(field.value.substr(0, 20)).c_str(), nullptr);
    }
    return 0;
  }

  std::string boot_;
  Time last_ = kNoTime;  // of the latest line that told one
  Anchor farewell_at_;   // if that was a farewell; number 0: it was none
};
}  // namespace

extern const SensorSpec boots_sensor = {
    "boots", 1, [] { return std::unique_ptr<Sensor>(new Boots); }, false, true, &Record::boot};
}  // namespace blip
