// MongoDB 3.0 to 4.2:
//
//   2024-03-11T08:15:02.417+0000 I NETWORK  [initandlisten] waiting for connections on port 27017
//   ^ time                       ^ level (F E W I, D or D1 to D5), component ("-": none), thread
//
// From 4.4 on each line is a JSON object: json_lines'.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kMaxThread = 64;

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.size() < 40 || !is_digit(text[0]) || text[10] != 'T') return false;
  // Cheap looks first: every dated line of no narrow format comes by here.
  const size_t space = text.find(' ');
  if (space > 32 || std::string_view("FEWID").find(text[space + 1]) == std::string_view::npos) {
    return false;
  }
  const auto stamp = parse_stamp(text, context.time);
  if (!stamp) return false;
  std::string_view rest = text.substr(stamp->length);
  if (!take(rest, " ")) return false;
  const size_t level = std::string_view("FEWID").find(rest[0]);
  if (level == std::string_view::npos) return false;
  rest.remove_prefix(1);
  if (level == 4) take_digits(rest);
  if (!take(rest, " ")) return false;
  const std::string_view component =
      take_while(rest, [](char c) { return is_upper(c) || c == '_'; });
  if (component.empty() && !take(rest, "-")) return false;
  if (rest.empty() || rest[0] != ' ') return false;
  skip_spaces(rest);
  if (!take(rest, "[")) return false;
  const size_t close = rest.substr(0, kMaxThread).find("] ");
  if (close == std::string_view::npos) return false;
  static constexpr Level kLevels[] = {Level::fatal, Level::error, Level::warn, Level::info,
                                      Level::debug};
  set_time(*stamp, record);
  record.level = kLevels[level];
  record.message = rest.substr(close + 2);
  return true;
}
}  // namespace

extern const ParserSpec mongodb_parser = {"mongodb", Layer::body, Width::narrow, parse};
}  // namespace blip
