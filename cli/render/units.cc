// Numbers into words: 14520 s is "4 h 02 m", 431,854,510 bytes are "412 MiB". Two places are
// enough for a span or a size; what needs all digits (ids, offsets) does not come here. No locale:
// the decimal sign is a point and thousands take a comma, everywhere.

#include "cli/render/units.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "core/metric.h"

namespace blip {
namespace {
std::string shaped(const char* shape, double value) {
  char text[64];
  std::snprintf(text, sizeof text, shape, value);
  return text;
}

// As "%.1f" and its like; a list has thousands of spans, and printf took longest of all.
std::string fixed(double value, int places) {
  char text[32];
  const std::to_chars_result end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, places);
  return std::string(text, end.ptr);
}

std::string pair(uint64_t major, const char* first, uint64_t minor, const char* second) {
  std::string out = std::to_string(major);
  out.append(" ").append(first).append(minor < 10 ? " 0" : " ");
  return out.append(std::to_string(minor)).append(" ").append(second);
}

constexpr double kCentury = 3.2e9;  // seconds; a longer span is a broken clock
}  // namespace

std::string span_text(double seconds) {
  if (!std::isfinite(seconds) || std::fabs(seconds) > kCentury) return "?";
  if (seconds < 0) return "-" + span_text(-seconds);
  if (seconds < 0.0995) return fixed(seconds * 1000, 0) + " ms";
  if (seconds < 9.95) return fixed(seconds, 1) + " s";
  const auto whole = static_cast<uint64_t>(seconds + 0.5);
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return pair(whole / 60, "m", whole % 60, "s");
  if (whole < 86'400) return pair(whole / 3600, "h", whole % 3600 / 60, "m");
  if (whole < 100 * 86'400) return pair(whole / 86'400, "d", whole % 86'400 / 3600, "h");
  return count_text(whole / 86'400) + " d";
}

std::string compact_span(double seconds) {
  std::string out = span_text(seconds);
  std::erase(out, ' ');
  return out;
}

std::string rough_span(double seconds) {
  if (!std::isfinite(seconds) || std::fabs(seconds) > kCentury) return "?";
  const double size = std::fabs(seconds);
  const auto about = [](double value) { return static_cast<uint64_t>(value + 0.5); };
  if (size < 90) return counted(about(size), "second", "seconds");
  if (size < 90 * 60) return counted(about(size / 60), "minute", "minutes");
  if (size < 36 * 3600) return counted(about(size / 3600), "hour", "hours");
  return counted(about(size / 86'400), "day", "days");
}

std::string count_text(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string bytes_text(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return shaped(unit == 0 || value >= 9.95 ? "%.0f " : "%.1f ", value) + kUnits[unit];
}

std::string number_text(double value) {
  if (!std::isfinite(value)) return "?";
  if (value < 0) return "-" + number_text(-value);
  if (value >= 1e15) return shaped("%.3g", value);
  if (value >= 99.95 || value == std::floor(value)) {
    return count_text(static_cast<uint64_t>(value + 0.5));
  }
  return shaped(value >= 9.995 ? "%.1f" : value >= 0.995 ? "%.2f" : "%.2g", value);
}

std::string slope_text(std::string_view metric, double per_minute) {
  if (!std::isfinite(per_minute)) return std::string(metric) + " ?";
  const std::string_view sign = per_minute < 0 ? "-" : "+";
  const double size = std::fabs(per_minute);
  std::string out(metric);
  out.append(" ").append(sign);
  if (counts_bytes(metric) && size >= 1e5) return out + number_text(size / 1e6) + " MB/min";
  if (counts_bytes(metric) && size >= 1e3) return out + number_text(size / 1e3) + " kB/min";
  return out + number_text(size) + "/min";
}

std::string counted(uint64_t count, std::string_view one, std::string_view many) {
  return count_text(count).append(" ").append(count == 1 ? one : many);
}

}  // namespace blip
