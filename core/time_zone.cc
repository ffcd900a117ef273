// Europe/Berlin, as /usr/share/zoneinfo/Europe/Berlin has it (TZif, RFC 8536): a list of instants
// at which the offset changed, and for the years after its end a rule of one line:
//
//   ... 1396141200 +02:00 (2014-03-30 01:00 UTC)   1414285200 +01:00 ... CET-1CEST,M3.5.0,M10.5.0/3
//
// The rule is unrolled to the year 2100 when the file is read, so that looking up is one search.

#include "core/time_zone.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

namespace blip {
namespace {
constexpr size_t kFileLimit = 1 << 20;  // bytes; the largest zone has 4 KiB
constexpr int kLastYear = 2100;
constexpr int kHour = 3600;

// "+02:00", "-0530", "+2", "Z", "UTC": seconds; at most 14 hours either way.
std::optional<int32_t> fixed_offset(std::string_view text) {
  if (text == "UTC" || text == "Z" || text == "GMT" || text == "utc") return 0;
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  std::string digits;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == ':' && digits.size() == 2 && i + 1 < text.size()) continue;
    if (text[i] < '0' || text[i] > '9' || digits.size() == 4) return std::nullopt;
    digits += text[i];
  }
  if (digits.size() == 1) digits.insert(0, "0");
  if (digits.size() == 2) digits += "00";
  if (digits.size() != 4) return std::nullopt;
  const int hours = std::atoi(digits.substr(0, 2).c_str()), minutes = std::atoi(&digits[2]);
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) return std::nullopt;
  const int32_t seconds = hours * kHour + minutes * 60;
  return text[0] == '-' ? -seconds : seconds;
}

// Letters, digits, "_", "+", "-" and single slashes: no way out of the folder.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' || name.back() == '/') return false;
  if (name.find("//") != name.npos) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-' || c == '/';
  });
}

// A day on which clocks change: "M3.5.0/2" is the last (5th) Sunday (0) of March at 02:00.
struct ChangeDay {
  enum class Kind { month_week, julian, zero_based } kind = Kind::month_week;
  int month = 1, week = 1, day = 0;
  int32_t time = 2 * kHour;  // local, seconds after midnight; may be negative

  int64_t in_year(int year) const {  // local seconds since 1970
    namespace ch = std::chrono;
    const ch::sys_days january = ch::year(year) / 1 / 1;
    ch::sys_days when = january;
    if (kind == Kind::month_week) {
      const ch::weekday weekday(static_cast<unsigned>(day));
      const auto of = ch::year(year) / ch::month(static_cast<unsigned>(month));
      when = week == 5 ? ch::sys_days(of / weekday[ch::last])
                       : ch::sys_days(of / weekday[static_cast<unsigned>(week)]);
    } else if (kind == Kind::julian) {  // 29 February is never counted
      when += ch::days(day - 1 + (ch::year(year).is_leap() && day > 59 ? 1 : 0));
    } else {
      when += ch::days(day);
    }
    return ch::duration_cast<ch::seconds>(when.time_since_epoch()).count() + time;
  }
};

// "CET-1CEST,M3.5.0,M10.5.0/3", "<-03>3", "IST-1GMT0,M10.5.0,M3.5.0/1" (POSIX's TZ).
struct YearRule {
  int32_t standard = 0, summer = 0;  // seconds east of UTC
  bool has_summer = false;
  ChangeDay begin, end;  // of summer time
};

class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  std::optional<YearRule> read() {
    YearRule rule;
    if (!skip_name() || !offset(rule.standard)) return std::nullopt;
    rule.standard = -rule.standard;  // POSIX counts westward
    if (text_.empty()) return rule;
    rule.has_summer = true;
    rule.summer = rule.standard + kHour;
    if (!skip_name()) return std::nullopt;
    if (!text_.empty() && text_[0] != ',') {
      if (!offset(rule.summer)) return std::nullopt;
      rule.summer = -rule.summer;
    }
    if (!day(rule.begin) || !day(rule.end) || !text_.empty()) return std::nullopt;
    return rule;
  }

 private:
  bool take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool skip_name() {
    const size_t before = text_.size();
    if (take('<')) {
      const size_t end = text_.find('>');
      if (end == text_.npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    while (!text_.empty() && ((text_[0] | 32) >= 'a' && (text_[0] | 32) <= 'z')) {
      text_.remove_prefix(1);
    }
    return before - text_.size() >= 3;
  }
  bool number(int& out, int most) {
    size_t size = 0;
    out = 0;
    while (size < text_.size() && size < 4 && text_[size] >= '0' && text_[size] <= '9') {
      out = out * 10 + (text_[size++] - '0');
    }
    text_.remove_prefix(size);
    return size > 0 && out <= most;
  }
  bool offset(int32_t& seconds) {  // "-1", "3:30", "167:00:00"
    const bool negative = take('-');
    if (!negative) take('+');
    int hours = 0, minutes = 0, rest = 0;
    if (!number(hours, 167)) return false;
    if (take(':') && !number(minutes, 59)) return false;
    if (take(':') && !number(rest, 59)) return false;
    seconds = hours * kHour + minutes * 60 + rest;
    if (negative) seconds = -seconds;
    return true;
  }
  bool day(ChangeDay& out) {
    if (!take(',')) return false;
    if (take('M')) {
      if (!number(out.month, 12) || out.month < 1 || !take('.')) return false;
      if (!number(out.week, 5) || out.week < 1 || !take('.') || !number(out.day, 6)) return false;
    } else if (take('J')) {
      out.kind = ChangeDay::Kind::julian;
      if (!number(out.day, 365) || out.day < 1) return false;
    } else {
      out.kind = ChangeDay::Kind::zero_based;
      if (!number(out.day, 365)) return false;
    }
    return !take('/') || offset(out.time);
  }

  std::string_view text_;
};
}  // namespace

