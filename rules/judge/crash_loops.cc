// It dies as soon as it starts: three restarts within ten minutes that nobody asked for, or lives
// that get shorter and shorter.
//
//   03:01:44  lived 30 s     03:02:16  lived 11 s     03:02:29  lived 4 s    ... 23 times
//
// One event for all of them. It is over when one life lasts ten minutes.

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>

#include "rules/judge/judge.h"
#include "rules/judge/span_text.h"
#include "rules/judge/weights.h"

namespace blip {
namespace {
constexpr Micros kWithin = 600s;
constexpr size_t kStarts = 3;
constexpr size_t kShrinking = 4;          // lives, each of them shorter than
constexpr double kShorter = 0.8;          // this part of the one before,
constexpr double kMuchShorter = 1.0 / 3;  // the last than this part of the first
constexpr Micros kSlowest = 6 * 3600s;    // and the first shorter than this
constexpr double kPrior = -6, kRestart = 3, kFurther = 0.5;
constexpr size_t kFullRows = 3, kRows = 8;
constexpr size_t kMaxGiveUps = 1024;

class CrashLoops : public Judge {
 public:
  void weigh(const Signal& signal) override {
    if (signal.kind != SignalKind::gave_up) return;
    give_ups_.push_back(signal);
    if (give_ups_.size() > kMaxGiveUps) give_ups_.pop_front();
  }

  void settle(Docket& docket) override {
    std::vector<const Turn*> turns;
    for (const Turn& turn : docket.turns) {
      const Event& restart = docket.events[turn.event];
      if (!known(turn.begun) || restart.planned == std::optional(true)) continue;
      if (restart.cause == "reboot") continue;
      turns.push_back(&turn);
    }
    std::vector<Event> found;
    for (size_t at = 0; at < turns.size();) {
      const size_t end = std::max(loop_from(turns, at), shrinking_from(turns, at));
      if (end == at) {
        ++at;
        continue;
      }
      found.push_back(tell(turns, at, end, docket));
      at = end;
    }
    for (Event& event : found) docket.events.push_back(std::move(event));
  }

  void save(StateWriter& out) const override {
    out.u64(give_ups_.size());
    for (const Signal& one : give_ups_) save_signal(one, out);
  }
  void restore(StateReader& in) override {
    give_ups_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) give_ups_.push_back(restore_signal(in));
  }

 private:
  // One past the last restart of the loop that begins here; `at` when none does.
  static size_t loop_from(const std::vector<const Turn*>& turns, size_t at) {
    if (at + kStarts > turns.size()) return at;
    if (turns[at + kStarts - 1]->begun - turns[at]->begun > kWithin) return at;
    size_t end = at + kStarts;
    while (end < turns.size() && turns[end]->begun - turns[end - 1]->begun <= kWithin) ++end;
    return end;
  }
  static size_t shrinking_from(const std::vector<const Turn*>& turns, size_t at) {
    size_t end = at + 1;
    const auto life = [&](size_t i) { return turns[i + 1]->begun - turns[i]->begun; };
    while (end + 1 < turns.size() && seconds_of(life(end)) < kShorter * seconds_of(life(end - 1)))
      ++end;
    const size_t lives = end - at;
    if (lives < kShrinking || end >= turns.size()) return at;
    const bool much = seconds_of(life(end - 1)) < kMuchShorter * seconds_of(life(at));
    return much && life(at) < kSlowest ? end + 1 : at;
  }

  Event tell(const std::vector<const Turn*>& turns, size_t begin, size_t end,
             Docket& docket) const {
    Event event;
    event.kind = EventKind::crash_loop;
    event.service = docket.service;
    event.at = turns[begin]->first;
    event.id = event_id(event.at, event.kind);
    event.time = turns[begin]->begun;
    event.quality = docket.events[turns[begin]->event].quality;
    event.planned = false;
    event.severity = Severity::critical;
    add_row(event, "prior", kPrior, nullptr, "one restart in 400 begins a loop");
    std::map<std::string, size_t> causes;
    for (size_t i = begin; i < end; ++i) {
      const Event& restart = docket.events[turns[i]->event];
      event.explicit_ |= restart.explicit_;
      if (restart.cause != "unknown") ++causes[restart.cause];
      if (i - begin >= kRows) continue;
      Evidence row{.signal = "restart",
                   .weight = (i - begin < kFullRows ? kRestart : kFurther) * restart.confidence};
      row.at = restart.at;
      row.time = restart.time;
      row.text = restart.title;
      event.score += row.weight;
      event.evidence.push_back(std::move(row));
    }
    for (const auto& [cause, count] : causes) {
      if (event.cause == "unknown" || count > causes[event.cause]) event.cause = cause;
    }
    event.confidence = 1 / (1 + std::exp(-event.score));
    const size_t count = end - begin;
    const Time last = turns[end - 1]->begun;
    event.attributes["count"] = static_cast<int64_t>(count);
    const double first_life = seconds_of(turns[begin + 1]->begun - turns[begin]->begun);
    const double last_life = seconds_of(last - turns[end - 2]->begun);
    event.attributes["first_life_s"] = first_life;
    event.attributes["last_life_s"] = last_life;
    const auto gave_up = std::find_if(give_ups_.begin(), give_ups_.end(), [&](const Signal& one) {
      return known(one.time) && one.time >= turns[begin]->begun && one.time <= last + kWithin;
    });
    event.attributes["gave_up"] = gave_up != give_ups_.end();
    event.title = docket.service + ": " + std::to_string(count) + " restarts in " +
                  time_span(seconds_of(last - turns[begin]->begun)) + ", lives " +
                  time_span(first_life) + " to " + time_span(last_life);
    if (gave_up != give_ups_.end()) {
      event.end = gave_up->time;
      event.title += ", then its supervisor gave up";
    } else if (docket.has_come(last + kWithin, last) || end < turns.size()) {
      event.end = last;  // and it lived on
    }
    return event;
  }

  std::deque<Signal> give_ups_;
};
}  // namespace

extern const JudgeSpec crash_loops_judge = {"crash_loops", 1, 3,
                                            [] { return std::unique_ptr<Judge>(new CrashLoops); }};
}  // namespace blip
