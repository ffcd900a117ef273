// Small blips that nobody looks into, and that are the only thing the world sees of a restart:
//
//   server    restarts  01:04:57  05:57:01         11:09:44  ...
//   balancer  no answer 01:04:55  05:57:00  07:30  11:09:43  ...     11 of 14 restarts have one
//
// Is that chance? The restarts are moved against the symptoms, round and round in the time that
// both cover, and it is counted how often as many of them meet: p. That keeps how both are clumped,
// which a formula would not. From a week on they are moved by whole days and two hours at most, so
// that two things which both belong to the busy hours do not explain each other.
//
// The score is -ln(p) - ln(series tried) - ln(100): 0 where p is a hundredth of the tries.

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "rules/judge/judge.h"
#include "rules/judge/outside.h"
#include "rules/judge/weights.h"

namespace blip {
namespace {
constexpr Micros kWithin = 60s;
constexpr Micros kDay = 24h;
constexpr int64_t kDaysForDays = 7;  // from so many days on, whole days
constexpr Micros kDayJitter = 2h;
constexpr size_t kEnough = 5;                           // restarts that a test needs
constexpr size_t kFewest = 2;                           // that are worth a word
constexpr size_t kMaxRestarts = 1000, kMaxSeries = 50;  // the newest; the largest
constexpr size_t kShifts = 999, kMostShifts = 4999;
constexpr double kPrior = -4.605;  // one series in 100 meets as many by chance
constexpr double kTooFew = 3.1;    // too few to test: suspected at most
constexpr double kFewShare = 0.75, kFewChance = 0.1;

struct Death {
  Time died, begun;
  size_t turn;
};

struct Test {
  size_t restarts = 0, met = 0;
  size_t shifts = 0, as_many = 0;
  double usual = 0;                    // met by chance, mean
  std::vector<Micros> lags;            // from the death to the symptom nearest to it
  const SymptomSeen* first = nullptr;  // the first that was met
  Time from = kNoTime, to = kNoTime;   // of the restarts that met
};

// The symptom nearest to the death that is within reach of this restart; null: none.
const SymptomSeen* met_by(const SymptomSeries& series, Time died, Time begun) {
  const auto from =
      std::lower_bound(series.seen.begin(), series.seen.end(), died - kWithin,
                       [](const SymptomSeen& one, Time time) { return one.time < time; });
  const SymptomSeen* nearest = nullptr;
  for (auto at = from; at != series.seen.end() && at->time <= begun + kWithin; ++at) {
    if (nearest != nullptr &&
        std::chrono::abs(at->time - died) >= std::chrono::abs(nearest->time - died))
      break;
    nearest = &*at;
  }
  return nearest;
}

// The i-th of n ways to move things within a circle so long.
Micros shift_of(size_t i, size_t n, Micros circle) {
  const double share = static_cast<double>(i) / static_cast<double>(n - 1);
  const int64_t days = circle / kDay;
  if (days >= kDaysForDays) {
    const auto jitter = std::llround((2 * share - 1) * static_cast<double>(kDayJitter.count()));
    return kDay * (1 + static_cast<int64_t>(i) % (days - 1)) + Micros(jitter);
  }
  const Micros least = 2 * kWithin;  // less would be the same once more
  return least + Micros(std::llround(share * static_cast<double>((circle - 2 * least).count())));
}

Test test(const SymptomSeries& series, const std::vector<Death>& deaths, size_t pairs) {
  Test result;
  const Time from = series.seen.front().time - kWithin;
  const Micros covered = series.seen.back().time + kWithin - from;
  Micros circle = covered;
  if (circle >= kDaysForDays * kDay) circle -= circle % kDay;
  if (circle < 20 * kWithin) return result;
  std::vector<const Death*> inside;  // of whole days
  size_t met_inside = 0;
  for (const Death& death : deaths) {
    if (death.begun < from || death.begun - from > covered) continue;
    ++result.restarts;
    const bool is_inside = death.begun - from < circle;
    if (is_inside) inside.push_back(&death);
    const SymptomSeen* seen = met_by(series, death.died, death.begun);
    if (seen == nullptr) continue;
    ++result.met;
    met_inside += is_inside;
    result.lags.push_back(seen->time - death.died);
    if (result.first == nullptr) result.first = seen, result.from = death.died;
    result.to = death.begun;
  }
  if (result.met < kFewest || inside.empty()) return result;
  const size_t shifts = std::min(kMostShifts, std::max(kShifts, 200 * pairs - 1));
  const size_t hopeless = shifts / 20;  // p can't become small any more
  size_t sum = 0;
  for (size_t i = 0; i < shifts && result.as_many <= hopeless; ++i) {
    const Micros by = shift_of(i, shifts, circle);
    size_t met = 0;
    for (const Death* death : inside) {
      const Time begun = from + (death->begun - from + by) % circle;
      met += met_by(series, begun - (death->begun - death->died), begun) != nullptr;
    }
    sum += met;
    result.as_many += met >= met_inside;
    ++result.shifts;
  }
  result.usual = static_cast<double>(sum) / static_cast<double>(result.shifts) *
                 static_cast<double>(result.restarts) / static_cast<double>(inside.size());
  return result;
}

class Symptoms : public Judge {
 public:
  void weigh(const Signal&) override {}  // its own are no view from outside

