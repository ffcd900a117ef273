// The supervisor `forever` tells of itself in the shape of its logging library, whose levels are
// padded to one width (colours are gone by now):
//
//   error:   Forever detected script exited with code: 1
//   error:   Script restart attempt #3
//   info:    Forever processing file: server.js
//   warn:    --minUptime not set. Defaulting to: 1000ms
//
// "error: message" with one space is any program's line, unless it says what only forever says.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool is_forevers(std::string_view message) {
  for (const std::string_view start : {"Forever ", "Script restart attempt", "restarting script"}) {
    if (message.starts_with(start)) return true;
  }
  return false;
}

bool parse(std::string_view text, const ParseContext&, Record& record) {
  std::string_view rest = text;
  const std::string_view word = take_while(rest, is_lower);
  if (word.size() < 4 || !take(rest, ":")) return false;
  const Level level = word == "data" || word == "help" ? Level::info : level_from_name(word);
  if (level == Level::unknown || word == "fine") return false;
  const size_t before = rest.size();
  skip_spaces(rest);
  const size_t spaces = before - rest.size();
  constexpr size_t kWidth = 9;  // of "verbose: "
  const bool padded = spaces >= 2 && word.size() + 1 + spaces == kWidth;
  if (rest.empty() || (!padded && !is_forevers(rest))) return false;
  record.level = level;
  record.message = rest;
  return true;
}
}  // namespace

extern const ParserSpec forever_parser = {"forever", Layer::body, Width::narrow, parse};
}  // namespace blip
