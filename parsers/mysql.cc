// MySQL's and MariaDB's error log before 5.7, and the shell script that watches over the server:
//
//   200213  4:47:10 [ERROR] mysqld: Out of memory (Needed 128917504 bytes)
//   200213  4:47:10 InnoDB: Completed initialization of buffer pool
//   200213 04:47:09 mysqld_safe mysqld restarted
//   `190717 18:40:46 mysqld_safe Number of processes running now: 0`      as some copies quote it
//
//   2024-03-11  8:15:02 0 [Note] InnoDB: Completed initialization of buffer pool      MariaDB
//
// Two digits of the year, and an hour of one or two. MySQL from 5.6 on writes a whole date and both
// digits of the hour, a thread (5.6: the pid) and the level: that is plain's.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kDate = 6;  // "200213"

// The stamp at the left of `text`, which is taken, written out as one of core/time.h's.
bool take_old_stamp(std::string_view& text, char (&whole)[20]) {
  std::string_view rest = text;
  const std::string_view date = take_digits(rest);
  if (date.size() == kDate) {
    date.copy(whole + 2, 2, 0);
    date.copy(whole + 5, 2, 2);
    date.copy(whole + 8, 2, 4);
  } else {
    if (date.size() != 4 || text.size() < 19 || text.substr(10, 2) != "  ") return false;
    text.copy(whole, 10);
    rest = text.substr(10);
  }
  if (!take(rest, " ")) return false;
  const bool one_digit = take(rest, " ");
  const size_t clock = one_digit ? 7 : 8;
  if (rest.size() < clock || rest[clock - 6] != ':') return false;
  rest.copy(whole + 19 - clock, clock);
  text = rest.substr(clock);
  return true;
}

// "[ERROR] ", and before it MariaDB's thread.
void take_level(std::string_view& text, Record& record) {
  std::string_view ahead = text;
  if (!take_digits(ahead).empty() && !take(ahead, " ")) return;
  if (!take(ahead, "[")) return;
  const Level level = level_from_name(take_while(ahead, is_letter));
  if (level == Level::unknown || !take(ahead, "] ")) return;
  record.level = level;
  text = ahead;
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.size() < kDate + 9) return false;
  std::string_view rest = text;
  const bool quoted = take(rest, "`");
  char whole[20] = "20yy-mm-dd 0h:mm:ss";
  if (!take_old_stamp(rest, whole) || (!rest.empty() && rest[0] != ' ')) return false;
  const auto stamp = parse_stamp(std::string_view(whole, 19), context.time);
  if (!stamp || stamp->length != 19) return false;
  skip_spaces(rest);
  if (quoted && rest.ends_with('`')) rest.remove_suffix(1);
  set_time(*stamp, record);
  take_level(rest, record);
  record.message = rest;
  return true;
}
}  // namespace

extern const ParserSpec mysql_parser = {"mysql", Layer::body, Width::narrow, parse};
}  // namespace blip
