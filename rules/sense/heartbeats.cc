// Lines that come at even times, and stop:
//
//   12:00:00 pool: 4 idle, 2 busy     12:01:00 ...     12:02:00 ...     and no more, while others
//   go on
//
// A template whose 20 and more gaps are alike is a heartbeat. It is late after three of them and
// three times their scatter, if the unit spoke until then: a unit that is silent as a whole is the
// gaps' matter. Told once when it is late, and once when it comes again.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "rules/counts.h"
#include "rules/sense/sensor.h"

namespace blip {
namespace {
constexpr size_t kMaxBeats = 64;  // templates watched at once
constexpr uint64_t kGaps = 20;
constexpr double kEven = 0.3;    // scatter of gaps, as a share of their mean
constexpr double kUneven = 0.5;  // from here on it is none any more
constexpr double kShortest = 5;  // seconds between lines: more often is work, no heartbeat
constexpr double kLongest = 6 * 3600;
constexpr double kRate = 0.05;  // of the means
constexpr double kMissed = 3;   // gaps so many times the mean teach nothing
constexpr size_t kQuote = 240;

struct Beat {
  uint64_t gaps = 0;
  double mean = 0, scatter = 0;  // seconds; mean absolute deviation
  Time last = kNoTime;
  Time armed = kNoTime;  // from when it is waited for
  bool late = false;     // and told
  Anchor at;             // of its last line
  std::string text, shape;

  bool even() const { return gaps >= kGaps && scatter < kEven * mean; }
  double patience() const { return 3 * mean + 3 * scatter; }
  Time deadline() const { return armed + Micros(static_cast<int64_t>(1e6 * patience())); }
};

class Heartbeats : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    if (line.time >= due_) look_for_late(line, sink);
    if (line.shape->rhythm == Rhythm::none || !known(line.time)) return;
    if (line.widened != widened_) start_over(line);
    beat(line, sink);
  }
  void save(StateWriter& out) const override {
    out.time(due_);
    out.u64(widened_);
    out.u64(beats_.size());
    for (const auto& [id, one] : beats_) {
      out.u64(id);
      out.u64(one.gaps);
      out.f64(one.mean);
      out.f64(one.scatter);
      out.time(one.last);
      out.time(one.armed);
      out.flag(one.late);
      for (const uint64_t part : {one.at.stream, one.at.offset, one.at.number}) out.u64(part);
      out.text(one.text);
      out.text(one.shape);
    }
  }
  void restore(StateReader& in) override {
    due_ = in.time();
    widened_ = in.u64();
    beats_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
      Beat& one = beats_[in.u64()];
      one.gaps = in.u64();
      one.mean = in.f64();
      one.scatter = in.f64();
      one.last = in.time();
      one.armed = in.time();
      one.late = in.flag();
      one.at = {in.u64(), in.u64(), in.u64()};
      one.text = in.text();
      one.shape = in.text();
    }
  }

 private:
  static constexpr Time kNever = Time::max();

  void beat(const Observation& line, SignalSink& sink) {
    const auto found = beats_.find(line.shape->id);
    if (found == beats_.end()) {
      // Trouble that ends is no trouble; and a common one is not looked at.
      const bool fits = line.record.level < Level::warn && !line.shape->failing &&
                        (!line.shape->common || line.shape->rhythm == Rhythm::even);
      if (!fits || !make_room()) {
        line.shape->rhythm = Rhythm::none;
        return;
      }
      Beat& fresh = beats_[line.shape->id];
      fresh.last = fresh.armed = line.time;
      fresh.at = line.at;
      return;
    }
    Beat& one = found->second;
    const double gap = seconds_of(line.time - one.last);
    if (one.late) {
      emit(found->first, one, 0, line, sink);
      one.late = false;
    } else if (gap >= 0 && !(one.gaps >= kGaps && gap > kMissed * one.mean)) {
      learn(gap, one);
    }
    one.last = one.armed = line.time;
    one.at = line.at;
    if (one.gaps >= kGaps) {
      const bool keeps =
          one.mean >= kShortest && one.mean <= kLongest &&
          one.scatter < (line.shape->rhythm == Rhythm::even ? kUneven : kEven) * one.mean;
      if (!keeps) {
        line.shape->rhythm = Rhythm::none;
        beats_.erase(found);
        return;
      }
      if (line.shape->rhythm == Rhythm::untold) {
        line.shape->rhythm = Rhythm::even;
        one.shape = line.shape->text().substr(0, 160);
      }
      one.text = line.message().substr(0, kQuote);
      due_ = std::min(due_, one.deadline());
    } else if (one.gaps >= kGaps / 2 && one.mean < kShortest / 4) {
      line.shape->rhythm = Rhythm::none;  // far too often
      beats_.erase(found);
    }
  }

  static void learn(double gap, Beat& one) {
    const double rate = std::max(kRate, 1 / static_cast<double>(one.gaps + 1));
    if (one.gaps > 0) {
      const double before = 1 / static_cast<double>(one.gaps);
      one.scatter += std::max(kRate, before) * (std::abs(gap - one.mean) - one.scatter);
    }
    one.mean += rate * (gap - one.mean);
    ++one.gaps;
  }

  void look_for_late(const Observation& line, SignalSink& sink) {
    due_ = kNever;
    for (auto& [id, one] : beats_) {
      if (one.late || !one.even()) continue;
      if (line.time >= one.deadline() && id != line.shape->id) {
        // The unit as a whole was silent: nothing is known until it has spoken for a while.
        const Micros spoke = Micros(static_cast<int64_t>(2e6 * one.mean));
        if (!known(line.previous) || line.previous < one.armed + spoke) {
          one.armed = line.time;
        } else {
          emit(id, one, 1, line, sink);
          one.late = true;
          continue;
        }
      }
      due_ = std::min(due_, one.deadline());
    }
  }

  void emit(uint64_t id, const Beat& one, uint64_t count, const Observation& line,
            SignalSink& sink) const {
    Signal signal = line.signal(SignalKind::counts);
    char text[17] = {};
    std::to_chars(text, text + 16, id, 16);
    signal.subject = std::string(kBeat) + ' ' + text;
    signal.detail = one.shape;
    signal.since = one.last;
    if (count > 0) {
      signal.at = one.at;
      signal.text = one.text;
    }
    signal.count = count;
    signal.before = one.mean;
    signal.after = one.patience();
    sink.emit(std::move(signal));
  }

  // Twelve templates became one: the lines of those that are gone come under another name now.
  void start_over(const Observation& line) {
    widened_ = line.widened;
    beats_.clear();
    due_ = kNever;
  }

  // The one that did not come for longest makes room, unless it is even: that is what is watched.
  bool make_room() {
    if (beats_.size() < kMaxBeats) return true;
    auto oldest = beats_.end();
    for (auto it = beats_.begin(); it != beats_.end(); ++it) {
      if (it->second.even()) continue;
      if (oldest == beats_.end() || it->second.last < oldest->second.last) oldest = it;
    }
    if (oldest == beats_.end()) return false;
    beats_.erase(oldest);
    return true;
  }

  Time due_ = kNever;  // of the first that will be late
  uint64_t widened_ = 0;
  std::map<uint64_t, Beat> beats_;  // by template
};
}  // namespace

extern const SensorSpec heartbeats_sensor = {
    "heartbeats", 1, [] { return std::unique_ptr<Sensor>(new Heartbeats); }, false, true};
}  // namespace blip
