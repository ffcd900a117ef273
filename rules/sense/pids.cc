// Who speaks: the pid of each line. A pid that takes over from another is the plainest trace of a
// restart that nobody told; a pool's many pids, or two instances side by side, are none. So the
// sensor tells when a pid appears, when one thought gone speaks again, and when one speaks on both
// sides of a line that looked like a start. What that is worth is the judge's.

#include <algorithm>
#include <charconv>
#include <vector>

#include "rules/sense/sensor.h"

namespace blip {
namespace {
constexpr size_t kMaxPids = 64;   // of one unit that are remembered; the longest quiet goes first
constexpr uint64_t kFewPids = 4;  // or one per 25 lines: more is a pool or a pid per connection
constexpr uint64_t kLinesPerPid = 25;

struct Pid {
  uint64_t number = 0;
  Time last = kNoTime;
  uint64_t lines = 0;
  uint64_t last_ordinal = 0;
  bool replaced = false;  // told as gone
};

class Pids : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    uint64_t number = 0;
    const std::string_view text = line.record.pid;
    if (text.empty()) return;
    std::from_chars(text.data(), text.data() + text.size(), number);
    if (number <= 1) return;  // 0: unknown; 1: every container's
    Pid* known = nullptr;
    if (latest_ < pids_.size() && pids_[latest_].number == number) known = &pids_[latest_];
    for (size_t i = 0; known == nullptr && i < pids_.size(); ++i) {
      if (pids_[i].number != number) continue;
      known = &pids_[i];
      latest_ = i;
    }
    if (known == nullptr) {
      appear(number, line, sink);
      return;
    }
    if (known->replaced) {
      Signal signal = line.signal(SignalKind::instance_spoke);
      signal.after = static_cast<double>(number);
      sink.emit(std::move(signal));
      known->replaced = false;
    }
    if (line.mark > known->last_ordinal && answered_ != line.mark) {
      answered_ = line.mark;
      Signal signal = line.signal(SignalKind::instance_went_on);
      signal.since = known->last;
      signal.after = static_cast<double>(number);
      sink.emit(std::move(signal));
    }
    known->last = line.time;
    known->last_ordinal = line.ordinal;
    ++known->lines;
  }

  void save(StateWriter& out) const override {
    out.u64(latest_);
    out.u64(seen_);
    out.u64(answered_);
    out.u64(pids_.size());
    for (const Pid& pid : pids_) {
      out.u64(pid.number);
      out.time(pid.last);
      out.u64(pid.lines);
      out.u64(pid.last_ordinal);
      out.flag(pid.replaced);
    }
  }
  void restore(StateReader& in) override {
    latest_ = in.u64();
    seen_ = in.u64();
    answered_ = in.u64();
    pids_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
      Pid pid;
      pid.number = in.u64();
      pid.last = in.time();
      pid.lines = in.u64();
      pid.last_ordinal = in.u64();
      pid.replaced = in.flag();
      pids_.push_back(pid);
    }
  }

 private:
  void appear(uint64_t number, const Observation& line, SignalSink& sink) {
    ++seen_;
    const bool few = seen_ <= std::max(kFewPids, line.ordinal / kLinesPerPid);
    // The one it took over from: of those not yet gone, the one that has been quiet longest.
    Pid* old = nullptr;
    for (Pid& pid : pids_) {
      if (!pid.replaced && (old == nullptr || pid.last_ordinal < old->last_ordinal)) old = &pid;
    }
    if (old != nullptr && few) {
      Signal signal = line.signal(SignalKind::instance_changed);
      signal.since = old->last;
      signal.before = static_cast<double>(old->number);
      signal.after = static_cast<double>(number);
      signal.count = old->lines;
      old->replaced = true;
      sink.emit(std::move(signal));
    }
    if (pids_.size() >= kMaxPids) {
      pids_.erase(std::min_element(pids_.begin(), pids_.end(), [](const Pid& a, const Pid& b) {
        return a.last_ordinal < b.last_ordinal;
      }));
    }
    latest_ = pids_.size();
    pids_.push_back({number, line.time, 1, line.ordinal, false});
  }

  std::vector<Pid> pids_;
  uint64_t latest_ = 0;    // index of the last speaker
  uint64_t seen_ = 0;      // different pids so far
  uint64_t answered_ = 0;  // the mark already told to be crossed
};
}  // namespace

extern const SensorSpec pids_sensor = {"pids", 1, [] { return std::unique_ptr<Sensor>(new Pids); },
                                       false, true};
}  // namespace blip
