// A service that says nothing where it always spoke:
//
//   19:11:59  transcoder for clip 64026 exited      one line in 1.9 s is usual at this hour
//             25 m of nothing                       790 lines are missing
//   19:37:04  upload 3e600597 terminated            it speaks again; no restart in between
//
// and heartbeats: a template that came each minute stops while the others go on. A silence is open
// as long as other sources go on and it does not; the end of all logs is none.

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "rules/counts.h"
#include "rules/judge/habits.h"
#include "rules/judge/judge.h"
#include "rules/judge/rise.h"
#include "rules/judge/span_text.h"
#include "rules/judge/weights.h"

namespace blip {
namespace {
constexpr size_t kMaxPoints = 32768;  // signs of life of a lane: seven months of one each 10 min
constexpr size_t kMaxGaps = 4096, kMaxBeats = 1024;
constexpr Micros kShortest = 5min;
constexpr double kDecades = 6, kDecadesEarly = 8;  // before two days were watched
constexpr double kTimesLongest = 3, kTimesLongestEarly = 4;
constexpr double kWatchedBefore = 3;  // times the silence, before two days were watched
constexpr uint64_t kEnoughLines = 200;
constexpr Micros kMostOpen = 14 * 86400s;  // no longer silence is waited for
constexpr Micros kSameMoment = 2s, kAfterSilence = 60s;
constexpr double kPrior = -10, kMostSurprise = 14, kMostLonger = 3;
constexpr double kBeatPrior = -6, kBeatStopped = 8;

struct Point {
  Time time;
  uint64_t count = 0;
};

struct Lane {
  std::vector<Point> points;
  std::vector<Signal> gaps;
  Signal last;            // its last line so far
  uint64_t backward = 0;  // times that the count fell: several units write it
};

struct Quiet {
  Time from = kNoTime, to = kNoTime;  // to: unknown while it lasts
  double decades = 0, missing = 0, seconds_a_line = 0;
  Micros longest{0};
  Signal at;
};

double decades_of(const Habits& habits, Time from, Time to) {
  return habits.expected(from, to) / std::log(10.0) / (1 + habits.dispersion());
}

bool is_silence(const Habits& habits, uint64_t lines, Time from, Time to) {
  const Micros length = to - from;
  if (length < kShortest || lines < kEnoughLines) return false;
  const bool early = !habits.knows_hours();
  if (early && seconds_of(habits.watched()) < kWatchedBefore * seconds_of(length)) return false;
  const double times = early ? kTimesLongestEarly : kTimesLongest;
  if (seconds_of(length) < times * seconds_of(habits.longest_quiet(from))) return false;
  return decades_of(habits, from, to) >= (early ? kDecadesEarly : kDecades);
}

class Silences : public Judge {
 public:
  void weigh(const Signal& signal) override {
    if (signal.kind == SignalKind::counts && word_of(signal.subject, 0) == kBeat) {
      if (beats_.size() < kMaxBeats) beats_.push_back(signal);
      return;
    }
    if (!known(signal.time)) return;
    if (signal.kind == SignalKind::gap) {
      std::vector<Signal>& gaps = lanes_[signal.instance].gaps;
      gaps.push_back(signal);
      if (gaps.size() > kMaxGaps) gaps.erase(gaps.begin(), gaps.begin() + kMaxGaps / 8);
    }
    if (signal.kind != SignalKind::progress) return;
    Lane& lane = lanes_[signal.instance];
    if (!lane.points.empty() && signal.count < lane.points.back().count) ++lane.backward;
    lane.points.push_back({signal.time, signal.count});
    lane.last = signal;
    if (lane.points.size() > kMaxPoints) {
      lane.points.erase(lane.points.begin(), lane.points.begin() + kMaxPoints / 8);
    }
  }

  void settle(Docket& docket) override {
    if (docket.service != "host") settle_lane(docket);
    settle_beats(docket);
  }

  void save(StateWriter& out) const override {
    out.u64(lanes_.size());
    for (const auto& [name, lane] : lanes_) {
      out.text(name);
      out.u64(lane.points.size());
      for (const Point& point : lane.points) {
        out.time(point.time);
        out.u64(point.count);
      }
      out.u64(lane.gaps.size());
      for (const Signal& gap : lane.gaps) save_signal(gap, out);
      save_signal(lane.last, out);
      out.u64(lane.backward);
    }
    out.u64(beats_.size());
    for (const Signal& beat : beats_) save_signal(beat, out);
  }
  void restore(StateReader& in) override {
    lanes_.clear();
    beats_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
      Lane& lane = lanes_[std::string(in.text())];
      for (uint64_t points = in.count(); points > 0 && in.ok(); --points) {
        const Time time = in.time();
        lane.points.push_back({time, in.u64()});
      }
      for (uint64_t gaps = in.count(); gaps > 0 && in.ok(); --gaps)
        lane.gaps.push_back(restore_signal(in));
      lane.last = restore_signal(in);
      lane.backward = in.u64();
    }
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) beats_.push_back(restore_signal(in));
  }

