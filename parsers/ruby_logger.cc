// Ruby's standard logger, as Rails and Sidekiq write it:
//
//   E, [2014-06-24T19:50:53.123456 #1234] ERROR -- : connection lost
//   I, [2014-06-24T19:50:53.123456 #1234]  INFO -- worker: done
//   ^ level again  ^ time, no zone ^ pid   ^ level  ^ program, often empty

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.size() < 24 || !is_upper(text[0]) || text.substr(1, 3) != ", [") return false;
  std::string_view rest = text.substr(4);
  const auto stamp = parse_stamp(rest, context.time);
  if (!stamp) return false;
  rest.remove_prefix(stamp->length);
  if (!take(rest, " #")) return false;
  const std::string_view pid = take_digits(rest);
  if (!is_pid(pid) || !take(rest, "]")) return false;
  skip_spaces(rest);
  const Level level = level_from_name(take_while(rest, is_upper));  // "ANY" has none
  if (!take(rest, " -- ")) return false;
  const size_t colon = rest.find(": ");
  const size_t named = colon == std::string_view::npos ? 0 : colon + 2;
  set_time(*stamp, record);
  record.level = level;
  record.pid = pid;
  record.message = rest.substr(named);
  return true;
}
}  // namespace

extern const ParserSpec ruby_logger_parser = {"ruby_logger", Layer::body, Width::narrow, parse};
}  // namespace blip
