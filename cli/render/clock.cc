// 1403639453412000 is, in Berlin, "2014-06-24 21:50:53.412"; on a page where all is of that year
// "06-24 21:50:53", and under the page stands "times are CEST (+02:00), 2014". Reading stamps is
// core/time.cc's; "2h" and "yesterday" are when.cc's.

#include "cli/render/clock.h"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace blip {
namespace {
std::string offset_text(int64_t seconds) {
  const int64_t size = std::abs(seconds);
  char text[32];
  std::snprintf(text, sizeof text, "%c%02lld:%02lld", seconds < 0 ? '-' : '+',
                static_cast<long long>(size / 3600), static_cast<long long>(size % 3600 / 60));
  return text;
}

std::string zone_name(const tm& fields) {
  const std::string name = fields.tm_zone == nullptr ? "" : fields.tm_zone;
  const std::string offset = offset_text(fields.tm_gmtoff);
  if (name == "UTC" || (name == "GMT" && fields.tm_gmtoff == 0)) return "UTC";
  // Zones without letters of their own are called by their offset: "-03".
  if (name.empty() || name[0] == '+' || name[0] == '-') return offset;
  return name + " (" + offset + ")";
}

tm fields_of(Time time, const Zone& zone) {
  int64_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  tm fields = {};
  if (zone.kind == Zone::Kind::local) {
    localtime_r(&seconds, &fields);
  } else {
    seconds += zone.offset.count();
    gmtime_r(&seconds, &fields);
  }
  return fields;
}

// "UTC", "CEST (+02:00)"
std::string zone_text(const tm& fields, const Zone& zone) {
  if (zone.kind == Zone::Kind::local) return zone_name(fields);
  return zone.offset.count() == 0 ? "UTC" : offset_text(zone.offset.count());
}

// Two digits of each, by hand: a list has thousands of times, and snprintf was most of what one
// took.
void put_two(std::string& out, int value, char after) {
  out += static_cast<char>('0' + value / 10 % 10);
  out += static_cast<char>('0' + value % 10);
  if (after != '\0') out += after;
}

std::string date_text(const tm& fields, bool with_year) {
  std::string out;
  if (with_year) {
    char year[16];
    std::snprintf(year, sizeof year, "%04d-", fields.tm_year + 1900);
    out = year;
  }
  put_two(out, fields.tm_mon + 1, '-');
  put_two(out, fields.tm_mday, ' ');
  put_two(out, fields.tm_hour, ':');
  put_two(out, fields.tm_min, ':');
  put_two(out, fields.tm_sec, '\0');
  return out;
}
}  // namespace

std::optional<std::chrono::seconds> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z" || text == "UTC" || text == "utc") return 0s;
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  std::string digits;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == ':' && digits.size() == 2) continue;
    if (text[i] < '0' || text[i] > '9' || digits.size() == 4) return std::nullopt;
    digits += text[i];
  }
  if (digits.size() == 1) digits.insert(0, "0");
  if (digits.size() == 2) digits += "00";
  if (digits.size() != 4) return std::nullopt;
  const int hours = std::atoi(digits.substr(0, 2).c_str()), minutes = std::atoi(&digits[2]);
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) return std::nullopt;
  const std::chrono::seconds size = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return text[0] == '-' ? -size : size;
}

void Clock::cover(Time time) {
  if (!known(time)) return;
  if (!known(first_) || time < first_) {
    first_ = time;
    first_year_ = fields_of(time, zone_).tm_year;
  }
  if (!known(last_) || time > last_) {
    last_ = time;
    last_year_ = fields_of(time, zone_).tm_year;
  }
}

std::string Clock::text(Time time) const {
  if (!known(time)) return "-";
  const tm fields = fields_of(time, zone_);
  const bool one_year =
      known(first_) && first_year_ == fields.tm_year && last_year_ == fields.tm_year;
  return date_text(fields, !one_year);
}

std::string Clock::exact(Time time) const {
  if (!known(time)) return "-";
  const Time whole = std::chrono::floor<std::chrono::seconds>(time);
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%03d", static_cast<int>((time - whole) / 1ms));
  return date_text(fields_of(time, zone_), true) + fraction;
}

std::string Clock::note() const {
  if (!known(first_)) return "";
  const tm first = fields_of(first_, zone_), last = fields_of(last_, zone_);
  const std::string zone = zone_text(first, zone_), last_zone = zone_text(last, zone_);
  std::string out = "times are " + zone;
  if (zone != last_zone) out += " and " + last_zone;
  if (first.tm_year == last.tm_year) out += ", " + std::to_string(first.tm_year + 1900);
  return out;
}

Time Clock::to_civil(Time time) const {
  if (zone_.kind == Zone::Kind::fixed) return time + zone_.offset;
  return time + std::chrono::seconds(fields_of(time, zone_).tm_gmtoff);
}

Time Clock::from_civil(Time civil) const {
  if (zone_.kind == Zone::Kind::fixed) return civil - zone_.offset;
  tm fields = fields_of(civil, {.kind = Zone::Kind::fixed});
  fields.tm_isdst = -1;  // the zone knows
  const Time whole = std::chrono::floor<std::chrono::seconds>(civil);
  return Time(std::chrono::seconds(mktime(&fields))) + (civil - whole);
}

}  // namespace blip
