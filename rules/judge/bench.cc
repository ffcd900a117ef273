// Runs the judges of one service, stage by stage, and closes the case.

#include <algorithm>
#include <tuple>

#include "rules/judge/judge.h"

namespace blip {

Bench::Bench(std::string service) : service_(std::move(service)), specs_(all_judges()) {
  std::stable_sort(specs_.begin(), specs_.end(), [](const JudgeSpec* a, const JudgeSpec* b) {
    return std::tie(a->stage, a->name) < std::tie(b->stage, b->name);
  });
  for (const JudgeSpec* spec : specs_) judges_.push_back(spec->make());
}

void Bench::weigh(const Signal& signal) {
  for (const auto& judge : judges_) judge->weigh(signal);
}

Time Docket::went_on_until(Time last) const {
  Time latest = kNoTime, second = kNoTime;
  size_t others = 0;
  for (const Interval& one : watched) {
    if (!known(one.from) || one.from >= last || one.to <= last) continue;
    ++others;
    second = std::max(second, std::min(latest, one.to));
    latest = std::max(latest, one.to);
  }
  // Where there are several, no single wrong clock can make all others silent.
  return others >= 3 ? second : latest;
}

bool Docket::has_come(Time time, Time last) {
  if (went_on_until(last) >= time) return true;
  due = known(due) ? std::min(due, time) : time;
  return false;
}

Docket Bench::settle(std::vector<Time> reboots, std::span<const Interval> watched,
                     std::span<const SymptomSeries> outside) {
  Docket docket;
  docket.service = service_;
  docket.reboots = std::move(reboots);
  docket.watched = watched;
  docket.outside = outside;
  for (const auto& judge : judges_) judge->settle(docket);
  std::sort(docket.events.begin(), docket.events.end(), [](const Event& a, const Event& b) {
    return std::tie(a.time, a.id) < std::tie(b.time, b.id);
  });
  return docket;
}

std::string Bench::save() const {
  StateWriter out;
  for (size_t i = 0; i < judges_.size(); ++i) {
    StateWriter own;
    judges_[i]->save(own);
    out.text(own.seal(specs_[i]->name, specs_[i]->version));
  }
  return out.seal("bench:" + service_, 1);
}

bool Bench::restore(std::string_view blob) {
  StateReader in(blob, "bench:" + service_, 1);
  for (size_t i = 0; i < judges_.size() && in.ok(); ++i) {
    StateReader own(in.text(), specs_[i]->name, specs_[i]->version);
    judges_[i]->restore(own);
    if (!own.ok()) return false;
  }
  return in.ok();
}

void save_signal(const Signal& signal, StateWriter& out) {
  out.u64(static_cast<uint64_t>(signal.kind));
  for (const uint64_t part : {signal.at.stream, signal.at.offset, signal.at.number}) out.u64(part);
  out.text(signal.service);
  out.text(signal.instance);
  out.time(signal.time);
  out.time(signal.since);
  out.u64(static_cast<uint64_t>(signal.quality));
  for (const std::string* part : {&signal.text, &signal.subject, &signal.detail, &signal.frame}) {
    out.text(*part);
  }
  out.u64(signal.fingerprint);
  out.f64(signal.before);
  out.f64(signal.after);
  out.u64(signal.count);
}

Signal restore_signal(StateReader& in) {
  Signal signal;
  const uint64_t last = static_cast<uint64_t>(SignalKind::rule_line);
  signal.kind = static_cast<SignalKind>(std::min(in.u64(), last));
  signal.at = {in.u64(), in.u64(), in.u64()};
  signal.service = in.text();
  signal.instance = in.text();
  signal.time = in.time();
  signal.since = in.time();
  signal.quality = static_cast<TimeQuality>(std::min<uint64_t>(in.u64(), 3));
  for (std::string* part : {&signal.text, &signal.subject, &signal.detail, &signal.frame}) {
    *part = in.text();
  }
  signal.fingerprint = in.u64();
  signal.before = in.f64();
  signal.after = in.f64();
  signal.count = in.u64();
  return signal;
}

}  // namespace blip
