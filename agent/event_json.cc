// Writes events as JSON, one line each:
//
//   {"id":"51be07a2c3d4e5f6","kind":"restart","service":"api","host":"web-1","file":"/var/log/api.log",
//    "line":1203,"offset":88172,"time":"2014-06-24T19:50:53.000Z","end":null,"planned":false,...
//    "evidence":[{"signal":"goroutines fell","weight":5.1,"file":"/var/log/api.log","line":1203,...
//
// Tables and timelines for people are cli/render's.

#include "agent/event_json.h"

#include <cmath>

#include "agent/json_text.h"

namespace blip {
namespace {
double rounded(double value) { return std::round(value * 1000) / 1000; }

Json line_json(const Anchor& at) { return at.number == 0 ? Json() : Json(at.number); }
Json file_json(const std::string& file) { return file.empty() ? Json() : Json(file); }

Json evidence_json(const Evidence& row) {
  return {{"signal", row.signal},        {"weight", rounded(row.weight)},
          {"file", file_json(row.file)}, {"line", line_json(row.at)},
          {"time", time_json(row.time)}, {"text", row.text}};
}
}  // namespace

Json time_json(Time time) { return known(time) ? Json(format_rfc3339(time)) : Json(); }
Json planned_json(std::optional<bool> known) { return known ? Json(*known) : Json(); }

Json attributes_json(const Event& event) {
  Json object = Json::object();
  for (const auto& [name, value] : event.attributes) {
    std::visit([&slot = object[name]](const auto& held) { slot = held; }, value);
  }
  return object;
}

// The library escapes what JSON must: below U+0020. DEL and U+0080 to U+009F steer terminals as
// well (U+009B starts a sequence); outside of strings, JSON has neither.
std::string one_line(const Json& json) {
  const std::string dumped = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string line;
  line.reserve(dumped.size());
  for (size_t i = 0; i < dumped.size(); ++i) {
    auto byte = static_cast<unsigned char>(dumped[i]);
    const bool c1 = byte == 0xc2 && static_cast<unsigned char>(dumped[i + 1]) < 0xa0;
    if (!c1 && byte != 0x7f) {
      line += dumped[i];
      continue;
    }
    if (c1) byte = static_cast<unsigned char>(dumped[++i]);  // U+0080 + n is C2, 80 + n
    line += "\\u00";
    line += {kHex[byte >> 4], kHex[byte & 15]};
  }
  return line;
}

std::string event_to_json(const Event& event) {
  Json evidence = Json::array();
  for (const Evidence& row : event.evidence) evidence.push_back(evidence_json(row));
  const Json json = {{"id", id_text(event.id)},
                     {"kind", kind_name(event.kind)},
                     {"service", event.service},
                     {"host", event.host},
                     {"file", file_json(event.file)},
                     {"line", line_json(event.at)},
                     {"offset", event.at.offset},
                     {"time", time_json(event.time)},
                     {"end", time_json(event.end)},
                     {"planned", planned_json(event.planned)},
                     {"explicit", event.explicit_},
                     {"silent", event.silent},
                     {"cause", event.cause},
                     {"confidence", rounded(event.confidence)},
                     {"severity", severity_name(event.severity)},
                     {"title", event.title},
                     {"evidence", std::move(evidence)},
                     {"attributes", attributes_json(event)}};
  return one_line(json);
}

}  // namespace blip
