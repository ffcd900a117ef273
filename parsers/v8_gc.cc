// node --trace-gc, between the program's own lines:
//
//   [19394:0x3aa32d50]    10173 ms: Scavenge 6.1 (8.5) -> 4.1 (8.5) MB, 0.17 / 0.00 ms  (average
//   ... ^ pid  ^ isolate      ^ uptime  ^ kind   ^ heap before -> after (committed)  ^ pause
//   [16772]       22 ms: Mark-sweep 4.1 (4.2) -> 3.7 (5.2) MB, 1.22 ms            before Node 6
//
// The heap after a collection is the memory floor that a leak raises. The message stays whole.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

std::string_view take_number(std::string_view& text) {
  return take_while(text, [](char c) { return is_digit(c) || c == '.'; });
}

bool parse(std::string_view text, const ParseContext&, Record& record) {
  std::string_view rest = text;
  if (!take(rest, "[")) return false;
  const std::string_view pid = take_digits(rest);
  if (!is_pid(pid)) return false;
  if (take(rest, ":0x") && take_while(rest, is_hex).empty()) return false;
  if (!take(rest, "]")) return false;
  skip_spaces(rest);
  const std::string_view uptime = take_digits(rest);
  if (uptime.empty() || !take(rest, " ms: ")) return false;
  if (rest.empty() || !is_upper(rest[0])) return false;

  record.pid = pid;
  record.message = text;
  record.fields.push_back({"uptime_ms", uptime});
  const size_t arrow = rest.find(" -> ");
  if (arrow == std::string_view::npos) return true;
  rest.remove_prefix(arrow + 4);
  const std::string_view after = take_number(rest);
  const size_t unit = rest.find(") MB, ");
  if (!is_number(after) || unit == std::string_view::npos) return true;
  rest.remove_prefix(unit + 6);
  record.fields.push_back({"heap_after_gc_mb", after});
  const std::string_view pause = take_number(rest);
  if (is_number(pause)) record.fields.push_back({"gc_pause_ms", pause});
  return true;
}
}  // namespace

extern const ParserSpec v8_gc_parser = {"v8_gc", Layer::body, Width::narrow, parse};
}  // namespace blip
