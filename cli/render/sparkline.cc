// 9, 120, 4000, 41000 -> ▁▁▁█, or in ASCII: "   @". The scale is the row's own, so two rows are
// not comparable; the ends are printed beside it by who draws it.

#include "cli/render/sparkline.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

namespace blip {

std::string sparkline(const std::vector<double>& values, bool ascii) {
  if (values.size() < 2) return "";
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  return sparkline(values, low, high, ascii);
}

std::string sparkline(const std::vector<double>& values, double low, double high, bool ascii) {
  static constexpr std::string_view kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr std::string_view kAscii = " .:-=+*#@";
  const size_t steps = ascii ? kAscii.size() : std::size(kBars);
  std::string out;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      out += ' ';
      continue;
    }
    // Halves first: high - low may overflow.
    const double place = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0;
    const double step = std::clamp(place, 0.0, 1.0) * static_cast<double>(steps);
    const size_t bar = std::min(steps - 1, static_cast<size_t>(step));
    out += ascii ? kAscii.substr(bar, 1) : kBars[bar];
  }
  return out;
}

}  // namespace blip
