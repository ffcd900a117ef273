// PostgreSQL, whatever its log_line_prefix: a time, a process and then a level with two blanks:
//
//   2024-03-11 08:15:02.417 UTC [29] LOG:  redo starts at 0/1A2B3C
//   2024-03-11 08:15:02.417 UTC [30] app@orders ERROR:  relation "x" does not exist      Debian
//   2024-03-11 08:15:02 UTC:10.0.0.7(5432):app@orders:[31]:LOG:  checkpoint complete     RDS
//   2024-03-11 08:15:02.417 UTC [30] app@orders STATEMENT:  select 1                     goes with
//   the line before: no level
//
// Who and from where stands between; the message begins behind the level.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kMaxPrefix = 160;  // bytes between time and message

struct Word {
  std::string_view name;
  Level level;
};

// The word before "  " (two blanks), if it is one of PostgreSQL's.
const Word* find_word(std::string_view word) {
  static constexpr Word kWords[] = {
      {"LOG", Level::info},         {"ERROR", Level::error},   {"FATAL", Level::fatal},
      {"WARNING", Level::warn},     {"PANIC", Level::fatal},   {"NOTICE", Level::notice},
      {"INFO", Level::info},        {"DEBUG", Level::debug},   {"STATEMENT", Level::unknown},
      {"DETAIL", Level::unknown},   {"HINT", Level::unknown},  {"CONTEXT", Level::unknown},
      {"LOCATION", Level::unknown}, {"QUERY", Level::unknown},
  };
  if (word.size() == 6 && word.starts_with("DEBUG")) word.remove_suffix(1);  // DEBUG1 to DEBUG5
  for (const Word& each : kWords) {
    if (each.name == word) return &each;
  }
  return nullptr;
}

// "[29]", "[30-1]": the first bracket that holds a process.
std::string_view find_pid(std::string_view prefix) {
  for (size_t open = prefix.find('['); open != std::string_view::npos;
       open = prefix.find('[', open + 1)) {
    std::string_view rest = prefix.substr(open + 1);
    const std::string_view digits = take_digits(rest);
    if (is_pid(digits) && (rest.starts_with(']') || rest.starts_with('-'))) return digits;
  }
  return {};
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.size() < 32 || !is_digit(text[0]) || text[4] != '-') return false;
  const size_t colon = text.substr(0, kMaxPrefix).find(":  ", 19);
  if (colon == std::string_view::npos) return false;
  size_t begin = colon;
  while (begin > 19 && (is_upper(text[begin - 1]) || is_digit(text[begin - 1]))) --begin;
  const Word* word = find_word(text.substr(begin, colon - begin));
  if (word == nullptr) return false;
  const auto stamp = parse_stamp(text, context.time);
  if (!stamp || stamp->length > begin) return false;
  const std::string_view pid = find_pid(text.substr(stamp->length, begin - stamp->length));
  if (pid.empty()) return false;
  set_time(*stamp, record);
  record.pid = pid;
  record.level = word->level;
  record.message = text.substr(word->level == Level::unknown ? begin : colon + 3);
  return true;
}
}  // namespace

extern const ParserSpec postgres_parser = {"postgres", Layer::body,    Width::narrow,
                                           parse,      Likeness::none, true};
}  // namespace blip
