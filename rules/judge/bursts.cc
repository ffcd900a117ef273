// Bursts of errors: buckets in which far more of them came than is usual, joined into one event
// from the first line to the last:
//
//   +16.1  alarms   14:24:01  60 lines where 0.4 are usual
//    +0.5  client # aborted   33 of them
//   -10.0  prior
//
// What comes with a start or a death is that restart's own noise, what comes at the same hour each
// day is somebody's schedule, and what comes every few hours is how this service is.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <map>
#include <set>

#include "rules/counts.h"
#include "rules/judge/judge.h"
#include "rules/judge/rise.h"
#include "rules/judge/span_text.h"
#include "rules/judge/weights.h"

namespace blip {
namespace {
constexpr size_t kMaxSignals = 8192;
constexpr Micros kOneBurst = 90s;     // buckets apart by less, or by half of one, are of one
constexpr double kPrior = -10;        // one in 20,000: so many buckets are looked at in a fortnight
constexpr double kMostSurprise = 14;  // nats
constexpr double kAnother = 0.5;      // for each further kind of line that came with it
constexpr double kMostOthers = 1;
constexpr double kFewLines = -1;  // fewer than this many:
constexpr uint64_t kFew = 15;
constexpr double kOfRestart = -6;  // it lies within these of a death or a start
constexpr Micros kBeforeDeath = 3s, kAtOnce = 5s;
constexpr double kAfterRestart = -1;  // within this, where other starts are quiet
constexpr Micros kAfterStart = 60s;
constexpr double kAgain = -1.2;  // times ln(1 + bursts like it in the week before)
constexpr Micros kWeek = 7 * 86400s;
constexpr double kScheduled = -6;  // at this hour on as many earlier days
constexpr size_t kDays = 3;
constexpr int64_t kDay = 86'400'000'000, kSameHour = 600'000'000;

struct Burst {
  std::vector<const Signal*> parts;
  Time from = kNoTime, to = kNoTime;
  const Signal* head = nullptr;  // where it begins: told by the narrowest bucket that does
  const Signal* lead = nullptr;  // the most surprising; of all lines rather than of a template
  uint64_t total = 0, peak = 0;  // lines; of one bucket

  std::string_view series() const { return word_of(lead->subject, 1); }
};

bool is_template(const Signal& part) { return !part.detail.empty(); }
double width_of(const Signal& part) {
  return std::atof(std::string(word_of(part.subject, 2)).c_str());
}

void choose_lead(Burst& burst) {
  const auto rank = [](const Signal& part) {
    return std::min(part.after, 12.0) - (is_template(part) ? 0.5 : 0);
  };
  // A wide bucket may begin with a line of every day, long before, and end with one long after.
  const Signal* last = burst.parts.front();
  for (const Signal* part : burst.parts) {
    if (part->time > last->time) last = part;
  }
  burst.head = burst.parts.front();
  const Signal* tail = last;
  for (const Signal* part : burst.parts) {
    const bool in_first = part->since <= burst.parts.front()->time;
    if (in_first && width_of(*part) < width_of(*burst.head)) burst.head = part;
    const double wider = width_of(*tail) - width_of(*part);
    const bool later = wider == 0 && part->time > tail->time;
    if (part->time >= last->since && (wider > 0 || later)) tail = part;
  }
  burst.from = burst.head->since;
  burst.to = tail->time;
  std::map<std::string_view, uint64_t> sums;
  for (const Signal* part : burst.parts) {
    if (burst.lead == nullptr || rank(*part) > rank(*burst.lead)) burst.lead = part;
    // Buckets of one width and series do not overlap: the largest such sum is all its lines.
    uint64_t& sum = sums[std::string_view(part->subject)];
    sum += part->count;
    burst.total = std::max(burst.total, sum);
  }
  for (const Signal* part : burst.parts) {
    if (width_of(*part) == width_of(*burst.lead)) burst.peak = std::max(burst.peak, part->count);
  }
}

class Bursts : public Judge {
 public:
  void weigh(const Signal& signal) override {
    if (signal.kind != SignalKind::counts || word_of(signal.subject, 0) != kBurst) return;
    parts_.push_back(signal);
    if (parts_.size() > kMaxSignals) parts_.pop_front();
  }

  void settle(Docket& docket) override {
    const std::vector<Burst> all = join();
    for (size_t i = 0; i < all.size(); ++i) {
      Event event = judge(all, i, docket);
      if (event.score >= kKept) docket.events.push_back(std::move(event));
    }
  }

  void save(StateWriter& out) const override {
    out.u64(parts_.size());
    for (const Signal& part : parts_) save_signal(part, out);
  }
  void restore(StateReader& in) override {
    parts_.clear();
    for (uint64_t n = in.count(); n > 0 && in.ok(); --n) parts_.push_back(restore_signal(in));
  }

 private:
  std::vector<Burst> join() const {
    std::vector<const Signal*> parts;
    for (const Signal& part : parts_) parts.push_back(&part);
    std::stable_sort(parts.begin(), parts.end(),
                     [](const Signal* a, const Signal* b) { return a->since < b->since; });
    std::vector<Burst> all;
    for (const Signal* part : parts) {
      const Micros apart = std::max(kOneBurst, Micros(static_cast<int64_t>(5e5 * width_of(*part))));
      if (all.empty() || part->since - all.back().to > apart) {
        all.emplace_back();
        all.back().from = part->since;
        all.back().to = part->time;
      }
      all.back().parts.push_back(part);
      all.back().to = std::max(all.back().to, part->time);
    }
    for (Burst& burst : all) choose_lead(burst);
    return all;
  }

