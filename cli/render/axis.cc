// Round moments and round values for the axes of pictures:
//
//   06-21 19:50 ... 06-30 19:50    06-22  06-23  ...  06-30
//   0 ... 41,022                   0  10 k  20 k  30 k  40 k

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "cli/render/svg.h"

namespace blip {
namespace {
constexpr int64_t kDay = 86'400;
constexpr std::array<int64_t, 17> kSteps = {
    1,    2,     5,     10,    30,       60,       300,      900,      1'800,
    3600, 10800, 21600, 43200, 1 * kDay, 2 * kDay, 7 * kDay, 14 * kDay};  // seconds
constexpr std::array<int, 8> kMonths = {1, 2, 3, 6, 12, 24, 60, 120};

std::string label_of(int64_t civil, int64_t step) {
  const std::chrono::sys_seconds at{std::chrono::seconds(civil)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const int64_t second = (at - day).count();
  char text[40];
  if (second == 0 && step >= 300) {
    std::snprintf(text, sizeof text, "%02u-%02u", static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()));
  } else if (step >= 60) {
    std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(second / 3600),
                  static_cast<int>(second % 3600 / 60));
  } else {
    std::snprintf(text, sizeof text, "%02d:%02d:%02d", static_cast<int>(second / 3600),
                  static_cast<int>(second % 3600 / 60), static_cast<int>(second % 60));
  }
  return text;
}

int64_t civil_seconds(Time time, const Clock& clock) {
  return std::chrono::floor<std::chrono::seconds>(clock.to_civil(time)).time_since_epoch().count();
}

Time from_civil_seconds(int64_t civil, const Clock& clock) {
  return clock.from_civil(Time(std::chrono::seconds(civil)));
}

// For spans of years: the first of months.
std::vector<TimeTick> month_ticks(Time from, Time to, const Clock& clock, size_t most) {
  using namespace std::chrono;
  const sys_days first = floor<days>(sys_seconds(seconds(civil_seconds(from, clock))));
  const auto length = static_cast<size_t>(seconds_of(to - from) / (30.4 * kDay));
  const auto fits = std::find_if(kMonths.begin(), kMonths.end(), [&](int months) {
    return length / static_cast<size_t>(months) < most;
  });
  const int step = fits == kMonths.end() ? 1200 : *fits;
  std::vector<TimeTick> ticks;
  const int year = static_cast<int>(year_month_day(first).year());
  for (int month = 0; ticks.size() < most; month += step) {
    const year_month_day date(std::chrono::year(year + month / 12),
                              std::chrono::month(static_cast<unsigned>(month % 12 + 1)),
                              std::chrono::day(1));
    const Time at =
        from_civil_seconds(sys_seconds(sys_days(date)).time_since_epoch().count(), clock);
    if (at > to) break;
    if (at < from) continue;
    char text[40];
    std::snprintf(text, sizeof text, "%04d-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()));
    ticks.push_back({at, text});
  }
  return ticks;
}
}  // namespace

std::vector<TimeTick> time_ticks(Time from, Time to, const Clock& clock, size_t most) {
  if (!known(from) || !known(to) || to <= from || most == 0) return {};
  const double length = seconds_of(to - from);
  const auto fits = std::find_if(kSteps.begin(), kSteps.end(), [&](int64_t step) {
    return length / static_cast<double>(step) < static_cast<double>(most);
  });
  if (fits == kSteps.end()) return month_ticks(from, to, clock, most);
  const int64_t begin = civil_seconds(from, clock);
  std::vector<TimeTick> ticks;
  // Rounded up to a whole step of the civil clock; times before 1970 have a negative remainder.
  for (int64_t civil = begin - (begin % *fits + *fits) % *fits; ticks.size() < most;
       civil += *fits) {
    const Time at = from_civil_seconds(civil, clock);
    if (at > to) break;
    if (at >= from) ticks.push_back({at, label_of(civil, *fits)});
  }
  return ticks;
}

std::vector<double> value_ticks(double low, double high, size_t most) {
  if (!std::isfinite(low) || !std::isfinite(high) || high <= low) return {low, low + 1};
  const double raw = (high - low) / static_cast<double>(std::max<size_t>(2, most) - 1);
  const double power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double times : {1.0, 2.0, 2.5, 5.0}) {
    if (times * power >= raw * (1 - 1e-9)) {
      step = times * power;
      break;
    }
  }
  std::vector<double> ticks;
  const double first = std::floor(low / step);
  for (double n = first; ticks.size() < most; ++n) {
    ticks.push_back(n * step);
    if (n * step >= high) break;
  }
  return ticks;
}

std::string axis_text(double value) {
  if (!std::isfinite(value)) return "?";
  if (value < 0) return "-" + axis_text(-value);
  static constexpr const char* kUnits[] = {"", " k", " M", " G", " T", " P"};
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  char text[40];
  std::snprintf(text, sizeof text, "%.3g", value);
  return std::string(text) + kUnits[unit];
}

}  // namespace blip
