// What a process holds and never gives back, hidden where restarts reset it:
//
//   goroutines: 9 ... 40,812 | 9 ... 39,774 | 9 ... 41,022        each life rises by 132 a minute
//
// A leak rises inside the lives (Mann-Kendall over the floors of each), goes on rising (a cache
// that warms up does not), and by enough to matter. It is masked when restarts bring it back: those
// restarts are the reason why nobody sees it. Everything a verdict rests on is a row; where each
// number comes from: docs/detection.md.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "rules/judge/forecast.h"
#include "rules/judge/growth.h"
#include "rules/judge/metrics.h"
#include "rules/judge/weights.h"

namespace blip {
namespace {
constexpr double kPrior = -4;  // one gauge in 55 leaks
constexpr size_t kEnoughFloors = 16;
constexpr double kRises = 2.5;  // z
constexpr double kMostRise = 5;
constexpr double kGoesOn = 0.65;  // later slope to earlier one
constexpr double kLeastGrowth = 0.05;
constexpr double kOneDay = 20 * 60;  // minutes: less may be the rise of a day
constexpr double kEven = 0.8;        // outer slopes to the middle one: half a wave has less
constexpr size_t kFewLevels = 4;
constexpr size_t kReturns = 2;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, std::abs(value) >= 1000 ? "%.0f" : "%.3g", value);
  return text;
}

std::string of(size_t part, size_t whole) {
  return std::to_string(part) + " of " + std::to_string(whole);
}

bool collected(MetricKind kind) { return kind == MetricKind::heap || kind == MetricKind::memory; }

// Named as a sum, and never seen to fall but at a restart: a counter. What it counts is no leak.
bool is_counter(MetricKind kind, const Growth& growth) {
  if (kind != MetricKind::total) return false;
  size_t down = 0, up = 0;
  for (const GaugeLifeline& life : growth.lives) {
    down += life.steps_down;
    up += life.steps_up;
  }
  return 20 * down < up;
}

void weigh_rise(const Growth& growth, Event& event) {
  const double rise = std::min(kMostRise, 1 + 1.5 * (growth.z - kRises));
  add_row(event, growth.z >= kRises ? "rises inside lives" : "hardly rises", rise, nullptr,
          "z = " + number(growth.z) + " over " + std::to_string(growth.points) + " floors of " +
              std::to_string(growth.lives.size()) +
              (growth.lives.size() == 1 ? " life" : " lives"));
  if (growth.long_lives >= 2) {
    const bool most = 10 * growth.rising >= 6 * growth.long_lives;
    add_row(event, most ? "in most lives" : "in few lives", most ? 1 : -4, nullptr,
            of(growth.rising, growth.long_lives) + " long lives rise");
  }
  if (growth.told < growth.of) {
    const double share = static_cast<double>(growth.told) / static_cast<double>(growth.of);
    add_row(event, "only in some lives", std::log(share), nullptr,
            of(growth.told, growth.of) + " lives, one after the other: picked out");
  }
  const bool on = growth.ratio >= kGoesOn;
  add_row(event, on ? "goes on rising" : "levels off",
          on                    ? 1
          : growth.ratio < 0.35 ? -6
                                : -3.5,
          nullptr, "later in a life at " + number(growth.ratio) + " times its earlier slope");
}

void weigh_amount(const Growth& growth, Event& event) {
  const double weight = growth.share >= 0.5 ? 1 : growth.share >= kLeastGrowth ? 0 : -4;
  add_row(event, weight < 0 ? "grows little" : "growth", weight, nullptr,
          "a usual life adds " + number(100 * growth.share) + " % to its level at the start");
  if (growth.levels < kFewLevels) {
    add_row(event, "few levels", -3, nullptr,
            "only " + std::to_string(growth.levels) + " different values");
  }
  // A few falls in a life that no restart explains: teeth or a cycle longer than we can see past.
  size_t falling = 0, lives = 0, longest = 0;
  for (const GaugeLifeline& life : growth.lives) {
    if (life.floors.size() < 4) continue;
    ++lives;
    falling += life.own_falls == 1 || life.own_falls == 2;
    longest = std::max(longest, life.samples);
  }
  if (3 * falling >= lives && falling > 0) {
    add_row(event, "falls by itself", -3, nullptr,
            of(falling, lives) + " lives gave most of it back without a restart");
  }
}

// One life only: no restart confirms that the rise belongs to the life and not to the hour.
void weigh_one_life(const Growth& growth, Event& event) {
  if (growth.returned > 0) return;
  double longest = 0;
  for (const GaugeLifeline& life : growth.lives) {
    longest = std::max(longest, seconds_of(life.to - life.from) / 60);
  }
  if (longest >= kOneDay) return;
  add_row(event, "less than a day", -2, nullptr,
          "seen for " + number(longest) + " minutes: it may follow the time of day");
  if (growth.evenness < kEven) {
    add_row(event, "rises as a day does", -3, nullptr,
            "slower at both ends of the life, by " + number(growth.evenness));
  }
}

