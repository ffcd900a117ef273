// Heroku's log stream, as `heroku logs` prints it and as drains receive it:
//
//   2017-03-01T10:00:00.123456+00:00 app[queuer.1]: job 7 done
//   2017-03-01T10:00:00.123456+00:00 heroku[web.1]: Error R14 (Memory quota exceeded)
//   <134>1 2017-03-01T10:00:00.123456+00:00 host app web.1 - job 7 done
//   ^ maybe "83 " before: the frame's length
//
// The dyno ("queuer.1") is the service whether it speaks itself ("app") or the platform speaks of
// it
// ("heroku"). The drain's form lacks RFC 5424's structured data, which tells it from syslog.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kMaxDyno = 64;

// "web.1", "router", "run.1234", "heroku-postgres"
bool is_dyno(std::string_view text) {
  if (text.empty() || text.size() > kMaxDyno || !is_letter(text[0])) return false;
  for (const char c : text) {
    if (!is_letter(c) && !is_digit(c) && c != '.' && c != '-' && c != '_') return false;
  }
  return true;
}

bool parse_printed(std::string_view text, const ParseContext& context, Record& record) {
  if (text.size() < 30 || text[10] != 'T') return false;
  const auto stamp = parse_stamp(text, context.time);
  if (!stamp || !stamp->has_zone) return false;
  std::string_view rest = text.substr(stamp->length);
  if (!take(rest, " app[") && !take(rest, " heroku[")) return false;
  const size_t close = rest.find(']');
  if (close == std::string_view::npos || !is_dyno(rest.substr(0, close))) return false;
  const std::string_view dyno = rest.substr(0, close);
  rest.remove_prefix(close + 1);
  if (!take(rest, ":")) return false;
  take(rest, " ");
  set_time(*stamp, record);
  record.service = dyno;
  record.message = rest;
  return true;
}

bool parse_drained(std::string_view text, const ParseContext& context, Record& record) {
  if (!take(text, "<")) return false;
  const std::string_view priority = take_digits(text);
  if (priority.empty() || priority.size() > 3 || !take(text, ">1 ")) return false;
  const auto stamp = parse_stamp(text, context.time);
  if (!stamp) return false;
  std::string_view rest = text.substr(stamp->length);
  if (!take(rest, " ")) return false;
  take_until(rest, ' ');  // "host", whatever the host
  const std::string_view source = take_until(rest, ' '), dyno = take_until(rest, ' ');
  if ((source != "app" && source != "heroku") || !is_dyno(dyno)) return false;
  if (!take(rest, "- ") && rest != "-") return false;
  set_time(*stamp, record);
  record.service = dyno;
  record.message = rest;
  return true;
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.empty()) return false;
  if (is_digit(text[0]) && parse_printed(text, context, record)) return true;
  std::string_view rest = text;
  if (!take_digits(rest).empty() && !take(rest, " ")) return false;
  return parse_drained(rest, context, record);
}
}  // namespace

extern const ParserSpec logplex_parser = {"logplex", Layer::envelope, Width::narrow, parse};
}  // namespace blip
