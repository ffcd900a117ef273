// Access logs of Amazon's load balancers, the classic one and (with a type in front) the ALB:
//
//   2014-06-24T19:50:53.120211Z my-lb 10.0.0.1:2817 10.0.0.9:80 0.000073 0.001 0.00006 200 200 0 29
//   "GET ..." ^ time                      ^ name ^ client      ^ backend   ^ seconds: request,
//   backend, response
//                                                                  then the balancer's status, the
//                                                                  backend's
//
// A backend that refused or dropped the connection shows as "-" or as times of -1: that is the
// outside's view of a restart, and an error. The message is the whole line: what a
// signature wants to see is spread over all of it.

#include <algorithm>

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool is_status(std::string_view text) {
  return text == "-" || text == "0" ||
         (text.size() == 3 && std::all_of(text.begin(), text.end(), is_digit));
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  std::string_view rest = text;
  if (!rest.empty() && is_lower(rest[0])) {
    const std::string_view type = take_until(rest, ' ');
    if (type != "http" && type != "https" && type != "h2" && type != "ws" && type != "wss" &&
        type != "grpcs") {
      return false;
    }
  }
  if (rest.size() < 40 || rest[10] != 'T' || rest[4] != '-') return false;
  const auto stamp = parse_stamp(rest, context.time);
  if (!stamp || !stamp->has_zone) return false;
  rest.remove_prefix(stamp->length);
  if (!take(rest, " ")) return false;
  take_until(rest, ' ');  // the balancer's name
  const std::string_view client = take_until(rest, ' '), backend = take_until(rest, ' ');
  if (client.find(':') == std::string_view::npos) return false;
  if (backend != "-" && backend.find(':') == std::string_view::npos) return false;
  std::string_view seconds[3];
  for (std::string_view& value : seconds) {
    value = take_until(rest, ' ');
    if (!is_number(value)) return false;
  }
  const std::string_view status = take_until(rest, ' '), backend_status = take_until(rest, ' ');
  if (!is_status(status) || !is_status(backend_status) || rest.empty()) return false;

  static constexpr std::string_view kNames[] = {"request_time", "backend_time", "response_time"};
  bool failed =
      level_of_status(status) == Level::error || level_of_status(backend_status) == Level::error;
  for (size_t i = 0; i < 3; ++i) {
    if (seconds[i].starts_with('-')) {
      failed = true;
    } else {
      record.fields.push_back({kNames[i], seconds[i]});
    }
  }
  set_time(*stamp, record);
  record.level = failed ? Level::error : Level::info;
  record.message = text;
  return true;
}
}  // namespace

extern const ParserSpec elb_parser = {"elb", Layer::body, Width::narrow, parse};
}  // namespace blip