 private:
  // The lane that carries most of its lines speaks for a service.
  void settle_lane(Docket& docket) const {
    const Lane* main = nullptr;
    for (const auto& [name, lane] : lanes_) {
      if (lane.points.empty()) continue;
      if (main == nullptr || lane.last.count > main->last.count) main = &lane;
    }
    if (main == nullptr || main->backward > 0) return;
    Habits habits;
    auto point = main->points.begin();
    Time from = point->time;
    for (const Signal& gap : main->gaps) {
      if (gap.since < from) continue;
      for (; point + 1 != main->points.end() && (point + 1)->time <= gap.since; ++point)
        learn(*point, *(point + 1), kNoTime, from, habits);
      const bool silence = is_silence(habits, point->count, gap.since, gap.time);
      const bool ours =
          !explained(docket, gap.since, gap.time) && !others_speak(*main, gap.since, gap.time);
      if (silence && ours) docket.events.push_back(tell(closed(gap, habits), docket));
      if (!silence) habits.quiet(gap.since, gap.time - gap.since);
      if (silence && point + 1 != main->points.end()) {
        // What came before and after it in the same ten minutes.
        learn(*point, *(point + 1), gap.since, from, habits);
        from = gap.time;
      }
    }
    for (; point + 1 != main->points.end(); ++point)
      learn(*point, *(point + 1), kNoTime, from, habits);
    settle_end(*main, habits, docket);
  }

  // The stretch between two signs of life, from `from` on, and until `until` if that is known.
  static void learn(const Point& a, const Point& b, Time until, Time& from, Habits& habits) {
    const Time begin = std::max(a.time, from);
    const Time end = known(until) ? std::min(until, b.time) : b.time;
    if (b.count <= a.count || b.time <= a.time || end <= begin) return;
    const double lines = static_cast<double>(b.count - a.count);
    const double share =
        from > a.time || known(until) ? std::min(1.0, seconds_of(end - begin) / 600) : 1;
    habits.learn(begin, end, lines * share);
    from = end;
  }

  static void settle_end(const Lane& lane, const Habits& habits, Docket& docket) {
    const Time last = lane.last.time;
    if (!known(last) || ended(docket, last)) return;
    Micros length = kShortest;
    while (length < kMostOpen && !is_silence(habits, lane.last.count, last, last + length)) {
      length += std::max<Micros>(60s, length / 16);
    }
    if (length >= kMostOpen || !docket.has_come(last + length, last)) return;
    Quiet quiet = measure(habits, last, last + length);
    quiet.at = lane.last;
    docket.events.push_back(tell(quiet, docket));
  }

  static Quiet measure(const Habits& habits, Time from, Time to) {
    Quiet quiet;
    quiet.from = from;
    quiet.decades = decades_of(habits, from, to);
    quiet.missing = habits.expected(from, to);
    quiet.seconds_a_line = seconds_of(to - from) / std::max(1e-9, quiet.missing);
    quiet.longest = habits.longest_quiet(from);
    return quiet;
  }
  static Quiet closed(const Signal& gap, const Habits& habits) {
    Quiet quiet = measure(habits, gap.since, gap.time);
    quiet.to = gap.time;
    quiet.at = gap;
    return quiet;
  }

  // A restart, or the host's, accounts for it.
  static bool explained(const Docket& docket, Time from, Time to) {
    const auto inside = [&](Time time) {
      return known(time) && time >= from - kSameMoment && time <= to + kAfterSilence;
    };
    return std::any_of(docket.turns.begin(), docket.turns.end(),
                       [&](const Turn& turn) { return inside(turn.begun); }) ||
           std::any_of(docket.reboots.begin(), docket.reboots.end(), inside);
  }
  // It is known to have ended: down, not silent.
  static bool ended(const Docket& docket, Time last) {
    return std::any_of(docket.notes.begin(), docket.notes.end(), [&](const Signal& note) {
      return known(note.time) && note.count != 1 && note.time >= last - kAfterSilence;
    });
  }
  bool others_speak(const Lane& silent, Time from, Time to) const {
    for (const auto& [name, lane] : lanes_) {
      if (&lane == &silent) continue;
      for (const Point& point : lane.points) {
        if (point.time > from + kSameMoment && point.time < to - kSameMoment) return true;
      }
    }
    return false;
  }

