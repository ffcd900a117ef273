// .NET's console logger, a record of two lines, or of one where it was told so:
//
//   fail: Acme.Orders.Service[12]
//         payment gateway refused
//   info: Microsoft.Hosting.Lifetime[14] Now listening on: http://[::]:8080
//   ^ level, four letters   ^ category ^ event
//
// A time, if one was configured, stands in front. The first line is read here: its level, and the
// category, or what follows it, as message. The second is plain's; its time is that of the line
// before it.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kMaxCategory = 200;

Level level_of(std::string_view word) {
  struct Word {
    std::string_view name;
    Level level;
  };
  static constexpr Word kWords[] = {{"trce", Level::trace}, {"dbug", Level::debug},
                                    {"info", Level::info},  {"warn", Level::warn},
                                    {"fail", Level::error}, {"crit", Level::fatal}};
  for (const Word& each : kWords) {
    if (each.name == word) return each.level;
  }
  return Level::unknown;
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  // The level ends at the first ": ": a cheap look before the one at the time.
  const size_t colon = text.substr(0, 48).find(": ");
  if (colon == std::string_view::npos || colon < 4) return false;
  if (level_of(text.substr(colon - 4, 4)) == Level::unknown) return false;
  std::string_view rest = text;
  std::optional<Stamp> stamp;
  if (!rest.empty() && is_digit(rest[0])) {
    stamp = parse_stamp(rest, context.time);
    if (!stamp) return false;
    rest.remove_prefix(stamp->length);
    if (!take(rest, " ")) return false;
  }
  if (rest.size() < 9 || rest[4] != ':' || rest[5] != ' ') return false;
  const Level level = level_of(rest.substr(0, 4));
  if (level == Level::unknown) return false;
  std::string_view after = rest.substr(6);
  const std::string_view category = take_while(after, [](char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '+' || c == '`';
  });
  const bool name = !category.empty() && is_letter(category[0]) && category.size() < kMaxCategory;
  if (!name || !take(after, "[")) return false;
  if (take_digits(after).empty() || !take(after, "]")) return false;
  if (!after.empty() && !take(after, " ")) return false;
  if (stamp) set_time(*stamp, record);
  record.level = level;
  record.message = after.empty() ? rest.substr(6) : after;
  return true;
}
}  // namespace

extern const ParserSpec dotnet_parser = {"dotnet", Layer::body, Width::narrow, parse};
}  // namespace blip
