// Redis and Valkey:
//
//   20798:M 20 Nov 2026 17:15:15.721 # Server initialized
//   4711:M 24 Jun 19:50:53.120 * The server is now ready            before 4.0: no year
//   ^ pid, role (M master, S replica, C child, X sentinel)
//                                    ^ level: . debug, - verbose, * notice, # warning
//
// "#" also marks ordinary news ("Server initialized"), so it is read as a notice. A child (C) saves
// the data and ends, as planned: its pid is not the server's.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.size() < 24 || !is_digit(text[0])) return false;
  std::string_view rest = text;
  const std::string_view pid = take_digits(rest);
  if (!is_pid(pid) || !rest.starts_with(':')) return false;
  const char role = rest.substr(0, 2).back();
  if (role != 'M' && role != 'S' && role != 'C' && role != 'X') return false;
  rest.remove_prefix(2);
  if (!take(rest, " ")) return false;
  const auto stamp = parse_stamp(rest, context.time);
  if (!stamp) return false;
  rest.remove_prefix(stamp->length);
  if (rest.size() < 3 || rest[0] != ' ' || rest[2] != ' ') return false;
  const size_t level = std::string_view(".-*#").find(rest[1]);
  if (level == std::string_view::npos) return false;
  static constexpr Level kLevels[] = {Level::debug, Level::info, Level::notice, Level::notice};
  set_time(*stamp, record);
  record.level = kLevels[level];
  if (role != 'C') record.pid = pid;
  record.message = rest.substr(3);
  return true;
}
}  // namespace

extern const ParserSpec redis_parser = {"redis", Layer::body,    Width::narrow,
                                        parse,   Likeness::none, true};
}  // namespace blip
