// It ended and did not come back:
//
//   03:12:09  gave up: billing entered FATAL state, too many start retries too quickly
//   02:14:07  mailer: terminated by SIGKILL, and no line, no start in the ten minutes after
//
// An end that somebody asked for is none, nor is that of a program that had done its work. Ten
// minutes have passed when other logs say so, or the service itself, later.

#include <algorithm>
#include <cmath>
#include <deque>

#include "rules/judge/causes.h"
#include "rules/judge/judge.h"
#include "rules/judge/span_text.h"
#include "rules/judge/weights.h"

namespace blip {
namespace {
constexpr Micros kPatience = 600s;
constexpr Micros kSameMoment = 2s;  // the last words of the dead may come this late
constexpr size_t kMaxGiveUps = 1024, kMaxStarts = 4096;
constexpr double kPrior = -4, kGaveUp = 8, kEnded = 7, kOnlyAWord = -2;

bool abnormal(const Signal& end) {
  if (end.count == 1) return false;  // a worker's
  if (end.kind == SignalKind::oom) return true;
  if (end.kind == SignalKind::death_note) return end.before == 0;
  return end.kind == SignalKind::supervisor_exit && !end.detail.empty() && end.detail != "gone" &&
         end.detail != "exit 0" && end.detail != "SIGTERM" && end.detail != "SIGINT" &&
         end.detail != "exit 143";
}

class Downs : public Judge {
 public:
  void weigh(const Signal& signal) override {
    if (signal.kind == SignalKind::progress && known(signal.time))
      last_ = std::max(last_, signal.time);
    const bool start =
        signal.kind == SignalKind::supervisor_start || signal.kind == SignalKind::start_mark;
    if (start && known(signal.time)) {
      starts_.push_back(signal.time);
      if (starts_.size() > kMaxStarts) starts_.pop_front();
    }
    if (signal.kind != SignalKind::gave_up) return;
    give_ups_.push_back(signal);
    if (give_ups_.size() > kMaxGiveUps) give_ups_.pop_front();
  }

  void settle(Docket& docket) override {
    std::vector<Event> found;
    Time told = kNoTime;  // of the latest end that was told
    for (const Signal& one : give_ups_) {
      if (known(one.time) && known(told) && one.time - told <= kPatience) continue;
      const Time back = back_after(docket, one.time);
      // It may have been given up and started at once by another.
      if (known(one.time) && known(back) && back - one.time <= kPatience) continue;
      found.push_back(tell(one, true, back, docket));
      told = one.time;
    }
    for (const Turn& turn : docket.turns) {
      if (docket.events[turn.event].planned == std::optional(true)) continue;
      if (!known(turn.begun) || !known(turn.died) || turn.begun - turn.died < kPatience) continue;
      const auto end = std::find_if(turn.ends.begin(), turn.ends.end(), abnormal);
      if (end == turn.ends.end() || !known(end->time)) continue;
      if (turn.begun - end->time < kPatience || gave_up_at(end->time)) continue;
      found.push_back(tell(*end, false, turn.begun, docket));
    }
    for (const Signal& note : docket.notes) {
      if (!abnormal(note) || !known(note.time) || gave_up_at(note.time)) continue;
      if (known(told) && note.time >= told && note.time - told <= kPatience) continue;
      const Time back = back_after(docket, note.time);
      if (known(back) ? back - note.time < kPatience
                      : !docket.has_come(note.time + kPatience, note.time)) {
        continue;
      }
      found.push_back(tell(note, false, back, docket));
      told = note.time;
    }
    for (Event& event : found) docket.events.push_back(std::move(event));
  }

  void save(StateWriter& out) const override {
    out.time(last_);
    out.u64(starts_.size());
    for (const Time start : starts_) out.time(start);
    out.u64(give_ups_.size());
    for (const Signal& one : give_ups_) save_signal(one, out);
  }
  void restore(StateReader& in) override {
    last_ = in.time();
    starts_.clear();
    give_ups_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) starts_.push_back(in.time());
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) give_ups_.push_back(restore_signal(in));
  }

 private:
  bool gave_up_at(Time end) const {
    return std::any_of(give_ups_.begin(), give_ups_.end(), [&](const Signal& one) {
      return known(one.time) && one.time >= end - kPatience && one.time <= end + kPatience;
    });
  }

  // The next start after an end; without one, its own lines after it tell as well.
  Time back_after(const Docket& docket, Time end) const {
    if (!known(end)) return kNoTime;
    Time first = kNoTime;
    const auto take = [&](Time start) {
      if (known(start) && start > end && (!known(first) || start < first)) first = start;
    };
    for (const Turn& turn : docket.turns) take(turn.begun);
    for (const Time start : starts_) take(start);
    for (const Time boot : docket.reboots) take(boot);  // whatever ended with the host
    if (known(first)) return first;
    return known(last_) && last_ > end + kSameMoment ? last_ : kNoTime;
  }

  static Event tell(const Signal& end, bool gave_up, Time back, const Docket& docket) {
    Event event;
    event.kind = EventKind::down;
    event.service = docket.service;
    event.at = end.at;
    event.id = event_id(end.at, event.kind);
    event.time = end.time;
    event.end = back;
    event.quality = end.quality;
    event.planned = false;
    event.explicit_ = true;
    event.severity = Severity::critical;
    add_row(event, "prior", kPrior, nullptr, "one end in 55 is for good");
    add_row(event, gave_up ? "its supervisor gave up" : "no start after its end",
            gave_up ? kGaveUp : kEnded, &end);
    if (!gave_up && end.kind != SignalKind::supervisor_exit) {
      add_row(event, "told by its last words alone", kOnlyAWord, nullptr,
              "no supervisor says that it ended");
    }
    event.confidence = 1 / (1 + std::exp(-event.score));
    if (!gave_up) event.cause = cause_of({end}, false, false).word;
    event.attributes["gave_up"] = gave_up;
    event.attributes["open"] = !known(back);
    if (known(back) && known(end.time))
      event.attributes["downtime_s"] = seconds_of(back - end.time);
    event.title =
        docket.service +
        (known(back) && known(end.time) ? " was down for " + time_span(seconds_of(back - end.time))
                                        : std::string(" is down")) +
        (gave_up ? ": its supervisor gave up" : "");
    if (event.cause != "unknown") event.title += ": " + event.cause;
    return event;
  }

  Time last_ = kNoTime;  // its latest sign of life
  std::deque<Time> starts_;
  std::deque<Signal> give_ups_;
};
}  // namespace

extern const JudgeSpec downs_judge = {"downs", 1, 3,
                                      [] { return std::unique_ptr<Judge>(new Downs); }};
}  // namespace blip
