// Who speaks: the pid of each line. A pid that takes over from another is the plainest trace of a
// restart that nobody told; a pool's many pids, or two instances side by side, are none. So the
// sensor tells when a pid appears, when one thought gone speaks again, and when one speaks on both
// sides of a line that looked like a start. What that is worth is the judge's.

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "rules/sense/sensor.h"

namespace blip {
namespace {
constexpr size_t kMaxPids = 64;   // of one unit that are remembered; the longest quiet goes first
constexpr uint64_t kFewPids = 4;  // or one per 25 lines: more is a pool or a pid per connection
constexpr uint64_t kLinesPerPid = 25;

struct Pid {
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
    if (latest_ >= numbers_.size() || numbers_[latest_] != number) {
      const size_t found = find(number);
      if (found == numbers_.size()) return appear(number, line, sink);
      latest_ = found;
      order_.erase(std::find(order_.begin(), order_.end(), found));
      order_.push_back(static_cast<uint8_t>(found));
    }
    Pid* const known = &pids_[latest_];
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
    for (size_t i = 0; i < pids_.size(); ++i) {
      const Pid& pid = pids_[i];
      out.u64(numbers_[i]);
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
    numbers_.clear();
    order_.clear();
    alike_ = {};
    for (uint64_t n = in.count(); n > 0 && in.ok() && pids_.size() < kMaxPids; --n) {
      Pid pid;
      numbers_.push_back(in.u64());
      pid.last = in.time();
      pid.lines = in.u64();
      pid.last_ordinal = in.u64();
      pid.replaced = in.flag();
      pids_.push_back(pid);
      order_.push_back(static_cast<uint8_t>(order_.size()));
      ++alike_[numbers_.back() % alike_.size()];
    }
    std::sort(order_.begin(), order_.end(), [this](uint8_t a, uint8_t b) {
      return pids_[a].last_ordinal < pids_[b].last_ordinal;
    });
  }

 private:
  void appear(uint64_t number, const Observation& line, SignalSink& sink) {
    ++seen_;
    const bool few = seen_ <= std::max(kFewPids, line.ordinal / kLinesPerPid);
    if (few) take_over(number, line, sink);
    const Pid fresh{line.time, 1, line.ordinal, false};
    if (pids_.size() < kMaxPids) {
      latest_ = pids_.size();
      numbers_.push_back(number);
      pids_.push_back(fresh);
    } else {
      latest_ = order_.front();
      order_.erase(order_.begin());
      --alike_[numbers_[latest_] % alike_.size()];
      numbers_[latest_] = number;
      pids_[latest_] = fresh;
    }
    ++alike_[number % alike_.size()];
    order_.push_back(static_cast<uint8_t>(latest_));
  }

  size_t find(uint64_t number) const {
    if (alike_[number % alike_.size()] == 0) return numbers_.size();
    return static_cast<size_t>(std::find(numbers_.begin(), numbers_.end(), number) -
                               numbers_.begin());
  }

  // The one it took over from: of those not yet gone, the one that has been quiet longest.
  void take_over(uint64_t number, const Observation& line, SignalSink& sink) {
    const auto quietest = std::find_if(order_.begin(), order_.end(),
                                       [&](uint8_t index) { return !pids_[index].replaced; });
    if (quietest == order_.end()) return;
    Pid* const old = &pids_[*quietest];
    Signal signal = line.signal(SignalKind::instance_changed);
    signal.since = old->last;
    signal.before = static_cast<double>(numbers_[*quietest]);
    signal.after = static_cast<double>(number);
    signal.count = old->lines;
    old->replaced = true;
    sink.emit(std::move(signal));
  }

  std::vector<uint64_t> numbers_;
  std::vector<Pid> pids_;             // by the same index
  std::vector<uint8_t> order_;        // indexes, that which was quiet for longest first
  std::array<uint8_t, 256> alike_{};  // how many of the numbers end in these bits
  uint64_t latest_ = 0;               // index of the last speaker
  uint64_t seen_ = 0;                 // different pids so far
  uint64_t answered_ = 0;             // the mark already told to be crossed
};
}  // namespace

extern const SensorSpec pids_sensor = {
    "pids", 1, [] { return std::unique_ptr<Sensor>(new Pids); }, false, true, &Record::pid};
}  // namespace blip