void weigh_returns(const Growth& growth, const Docket& docket, Event& event) {
  if (growth.ended < 2) return;
  const std::string text = of(growth.returned, growth.ended) + " restarts brought it back";
  const bool most = 10 * growth.returned >= 6 * growth.ended;
  if (growth.returned == 0 || !most) return;
  Signal reset;
  reset.at = docket.turns[growth.reset_by.back()].first;
  reset.time = docket.turns[growth.reset_by.back()].begun;
  add_row(event, "a restart brings it back", growth.returned >= 3 ? 2 : 1, &reset, text);
}

class Leaks : public Judge {
 public:
  void weigh(const Signal&) override {}  // the judge of lives keeps the samples

  void settle(Docket& docket) override {
    std::map<bool, std::vector<Event>> found;  // by: is it memory
    for (const Series& series : docket.series) {
      const MetricKind kind = kind_of_metric(series.metric);
      if (kind == MetricKind::limit || kind == MetricKind::delay) continue;
      const Growth growth = growth_of(series, docket, collected(kind));
      if (growth.points < kEnoughFloors || growth.slope <= 0 || is_counter(kind, growth)) continue;
      Event event = judge(series, growth, docket);
      if (event.score < kKept) continue;
      if (event.score >= kLikely && std::get<bool>(event.attributes["masked"])) {
        for (const size_t turn : growth.reset_by) {
          docket.events[docket.turns[turn].event].attributes["masked"] = std::string("leak");
        }
      }
      found[collected(kind)].push_back(std::move(event));
    }
    for (auto& [memory, events] : found) tell(memory, events, docket);
  }
  void save(StateWriter&) const override {}
  void restore(StateReader&) override {}

 private:
  static Event judge(const Series& series, const Growth& growth, const Docket& docket) {
    Event event;
    event.kind = EventKind::leak;
    event.id = event_id(series.head, event.kind, series.metric);
    event.service = docket.service;
    event.at = series.head;
    event.time = growth.lives.front().from;
    event.end = growth.lives.back().to;
    event.quality = TimeQuality::estimated;
    add_row(event, "prior", kPrior, nullptr, "one gauge in 55 leaks");
    weigh_rise(growth, event);
    weigh_amount(growth, event);
    weigh_one_life(growth, event);
    weigh_returns(growth, docket, event);
    event.confidence = 1 / (1 + std::exp(-event.score));
    describe(series, growth, docket, event);
    return event;
  }

  static void describe(const Series& series, const Growth& growth, const Docket& docket,
                       Event& event) {
    const bool masked = growth.returned >= kReturns && 10 * growth.returned >= 6 * growth.ended;
    std::vector<double> starts, ends;
    for (const GaugeLifeline& life : growth.lives) {
      starts.push_back(life.start);
      if (life.ended_by) ends.push_back(life.last);
    }
    event.attributes["metric"] = series.metric;
    event.attributes["slope_per_min"] = growth.slope;
    event.attributes["masked"] = masked;
    event.attributes["from"] = median(starts);
    event.attributes["to"] = ends.empty() ? growth.lives.back().last : median(ends);
    event.attributes["gone"] = !growth.to_the_end;  // the lives after these do not grow
    event.attributes["lives"] = static_cast<int64_t>(growth.lives.size());
    const std::string ended_by = masked ? what_ends_lives(growth, docket) : std::string();
    if (!ended_by.empty()) event.attributes["ended_by"] = ended_by;
    if (const auto ahead = forecast(series, growth, docket, ended_by)) {
      event.attributes["limit"] = ahead->limit;
      event.attributes["limit_is"] = ahead->limit_is;
      event.attributes["hours_to_limit"] = ahead->hours;
      event.attributes["hours_from"] = ahead->from_hours;
      event.attributes["hours_to"] = ahead->to_hours;
      if (ahead->error) event.attributes["forecast_error"] = *ahead->error;
      if (masked && ahead->hours < 24) event.severity = Severity::error;
    }
    event.severity = std::max(event.severity, Severity::warning);
    if (event.score < kLikely) event.severity = Severity::info;
    event.title = docket.service + " leaks " + series.metric + ": " + number(growth.slope) +
                  " a minute" + (masked ? ", masked by restarts" : "");
  }

  // Memory goes by several names: the strongest series stands for it, the others follow it.
  static void tell(bool memory, std::vector<Event>& events, Docket& docket) {
    const auto weaker = [](const Event& a, const Event& b) {
      return a.score != b.score ? a.score < b.score : a.title > b.title;
    };
    const auto strongest = std::max_element(events.begin(), events.end(), weaker);
    const uint64_t leader = strongest->id;
    const std::string name = std::get<std::string>(strongest->attributes["metric"]);
    for (Event& event : events) {
      if (memory && event.id != leader) {
        event.attributes["follows"] = name;
        event.severity = Severity::info;
      }
      docket.events.push_back(std::move(event));
    }
  }
};
}  // namespace

extern const JudgeSpec leaks_judge = {"leaks", 1, 2,
                                      [] { return std::unique_ptr<Judge>(new Leaks); }};
}  // namespace blip
