// multilog and s6-log put an external TAI64N label before each line:
//
//   @4000000053a9d56d2b1c4a34 INFO started
//   ^ '@' and 24 hexadecimal digits; see core/time.h for the ten leap seconds

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (!text.starts_with("@4")) return false;
  const auto stamp = parse_stamp(text, context.time);
  if (!stamp) return false;
  std::string_view rest = text.substr(stamp->length);
  if (!rest.empty() && !take(rest, " ")) return false;
  set_time(*stamp, record);
  record.message = rest;
  return true;
}
}  // namespace

extern const ParserSpec tai64n_parser = {"tai64n", Layer::envelope, Width::narrow, parse};
}  // namespace blip
