// What the text formats share: taking words, numbers and stamps off the left of a text. Each take_
// either takes and says so, or leaves the text as it was.
#pragma once

#include <string_view>

#include "core/record.h"
#include "core/time.h"
#include "parsers/parser.h"

namespace blip {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_letter(char c) { return is_upper(c) || is_lower(c); }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

inline bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

// The leading characters of which `is` holds; may be empty.
template <class Predicate>
std::string_view take_while(std::string_view& text, Predicate is) {
  size_t n = 0;
  while (n < text.size() && is(text[n])) ++n;
  const std::string_view taken = text.substr(0, n);
  text.remove_prefix(n);
  return taken;
}
inline std::string_view take_digits(std::string_view& text) { return take_while(text, is_digit); }
inline void skip_spaces(std::string_view& text) {
  take_while(text, [](char c) { return c == ' ' || c == '\t'; });
}

// What stands before `end`, which is taken too; all of the text if there is no `end`.
inline std::string_view take_until(std::string_view& text, char end) {
  const size_t at = text.find(end);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return taken;
}

// A stamp at the left becomes the record's time.
bool take_stamp(std::string_view& text, const TimeContext& context, Record& record);
void set_time(const Stamp& stamp, Record& record);
TimeQuality quality_of(const Stamp& stamp);

// A process id: one to seven digits (Linux counts to 4,194,304), and not 0.
bool is_pid(std::string_view text);

// "12", "-0.5", "1e9": what a detector may take for a number.
bool is_number(std::string_view text);

// The text without terminal sequences (colours, titles). The same view if it holds no ESC.
std::string_view without_escapes(std::string_view text, Scratch& scratch);

// Access logs: 5xx is the server's error, the rest is business as usual.
inline Level level_of_status(std::string_view status) {
  return status.size() == 3 && status[0] == '5' ? Level::error : Level::info;
}

// "(INFO|WARN|..." of syslog: 0 emergency to 7 debug.
Level level_of_severity(int severity);

}  // namespace blip