  static Event judge(const std::vector<Burst>& all, size_t index, const Docket& docket) {
    const Burst& burst = all[index];
    const Signal& head = *burst.head;
    Event event;
    event.kind = EventKind::error_burst;
    event.service = docket.service;
    event.at = head.at;
    event.id = event_id(head.at, event.kind);
    event.time = burst.from;
    event.end = burst.to;
    event.quality = head.quality;
    event.explicit_ = true;
    add_row(event, "prior", kPrior, nullptr, "one bucket of time in 20,000 is a burst");
    weigh_lines(burst, event);
    weigh_restarts(all, burst, docket, event);
    weigh_habit(all, index, event);
    event.confidence = 1 / (1 + std::exp(-event.score));
    describe(burst, event);
    return event;
  }

  static void weigh_lines(const Burst& burst, Event& event) {
    const Signal& lead = *burst.lead;
    const std::string usual = std::to_string(lead.count) + " lines in " +
                              std::string(word_of(lead.subject, 2)) + " s where " +
                              short_number(lead.before) + " are usual: ";
    Signal quoted = lead;
    quoted.text.insert(0, usual);
    add_row(event, "errors above their usual rate",
            std::min(kMostSurprise, lead.after * std::log(10.0)), &quoted);
    double others = 0;
    std::set<std::string_view> told = {burst.series()};
    for (const Signal* part : burst.parts) {
      if (!is_template(*part) || !told.insert(word_of(part->subject, 1)).second) continue;
      if (others >= kMostOthers) break;
      add_row(event, "another kind of error with it", kAnother, part);
      others += kAnother;
    }
    if (burst.total < kFew) {
      add_row(event, "few lines", kFewLines, nullptr, std::to_string(burst.total) + " lines");
    }
  }

  // A start says what it misses, a death what it dies of: both are told by the restart. What comes
  // a while after a start is its noise only where other starts have it as well.
  static void weigh_restarts(const std::vector<Burst>& all, const Burst& burst,
                             const Docket& docket, Event& event) {
    const auto turn_of = [&](const Burst& one) {
      return std::find_if(docket.turns.begin(), docket.turns.end(), [&](const Turn& turn) {
        return known(turn.begun) && is_of(one, turn, kAfterStart);
      });
    };
    const auto near = turn_of(burst);
    if (near == docket.turns.end()) return;
    const auto noisy =
        static_cast<size_t>(std::count_if(all.begin(), all.end(), [&](const Burst& one) {
          return turn_of(one) != docket.turns.end();
        }));
    const bool as_a_rule = noisy > 1 && 2 * noisy > docket.turns.size();
    const bool at_once = is_of(burst, *near, kAtOnce);
    event.attributes["restart"] = id_text(docket.events[near->event].id);
    add_row(event, as_a_rule ? "comes with restarts as a rule" : "comes with a restart",
            as_a_rule || at_once ? kOfRestart : kAfterRestart, nullptr,
            "restart at " + format_rfc3339(near->begun));
  }
  static bool is_of(const Burst& burst, const Turn& turn, Micros after) {
    const Time died = known(turn.died) ? turn.died : turn.begun;
    return burst.from >= died - kBeforeDeath && burst.to <= turn.begun + after;
  }

  static void weigh_habit(const std::vector<Burst>& all, size_t index, Event& event) {
    const Burst& burst = all[index];
    size_t alike = 0;
    std::set<int64_t> days;  // on which one came at this time
    for (size_t i = index; i-- > 0;) {
      const Burst& other = all[i];
      if (burst.from - other.from > 4 * kWeek) break;
      if (other.series() != burst.series() || 2 * other.total < burst.total) continue;
      if (burst.from - other.from <= kWeek) ++alike;
      const int64_t apart = to_us(burst.from) - to_us(other.from);
      const int64_t off = std::min(apart % kDay, kDay - apart % kDay);
      if (apart >= kDay / 2 && off <= kSameHour) days.insert((apart + kDay / 2) / kDay);
    }
    if (days.size() >= kDays) {
      add_row(event, "at this time of day as a rule", kScheduled, nullptr,
              "on " + std::to_string(days.size()) + " days before");
    } else if (alike > 0) {
      add_row(event, "bursts like it before", kAgain * std::log1p(static_cast<double>(alike)),
              nullptr, std::to_string(alike) + " in the week before");
    }
  }

  static void describe(const Burst& burst, Event& event) {
    const Signal& lead = *burst.lead;
    const double usual = lead.before * 60 / std::max(1.0, width_of(lead));
    event.severity = event.score < kLikely ? Severity::info : Severity::warning;
    event.attributes["decades"] = lead.after;
    event.attributes["total"] = static_cast<int64_t>(burst.total);
    event.attributes["peak"] = static_cast<int64_t>(burst.peak);
    event.attributes["usual_per_min"] = usual;
    event.attributes["lasted_s"] = seconds_of(burst.to - burst.from);
    for (const Signal* part : burst.parts) {
      if (!is_template(*part)) continue;
      event.attributes["template"] = part->detail;
      break;
    }
    event.title = event.service + ": burst of " + std::to_string(burst.total) + " errors in " +
                  time_span(seconds_of(burst.to - burst.from)) + ", " + short_number(usual) +
                  " a minute are usual";
  }

  std::deque<Signal> parts_;
};
}  // namespace

extern const JudgeSpec bursts_judge = {"bursts", 1, 3,
                                       [] { return std::unique_ptr<Judge>(new Bursts); }};
}  // namespace blip
