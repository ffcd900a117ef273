// The JVM's own log, above all of its garbage collector:
//
//   [12.345s][info][gc] GC(3) Pause Young (Normal) (G1 Evacuation Pause) 24M->4M(256M) 3.1ms
//   [2024-03-11T08:15:02.417+0000][12.345s][warning][gc,heap] ...        -Xlog, since Java 9
//   12.345: [Full GC (Ergonomics) 65536K->1024K(76288K), 0.0012 secs]    -XX:+PrintGC, before
//   2024-03-11T08:40:00.123+0000: 12.345: [GC (Allocation Failure) ...
//   ^ time, if asked for          ^ seconds since the start
//
// The heap after a collection is the memory floor that a leak raises.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kMaxBracket = 64;
constexpr int kMaxBrackets = 8;

// "12.345s", "12345ms", "12345678ns"
bool is_uptime(std::string_view text) {
  if (take_digits(text).empty()) return false;
  if (take(text, ".") || take(text, ",")) return !take_digits(text).empty() && text == "s";
  return text == "ms" || text == "ns";
}

// Without an uptime or a time it could be anybody's: "[info][gc] ...".
bool parse_unified(std::string_view text, const ParseContext& context, Record& record) {
  std::string_view rest = text;
  const size_t bracket = text.substr(0, kMaxBracket).find(']');  // before a look at the time
  if (bracket == std::string_view::npos || text.substr(bracket, 2) != "][") return false;
  std::optional<Stamp> stamp;
  Level level = Level::unknown;
  bool uptime = false, tags = false;
  for (int i = 0; i < kMaxBrackets && take(rest, "["); ++i) {
    const size_t close = rest.substr(0, kMaxBracket).find(']');
    if (close == std::string_view::npos) return false;
    std::string_view inside = rest.substr(0, close);
    rest.remove_prefix(close + 1);
    while (inside.ends_with(' ')) inside.remove_suffix(1);
    if (level != Level::unknown) {
      tags = true;
    } else if (is_uptime(inside)) {
      uptime = true;
    } else if (const auto found = parse_stamp(inside, context.time);
               found && found->length == inside.size() && !stamp) {
      stamp = found;
    } else if (level = level_from_name(inside); level == Level::unknown) {
      if (take_digits(inside).empty() || !inside.empty()) return false;  // "[pid]", "[tid]"
    }
  }
  if (level == Level::unknown || !tags || !(uptime || stamp) || !take(rest, " ")) return false;
  if (!uptime && text.find("[gc") == std::string_view::npos) return false;
  if (stamp) set_time(*stamp, record);
  record.level = level;
  record.message = rest;
  return true;
}

bool parse_old(std::string_view text, const ParseContext& context, Record& record) {
  std::string_view rest = text;
  std::optional<Stamp> stamp;
  if (rest.size() > 12 && rest[4] == '-') {
    if (rest.substr(0, 40).find(": ") == std::string_view::npos) return false;
    stamp = parse_stamp(rest, context.time);
    if (!stamp) return false;
    rest.remove_prefix(stamp->length);
    if (!take(rest, ": ")) return false;
  }
  if (take_digits(rest).empty() || !take(rest, ".") || take_digits(rest).size() != 3) return false;
  if (!take(rest, ": ") || !(rest.starts_with("[GC") || rest.starts_with("[Full GC"))) return false;
  if (stamp) set_time(*stamp, record);
  record.level = Level::info;
  record.message = rest;
  return true;
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.size() < 12) return false;
  if (text[0] == '[') return parse_unified(text, context, record);
  return is_digit(text[0]) && parse_old(text, context, record);
}
}  // namespace

extern const ParserSpec jvm_log_parser = {"jvm_log", Layer::body, Width::narrow, parse};
}  // namespace blip
