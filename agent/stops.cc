// 17:43:00.767 shop    Received SIGTERM, finishing in-flight orders
// 17:43:00.768 api     SIGTERM received, closing server
// 17:43:00.769 feed    stop requested
//
// Three services that are told to stop within ten seconds: shop's restart is no "sigterm" any more.

#include "agent/stops.h"

#include <algorithm>

namespace blip {
namespace {
constexpr Micros kAtOnce = 10s;
constexpr size_t kOthers = 2;

// When the stop that a planned restart followed was announced; kNoTime: it is none.
Time stop_of(const Event& event) {
  if (event.kind != EventKind::restart || event.planned != std::optional(true) || event.score < 0)
    return kNoTime;
  for (const Evidence& row : event.evidence) {
    if (row.signal == "stop notice" && known(row.time)) return row.time;
  }
  return kNoTime;
}
}  // namespace

Result<Stops> Stops::of(const Store& store) {
  EventQuery query;
  query.kinds = {EventKind::restart};
  const Result<std::vector<Event>> events = store.events(query);
  if (!events) return events.error();
  Stops stops;
  for (const Event& event : *events) {
    if (const Time stop = stop_of(event); known(stop)) stops.stops_[event.service].insert(stop);
  }
  return stops;
}

std::set<std::string> Stops::learn(const std::string& service, const std::vector<Event>& events) {
  std::set<Time> now;
  for (const Event& event : events) {
    if (const Time stop = stop_of(event); known(stop)) now.insert(stop);
  }
  const auto place = stops_.find(service);
  const std::set<Time> before = place != stops_.end() ? place->second : std::set<Time>();
  if (now == before) return {};
  std::vector<Time> changed;
  std::set_symmetric_difference(now.begin(), now.end(), before.begin(), before.end(),
                                std::back_inserter(changed));
  std::set<std::string> touched;
  for (const Time stop : changed) touched.merge(beside(service, stop));
  if (now.empty())
    stops_.erase(service);
  else
    stops_[service] = std::move(now);
  return touched;
}

void Stops::explain(Event& event) const {
  const Time stop = stop_of(event);
  if (!known(stop) || event.cause != "sigterm") return;
  const size_t others = beside(event.service, stop).size();
  if (others < kOthers) return;
  event.cause = "unknown";
  event.attributes["stopped_with"] = static_cast<int64_t>(others);
  event.title =
      event.service + " restarted, planned, with " + std::to_string(others) + " other services";
}

std::set<std::string> Stops::beside(const std::string& service, Time stop) const {
  std::set<std::string> found;
  for (const auto& [name, stops] : stops_) {
    if (name == service) continue;
    const auto next = stops.lower_bound(stop - kAtOnce);
    if (next != stops.end() && *next <= stop + kAtOnce) found.insert(name);
  }
  return found;
}

}  // namespace blip
