// What a process holds and never gives back, hidden where restarts reset it:
//
//   goroutines: 9 ... 40,812 | 9 ... 39,774 | 9 ... 41,022        each life rises by 132 a minute
//
// A leak rises inside the lives (Mann-Kendall over the floors of each), goes on rising (a cache
// that warms up does not), and by enough to matter. It is masked when restarts bring it back: those
// restarts are the reason why nobody sees it. Everything a verdict rests on is a row; where each
// number comes from: docs/detection.md.

#include <algorithm>
#include <map>

#include "core/metric.h"
#include "rules/judge/forecast.h"
#include "rules/judge/growth.h"
#include "rules/judge/metrics.h"
#include "rules/judge/rise.h"
#include "rules/judge/weights.h"

namespace blip {
namespace {
constexpr double kLeastGrowth = 0.05;

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

// "132", "2 MB"
std::string amount(std::string_view metric, double value) {
  if (counts_bytes(metric) && value >= 1e5) return short_number(value / 1e6) + " MB";
  if (counts_bytes(metric) && value >= 1e3) return short_number(value / 1e3) + " kB";
  return short_number(value);
}

class Leaks : public Judge {
 public:
  void weigh(const Signal&) override {}  // the judge of lives keeps the samples

  void settle(Docket& docket) override {
    std::map<bool, std::vector<Event>> found;  // by: is it memory
    for (const Series& series : docket.series) {
      const MetricKind kind = kind_of_metric(series.metric);
      if (kind == MetricKind::limit || kind == MetricKind::delay) continue;
      const Growth growth =
          growth_of(series, docket, collected(kind) ? Reduce::floors_of_15_min : Reduce::floors);
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
    weigh_growth(growth, docket, kLeastGrowth, event);
    describe(series, growth, docket, event);
    return event;
  }

  static void describe(const Series& series, const Growth& growth, const Docket& docket,
                       Event& event) {
    const bool masked = is_masked(growth);
    event.attributes["metric"] = series.metric;
    event.attributes["slope_per_min"] = growth.slope;
    event.attributes["masked"] = masked;
    event.attributes["from"] = level_at_start(growth);
    event.attributes["to"] = level_at_end(growth);
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
    event.title = docket.service + " leaks " + series.metric + ": " +
                  amount(series.metric, growth.slope) + " a minute" +
                  (masked ? ", masked by restarts" : "");
  }

  // Memory goes by several names: the strongest series stands for it, the others follow it.
  static void tell(bool memory, std::vector<Event>& events, Docket& docket) {
    const auto weaker = [](const Event& a, const Event& b) {
      if (a.score != b.score) return a.score < b.score;
      const auto lives = [](const Event& event) {
        return std::get<int64_t>(event.attributes.at("lives"));
      };
      return lives(a) != lives(b) ? lives(a) < lives(b) : a.title > b.title;
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
