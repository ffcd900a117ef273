// Envoy's access log:
//
//   [2024-03-11T08:15:02.417Z] "GET /api/x HTTP/1.1" 503 UF,URX 0 1000 12 - "-" "curl" "id" "cart"
//   ^ time                     ^ request             ^ status, what Envoy did, bytes, ms ...
//
// The message is the request with its status and flags, which is what makes two lines alike.
// Envoy's own lines ("[2024-03-11 08:40:00.123][12][info][main] ...") are plain's.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  std::string_view rest = text;
  if (!take(rest, "[")) return false;
  const size_t bracket = rest.substr(0, 40).find(']');  // before the dearer look at the time
  if (bracket == std::string_view::npos || rest.substr(bracket, 3) != "] \"") return false;
  const auto stamp = parse_stamp(rest, context.time);
  if (!stamp) return false;
  rest.remove_prefix(stamp->length);
  if (!take(rest, "] \"")) return false;
  const size_t quote = rest.find("\" ");
  if (quote == std::string_view::npos) return false;
  std::string_view after = rest.substr(quote + 2);
  const std::string_view status = take_digits(after);
  const bool fits = (status.size() == 3 || status == "0") && take(after, " ");
  if (!fits || after.find('"') == std::string_view::npos) return false;
  const std::string_view flags = take_until(after, ' ');
  if (flags.empty() || after.empty()) return false;
  set_time(*stamp, record);
  // "0": the client left before there was an answer.
  record.level = level_of_status(status);
  const size_t begin = text.size() - rest.size();
  record.message =
      text.substr(begin, static_cast<size_t>(flags.data() + flags.size() - (text.data() + begin)));
  return true;
}
}  // namespace

extern const ParserSpec envoy_parser = {"envoy", Layer::body, Width::narrow, parse};
}  // namespace blip
