// Web servers' access logs, common and combined, with what is appended to them:
//
//   10.2.8.1 - bob [24/Dec/2018:10:00:02 +0000] "GET / HTTP/1.1" 200 40 "-" "okhttp/4.9" 0.035
//   ^ client       ^ time                      ^ request         ^ status, bytes         ^ seconds
//   www.example.com:80 10.2.8.1 - - [...] "GET / HTTP/1.1" 502 40 "-" "curl" rt=0.035 urt="0.034"
//
// The message is the request with its status, which is what makes two lines alike. The quoted parts
// come from the client: they may hold anything, with quotes escaped.

#include <algorithm>

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kMaxClient = 256;  // bytes before the time
constexpr size_t kMaxFields = 8;

// "...", with its quotes.
std::string_view take_quoted(std::string_view& text) {
  if (!text.starts_with('"')) return {};
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      const std::string_view taken = text.substr(0, i + 1);
      text.remove_prefix(i + 1);
      return taken;
    }
  }
  return {};
}

// What the server's administrator appended: 0.035, rt=0.035, urt="0.034", "0.034".
void append_times(std::string_view text, Record& record) {
  while (!text.empty() && record.fields.size() < kMaxFields) {
    std::string_view name = "request_time";
    const size_t equals = text.find_first_of("= \"");
    if (equals != 0 && equals != std::string_view::npos && text[equals] == '=') {
      name = text.substr(0, equals);
      text.remove_prefix(equals + 1);
    }
    std::string_view value = take_quoted(text);
    if (value.size() >= 2) value = value.substr(1, value.size() - 2);
    if (value.empty()) value = take_while(text, [](char c) { return c != ' '; });
    if (is_number(value)) {
      record.fields.push_back({name, value});
    } else {
      record.said.add(value);
    }
    take_until(text, ' ');
  }
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  const size_t open = text.substr(0, kMaxClient).find('[');
  if (open == std::string_view::npos || open < 2 || text[open - 1] != ' ') return false;
  std::string_view rest = text.substr(open + 1);
  if (rest.size() < 20 || rest[2] != '/') return false;
  const auto stamp = parse_stamp(rest, context.time);
  if (!stamp) return false;
  rest.remove_prefix(stamp->length);
  if (!take(rest, "] ")) return false;

  const std::string_view from_request = rest;
  const std::string_view request = take_quoted(rest);
  if (request.empty() || !take(rest, " ")) return false;
  const std::string_view status = take_digits(rest);
  if (status.size() != 3 || !take(rest, " ")) return false;
  const std::string_view message = from_request.substr(0, request.size() + 1 + status.size());
  if (take_digits(rest).empty() && !take(rest, "-")) return false;
  if (!rest.empty() && !take(rest, " ")) return false;
  // Referrer and agent of the combined form.
  if (!take_quoted(rest).empty() && take(rest, " ") && !take_quoted(rest).empty()) take(rest, " ");

  set_time(*stamp, record);
  record.level = level_of_status(status);
  record.said.add(status);
  record.message = message;
  append_times(rest, record);
  return true;
}
}  // namespace

extern const ParserSpec access_log_parser = {"access_log", Layer::body,         Width::narrow,
                                             parse,        Likeness::by_syntax, true};
}  // namespace blip