  void settle(Docket& docket) override {
    std::vector<Death> deaths;
    for (size_t i = docket.turns.size(); i-- > 0 && deaths.size() < kMaxRestarts;) {
      const Turn& turn = docket.turns[i];
      if (known(turn.begun)) {
        deaths.push_back({known(turn.died) ? turn.died : turn.begun, turn.begun, i});
      }
    }
    if (deaths.size() < kFewest) return;
    std::sort(deaths.begin(), deaths.end(),
              [](const Death& a, const Death& b) { return a.begun < b.begun; });
    std::vector<const SymptomSeries*> tried;
    for (const SymptomSeries& series : docket.outside) {
      if (series.service != docket.service && series.seen.size() >= kFewest) {
        tried.push_back(&series);
      }
    }
    std::stable_sort(tried.begin(), tried.end(),
                     [](const auto* a, const auto* b) { return a->seen.size() > b->seen.size(); });
    if (tried.size() > kMaxSeries) tried.resize(kMaxSeries);
    for (const SymptomSeries* series : tried) {
      Test result = test(*series, deaths, tried.size());
      if (result.met < kFewest) continue;
      Event event = judge(*series, result, tried.size(), docket);
      if (event.score >= kKept) docket.events.push_back(std::move(event));
    }
  }
  void save(StateWriter&) const override {}
  void restore(StateReader&) override {}

 private:
  static Event judge(const SymptomSeries& series, Test& result, size_t pairs,
                     const Docket& docket) {
    Event event;
    event.kind = EventKind::symptom;
    event.id = event_id(result.first->at, event.kind,
                        docket.service + '\n' + series.service + '\n' + series.signature);
    event.service = docket.service;
    event.at = result.first->at;
    event.time = result.from;
    event.end = result.to;
    event.quality = TimeQuality::exact;
    weigh_rows(series, result, pairs, event);
    std::sort(result.lags.begin(), result.lags.end());
    const auto lag = [&](double share) {
      const auto at =
          static_cast<size_t>(share * static_cast<double>(result.lags.size() - 1) + 0.5);
      return seconds_of(result.lags[at]);
    };
    event.attributes["seen_by"] = series.service;
    event.attributes["signature"] = series.signature;
    event.attributes["met"] = static_cast<int64_t>(result.met);
    event.attributes["restarts"] = static_cast<int64_t>(result.restarts);
    event.attributes["lag_s"] = lag(0.5);
    event.attributes["lift"] = static_cast<double>(result.met) / std::max(result.usual, 1e-3);
    char text[96];
    std::snprintf(text, sizeof text, ": %zu of %zu, %.0f to %.0f s after the death", result.met,
                  result.restarts, lag(0.1), lag(0.9));
    event.title =
        docket.service + " restarts come with " + series.signature + " in " + series.service + text;
    event.severity = event.score < kLikely ? Severity::info : Severity::warning;
    return event;
  }

  static void weigh_rows(const SymptomSeries& series, const Test& result, size_t pairs,
                         Event& event) {
    char text[160];
    add_row(event, "prior", kPrior, nullptr, "one series in 100 meets as many by chance");
    Signal line;
    line.at = result.first->at;
    line.time = result.first->time;
    line.text = series.text;
    if (result.restarts < kEnough) {
      const bool most =
          static_cast<double>(result.met) >= kFewShare * static_cast<double>(result.restarts) &&
          result.usual <= kFewChance * static_cast<double>(result.restarts);
      std::snprintf(text, sizeof text, "%zu of %zu: too few to tell it from chance", result.met,
                    result.restarts);
      add_row(event, "comes with restarts", most ? kTooFew : 0, &line, text);
    } else {
      const double p =
          static_cast<double>(1 + result.as_many) / static_cast<double>(1 + result.shifts);
      std::snprintf(text, sizeof text,
                    "%zu of %zu; moved against each other, as many in %zu of %zu times", result.met,
                    result.restarts, result.as_many, result.shifts);
      add_row(event, "comes with restarts", -std::log(p), &line, text);
      event.attributes["p"] = p;
    }
    if (pairs > 1) {
      add_row(event, "one of several tried", -std::log(static_cast<double>(pairs)), nullptr,
              std::to_string(pairs) + " series of symptoms");
    }
    event.confidence = 1 / (1 + std::exp(-event.score));
  }
};
}  // namespace

extern const JudgeSpec symptoms_judge = {"symptoms", 1, 2,
                                         [] { return std::unique_ptr<Judge>(new Symptoms); }};
}  // namespace blip
