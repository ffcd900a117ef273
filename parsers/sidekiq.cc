// Sidekiq, the job runner of Ruby programs:
//
//   2024-03-11T08:15:02.417Z pid=4711 tid=gq1 INFO: Booted Rails 7.0 application
//   2024-03-11T08:15:02.417Z pid=4711 tid=gq1 class=HardJob jid=b4a577 elapsed=0.1 INFO: done
//   ^ time                   ^ process        ^ of the job, if one speaks

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr int kMaxPairs = 12;

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.size() < 36 || !is_digit(text[0]) || text[10] != 'T') return false;
  // A cheap look first: every dated line of no narrow format comes by here.
  const size_t space = text.find(' ');
  if (space > 32 || text.substr(space, 5) != " pid=") return false;
  const auto stamp = parse_stamp(text, context.time);
  if (!stamp) return false;
  std::string_view rest = text.substr(stamp->length);
  if (!take(rest, " pid=")) return false;
  const std::string_view pid = take_digits(rest);
  if (!is_pid(pid) || !take(rest, " tid=")) return false;
  take_until(rest, ' ');
  for (int i = 0; i < kMaxPairs; ++i) {
    std::string_view ahead = rest;
    const std::string_view name = take_while(ahead, [](char c) { return is_lower(c) || c == '_'; });
    if (name.empty() || !take(ahead, "=")) break;
    take_until(ahead, ' ');
    rest = ahead;
  }
  const Level level = level_from_name(take_while(rest, is_upper));
  if (level == Level::unknown || !take(rest, ": ")) return false;
  set_time(*stamp, record);
  record.pid = pid;
  record.level = level;
  record.message = rest;
  return true;
}
}  // namespace

extern const ParserSpec sidekiq_parser = {"sidekiq", Layer::body, Width::narrow, parse};
}  // namespace blip
