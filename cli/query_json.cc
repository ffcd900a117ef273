// {"since":"2014-06-24T00:00:00.000Z","until":null,"kinds":["restart"],"service":"",...}
//
// Events are written by agent/event_json.cc; this is only what stands before them.

#include "cli/query_json.h"

#include <nlohmann/json.hpp>

namespace blip {
namespace {
using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json time_json(Time time) { return known(time) ? Json(format_rfc3339(time)) : Json(nullptr); }
}  // namespace

std::string query_json(const EventQuery& query) {
  Json kinds = Json::array();
  for (const EventKind kind : query.kinds) kinds.push_back(std::string(kind_name(kind)));
  return dumped({{"since", time_json(query.since)},
                 {"until", time_json(query.until)},
                 {"kinds", kinds},
                 {"service", query.service},
                 {"min_confidence", query.min_confidence},
                 {"limit", query.limit}});
}

std::string json_string(std::string_view text) { return dumped(Json(std::string(text))); }
std::string json_number(double value) { return dumped(Json(value)); }

}  // namespace blip
