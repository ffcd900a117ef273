// Erlang's report banners, before OTP 21 the only ones:
//
//   =ERROR REPORT==== 11-Mar-2024::08:40:00 ===
//   =SUPERVISOR REPORT==== 11-Mar-2024::08:40:01.123456 ===
//
// The report stands in the lines behind it (blocks/erlang_report.cc); their time is this one's.
// There is no zone. The newer one-line form, "2024-03-11T08:40:00.123456+00:00 error: ...", is
// plain's.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr std::string_view kReport = " REPORT==== ";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

// "11-Mar-2024::08:40:00.123456" -> "2024-03-11 08:40:00.123456", one of core/time.h's.
bool rewrite(std::string_view text, char (&out)[27], size_t& size) {
  const std::string_view day = take_digits(text);
  if (day.empty() || day.size() > 2 || !take(text, "-") || text.size() < 16) return false;
  const size_t month = kMonths.find(text.substr(0, 3));
  if (month == std::string_view::npos || month % 3 != 0 || text[3] != '-') return false;
  if (text.substr(8, 2) != "::") return false;
  const std::string_view clock = text.substr(10, text.find(' ', 10) - 10);
  if (clock.size() < 8 || clock.size() > 15) return false;
  const size_t number = month / 3 + 1;
  text.copy(out, 4, 4);
  out[4] = '-';
  out[5] = static_cast<char>('0' + number / 10);
  out[6] = static_cast<char>('0' + number % 10);
  out[7] = '-';
  out[8] = day.size() == 2 ? day[0] : '0';
  out[9] = day.back();
  out[10] = ' ';
  size = 11 + clock.copy(out + 11, clock.size());
  return true;
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  std::string_view rest = text;
  if (!take(rest, "=")) return false;
  const std::string_view word = take_while(rest, is_upper);
  if (word.empty() || !take(rest, kReport)) return false;
  char written[27];
  size_t size = 0;
  if (!rewrite(rest, written, size)) return false;
  const auto stamp = parse_stamp(std::string_view(written, size), context.time);
  if (!stamp) return false;
  set_time(*stamp, record);
  const bool calm = word == "INFO" || word == "PROGRESS";
  record.level = calm ? Level::info : word == "WARNING" ? Level::warn : Level::error;
  record.message = text;
  return true;
}
}  // namespace

extern const ParserSpec erlang_parser = {"erlang", Layer::body, Width::narrow, parse};
}  // namespace blip
