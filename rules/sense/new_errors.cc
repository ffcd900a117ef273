// Error-like lines of a kind that this unit never wrote before, once it was watched for a day and
// 2,000 lines: what nobody has seen yet.
//
//   line 81,204, day 9:  ERROR cannot parse ledger row: unexpected end of input
//
// A unit that writes free text as errors has news all day: after a few, the day's further ones are
// not told.

#include <algorithm>
#include <charconv>
#include <deque>
#include <set>

#include "rules/counts.h"
#include "rules/sense/sensor.h"

namespace blip {
namespace {
constexpr Micros kDay = 86400s;
constexpr uint64_t kEnoughLines = 2000;
constexpr size_t kMostADay = 5;
constexpr size_t kMaxKnown = 4096;  // error-like templates remembered; a unit with more has no news

class NewErrors : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    if (!known(line.time)) return;
    if (!known(begun_)) begun_ = line.time;
    if (line.shape->count != 1 || !tells_error(line)) return;
    if (known_.size() >= kMaxKnown || !known_.insert(line.shape->id).second) return;
    if (line.shape->kin) return;  // the same with another name in it
    if (line.ordinal < kEnoughLines || line.time - begun_ < kDay) return;
    while (!news_.empty() && line.time - news_.front() >= kDay) news_.pop_front();
    news_.push_back(line.time);
    if (news_.size() > kMostADay) {
      news_.pop_front();
      return;
    }
    Signal signal = line.signal(SignalKind::counts);
    char id[17] = {};
    std::to_chars(id, id + 16, line.shape->id, 16);
    signal.subject = std::string(kNew) + ' ' + id;
    signal.detail = line.shape->text().substr(0, 160);
    signal.count = line.ordinal;
    signal.before = seconds_of(line.time - begun_);
    signal.after = line.record.level >= Level::error ? 1 : 0;
    sink.emit(std::move(signal));
  }
  void save(StateWriter& out) const override {
    out.time(begun_);
    out.u64(known_.size());
    for (const uint64_t id : known_) out.u64(id);
    out.u64(news_.size());
    for (const Time time : news_) out.time(time);
  }
  void restore(StateReader& in) override {
    begun_ = in.time();
    known_.clear();
    news_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) known_.insert(in.u64());
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) news_.push_back(in.time());
  }

 private:
  static bool tells_error(const Observation& line) {
    const Level level = line.record.level;
    return level >= Level::error || (level == Level::unknown && line.shape->failing);
  }

  Time begun_ = kNoTime;
  std::set<uint64_t> known_;  // templates
  std::deque<Time> news_;     // of the last day
};
}  // namespace

extern const SensorSpec new_errors_sensor = {"new_errors", 1,
                                             [] { return std::unique_ptr<Sensor>(new NewErrors); }};
}  // namespace blip
