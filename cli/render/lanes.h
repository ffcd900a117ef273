// Time drawn as columns: an axis, lives as lines with a sign where each ended, and how a metric
// went.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/render/clock.h"
#include "cli/render/style.h"
#include "core/time.h"

namespace blip {

// [from, to] over `columns` columns of equal length. `from` lies before `to`.
struct TimeAxis {
  Time from, to;
  size_t columns = 0;

  std::optional<size_t> column_of(Time time) const;  // empty: outside, or unknown
};

// Best first: where several fall into one column, the worst is drawn.
enum class Ending : uint8_t { planned, unknown, told, silent };

struct DrawnLife {
  Time from = kNoTime, to = kNoTime;  // its first and last sign of life
  bool began = false;                 // else it was alive before `from`
  std::optional<Ending> ended;        // empty: alive at `to`, as far as the logs go
};

// "00:00       06:00       12:00": clock times, or dates where the axis is long. `columns` wide at
// most.
std::string axis_line(const TimeAxis& axis, const Clock& clock);

// "├━━━━━━✖━━━━━━━━━━○  ━━━━┤", `columns` wide; coloured as `style` says.
std::string lane_line(const TimeAxis& axis, const std::vector<DrawnLife>& lives,
                      const Style& style);

// How often something happened in each column.
std::vector<double> counts_by_column(const TimeAxis& axis, const std::vector<Time>& times);

std::string_view ending_mark(Ending ending, bool ascii);  // ✖ ● ○ ◌, or X # o ?
Tint ending_tint(Ending ending);

}  // namespace blip
