// As the tables print them (cli/render/units.h), for titles that are written where no table is.

#include "rules/judge/span_text.h"

#include <cmath>
#include <cstdio>

namespace blip {

std::string time_span(double seconds) {
  char text[48];
  const double s = std::fmax(0, seconds);
  const auto whole = static_cast<long long>(s + 0.5);
  if (s < 9.95)
    std::snprintf(text, sizeof text, "%.1f s", s);
  else if (whole < 60)
    std::snprintf(text, sizeof text, "%lld s", whole);
  else if (whole < 600)
    std::snprintf(text, sizeof text, "%lld m %02lld s", whole / 60, whole % 60);
  else if (whole < 3600)
    std::snprintf(text, sizeof text, "%lld m", (whole + 30) / 60);
  else if (whole < 86400)
    std::snprintf(text, sizeof text, "%lld h %02lld m", whole / 3600, whole % 3600 / 60);
  else
    std::snprintf(text, sizeof text, "%lld d %02lld h", whole / 86400, whole % 86400 / 3600);
  return text;
}

}  // namespace blip
