// java.util.logging's default is a record of two lines:
//
//   Nov 20, 2026 5:26:21 PM com.acme.billing.Main start
//   INFO: Billing engine 3.1.0 initialised
//
// The first is read here: its time, and where in the program. The second carries the level and is
// any program's shape, so it is plain's; its time is that of the line before it.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.size() < 24 || !is_upper(text[0]) || text[3] != ' ') return false;
  if (text.substr(0, 8).find(',') == std::string_view::npos) return false;
  const auto stamp = parse_stamp(text, context.time);
  if (!stamp) return false;
  const std::string_view taken = text.substr(0, stamp->length);
  if (!taken.ends_with("AM") && !taken.ends_with("PM")) return false;
  std::string_view rest = text.substr(stamp->length);
  if (!take(rest, " ")) return false;
  set_time(*stamp, record);
  record.message = rest;
  return true;
}
}  // namespace

extern const ParserSpec jul_parser = {"jul", Layer::body,    Width::narrow,
                                      parse, Likeness::none, true};
}  // namespace blip
