// 2h, 90s, 3d           that long ago                  today, yesterday    since midnight
// 2014-06-24            since that day's midnight      last-night          18:00 to 09:00
// 2014-06-24T19:50:53Z  in its own zone, else in the clock's               @1403639453  epoch
//
// "last-night" before 18:00 is the night that ended this morning; after it, still that one.

#include "cli/when.h"

#include <charconv>

#include "cli/render/escape.h"

namespace blip {
namespace {
Time midnight(Time now, const Clock& clock, int days_back) {
  const auto day = std::chrono::floor<std::chrono::days>(clock.to_civil(now));
  return clock.from_civil(Time(day - std::chrono::days(days_back)));
}

std::optional<Time> parse_date(std::string_view text, const Clock& clock) {
  const std::string whole = text.size() == 10   ? std::string(text) + "T00:00:00"
                            : text.size() == 16 ? std::string(text) + ":00"
                                                : std::string(text);
  const std::optional<Stamp> stamp = parse_stamp(whole, {});
  if (!stamp || stamp->length != whole.size()) return std::nullopt;
  return stamp->has_zone ? stamp->time : clock.from_civil(stamp->time);
}

std::optional<Time> parse_epoch(std::string_view text) {
  static constexpr int64_t kLatest = 253'402'300'799;  // the end of 9999
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (seconds < 0 || seconds > kLatest) return std::nullopt;
  return Time(std::chrono::seconds(seconds));
}
}  // namespace

std::optional<std::chrono::seconds> parse_span(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  int64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3600;
      break;
    case 'd':
      unit = 86'400;
      break;
    case 'w':
      unit = 7 * 86'400;
      break;
    default:
      return std::nullopt;
  }
  uint32_t count = 0;
  const char* end = text.data() + text.size() - 1;
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || stop != end) return std::nullopt;
  static constexpr int64_t kLongest = 200LL * 366 * 86'400;  // beyond that no log reaches
  if (count > kLongest / unit) return std::nullopt;
  return std::chrono::seconds(count * unit);
}

Result<Period> parse_when(std::string_view text, Time now, const Clock& clock) {
  if (const auto span = parse_span(text)) return Period{now - *span};
  if (text == "now") return Period{now};
  if (text == "today") return Period{midnight(now, clock, 0)};
  if (text == "yesterday") return Period{midnight(now, clock, 1)};
  if (text == "last-night") {
    return Period{midnight(now, clock, 1) + 18h, midnight(now, clock, 0) + 9h};
  }
  if (text.starts_with('@')) {
    if (const auto time = parse_epoch(text.substr(1))) return Period{*time};
  } else if (const auto time = parse_date(text, clock)) {
    return Period{*time};
  }
  return Error{"'" + visible(text) +
               "' is no time; give 2h, 3d, today, yesterday, last-night, 2014-06-24, "
               "2014-06-24T19:50:53Z or @1403639453"};
}

}  // namespace blip
