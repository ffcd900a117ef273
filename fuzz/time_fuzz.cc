// Any lines as time stamps, each completed from the one before it: a stamp lies within its text,
// what follows it does not matter, and its time can be written and read again.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/check.h"
#include "core/time.h"
#include "core/time_zone.h"
#include "fuzz/exact_bytes.h"

namespace blip {
namespace {

void look_at(const Stamp& stamp, std::string_view text, const TimeContext& context) {
  BLIP_CHECK(stamp.length > 0 && stamp.length <= text.size(), "a stamp of no length");
  BLIP_CHECK(known(stamp.time), "a stamp without a time");
  const ExactBytes alone(text.substr(0, stamp.length));
  const auto again = parse_stamp(alone.view(), context);
  BLIP_CHECK(again && again->time == stamp.time && again->length == stamp.length &&
                 again->has_zone == stamp.has_zone,
             "what follows a stamp changes it");
  const std::string written = format_rfc3339(stamp.time);
  const auto back = parse_stamp(written, {});
  BLIP_CHECK(back && back->length == written.size() && back->has_zone,
             "a time that can't be read again");
  BLIP_CHECK(back->time == std::chrono::floor<std::chrono::milliseconds>(stamp.time),
             "a time changes when it is written");
}

void read_all(std::string_view all, TimeContext context) {
  for (size_t at = 0; at < all.size();) {
    const size_t end = std::min(all.find('\n', at), all.size());
    const ExactBytes line(all.substr(at, end - at));
    if (const auto stamp = parse_stamp(line.view(), context)) {
      look_at(*stamp, line.view(), context);
      context.near = stamp->time;
    }
    at = end + 1;
  }
}

}  // namespace
}  // namespace blip

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace blip;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  static const auto berlin = TimeZone::named("Europe/Berlin");
  static const Time latest = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);
  read_all(all, {});
  read_all(all, {.latest = latest});
  read_all(all, {.utc_offset = std::chrono::hours(-12), .latest = latest});
  if (berlin) read_all(all, {.latest = latest, .zone = &*berlin});
  return 0;
}
