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

// What came out for one service, before it is stored.
struct Verdict {
  std::string service;
  std::vector<Event> events;
  std::vector<Run> runs;
  std::set<std::string> others;  // to be judged again, for what it saw of them
};

Result<Verdict> judge_one(Store& store, const std::string& service,
                          const std::vector<Time>& reboots, const Watched& watched,
                          Outside& outside, Dues* dues) {
  Bench bench(service);
  OwnSymptoms symptoms;
  const Status read = store.each_signal(service, [&](const Signal& signal) {
    bench.weigh(signal);
    symptoms.add(signal);
  });
  if (!read) return read.error();
  std::set<std::string> others = outside.learn(service, std::move(symptoms));
  Docket docket = bench.settle(reboots, watched.all(), outside.all());
  outside.learn(service, docket.events);
  if (dues != nullptr) {
    dues->erase(service);
    if (known(docket.due)) (*dues)[service] = docket.due;
  }
  return Verdict{service, std::move(docket.events), std::move(docket.runs), std::move(others)};
}

Status write(Store& store, Verdict& verdict, const Stops& stops) {
  const Result<std::vector<Mark>> marks = store.marks();
  if (!marks) return marks.error();
  for (Event& event : verdict.events) {
    stops.explain(event);
    apply(*marks, event);
  }
  return store.settle(verdict.service, verdict.events, verdict.runs);
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
// Of these, without the host.
Status judge_services(Store& store, const std::set<std::string>& services,
                      const std::vector<Time>& reboots, const Watched& watched, Stops& stops,
                      Outside& outside, Dues* dues) {
  std::vector<Verdict> held;  // of those who were asked to stop: the others' stops explain theirs
  std::set<std::string> touched, again;
  for (const std::string& service : services) {
    if (service == kHost) continue;
    Result<Verdict> verdict = judge_one(store, service, reboots, watched, outside, dues);
    if (!verdict) return verdict.error();
    for (const std::string& other : verdict->others) {
      // Those before it in the row were judged without what it saw.
      if (services.count(other) == 0 || other < service) again.insert(other);
    }
    touched.merge(stops.learn(service, verdict->events));
    if (stops.has(service)) {
      held.push_back(std::move(*verdict));
      continue;
    }
    const Status written = write(store, *verdict, stops);
    if (!written) return written;
  }
  std::erase_if(touched, [&](const std::string& other) { return services.count(other) > 0; });
  touched.merge(again);
  for (const std::string& other : touched) {
    Result<Verdict> verdict = judge_one(store, other, reboots, watched, outside, dues);
    if (!verdict) return verdict.error();
    std::erase_if(held, [&](const Verdict& one) { return one.service == other; });
    held.push_back(std::move(*verdict));
  }
  for (Verdict& verdict : held) {
    const Status written = write(store, verdict, stops);
    if (!written) return written;
  }
  return Done{};
}

// The host's reboots, judged anew.
Result<std::vector<Time>> judge_host(Store& store, const Watched& watched, Outside& outside,
                                     Dues* dues) {
  Result<Verdict> verdict = judge_one(store, std::string(kHost), {}, watched, outside, dues);
  if (!verdict) return verdict.error();
  const Status written = write(store, *verdict, Stops());
  if (!written) return written.error();
  std::vector<Time> reboots;
  for (const Event& event : verdict->events) {
    if (event.kind == EventKind::host_reboot && known(event.time)) reboots.push_back(event.time);
  }
  std::sort(reboots.begin(), reboots.end());
  return reboots;
}

Result<std::set<std::string>> all_services(const Store& store) {
  const Result<std::vector<std::string>> services = store.services();
  if (!services) return services.error();
  return std::set<std::string>(services->begin(), services->end());
}
}  // namespace

Result<Watched> Watched::of(const Store& store) {
  const Result<std::vector<Checkpoint>> streams = store.checkpoints();
  if (!streams) return streams.error();
  Watched watched;
  for (const Checkpoint& one : *streams) watched.learn(one.stream);
  return watched;
}

void Watched::learn(const StreamInfo& stream) {
  if (!known(stream.first) || !known(stream.last)) return;
  const auto [place, fresh] = places_.try_emplace(stream.source, all_.size());
  if (fresh) all_.push_back({stream.first, stream.last});
  Interval& one = all_[place->second];
  one.from = std::min(one.from, stream.first);
  one.to = std::max(one.to, stream.last);
}

Status judge_all(Store& store, Dues* dues) {
  Result<Stops> stops = Stops::of(store);
  if (!stops) return stops.error();
  const Result<Watched> watched = Watched::of(store);
  if (!watched) return watched.error();
  Result<Outside> outside = Outside::of(store);
  if (!outside) return outside.error();
  const Result<std::set<std::string>> services = all_services(store);
  if (!services) return services.error();
  std::vector<Time> reboots;
  if (services->count(std::string(kHost)) > 0) {
    Result<std::vector<Time>> found = judge_host(store, *watched, *outside, dues);
    if (!found) return found.error();
    reboots = std::move(*found);
  }
  return judge_services(store, *services, reboots, *watched, *stops, *outside, dues);
}

Status judge(Store& store, const std::set<std::string>& services, const Watched& watched,
             Stops& stops, Outside& outside, Dues* dues) {
  const Result<std::vector<Time>> before = known_reboots(store);
  if (!before) return before.error();
  if (services.count(std::string(kHost)) == 0) {
    return judge_services(store, services, *before, watched, stops, outside, dues);
  }
  const Result<std::vector<Time>> reboots = judge_host(store, watched, outside, dues);
  if (!reboots) return reboots.error();
  if (*reboots == *before)
    return judge_services(store, services, *reboots, watched, stops, outside, dues);
  const Result<std::set<std::string>> all = all_services(store);
  if (!all) return all.error();
  return judge_services(store, *all, *reboots, watched, stops, outside, dues);
}

}  // namespace blip
