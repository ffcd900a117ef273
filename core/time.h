// Points in time as every folder exchanges them: microseconds since 1970-01-01T00:00:00Z, and the
// one reader of time stamps that formats share. Local time exists only where a person reads it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blip {

using Micros = std::chrono::microseconds;
using Time = std::chrono::sys_time<Micros>;
using namespace std::chrono_literals;

// "The log has no time here". Sorts before every real time.
inline constexpr Time kNoTime{Micros(INT64_MIN)};

inline constexpr bool known(Time time) { return time != kNoTime; }
inline constexpr Time time_from_us(int64_t us) { return Time(Micros(us)); }
inline constexpr int64_t to_us(Time time) { return time.time_since_epoch().count(); }
inline double seconds_of(Micros span) { return std::chrono::duration<double>(span).count(); }

// How far a record's time may be trusted, worst first.
enum class TimeQuality : uint8_t {
  none,       // nothing known
  estimated,  // from the lines around it, or the file's mtime
  no_zone,    // the log's own, read with the configured offset because it names no zone
  exact,      // the log's own, with its zone
};

class TimeZone;

// What a stamp that leaves something out is completed with.
struct TimeContext {
  std::chrono::seconds utc_offset{0};  // of stamps without a zone: local = UTC + utc_offset
  Time near = kNoTime;  // the stream's previous time: the year (or date) that lies nearest to it
  Time latest =
      kNoTime;  // the file's mtime: with no `near`, a guessed year may not pass it by a day
  const TimeZone* zone = nullptr;  // where clocks change: in the place of utc_offset
};

struct Stamp {
  Time time = kNoTime;
  uint32_t length = 0;  // bytes of text it took
  bool has_zone = false;
  std::string_view text = {};  // those bytes, borrowed
};

// The stamp that `text` starts with, of any usual shape. Bytes after it are ignored:
//   2014-06-24 19:50:53[.,123456]   2014-06-24T19:50:53.123Z   2014-06-24T19:50:53+02:00
//   2014/06/24 19:50:53   2026/11/20-17:28:34   2026-11-20_17:26:36.74991 (svlogd)
//   24/Jun/2014:19:50:53 +0000   Jun 24 19:50:53   Jun 24 2014 19:50:53
//   Nov 20, 2026 5:26:21 PM   Wed Feb  2 02:00:03[.123456] 2022   Wed, 02 Feb 2022 02:00:03 GMT
//   1403639453   1403639453.123456   1403639453123 (ms)   ... µs and ns by number of digits
//   @4000000053a9d56d2b1c4a34 (TAI64N, ten leap seconds as the daemontools family counts them)
// Epoch seconds are taken only with at least 10 digits, so that "12 items" is no time.
// Impossible dates (month 13, 30 February, 25:00) are no stamp.
std::optional<Stamp> parse_stamp(std::string_view text, const TimeContext& context);

// "2014-06-24T19:50:53.123Z"; kNoTime gives "".
std::string format_rfc3339(Time time);

}  // namespace blip
