// glog and Kubernetes' klog:
//
//   I0624 19:50:53.123456   12345 server.go:88] listening on :8080
//   ^ level, month, day     ^ thread (C++) or process (Go)
//
// There is no year. In C++ programs the number is a thread, so it is not taken for the pid.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  constexpr size_t kStamp = 20;  // "0624 19:50:53.123456", after the level
  if (text.size() < kStamp + 2) return false;
  const size_t level = std::string_view("IWEF").find(text[0]);
  if (level == std::string_view::npos || text[5] != ' ' || text[8] != ':' || text[14] != '.') {
    return false;
  }
  // The stamp lacks letters for its month; lent them, it is one of core/time.h's.
  const int month = (text[1] - '0') * 10 + (text[2] - '0');
  if (!is_digit(text[1]) || !is_digit(text[2]) || month < 1 || month > 12) return false;
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  char stamp_text[24] = {};
  kMonths.copy(stamp_text, 3, static_cast<size_t>(month - 1) * 3);
  stamp_text[3] = ' ';
  text.copy(stamp_text + 4, kStamp - 2, 3);
  const auto stamp = parse_stamp(std::string_view(stamp_text, kStamp + 2), context.time);
  if (!stamp) return false;

  std::string_view rest = text.substr(kStamp + 1);
  skip_spaces(rest);
  if (take_digits(rest).empty() || !take(rest, " ")) return false;
  const size_t end = rest.substr(0, 128).find("] ");  // after "server.go:88"
  if (end == std::string_view::npos || rest.substr(0, end).find(' ') != std::string_view::npos) {
    return false;
  }
  static constexpr Level kLevels[] = {Level::info, Level::warn, Level::error, Level::fatal};
  set_time(*stamp, record);
  record.level = kLevels[level];
  record.message = rest.substr(end + 2);
  return true;
}
}  // namespace

extern const ParserSpec klog_parser = {"klog", Layer::body, Width::narrow, parse};
}  // namespace blip
