// A fold: the signals of one service, in their order, through its judges, settled into events.

#include "agent/judging.h"

#include <algorithm>

#include "rules/judge/judge.h"

namespace blip {
namespace {
constexpr std::string_view kHost = "host";

// A restart that somebody announced is planned, whatever the logs say of it.
void apply(const std::vector<Mark>& marks, Event& event) {
  if (event.kind != EventKind::restart) return;
  const auto mark = std::find_if(marks.begin(), marks.end(), [&event](const Mark& one) {
    return one.covers(event.service, event.time);
  });
  if (mark == marks.end()) return;
  event.planned = true;
  event.silent = false;
  event.severity = Severity::info;
  event.attributes["mark"] = mark->text;
  event.title = event.service + " restarted, planned: " +
                (mark->text.empty() ? std::string("announced") : mark->text);
  event.evidence.push_back({.signal = "mark",
                            .weight = 0,
                            .at = {},
                            .file = {},
                            .time = mark->from,
                            .text = mark->text.empty() ? "announced" : mark->text});
}

// From when to when each source spoke: what shows that time went on where a service is silent.
Result<std::vector<Interval>> watched_sources(const Store& store) {
  const Result<std::vector<Checkpoint>> streams = store.checkpoints();
  if (!streams) return streams.error();
  std::map<std::string, Interval> sources;
  for (const Checkpoint& one : *streams) {
    if (!known(one.stream.first) || !known(one.stream.last)) continue;
    const auto [found, fresh] =
        sources.try_emplace(one.stream.source, Interval{one.stream.first, one.stream.last});
    found->second.from = std::min(found->second.from, one.stream.first);
    found->second.to = std::max(found->second.to, one.stream.last);
  }
  std::vector<Interval> all;
  for (const auto& [source, interval] : sources) all.push_back(interval);
  return all;
}

Result<Docket> judge_one(Store& store, const std::string& service, const std::vector<Time>& reboots,
                         const std::vector<Interval>& watched, Dues* dues) {
  Bench bench(service);
  const Status read =
      store.each_signal(service, [&](const Signal& signal) { bench.weigh(signal); });
  if (!read) return read.error();
  Docket docket = bench.settle(reboots, watched);
  if (dues != nullptr) {
    dues->erase(service);
    if (known(docket.due)) (*dues)[service] = docket.due;
  }
  const Result<std::vector<Mark>> marks = store.marks();
  if (!marks) return marks.error();
  for (Event& event : docket.events) apply(*marks, event);
  const Status kept = store.settle(service, docket.events, docket.runs);
  if (!kept) return kept.error();
  return docket;
}

// The reboots that are known so far.
Result<std::vector<Time>> known_reboots(const Store& store) {
  EventQuery query;
  query.kinds = {EventKind::host_reboot};
  query.service = kHost;
  query.min_confidence = 0;
  const Result<std::vector<Event>> events = store.events(query);
  if (!events) return events.error();
  std::vector<Time> reboots;
  for (const Event& event : *events) {
    if (known(event.time)) reboots.push_back(event.time);
  }
  return reboots;
}
}  // namespace

Status judge_all(Store& store, Dues* dues) {
  const Result<std::vector<Interval>> watched = watched_sources(store);
  if (!watched) return watched.error();
  const Result<std::vector<std::string>> services = store.services();
  if (!services) return services.error();
  const bool host = std::find(services->begin(), services->end(), kHost) != services->end();
  std::vector<Time> reboots;
  if (host) {
    const Result<Docket> docket = judge_one(store, std::string(kHost), reboots, *watched, dues);
    if (!docket) return docket.error();
    for (const Event& event : docket->events) {
      if (event.kind == EventKind::host_reboot && known(event.time)) reboots.push_back(event.time);
    }
  }
  for (const std::string& service : *services) {
    if (service == kHost) continue;
    const Result<Docket> docket = judge_one(store, service, reboots, *watched, dues);
    if (!docket) return docket.error();
  }
  return Done{};
}

Status judge(Store& store, const std::set<std::string>& services, Dues* dues) {
  if (services.count(std::string(kHost)) > 0) return judge_all(store, dues);
  const Result<std::vector<Interval>> watched = watched_sources(store);
  if (!watched) return watched.error();
  const Result<std::vector<Time>> reboots = known_reboots(store);
  if (!reboots) return reboots.error();
  for (const std::string& service : services) {
    const Result<Docket> docket = judge_one(store, service, *reboots, *watched, dues);
    if (!docket) return docket.error();
  }
  return Done{};
}

}  // namespace blip
