// HAProxy's HTTP log, as it follows the tag in syslog or stands alone on stdout:
//
//   127.0.0.1:35152 [20/Nov/2026:17:27:38.771] http-in app/web1 0/0/1/12/13 200 73 - - ----
//   1/1/0/0/0 0/0 "GET / HTTP/1.1" ^ client        ^ time of accept, no zone  ^ proxy ^ server ^
//   ms: request/queue/connect/response/total
//
// -1 in place of a duration: it never came to that. Notices ("[ALERT] (1) : ...") are plain's.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kMaxClient = 64;  // bytes before the time

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  const size_t open = text.substr(0, kMaxClient).find('[');
  if (open == std::string_view::npos || open < 4 || text[open - 1] != ' ') return false;
  if (!is_digit(text[open - 2]) || text.substr(0, open).find(':') == std::string_view::npos) {
    return false;
  }
  std::string_view rest = text.substr(open + 1);
  const auto stamp = parse_stamp(rest, context.time);
  if (!stamp) return false;
  rest.remove_prefix(stamp->length);
  if (!take(rest, "] ")) return false;
  const std::string_view message = rest;
  take_until(rest, ' ');  // the proxy
  const std::string_view server = take_until(rest, ' ');
  if (server.find('/') == std::string_view::npos) return false;

  static constexpr std::string_view kNames[] = {"request_ms", "queue_ms", "connect_ms",
                                                "response_ms", "total_ms"};
  std::string_view timers = take_until(rest, ' '), spent[5];
  for (std::string_view& value : spent) {
    value = take_until(timers, '/');
    take(value, "+");  // logged before the end: "at least"
    if (!is_number(value)) return false;
  }
  const std::string_view status = take_until(rest, ' ');
  if (!timers.empty() || !is_number(status)) return false;
  for (size_t i = 0; i < 5; ++i) {
    if (spent[i][0] != '-') record.fields.push_back({kNames[i], spent[i]});
  }
  set_time(*stamp, record);
  record.level = status == "-1" ? Level::error : level_of_status(status);
  record.message = message;
  return true;
}
}  // namespace

extern const ParserSpec haproxy_parser = {"haproxy", Layer::body, Width::narrow, parse};
}  // namespace blip
