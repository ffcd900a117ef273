// One line for each event, broken here for reading:
//
//   {"id":"51be07a2c3d4e5f6","kind":"restart","service":"api","host":"","stream":"0c51...","offset":88172,
//    "line":1203,"time":"2014-06-24T19:50:53.000Z","end":null,...,"evidence":[{"signal":"prior",
//    "weight":"-4.600000","stream":"0000000000000000",...}],"attributes":{"lifetime_s":14520.2}}
//
// For tests and for comparing hosts; people and programs get event_json.cc's form.

#include "agent/dump.h"

#include <algorithm>
#include <cstdio>
#include <tuple>

#include "agent/json_text.h"

namespace blip {
namespace {
// A number that prints alike wherever its last bits came from.
std::string fixed(double value) {
  char text[400];  // 1e308 has 309 digits
  std::snprintf(text, sizeof text, "%.6f", value);
  return text;
}

bool estimated(const Event& event) { return event.quality < TimeQuality::no_zone; }

Json evidence_json(const Evidence& row, bool with_time) {
  return {{"signal", row.signal},
          {"weight", fixed(row.weight)},
          {"stream", id_text(row.at.stream)},
          {"offset", row.at.offset},
          {"line", row.at.number},
          {"time", with_time ? time_json(row.time) : Json()},
          {"text", row.text}};
}

std::string dump_line(const Event& event) {
  Json evidence = Json::array();
  for (const Evidence& row : event.evidence) {
    evidence.push_back(evidence_json(row, !estimated(event)));
  }
  const Json json = {{"id", id_text(event.id)},
                     {"kind", kind_name(event.kind)},
                     {"service", event.service},
                     {"host", event.host},
                     {"stream", id_text(event.at.stream)},
                     {"offset", event.at.offset},
                     {"line", event.at.number},
                     {"time", time_json(event.time)},
                     {"end", time_json(event.end)},
                     {"planned", planned_json(event.planned)},
                     {"explicit", event.explicit_},
                     {"silent", event.silent},
                     {"cause", event.cause},
                     {"score", fixed(event.score)},
                     {"confidence", fixed(event.confidence)},
                     {"severity", severity_name(event.severity)},
                     {"title", event.title},
                     {"evidence", std::move(evidence)},
                     {"attributes", attributes_json(event)}};
  return one_line(json) + '\n';
}
}  // namespace

Status write_canonical_dump(const Store& store, std::string& out) {
  Result<std::vector<Event>> events = store.events({.min_confidence = 0});
  if (!events) return events.error();
  std::erase_if(*events, [](const Event& event) { return event.kind == EventKind::health; });
  // Sorted anew without the estimated times, whose order may differ as well.
  for (Event& event : *events) {
    if (estimated(event)) event.time = event.end = kNoTime;
  }
  std::sort(events->begin(), events->end(), [](const Event& a, const Event& b) {
    return std::tie(a.time, a.id) < std::tie(b.time, b.id);
  });
  out.clear();
  for (const Event& event : *events) out += dump_line(event);
  return Done{};
}

}  // namespace blip
