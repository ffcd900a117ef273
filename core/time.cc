// Every shape of time stamp that logs carry, read by hand: this runs on each line.
//
//   2014-06-24 19:50:53,123     most programs         Jun 24 19:50:53        syslog, no year
//   2014-06-24T19:50:53+02:00   RFC 3339              24/Jun/2014:19:50:53 +0000   web servers
//   1403639453.123456           epoch                 @4000000053a9d56d2b1c4a34    TAI64N
//
// A shape is known by its first bytes, so at most one reader looks further. What stands around a
// stamp (brackets, "ts=") and what follows it is the formats' business: see parsers/.

#include "core/time.h"

#include <algorithm>
#include <cstdio>

#include "core/time_zone.h"

namespace blip {
namespace {

constexpr int kNoYear = -1;
// Years we believe: before Unix, or beyond what 64-bit nanoseconds hold, it is some other number.
constexpr int kFirstYear = 1970, kLastYear = 2261;
// Longest run from one leap year to the next (1896 to 1904, 2096 to 2104).
constexpr int kLeapSearch = 8;

struct Civil {
  int year = kNoYear, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  int64_t micros = 0;  // of the second
};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// At most four letters as one number.
constexpr uint32_t packed(std::string_view name) {
  uint32_t value = 0;
  for (const char c : name) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

constexpr uint32_t kMonths[] = {packed("Jan"), packed("Feb"), packed("Mar"), packed("Apr"),
                                packed("May"), packed("Jun"), packed("Jul"), packed("Aug"),
                                packed("Sep"), packed("Oct"), packed("Nov"), packed("Dec")};
constexpr uint32_t kWeekdays[] = {packed("Mon"), packed("Tue"), packed("Wed"), packed("Thu"),
                                  packed("Fri"), packed("Sat"), packed("Sun")};

// Reads from the left within its bounds. A method that returns false may have moved: a caller that
// goes on afterwards works on a copy.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  const char* at() const { return at_; }
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  // NUL past the end: no shape contains it.
  char peek(size_t ahead = 0) const { return ahead < left() ? at_[ahead] : '\0'; }
  void skip(size_t n) { at_ += std::min(n, left()); }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void skip_spaces() {
    while (peek() == ' ') ++at_;
  }
  size_t digits_ahead() const {
    size_t n = 0;
    while (is_digit(peek(n))) ++n;
    return n;
  }
  // Exactly n digits.
  bool number(size_t n, int& value) {
    if (left() < n) return false;
    value = 0;
    for (size_t i = 0; i < n; ++i, ++at_) {
      if (!is_digit(*at_)) return false;
      value = value * 10 + (*at_ - '0');
    }
    return true;
  }
  // One or two digits.
  bool short_number(int& value) { return number(is_digit(peek(1)) ? 2 : 1, value); }
  // "Jun", as English logs write it.
  bool month(int& value) {
    value = three_letters(kMonths);
    return value != 0;
  }
  bool weekday() { return three_letters(kWeekdays) != 0; }

 private:
  // Which of `names` comes next, from 1; 0 for none.
  template <size_t N>
  int three_letters(const uint32_t (&names)[N]) {
    if (left() < 3) return 0;
    const uint32_t here = packed({at_, 3});
    for (size_t i = 0; i < N; ++i) {
      if (names[i] != here) continue;
      at_ += 3;
      return static_cast<int>(i) + 1;
    }
    return 0;
  }

  const char* at_;
  const char* end_;
};

int days_in_month(int year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool valid(const Civil& civil) {
  // A stamp without a year may name 29 February; which year it was is decided later.
  const int year = civil.year == kNoYear ? 2000 : civil.year;
  return year >= kFirstYear && year <= kLastYear && civil.month >= 1 && civil.month <= 12 &&
         civil.day >= 1 && civil.day <= days_in_month(year, civil.month) && civil.hour <= 23 &&
         civil.minute <= 59 && civil.second <= 60;  // 60: a leap second
}

Time time_of(const Civil& civil, int year, std::chrono::seconds offset) {
  const std::chrono::sys_days date = std::chrono::year(year) / civil.month / civil.day;
  const int64_t seconds = (civil.hour * 60 + civil.minute) * 60 + civil.second;
  return Time(date) + std::chrono::seconds(seconds) - offset + Micros(civil.micros);
}

int year_of(Time time) {
  const auto date = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time));
  return static_cast<int>(date.year());
}

// Within the years that a stamp may name: what was read can be written, and read again.
bool believable(Time time) {
  static constexpr Time kFirst = std::chrono::sys_days(std::chrono::year(kFirstYear) / 1 / 1);
  static constexpr Time kEnd = std::chrono::sys_days(std::chrono::year(kLastYear + 1) / 1 / 1);
  return time >= kFirst && time < kEnd;
}

Micros distance(Time a, Time b) { return a < b ? b - a : a - b; }

// The year that puts the stamp nearest to the stream's previous time.
Time nearest_time(const Civil& civil, std::chrono::seconds offset, Time near) {
  const int year = year_of(near);
  const bool leap_day = civil.month == 2 && civil.day == 29;
  Time best = kNoTime;
  // The own year first: within a steady log it is the answer, and the search ends at once.
  const int reach = leap_day ? kLeapSearch : 1;
  for (int step = 0; step <= 2 * reach; ++step) {
    const int candidate = year + (step % 2 ? (step + 1) / 2 : -step / 2);
    if (civil.day > days_in_month(candidate, civil.month)) continue;
    const Time time = time_of(civil, candidate, offset);
    if (!known(best) || distance(time, near) < distance(best, near)) best = time;
    if (distance(best, near) < std::chrono::days(150)) return best;
  }
  return best;
}

// The latest year that does not put the stamp beyond the file's last writing.
Time latest_time(const Civil& civil, std::chrono::seconds offset, Time latest) {
  const int year = year_of(latest) + 1;
  for (int candidate = year; candidate >= year - kLeapSearch - 1; --candidate) {
    if (civil.day > days_in_month(candidate, civil.month)) continue;
    const Time time = time_of(civil, candidate, offset);
    if (time <= latest + std::chrono::days(1)) return time;
  }
  return kNoTime;
}

Time complete(const Civil& civil, std::chrono::seconds offset, const TimeContext& context) {
  if (civil.year != kNoYear) return time_of(civil, civil.year, offset);
  if (known(context.near) && believable(context.near)) {
    return nearest_time(civil, offset, context.near);
  }
  if (known(context.latest) && believable(context.latest)) {
    return latest_time(civil, offset, context.latest);
  }
  return time_of(civil, 2000, offset);  // nothing is known; a leap year holds every date
}

// ".123456" or ",123": digits beyond the microsecond are dropped.
void read_fraction(Cursor& cursor, int64_t& micros) {
  if ((cursor.peek() != '.' && cursor.peek() != ',') || !is_digit(cursor.peek(1))) return;
  cursor.skip(1);
  int64_t unit = 100'000;
  for (; is_digit(cursor.peek()); cursor.skip(1), unit /= 10) {
    micros += unit * (cursor.peek() - '0');
  }
}

// "19:50:53" with an optional fraction; the hour may have one digit.
bool read_clock(Cursor& cursor, Civil& civil) {
  if (!cursor.short_number(civil.hour) || !cursor.take(':')) return false;
  if (!cursor.number(2, civil.minute) || !cursor.take(':')) return false;
  if (!cursor.number(2, civil.second) || is_digit(cursor.peek())) return false;
  read_fraction(cursor, civil.micros);
  return true;
}

// Zones that logs name in letters, as RFC 2822 and PostgreSQL do. Names that mean several places
// are not here; the configured offset holds for them.
struct NamedZone {
  uint32_t name;
  int minutes;
};

constexpr NamedZone kZones[] = {
    {packed("UTC"), 0},    {packed("GMT"), 0},    {packed("Z"), 0},      {packed("CET"), 60},
    {packed("CEST"), 120}, {packed("EET"), 120},  {packed("EEST"), 180}, {packed("WET"), 0},
    {packed("WEST"), 60},  {packed("MSK"), 180},  {packed("EST"), -300}, {packed("EDT"), -240},
    {packed("CDT"), -300}, {packed("MDT"), -360}, {packed("PST"), -480}, {packed("PDT"), -420},
    {packed("JST"), 540},
};

bool read_named_zone(Cursor& cursor, int& minutes) {
  size_t n = 0;
  while (n <= 4 && cursor.peek(n) >= 'A' && cursor.peek(n) <= 'Z') ++n;
  if (n == 0 || n > 4 || is_digit(cursor.peek(n)) || is_letter(cursor.peek(n))) return false;
  const uint32_t name = packed(std::string_view(cursor.at(), n));
  for (const NamedZone& zone : kZones) {
    if (zone.name != name) continue;
    minutes = zone.minutes;
    cursor.skip(n);
    return true;
  }
  return false;
}

// "+0200", "+02:00", "-05"; the hour alone only where no space precedes it.
bool read_numeric_zone(Cursor& cursor, bool hour_alone, int& minutes) {
  Cursor ahead = cursor;
  const bool west = ahead.peek() == '-';
  ahead.skip(1);
  int hour = 0, minute = 0;
  if (!ahead.number(2, hour)) return false;
  const bool colon = ahead.peek() == ':' && is_digit(ahead.peek(1));
  if (colon) ahead.skip(1);
  if (is_digit(ahead.peek())) {
    if (!ahead.number(2, minute)) return false;
  } else if (!hour_alone) {
    return false;
  }
  if (is_digit(ahead.peek()) || hour > 15 || minute > 59) return false;
  minutes = (hour * 60 + minute) * (west ? -1 : 1);
  cursor = ahead;
  return true;
}

// A zone here or after one space. True if there is one.
bool read_zone(Cursor& cursor, std::chrono::seconds& offset) {
  Cursor ahead = cursor;
  const bool space = ahead.take(' ');
  const char c = ahead.peek();
  int minutes = 0;
  const bool sign = c == '+' || c == '-';
  if (!sign && !is_letter(c)) return false;
  if (sign ? !read_numeric_zone(ahead, !space, minutes) : !read_named_zone(ahead, minutes)) {
    return false;
  }
  // JavaScript's "GMT+0200"
  if (!sign && (ahead.peek() == '+' || ahead.peek() == '-')) {
    read_numeric_zone(ahead, false, minutes);
  }
  offset = std::chrono::minutes(minutes);
  cursor = ahead;
  return true;
}

// "PM" turns 5:26 into 17:26.
bool read_half_day(Cursor& cursor, Civil& civil) {
  Cursor ahead = cursor;
  ahead.take(' ');
  const bool afternoon = ahead.peek() == 'P' || ahead.peek() == 'p';
  if (!afternoon && ahead.peek() != 'A' && ahead.peek() != 'a') return true;
  if ((ahead.peek(1) != 'M' && ahead.peek(1) != 'm') || is_letter(ahead.peek(2))) return true;
  if (civil.hour < 1 || civil.hour > 12) return false;
  civil.hour = civil.hour % 12 + (afternoon ? 12 : 0);
  ahead.skip(2);
  cursor = ahead;
  return true;
}

// The readers below take what is before the zone. `zone` is set where the zone stands elsewhere
// than at the end.
struct Zone {
  bool known = false;
  std::chrono::seconds offset{0};
};

// 2014-06-24 19:50:53, with '-' or '/' in the date and one of " T_-" between, at fixed places: the
// one shape worth a path of its own.
bool read_year_first(Cursor& cursor, Civil& civil) {
  const char* p = cursor.at();
  if (cursor.left() < 19) return false;
  const bool shape = p[4] == p[7] && (p[4] == '-' || p[4] == '/') && p[13] == ':' && p[16] == ':' &&
                     (p[10] == ' ' || p[10] == 'T' || p[10] == '_' || p[10] == '-');
  if (!shape) return false;
  unsigned wrong = 0;  // one branch for all digits
  const auto two = [&](int at) {
    const unsigned tens = static_cast<unsigned char>(p[at]) - unsigned{'0'};
    const unsigned ones = static_cast<unsigned char>(p[at + 1]) - unsigned{'0'};
    wrong |= static_cast<unsigned>(tens > 9) | static_cast<unsigned>(ones > 9);
    return static_cast<int>(tens * 10 + ones);
  };
  civil = {two(0) * 100 + two(2), two(5), two(8), two(11), two(14), two(17), 0};
  cursor.skip(19);
  if (wrong != 0 || is_digit(cursor.peek())) return false;
  read_fraction(cursor, civil.micros);
  return true;
}

// 24/Jun/2014:19:50:53   24-Jun-2014 19:50:53   24 Jun 2014 19:50:53   24 Jun 19:50:53
bool read_day_first(Cursor& cursor, Civil& civil) {
  if (!cursor.short_number(civil.day)) return false;
  const char separator = cursor.peek();
  if (separator != '/' && separator != '-' && separator != ' ') return false;
  cursor.skip(1);
  if (!cursor.month(civil.month) || !cursor.take(separator)) return false;
  if (cursor.digits_ahead() == 4) {
    if (!cursor.number(4, civil.year) || (!cursor.take(':') && !cursor.take(' '))) return false;
  } else if (separator != ' ') {
    return false;
  }
  return read_clock(cursor, civil);
}

// Jun 24 19:50:53   Jun 24 2014 19:50:53   Nov 20, 2026 5:26:21 PM   Feb  2 02:00:03.123456 2022
bool read_month_first(Cursor& cursor, Civil& civil, Zone& zone) {
  if (!cursor.month(civil.month) || !cursor.take(' ')) return false;
  cursor.skip_spaces();
  if (!cursor.short_number(civil.day)) return false;
  const bool comma = cursor.take(',');
  if (!cursor.take(' ')) return false;
  if (cursor.digits_ahead() == 4) {
    if (!cursor.number(4, civil.year)) return false;
    cursor.take(',');
    if (!cursor.take(' ')) return false;
  } else if (comma) {
    return false;
  }
  if (!read_clock(cursor, civil)) return false;
  if (civil.year != kNoYear) return read_half_day(cursor, civil);
  // The year may come last, as asctime() writes it, and date(1) puts the zone before it.
  Cursor ahead = cursor;
  const bool zoned = read_zone(ahead, zone.offset);
  Cursor year = ahead;
  int last = 0;
  if (year.take(' ') && year.digits_ahead() == 4 && year.number(4, last) && last >= kFirstYear &&
      last <= kLastYear && !is_letter(year.peek()) && year.peek() != ':') {
    zone.known = zoned;
    civil.year = last;
    cursor = year;
  }
  return true;
}

// Wed Feb  2 02:00:03 2022   Wed, 02 Feb 2022 02:00:03 GMT
bool read_weekday_first(Cursor& cursor, Civil& civil, Zone& zone) {
  if (!cursor.weekday()) return false;
  cursor.take(',');
  if (!cursor.take(' ')) return false;
  cursor.skip_spaces();
  if (is_digit(cursor.peek())) return read_day_first(cursor, civil);
  return read_month_first(cursor, civil, zone);
}

// 140624 19:50:53 and 140624  9:50:53, as MySQL up to 5.5 wrote.
bool read_six_digits(Cursor& cursor, Civil& civil) {
  if (!cursor.number(2, civil.year) || !cursor.number(2, civil.month)) return false;
  civil.year += civil.year < 70 ? 2000 : 1900;
  if (!cursor.number(2, civil.day) || !cursor.take(' ')) return false;
  cursor.take(' ');
  return read_clock(cursor, civil);
}

std::optional<Stamp> read_epoch(std::string_view text, size_t digits) {
  if (digits != 10 && digits != 13 && digits != 16 && digits != 19) return std::nullopt;
  constexpr int64_t kFirst = 1'000'000'000, kLast = 4'102'444'800;  // 2001 to 2100
  Cursor cursor(text);
  int64_t value = 0;
  int64_t unit = 1;                                // of value, per second
  for (size_t i = 0; i < digits && i < 16; ++i) {  // nanoseconds are dropped
    value = value * 10 + (text[i] - '0');
    if (i >= 10) unit *= 10;
  }
  if (value / unit < kFirst || value / unit >= kLast) return std::nullopt;
  cursor.skip(digits);
  int64_t micros = value % unit * (1'000'000 / unit);
  if (digits == 10 && cursor.peek() == '.') read_fraction(cursor, micros);
  // "1403639453abc", "1403639453-2", "1403639453.7.1" are names, not times.
  const char after = cursor.peek();
  if (is_letter(after) || is_digit(after) || after == '-' || after == '_' || after == '/' ||
      after == '.') {
    return std::nullopt;
  }
  const auto length = static_cast<uint32_t>(text.size() - cursor.left());
  return Stamp{time_from_us(value / unit * 1'000'000 + micros), length, true,
               text.substr(0, length)};
}

// "@" and 24 hexadecimal digits: seconds since 1970 TAI plus 2^62, then nanoseconds. The
// daemontools family counts TAI as UTC + 10 s, as it was in 1970, whatever leap seconds came later.
std::optional<Stamp> read_tai64n(std::string_view text) {
  constexpr size_t kLength = 25;
  if (text.size() < kLength) return std::nullopt;
  uint64_t seconds = 0, nanos = 0;
  for (size_t i = 1; i < kLength; ++i) {
    const char c = text[i];
    const int digit = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    uint64_t& part = i <= 16 ? seconds : nanos;
    part = part << 4 | static_cast<uint64_t>(digit);
  }
  constexpr uint64_t kEpoch = (uint64_t{1} << 62) + 10;
  constexpr uint64_t kLast = uint64_t{1} << 33;  // year 2242
  if (seconds < kEpoch || seconds - kEpoch > kLast || nanos >= 1'000'000'000) return std::nullopt;
  const uint64_t us = (seconds - kEpoch) * 1'000'000 + nanos / 1000;
  return Stamp{time_from_us(static_cast<int64_t>(us)), kLength, true, text.substr(0, kLength)};
}

}  // namespace

// A form that begins otherwise than these must be known to may_begin_stamp() (parsers/plain.cc).
std::optional<Stamp> parse_stamp(std::string_view text, const TimeContext& context) {
  if (text.size() < 10) return std::nullopt;
  Cursor cursor(text);
  Civil civil;
  Zone zone;
  bool read = false;
  if (is_digit(text[0])) {
    if (text[4] == '-' || text[4] == '/') {
      read = read_year_first(cursor, civil);
    } else if (!is_digit(text[1]) || !is_digit(text[2])) {
      read = read_day_first(cursor, civil);
    } else {
      const size_t digits = cursor.digits_ahead();
      if (digits != 6) return read_epoch(text, digits);
      read = read_six_digits(cursor, civil);
    }
  } else if (text[0] == '@') {
    return read_tai64n(text);
  } else if (text[3] == ' ' || text[3] == ',') {
    Cursor weekday = cursor;
    read = weekday.weekday() ? read_weekday_first(cursor, civil, zone)
                             : read_month_first(cursor, civil, zone);
  }
  if (!read || !valid(civil)) return std::nullopt;
  if (!zone.known) zone.known = read_zone(cursor, zone.offset);
  std::chrono::seconds offset = zone.known ? zone.offset : context.utc_offset;
  if (!zone.known && context.zone != nullptr) {
    const Time local = complete(civil, 0s, context);
    if (known(local)) offset = context.zone->offset_of_local(local);
  }
  const Time time = complete(civil, offset, context);
  if (!believable(time)) return std::nullopt;
  const size_t length = text.size() - cursor.left();
  return Stamp{time, static_cast<uint32_t>(length), zone.known, text.substr(0, length)};
}

std::string format_rfc3339(Time time) {
  if (!known(time)) return "";
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  char text[48];
  const int length = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return std::string(text, static_cast<size_t>(length));
}

}  // namespace blip
