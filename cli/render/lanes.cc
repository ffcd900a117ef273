//         06-22        06-24        06-26        06-28
//         ├━━✖━✖━━✖━━━━━○━━━━━━━━✖━━━━━━━━━━━━━━━━━━━━┤    -> begins and ends within what is known
//         ━━━━━━✖   ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━    -> alive before, alive after, down
//         between
//
// One column stands for a stretch of time; what is shorter than that is still drawn, as one column.
// What the columns mean to a person is said by who calls this (cli/timeline.cc).

#include "cli/render/lanes.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace blip {
namespace {
enum class Cell : uint8_t { empty, alive, began, goes_on, ended };

struct Lane {
  std::vector<Cell> cells;
  std::vector<Ending> endings;  // of cells that are `ended`
};

void draw(const TimeAxis& axis, const DrawnLife& life, Lane& lane) {
  if (!known(life.from) || !known(life.to) || life.to < axis.from || life.from > axis.to) return;
  const size_t first = axis.column_of(std::max(life.from, axis.from)).value_or(0);
  const size_t last = axis.column_of(std::min(life.to, axis.to)).value_or(axis.columns - 1);
  for (size_t i = first; i <= last; ++i) {
    if (lane.cells[i] == Cell::empty) lane.cells[i] = Cell::alive;
  }
  if (!life.began && life.from >= axis.from && lane.cells[first] == Cell::alive) {
    lane.cells[first] = Cell::began;
  }
  if (life.to > axis.to) return;
  if (life.ended) {
    const bool taken = lane.cells[last] == Cell::ended;
    lane.endings[last] = taken ? std::max(lane.endings[last], *life.ended) : *life.ended;
    lane.cells[last] = Cell::ended;
  } else if (lane.cells[last] != Cell::ended) {
    lane.cells[last] = Cell::goes_on;
  }
}

struct Step {
  std::chrono::seconds length;
  size_t room;  // columns that its labels need, and a blank or more
};

// Steps people count in; the last one is for anything longer.
constexpr std::array<Step, 19> kSteps = {{{1s, 10},
                                          {5s, 10},
                                          {10s, 10},
                                          {30s, 10},
                                          {60s, 8},
                                          {300s, 8},
                                          {600s, 8},
                                          {1800s, 8},
                                          {3600s, 8},
                                          {7200s, 8},
                                          {10'800s, 8},
                                          {21'600s, 8},
                                          {43'200s, 8},
                                          {86'400s, 8},
                                          {2 * 86'400s, 8},
                                          {7 * 86'400s, 8},
                                          {28 * 86'400s, 8},
                                          {182 * 86'400s, 12},
                                          {364 * 86'400s, 12}}};

Step step_of(const TimeAxis& axis) {
  const double span = seconds_of(axis.to - axis.from);
  for (const Step& step : kSteps) {
    const double labels = span / static_cast<double>(step.length.count());
    if (labels * static_cast<double>(step.room) <= static_cast<double>(axis.columns)) return step;
  }
  return kSteps.back();
}

// `civil`: as a clock on the wall shows it.
std::string label_of(Time civil, const Step& step) {
  const auto day = std::chrono::floor<std::chrono::days>(civil);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(civil - day));
  char text[32];
  if (step.room == 12) {
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  } else if (civil == Time(day)) {
    std::snprintf(text, sizeof text, "%02u-%02u", static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()));
  } else if (step.length < 60s) {
    std::snprintf(text, sizeof text, "%02d:%02d:%02d", static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
  } else {
    std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()));
  }
  return text;
}
}  // namespace

std::optional<size_t> TimeAxis::column_of(Time time) const {
  if (!known(time) || time < from || time > to) return std::nullopt;
  const double part = seconds_of(time - from) / seconds_of(to - from);
  return std::min(columns - 1, static_cast<size_t>(part * static_cast<double>(columns)));
}

std::string axis_line(const TimeAxis& axis, const Clock& clock) {
  const Step step = step_of(axis);
  const Time begin = clock.to_civil(axis.from);
  // Counted from midnight of some day, so that labels are round.
  const auto ticks = (begin.time_since_epoch() + step.length - Micros(1)) / step.length;
  std::string out;
  for (Time civil = Time(ticks * step.length); out.size() < axis.columns; civil += step.length) {
    const std::optional<size_t> column = axis.column_of(clock.from_civil(civil));
    const std::string label = label_of(civil, step);
    if (!column || *column + label.size() > axis.columns) break;
    if (!out.empty() && *column < out.size() + 1) continue;  // the clocks were put back
    out.resize(*column, ' ');
    out += label;
  }
  return out;
}

std::string lane_line(const TimeAxis& axis, const std::vector<DrawnLife>& lives,
                      const Style& style) {
  Lane lane{std::vector<Cell>(axis.columns, Cell::empty),
            std::vector<Ending>(axis.columns, Ending::planned)};
  for (const DrawnLife& life : lives) draw(axis, life, lane);
  static constexpr std::string_view kSigns[] = {" ", "━", "├", "┤"},
                                    kAscii[] = {" ", "-", "|", "|"};
  std::string out;
  for (size_t i = 0; i < axis.columns; ++i) {
    if (lane.cells[i] == Cell::ended) {
      out += style.paint(ending_tint(lane.endings[i]), ending_mark(lane.endings[i], style.ascii));
    } else {
      const auto sign = static_cast<size_t>(lane.cells[i]);
      out += style.ascii ? kAscii[sign] : kSigns[sign];
    }
  }
  return out;
}

std::vector<double> counts_by_column(const TimeAxis& axis, const std::vector<Time>& times) {
  std::vector<double> counts(axis.columns, 0);
  for (const Time time : times) {
    if (const std::optional<size_t> column = axis.column_of(time)) counts[*column] += 1;
  }
  return counts;
}

std::string_view ending_mark(Ending ending, bool ascii) {
  static constexpr std::string_view kMarks[] = {"○", "◌", "●", "✖"},
                                    kAscii[] = {"o", "?", "#", "X"};
  const auto at = static_cast<size_t>(ending);
  return ascii ? kAscii[at] : kMarks[at];
}

Tint ending_tint(Ending ending) {
  switch (ending) {
    case Ending::planned:
      return Tint::dim;
    case Ending::unknown:
      return Tint::yellow;
    case Ending::told:
    case Ending::silent:
      return Tint::red;
  }
  return Tint::plain;
}

}  // namespace blip
