// Express applications that log with morgan's "dev" and "tiny" formats:
//
//   GET /products/3304 201 17.26 ms - 6645        dev
//   GET /products/3304 201 6645 - 17.26 ms        tiny
//
// There is no time in the line. "-" stands where a client left before the answer. The common and
// combined formats are access_log's.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool is_size(std::string_view text) { return text == "-" || is_number(text); }

bool parse(std::string_view text, const ParseContext&, Record& record) {
  std::string_view rest = text;
  const std::string_view method = take_while(rest, is_upper);
  if (method.size() < 3 || method.size() > 9 || !take(rest, " /")) return false;
  take_until(rest, ' ');  // the path
  const std::string_view status = take_until(rest, ' ');
  if (status != "-" && (status.size() != 3 || !is_number(status))) return false;
  const std::string_view first = take_until(rest, ' ');
  std::string_view took;
  if (take(rest, "ms - ")) {
    if (!is_size(rest)) return false;
    took = first;
  } else if (take(rest, "- ") && rest.ends_with(" ms")) {
    if (!is_size(first)) return false;
    took = rest.substr(0, rest.size() - 3);
  } else {
    return false;
  }
  if (is_number(took)) {
    record.fields.push_back({"response_time_ms", took});
  } else if (took != "-") {
    return false;
  }
  record.level = level_of_status(status);
  record.message = text;
  return true;
}
}  // namespace

extern const ParserSpec morgan_parser = {"morgan", Layer::body, Width::narrow, parse};
}  // namespace blip
