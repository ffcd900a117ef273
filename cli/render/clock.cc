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
struct Civil {
  tm fields = {};
  int64_t micros = 0;
  std::string zone;  // "UTC", "CEST (+02:00)"
};

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

Civil civil_of(Time time, const Zone& zone) {
  int64_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  Civil civil;
  civil.micros = to_us(time) - seconds * 1'000'000;
  if (zone.kind == Zone::Kind::local) {
    if (localtime_r(&seconds, &civil.fields) != nullptr) civil.zone = zone_name(civil.fields);
    return civil;
  }
  seconds += zone.offset.count();
  gmtime_r(&seconds, &civil.fields);
  civil.zone = zone.offset.count() == 0 ? "UTC" : offset_text(zone.offset.count());
  return civil;
}

std::string date_text(const tm& fields, bool with_year) {
  char text[80];
  size_t used = 0;
  if (with_year) {
    used = static_cast<size_t>(std::snprintf(text, 32, "%04d-", fields.tm_year + 1900));
  }
  std::snprintf(text + used, sizeof text - used, "%02d-%02d %02d:%02d:%02d", fields.tm_mon + 1,
                fields.tm_mday, fields.tm_hour, fields.tm_min, fields.tm_sec);
  return text;
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
  first_ = known(first_) ? std::min(first_, time) : time;
  last_ = known(last_) ? std::max(last_, time) : time;
}

std::string Clock::text(Time time) const {
  if (!known(time)) return "-";
  const int year = civil_of(time, zone_).fields.tm_year;
  const bool one_year = known(first_) && civil_of(first_, zone_).fields.tm_year == year &&
                        civil_of(last_, zone_).fields.tm_year == year;
  return date_text(civil_of(time, zone_).fields, !one_year);
}

std::string Clock::exact(Time time) const {
  if (!known(time)) return "-";
  const Civil civil = civil_of(time, zone_);
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%03d", static_cast<int>(civil.micros / 1000));
  return date_text(civil.fields, true) + fraction;
}

std::string Clock::note() const {
  if (!known(first_)) return "";
  const Civil first = civil_of(first_, zone_), last = civil_of(last_, zone_);
  std::string out = "times are " + first.zone;
  if (first.zone != last.zone) out += " and " + last.zone;
  if (first.fields.tm_year == last.fields.tm_year) {
    out += ", " + std::to_string(first.fields.tm_year + 1900);
  }
  return out;
}

Time Clock::to_civil(Time time) const {
  if (zone_.kind == Zone::Kind::fixed) return time + zone_.offset;
  return time + std::chrono::seconds(civil_of(time, zone_).fields.tm_gmtoff);
}

Time Clock::from_civil(Time civil) const {
  if (zone_.kind == Zone::Kind::fixed) return civil - zone_.offset;
  tm fields = civil_of(civil, {.kind = Zone::Kind::fixed}).fields;
  fields.tm_isdst = -1;  // the zone knows
  const Time whole = std::chrono::floor<std::chrono::seconds>(civil);
  return Time(std::chrono::seconds(mktime(&fields))) + (civil - whole);
}

}  // namespace blip
