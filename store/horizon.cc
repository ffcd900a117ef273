// The line is at 06-22; stored before it, claimed after the signals of May are gone:
//
//   stored                                   claimed                        settled
//   restart 05-30               (over)       -                              stays
//   leak goroutines 05-30..now               leak goroutines 06-01..now     05-30..now, same id
//   -                                        restart 06-01 (the edge)       dropped
//   life 05-30..                             life 06-01..06-25              05-30..06-25, same id
//   -                                        restart 06-25                  new

#include "store/horizon.h"

#include <algorithm>
#include <unordered_map>

#include "store/connection.h"
#include "store/json.h"
#include "store/statement.h"

namespace blip {
namespace {
std::string metric_of(const Attributes& attributes) {
  const auto found = attributes.find(std::string_view("metric"));
  const auto* text = found == attributes.end() ? nullptr : std::get_if<std::string>(&found->second);
  return text == nullptr ? "" : *text;
}

bool before(Time time, Time horizon) { return known(time) && time < horizon; }

// What is stored that began before the line.
struct OldEvent {
  uint64_t id = 0;
  std::string kind, metric;
  Anchor at;
  Time time = kNoTime, end = kNoTime;
};

Result<std::vector<OldEvent>> old_events(const Connection& connection, std::string_view service,
                                         Time horizon) {
  Statement select(connection, R"(
      SELECT id, kind, stream, offset, number, time, end, attributes
      FROM events INDEXED BY events_judged WHERE service = ?1 AND (time < ?2 OR time IS NULL)
        AND digest <> 0)");
  select.bind(service, horizon);
  std::vector<OldEvent> events;
  while (select.next()) {
    Row row(select);
    OldEvent& event = events.emplace_back();
    event.id = row.key();
    row.text(event.kind);
    event.at.stream = row.key();
    event.at.offset = row.u64();
    event.at.number = row.u64();
    event.time = row.time();
    event.end = row.time();
    // Only what goes on is looked for by its metric.
    const std::string_view attributes = row.text();
    if (known(event.end)) event.metric = metric_of(attributes_from_json(attributes));
  }
  if (Status done = select.status(); !done) return done.error();
  return events;
}

Result<std::vector<Run>> old_runs(const Connection& connection, std::string_view service,
                                  Time horizon) {
  Statement select(connection, R"(
      SELECT id, instance, stream, offset, number, begin_from, begin_to, end_from, end_to, began_by,
        gauges
      FROM runs WHERE service = ?1 AND coalesce(begin_to, begin_from, ?3) < ?2)");
  select.bind(service, horizon, to_us(kNoTime));
  std::vector<Run> runs;
  while (select.next()) {
    Row row(select);
    Run& run = runs.emplace_back();
    run.id = row.key();
    row.text(run.instance);
    run.begins.stream = row.key();
    run.begins.offset = row.u64();
    run.begins.number = row.u64();
    run.begin.from = row.time();
    run.begin.to = row.time();
    run.end.from = row.time();
    run.end.to = row.time();
    run.began_by = row.key();
    run.gauges = gauges_from_json(row.text());
  }
  if (Status done = select.status(); !done) return done.error();
  return runs;
}

// The life that `stored` was when `claimed` begins in the middle of it.
Run whole_life(const Run& stored, Run claimed) {
  claimed.id = stored.id;
  claimed.begins = stored.begins;
  claimed.begin = stored.begin;
  claimed.began_by = stored.began_by;
  for (const auto& [name, old] : stored.gauges) {
    const auto [gauge, added] = claimed.gauges.try_emplace(name, old);
    if (added) continue;
    GaugeLife& value = gauge->second;
    value.first = old.first;
    value.low = std::min(value.low, old.low);
    value.high = std::max(value.high, old.high);
    value.samples = std::max(value.samples, old.samples);
  }
  return claimed;
}
}  // namespace

Time begun(const Run& run) { return known(run.begin.to) ? run.begin.to : run.begin.from; }
Time last_alive(const Run& run) { return known(run.end.to) ? run.end.to : run.end.from; }

Result<Time> horizon_of(const Connection& connection, std::string_view service) {
  Statement select(connection, "SELECT settled FROM horizons WHERE service = ?");
  const Time horizon = select.bind(service).next() ? Row(select).time() : kNoTime;
  if (Status done = select.status(); !done) return done.error();
  return horizon;
}

Result<Claims<Event>> beyond_horizon(const Connection& connection, std::string_view service,
                                     Time horizon, const std::vector<Event>& claimed) {
  const Result<std::vector<OldEvent>> old = old_events(connection, service, horizon);
  if (!old) return old.error();
  std::unordered_map<uint64_t, size_t> by_id;
  for (size_t i = 0; i < claimed.size(); ++i) by_id.emplace(claimed[i].id, i);
  enum class Use : uint8_t { drop, as_it_is };
  std::unordered_map<size_t, const OldEvent*> goes_on;
  std::vector<Use> uses(claimed.size(), Use::as_it_is);
  for (size_t i = 0; i < claimed.size(); ++i) {
    if (before(claimed[i].time, horizon)) uses[i] = Use::drop;
  }
  Claims<Event> out;
  std::unordered_set<uint64_t> stored_ids;
  for (const OldEvent& event : *old) stored_ids.insert(event.id);
  for (const OldEvent& event : *old) {
    const auto same = by_id.find(event.id);
    const bool over = known(event.time) && (known(event.end) ? event.end : event.time) < horizon;
    if (same != by_id.end() && !over) {
      uses[same->second] = Use::as_it_is;
      continue;
    }
    out.untouched.insert(event.id);
    // What a rule told goes on as nothing else.
    if (over || !known(event.end) || event.kind == kind_name(EventKind::match)) continue;
    for (size_t i = 0; i < claimed.size(); ++i) {
      const Event& claim = claimed[i];
      if (kind_name(claim.kind) != event.kind || metric_of(claim.attributes) != event.metric)
        continue;
      if (goes_on.count(i) != 0 || stored_ids.count(claim.id) != 0) continue;
      goes_on[i] = &event;
      uses[i] = Use::as_it_is;
      out.untouched.erase(event.id);
      break;
    }
  }
  for (size_t i = 0; i < claimed.size(); ++i) {
    if (uses[i] == Use::drop) continue;
    Event& claim = out.claims.emplace_back(claimed[i]);
    if (const auto found = goes_on.find(i); found != goes_on.end()) {
      claim.id = found->second->id;
      claim.at = found->second->at;
      claim.time = found->second->time;
    }
  }
  return out;
}

Result<Claims<Run>> beyond_horizon(const Connection& connection, std::string_view service,
                                   Time horizon, const std::vector<Run>& claimed) {
  const Result<std::vector<Run>> old = old_runs(connection, service, horizon);
  if (!old) return old.error();
  std::unordered_map<uint64_t, const Run*> stored;
  for (const Run& run : *old) stored[run.id] = &run;
  const auto open = [horizon](const Run& run) {
    return !known(run.end.to) || run.end.to >= horizon;
  };
  Claims<Run> out;
  std::unordered_set<uint64_t> taken;
  std::vector<const Run*> lost;  // claims without a stored beginning
  for (const Run& claim : claimed) {
    const auto same = stored.find(claim.id);
    if (same != stored.end()) {
      if (!open(*same->second)) continue;
      taken.insert(claim.id);
      out.claims.push_back(claim);
    } else if (known(begun(claim)) && begun(claim) >= horizon) {
      out.claims.push_back(claim);
    } else {
      lost.push_back(&claim);
    }
  }
  for (const Run* claim : lost) {
    const bool reaches = !known(last_alive(*claim)) || last_alive(*claim) >= horizon;
    for (const Run& run : *old) {
      if (!reaches || !open(run) || run.instance != claim->instance) continue;
      if (!taken.insert(run.id).second) continue;
      out.claims.push_back(whole_life(run, *claim));
      break;
    }
  }
  for (const Run& run : *old) {
    if (taken.count(run.id) == 0) out.untouched.insert(run.id);
  }
  return out;
}

}  // namespace blip