// One TZif file. The second block, of 64-bit times, is read; files of version 1 have none and are
// refused: no system of this century has them.
class ZoneFile {
 public:
  explicit ZoneFile(std::string_view bytes) : bytes_(bytes) {}

  bool read(TimeZone& zone) {
    Counts counts;
    if (!header(counts)) return false;
    if (!skip(body_size(counts, 4)) || !header(counts)) return false;
    if (!body(counts, zone)) return false;
    return footer(zone);
  }

 private:
  struct Counts {
    uint32_t utc = 0, standard = 0, leaps = 0, times = 0, types = 0, letters = 0;
  };

  static size_t body_size(const Counts& counts, size_t time_size) {
    return counts.times * (time_size + 1) + counts.types * 6 + counts.letters +
           counts.leaps * (time_size + 4) + counts.standard + counts.utc;
  }
  bool skip(size_t size) {
    if (size > bytes_.size()) return false;
    bytes_.remove_prefix(size);
    return true;
  }
  static int64_t number(std::string_view at, size_t size) {
    uint64_t value = static_cast<unsigned char>(at[0]) >= 128 ? UINT64_MAX : 0;
    for (size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(at[i]);
    return static_cast<int64_t>(value);
  }
  bool header(Counts& counts) {
    if (bytes_.size() < 44 || bytes_.substr(0, 4) != "TZif" || bytes_[4] < '2') return false;
    uint32_t* const into[] = {&counts.utc,   &counts.standard, &counts.leaps,
                              &counts.times, &counts.types,    &counts.letters};
    for (size_t i = 0; i < 6; ++i) {
      const int64_t count = number(bytes_.substr(20 + 4 * i), 4);
      if (count < 0 || count > static_cast<int64_t>(kFileLimit)) return false;
      *into[i] = static_cast<uint32_t>(count);
    }
    return skip(44);
  }
  bool body(const Counts& counts, TimeZone& zone) {
    const std::string_view all = bytes_;
    if (counts.types == 0 || !skip(body_size(counts, 8))) return false;
    const std::string_view times = all, indexes = all.substr(counts.times * 8);
    const std::string_view types = indexes.substr(counts.times);
    const auto offset_of = [&types](size_t type) {
      return static_cast<int32_t>(number(types.substr(6 * type), 4));
    };
    zone.first_ = offset_of(0);
    for (size_t i = 0; i < counts.times; ++i) {
      const size_t type = static_cast<unsigned char>(indexes[i]);
      if (type >= counts.types) return false;
      zone.changes_.push_back({number(times.substr(8 * i), 8), offset_of(type)});
    }
    return std::is_sorted(zone.changes_.begin(), zone.changes_.end(),
                          [](const auto& a, const auto& b) { return a.at < b.at; });
  }
  bool footer(TimeZone& zone) {
    if (bytes_.empty() || bytes_[0] != '\n') return true;
    const size_t end = bytes_.find('\n', 1);
    if (end == bytes_.npos || end == 1) return end == 1;
    const std::optional<YearRule> rule = RuleReader(bytes_.substr(1, end - 1)).read();
    if (!rule) return false;
    if (!rule->has_summer) return true;  // as the last change left it
    const int64_t from = zone.changes_.empty() ? INT64_MIN : zone.changes_.back().at;
    std::vector<TimeZone::Change> more;
    for (int year = 1970; year <= kLastYear; ++year) {
      more.push_back({rule->begin.in_year(year) - rule->standard, rule->summer});
      more.push_back({rule->end.in_year(year) - rule->summer, rule->standard});
    }
    std::sort(more.begin(), more.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    for (const TimeZone::Change& change : more) {
      if (change.at > from) zone.changes_.push_back(change);
    }
    return true;
  }

  std::string_view bytes_;
};

Result<TimeZone> TimeZone::named(std::string_view name, const std::string& folder) {
  TimeZone zone;
  zone.name_ = name;
  if (const auto offset = fixed_offset(name)) {
    zone.first_ = *offset;
    return zone;
  }
  const Error unknown{"no time zone \"" + std::string(name.substr(0, 64)) +
                      "\"; give UTC, an offset like +02:00 or a name like Europe/Berlin"};
  if (!is_zone_name(name)) return unknown;
  std::ifstream in(folder + "/" + std::string(name), std::ios::binary);
  if (!in) {
    if (std::ifstream(folder + "/UTC")) return unknown;
    return Error{"time zone \"" + std::string(name) + "\": there is no tz database in " + folder +
                 "; install tzdata, or give an offset like +02:00"};
  }
  std::string bytes(kFileLimit, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (!ZoneFile(bytes).read(zone)) return unknown;  // "posix" is a folder, "tzdata.zi" is no zone
  return zone;
}

std::chrono::seconds TimeZone::offset_at(Time instant) const {
  const int64_t at = std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
  const auto after = std::upper_bound(changes_.begin(), changes_.end(), at,
                                      [](int64_t time, const Change& c) { return time < c.at; });
  return std::chrono::seconds(after == changes_.begin() ? first_ : std::prev(after)->offset);
}

std::chrono::seconds TimeZone::offset_of_local(Time local) const {
  // The offset before the change that may stand near is tried first: of an hour that came twice it
  // gives the first, and one that was left out it moves on.
  const std::chrono::seconds before = offset_at(local - std::chrono::hours(24));
  if (offset_at(local - before) == before) return before;
  const std::chrono::seconds after = offset_at(local + std::chrono::hours(24));
  return offset_at(local - after) == after ? after : before;
}

}  // namespace blip