  static Event begin_event(const Docket& docket, const Signal& at, Time from, Time to,
                           std::string_view what) {
    Event event;
    event.kind = EventKind::silence;
    event.service = docket.service;
    event.at = at.at;
    // Of what is certain while it lasts and when it is over: whose, and since when.
    event.id = event_id({hash_of(docket.service), static_cast<uint64_t>(to_us(from)), 0},
                        event.kind, what);
    event.time = from;
    event.end = to;
    event.quality = at.quality;
    event.severity = Severity::warning;
    event.attributes["open"] = !known(to);
    return event;
  }

  static Event tell(const Quiet& quiet, const Docket& docket) {
    Event event = begin_event(docket, quiet.at, quiet.from, quiet.to, "");
    add_row(event, "prior", kPrior, nullptr, "one pause in 20,000 is a silence");
    std::string missing = known(quiet.to)
                              ? "no line for " + time_span(seconds_of(quiet.to - quiet.from)) + ", "
                              : "no line since " + format_rfc3339(quiet.from) + ", ";
    missing += "where one each " + time_span(quiet.seconds_a_line) + " is usual";
    Signal shown = quiet.at;
    shown.text = missing;
    add_row(event, "silence where lines are usual",
            std::min(kMostSurprise, quiet.decades * std::log(10.0)), &shown);
    if (known(quiet.to)) {
      const double longer =
          seconds_of(quiet.to - quiet.from) / std::max(1.0, seconds_of(quiet.longest));
      add_row(event, "longer than any pause before", std::min(kMostLonger, std::log(longer)),
              nullptr,
              quiet.longest.count() == 0
                  ? "none was long enough to be told"
                  : "the longest at this hour was " + time_span(seconds_of(quiet.longest)));
    }
    event.confidence = 1 / (1 + std::exp(-event.score));
    event.attributes["usual_s"] = quiet.seconds_a_line;
    event.attributes["missing"] = std::round(quiet.missing);
    event.attributes["reason"] = std::string("unknown");
    if (known(quiet.to)) event.attributes["lasted_s"] = seconds_of(quiet.to - quiet.from);
    event.title = docket.service +
                  (known(quiet.to) ? ": no line for " + time_span(seconds_of(quiet.to - quiet.from))
                                   : " is silent") +
                  ", usually one per " + time_span(quiet.seconds_a_line);
    return event;
  }

  void settle_beats(Docket& docket) const {
    for (size_t i = 0; i < beats_.size(); ++i) {
      const Signal& late = beats_[i];
      if (late.count == 0) continue;
      const auto again =
          std::find_if(beats_.begin() + static_cast<std::ptrdiff_t>(i) + 1, beats_.end(),
                       [&](const Signal& other) {
                         return other.subject == late.subject && other.instance == late.instance;
                       });
      const Time to = again != beats_.end() && again->count == 0 ? again->time : kNoTime;
      // Another life may do other things, and the same ones at other times.
      if (explained(docket, late.since, late.time)) continue;
      Event event = begin_event(docket, late, late.since, to, late.subject);
      add_row(event, "prior", kBeatPrior, nullptr, "one such pause in 400 is a silence");
      add_row(event, "a line at even times stopped", kBeatStopped, &late);
      event.confidence = 1 / (1 + std::exp(-event.score));
      event.attributes["reason"] = std::string("heartbeat");
      event.attributes["template"] = late.detail;
      event.attributes["usual_s"] = late.before;
      if (known(to)) event.attributes["lasted_s"] = seconds_of(to - late.since);
      event.title = docket.service + ": \"" + late.detail + "\" stopped" +
                    (known(to) ? " for " + time_span(seconds_of(to - late.since)) : "") +
                    ", it came each " + time_span(late.before);
      docket.events.push_back(std::move(event));
    }
  }

  std::map<std::string, Lane, std::less<>> lanes_;
  std::vector<Signal> beats_;
};
}  // namespace

extern const JudgeSpec silences_judge = {"silences", 1, 3,
                                         [] { return std::unique_ptr<Judge>(new Silences); }};
}  // namespace blip
