// The files of Docker's json-file log driver, one object a line, members in this order:
//
//   {"log":"INFO started\n","stream":"stdout","time":"2026-11-20T17:06:30.306929773Z"}
//   {"log":"...","stream":"stderr","attrs":{"team":"core"},"time":"2026-11-20T17:06:30.3069Z"}
//
// and of blip's own log driver, which says whose line it is: "attrs":{"blip.service":"api"}.
//
// Docker cuts what a program writes into pieces of 16 KiB; only the last piece of a line ends in
// "\n". All pieces of a line carry the same time; joining them is the reader's. Docker's shape is
// fixed, so it is read by hand; an object of any other shape is json_lines'.

#include "core/record.h"
#include "parsers/json_object.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

// The length of the string that starts after an opening quote, up to its closing quote.
size_t string_length(std::string_view text) {
  for (size_t quote = text.find('"'); quote != std::string_view::npos;
       quote = text.find('"', quote + 1)) {
    size_t backslashes = 0;
    while (backslashes < quote && text[quote - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return quote;
  }
  return std::string_view::npos;
}

bool ends_in_newline(std::string_view raw) {
  if (!raw.ends_with("\\n")) return false;
  size_t backslashes = 1;
  while (backslashes + 2 <= raw.size() && raw[raw.size() - 2 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

// What the program wrote, without its line's end: a view into `quoted`, or into the scratch.
std::string_view decoded(std::string_view quoted, bool whole, Scratch& scratch) {
  std::string_view raw = quoted.substr(1, quoted.size() - 2);
  if (whole) raw.remove_suffix(2);
  if (raw.find('\\') == std::string_view::npos) return raw;
  std::string& text = scratch.take(quoted.size());
  if (!decode_json_string(quoted, text)) return raw;
  std::string_view message = text;
  if (whole) {
    message.remove_suffix(1);
    if (message.ends_with('\r')) message.remove_suffix(1);  // a terminal was attached
  }
  return message;
}

// Whose line it is, where the attrs say so: the name that blip's log driver gives, or compose's.
// A quote inside a value is escaped, so what looks like a name is one.
std::string_view service_in(std::string_view attrs) {
  for (const std::string_view name : {"\"blip.service\":\"", "\"com.docker.compose.service\":\""}) {
    const size_t at = attrs.find(name);
    if (at == std::string_view::npos || at == 0) continue;
    if (attrs[at - 1] != '{' && attrs[at - 1] != ',') continue;
    std::string_view rest = attrs.substr(at + name.size());
    const std::string_view service = take_until(rest, '"');
    if (service.find('\\') == std::string_view::npos) return service;
  }
  return {};
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  constexpr std::string_view kOpen = "{\"log\":", kStream = ",\"stream\":\"",
                             kTime = ",\"time\":\"";
  std::string_view rest = text;
  if (!take(rest, kOpen) || !rest.starts_with('"') || !rest.ends_with("\"}")) return false;
  const size_t length = string_length(rest.substr(1));
  if (length == std::string_view::npos) return false;
  const std::string_view quoted = rest.substr(0, length + 2);
  rest.remove_prefix(quoted.size());

  if (!take(rest, kStream)) return false;
  const std::string_view stream = take_until(rest, '"');
  // What may stand before the time are the attrs.
  const size_t time_at = rest.starts_with(kTime) ? 0 : rest.rfind(kTime);
  if (time_at == std::string_view::npos) return false;
  if (time_at != 0 && !rest.starts_with(",\"attrs\":{")) return false;
  const std::string_view time =
      rest.substr(time_at + kTime.size(), rest.size() - time_at - kTime.size() - 2);
  const auto stamp = parse_stamp(time, context.time);
  if (!stamp) return false;

  if (time_at != 0) record.service = service_in(rest.substr(0, time_at));
  const bool whole = ends_in_newline(quoted.substr(1, length));
  set_time(*stamp, record);
  record.message = decoded(quoted, whole, *context.scratch);
  if (context.piece != nullptr) *context.piece = {stream, time, !whole};
  return true;
}
}  // namespace

extern const ParserSpec docker_json_parser = {"docker_json", Layer::envelope, Width::narrow, parse,
                                              Likeness::by_syntax};
}  // namespace blip
