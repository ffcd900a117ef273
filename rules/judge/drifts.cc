// What gets slower and slower until somebody restarts it:
//
//   latency of POST /collect   20 ms ... 12 s | 22 ms ... 11 s | 19 ms ... 9 s    a restart at each
//   |
//
// The same test as for leaks, on the medians of delays instead of the floors of what is held. A
// service that is slow at noon rises with the hour and not with its life: it is not brought back by
// restarts, and one life of less than a day tells little. Of a life of a week and more the shapes
// of the day and of the week are taken away: then a few percent a day are seen above the noise.

#include <algorithm>

#include "rules/judge/growth.h"
#include "rules/judge/metrics.h"
#include "rules/judge/rise.h"
#include "rules/judge/weights.h"

namespace blip {
namespace {
constexpr double kLeastGrowth = 0.25;  // delays scatter more than memory does

class Drifts : public Judge {
 public:
  void weigh(const Signal&) override {}  // the judge of lives keeps the samples

  void settle(Docket& docket) override {
    for (const Series& series : docket.series) {
      if (kind_of_metric(series.metric) != MetricKind::delay) continue;
      const Growth growth = growth_of(series, docket, Reduce::medians);
      if (growth.points < kEnoughFloors || growth.slope <= 0) continue;
      Event event = judge(series, growth, docket);
      if (event.score < kKept) continue;
      if (event.score >= kLikely && is_masked(growth)) {
        for (const size_t turn : growth.reset_by) {
          docket.events[docket.turns[turn].event].attributes.try_emplace("masked",
                                                                         std::string("drift"));
        }
      }
      docket.events.push_back(std::move(event));
    }
  }
  void save(StateWriter&) const override {}
  void restore(StateReader&) override {}

 private:
  static Event judge(const Series& series, const Growth& growth, const Docket& docket) {
    Event event;
    event.kind = EventKind::drift;
    event.id = event_id(series.head, event.kind, series.metric);
    event.service = docket.service;
    event.at = series.head;
    event.time = growth.lives.front().from;
    event.end = growth.lives.back().to;
    event.quality = TimeQuality::estimated;
    weigh_growth(growth, docket, kLeastGrowth, event);
    const bool masked = is_masked(growth);
    event.attributes["metric"] = series.metric;
    event.attributes["from"] = level_at_start(growth);
    event.attributes["to"] = level_at_end(growth);
    event.attributes["slope_per_min"] = growth.slope;
    event.attributes["masked"] = masked;
    event.attributes["resets"] = static_cast<int64_t>(growth.returned);
    event.attributes["lives"] = static_cast<int64_t>(growth.lives.size());
    event.attributes["gone"] = !growth.to_the_end;
    event.severity = event.score < kLikely ? Severity::info : Severity::warning;
    event.title = docket.service + " drifts: " + series.metric + " from " +
                  short_number(level_at_start(growth)) + " to " +
                  short_number(level_at_end(growth)) + (masked ? ", reset by restarts" : "");
    return event;
  }
};
}  // namespace

extern const JudgeSpec drifts_judge = {"drifts", 1, 2,
                                       [] { return std::unique_ptr<Judge>(new Drifts); }};
}  // namespace blip
