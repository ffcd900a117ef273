// elb: elb.no_answer 01:04:55 05:57:00 ...        app restarts: judge app with these beside it
//
// Only symptoms are kept here, 4,096 of a signature; whether they mean anything is symptoms.cc's.

#include "agent/outside.h"

#include <algorithm>

namespace blip {
namespace {
bool same(const OwnSymptoms& a, const OwnSymptoms& b) {
  const auto same_series = [](const auto& one, const auto& other) {
    const auto same_seen = [](const SymptomSeen& x, const SymptomSeen& y) {
      return x.time == y.time && x.at.stream == y.at.stream && x.at.offset == y.at.offset;
    };
    return one.first == other.first &&
           std::equal(one.second.seen.begin(), one.second.seen.end(), other.second.seen.begin(),
                      other.second.seen.end(), same_seen);
  };
  return std::equal(a.by_signature.begin(), a.by_signature.end(), b.by_signature.begin(),
                    b.by_signature.end(), same_series);
}

bool any_restart(const std::vector<Event>& events) {
  return std::any_of(events.begin(), events.end(), [](const Event& event) {
    return event.kind == EventKind::restart && event.score >= 0;
  });
}
}  // namespace

void OwnSymptoms::add(const Signal& signal) {
  if (signal.kind != SignalKind::symptom || !known(signal.time)) return;
  if (signal.service == "host") return;  // no service's view of another
  auto found = by_signature.find(signal.subject);
  if (found == by_signature.end()) {
    if (by_signature.size() >= kMaxSignatures) return;
    found = by_signature.emplace(signal.subject, SymptomSeries()).first;
    found->second.service = signal.service;
    found->second.signature = signal.subject;
  }
  found->second.add(signal);
}

Result<Outside> Outside::of(const Store& store) {
  Outside outside;
  const Status read = store.each_symptom([&](const Signal& signal) {
    const auto known = outside.symptoms_.find(signal.service);
    if (known == outside.symptoms_.end() && outside.symptoms_.size() >= kMaxServices) return;
    outside.symptoms_[signal.service].add(signal);
  });
  if (!read) return read.error();
  outside.gather();
  EventQuery query;
  query.kinds = {EventKind::restart};
  query.evidence = false;
  const Result<std::vector<Event>> events = store.events(query);
  if (!events) return events.error();
  for (const Event& event : *events) outside.restarting_.insert(event.service);
  return outside;
}

std::set<std::string> Outside::learn(const std::string& service, OwnSymptoms symptoms) {
  const auto known = symptoms_.find(service);
  if (known == symptoms_.end() && symptoms.by_signature.empty()) return {};
  if (known == symptoms_.end() && symptoms_.size() >= kMaxServices) return {};
  if (known != symptoms_.end() && same(known->second, symptoms)) return {};
  symptoms_[service] = std::move(symptoms);
  gather();
  std::set<std::string> others = restarting_;
  others.erase(service);
  return others;
}

void Outside::learn(const std::string& service, const std::vector<Event>& events) {
  if (any_restart(events))
    restarting_.insert(service);
  else
    restarting_.erase(service);
}

void Outside::gather() {
  all_.clear();
  for (const auto& [service, own] : symptoms_) {
    for (const auto& [signature, series] : own.by_signature) all_.push_back(series);
  }
}

}  // namespace blip
