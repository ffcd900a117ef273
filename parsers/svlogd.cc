// runit's svlogd -tt and -ttt:
//
//   2026-11-20_17:26:22.69294 INFO started
//   2026-11-20T17:26:22.69294 INFO started
//
// The underscore makes it its own; the other form is any program's, so it is plain's. svlogd always
// writes UTC, whatever the host's zone.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool parse(std::string_view text, const ParseContext&, Record& record) {
  if (text.size() < 25 || text[10] != '_' || text[19] != '.') return false;
  const auto stamp = parse_stamp(text, TimeContext{});
  if (!stamp) return false;
  std::string_view rest = text.substr(stamp->length);
  if (!rest.empty() && !take(rest, " ")) return false;
  set_time(*stamp, record);
  record.quality = TimeQuality::exact;
  record.message = rest;
  return true;
}
}  // namespace

extern const ParserSpec svlogd_parser = {"svlogd", Layer::envelope, Width::narrow, parse};
}  // namespace blip
