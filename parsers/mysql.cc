// MySQL's and MariaDB's error log before 5.7, and the shell script that watches over the server:
//
//   200213  4:47:10 [ERROR] mysqld: Out of memory (Needed 128917504 bytes)
//   200213  4:47:10 InnoDB: Completed initialization of buffer pool
//   200213 04:47:09 mysqld_safe mysqld restarted
//   `190717 18:40:46 mysqld_safe Number of processes running now: 0`      as some copies quote it
//
// Two digits of the year, and an hour of one or two. Later ones write a whole date, a thread (or,
// as 5.6 does, the pid) and the level: that is plain's.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kDate = 6;  // "200213"

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  std::string_view rest = text;
  const bool quoted = take(rest, "`");
  if (rest.size() < kDate + 9 || rest[kDate] != ' ') return false;
  for (size_t i = 0; i < kDate; ++i) {
    if (!is_digit(rest[i])) return false;
  }
  const std::string_view date = rest.substr(0, kDate);
  rest.remove_prefix(kDate + 1);
  const bool one_digit = take(rest, " ");
  if (rest.size() < 8 || rest[one_digit ? 1 : 2] != ':') return false;
  // Written out it is one of core/time.h's stamps.
  char whole[20] = "20yy-mm-dd 0h:mm:ss";
  date.copy(whole + 2, 2, 0);
  date.copy(whole + 5, 2, 2);
  date.copy(whole + 8, 2, 4);
  const size_t clock = one_digit ? 7 : 8;
  rest.copy(whole + 19 - clock, clock);
  const auto stamp = parse_stamp(std::string_view(whole, 19), context.time);
  if (!stamp || stamp->length != 19) return false;
  rest.remove_prefix(clock);
  if (!rest.empty() && rest[0] != ' ') return false;
  skip_spaces(rest);
  if (quoted && rest.ends_with('`')) rest.remove_suffix(1);
  set_time(*stamp, record);
  if (rest.starts_with('[')) {
    std::string_view ahead = rest.substr(1);
    const Level level = level_from_name(take_while(ahead, is_letter));
    if (level != Level::unknown && take(ahead, "] ")) {
      record.level = level;
      rest = ahead;
    }
  }
  record.message = rest;
  return true;
}
}  // namespace

extern const ParserSpec mysql_parser = {"mysql", Layer::body, Width::narrow, parse};
}  // namespace blip
