//   -4.0  prior                        one gauge in 55 leaks
//   +5.0  rises inside lives           z = 25.6 over 336 floors of 14 lives
//   +1.0  goes on rising               later in a life at 0.98 times its earlier slope
//   +2.0  a restart brings it back     14 of 14 restarts brought it back
//
// Where each number comes from: docs/detection.md.

#include "rules/judge/rise.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "rules/judge/weights.h"

namespace blip {
namespace {
constexpr double kRises = 2.5;  // z
constexpr double kMostRise = 5;
constexpr double kGoesOn = 0.65;     // later slope to earlier one
constexpr double kOneDay = 20 * 60;  // minutes: less may be the rise of a day
constexpr double kEven = 0.8;        // outer slopes to the middle one: half a wave has less
constexpr double kLeastClear = 0.05, kClear = 4;  // a share; and times what scatters about it
constexpr size_t kFewLevels = 4;
constexpr size_t kReturns = 2;

std::string of(size_t part, size_t whole) {
  return std::to_string(part) + " of " + std::to_string(whole);
}

void weigh_rise(const Growth& growth, Event& event) {
  const double rise = std::min(kMostRise, 1 + 1.5 * (growth.z - kRises));
  add_row(event, growth.z >= kRises ? "rises inside lives" : "hardly rises", rise, nullptr,
          "z = " + short_number(growth.z) + " over " + std::to_string(growth.points) +
              " floors of " + std::to_string(growth.lives.size()) +
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
          nullptr, "later in a life at " + short_number(growth.ratio) + " times its earlier slope");
}

void weigh_amount(const Growth& growth, double least_growth, Event& event) {
  const bool clear =
      growth.scatter > 0 && growth.share >= kLeastClear && growth.share >= kClear * growth.scatter;
  const double weight = growth.share >= 0.5 || clear ? 1 : growth.share >= least_growth ? 0 : -4;
  const std::string text = growth.share < 10 ? "adds " + short_number(100 * growth.share) + " % to"
                                             : "multiplies by " + short_number(1 + growth.share);
  add_row(event, weight < 0 ? "grows little" : "growth", weight, nullptr,
          "a usual life " + text + " its level at the start" +
              (clear ? ", its days scatter by " + short_number(100 * growth.scatter) + " %" : ""));
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
          "seen for " + short_number(longest) + " minutes: it may follow the time of day");
  if (growth.evenness < kEven) {
    add_row(event, "rises as a day does", -3, nullptr,
            "slower at both ends of the life, by " + short_number(growth.evenness));
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
}  // namespace

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, std::abs(value) >= 1000 ? "%.0f" : "%.3g", value);
  return text;
}

void weigh_growth(const Growth& growth, const Docket& docket, double least_growth, Event& event) {
  add_row(event, "prior", kRisePrior, nullptr, "one gauge in 55 rises so");
  weigh_rise(growth, event);
  weigh_amount(growth, least_growth, event);
  weigh_one_life(growth, event);
  weigh_returns(growth, docket, event);
  event.confidence = 1 / (1 + std::exp(-event.score));
}

bool is_masked(const Growth& growth) {
  return growth.returned >= kReturns && 10 * growth.returned >= 6 * growth.ended;
}

double level_at_start(const Growth& growth) {
  std::vector<double> starts;
  for (const GaugeLifeline& life : growth.lives) starts.push_back(life.start);
  return median(std::move(starts));
}

double level_at_end(const Growth& growth) {
  std::vector<double> ends;
  for (const GaugeLifeline& life : growth.lives) {
    if (life.ended_by) ends.push_back(life.last);
  }
  return ends.empty() ? growth.lives.back().last : median(std::move(ends));
}

}  // namespace blip
