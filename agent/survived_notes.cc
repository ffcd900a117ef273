// A span begins with the first note after the one before it has ended, by the log's clock; notes
// without a time are of one span.

#include "agent/survived_notes.h"

#include "rules/judge/judge.h"

namespace blip {

void SurvivedNotes::add(Signal note, const Tell& tell) {
  const std::pair<std::string, std::string> key(note.service, note.instance);
  auto found = units_.find(key);
  if (found == units_.end()) {
    if (units_.size() >= kMaxUnits) return tell(std::move(note));
    found = units_.emplace(key, Unit()).first;
  }
  Unit& unit = found->second;
  const bool other_span = known(note.time) && (!known(unit.since) || note.time < unit.since ||
                                               note.time - unit.since >= kSpan);
  if (other_span) {
    unit.since = note.time;
    unit.told = 0;
  }
  if (unit.told < kFreely) {
    ++unit.told;
    return tell(std::move(note));
  }
  if (unit.kept.size() == kKept) {
    unit.kept.erase(unit.kept.begin());
    --kept_;
  }
  unit.kept.push_back(std::move(note));
  ++kept_;
}

bool SurvivedNotes::ends_a_life(SignalKind kind) {
  switch (kind) {
    case SignalKind::death_note:
    case SignalKind::oom:
    case SignalKind::supervisor_exit:
    case SignalKind::supervisor_start:
    case SignalKind::gave_up:
    case SignalKind::start_mark:
    case SignalKind::stop_notice:
    case SignalKind::host_boot:
    case SignalKind::instance_changed:
    case SignalKind::counter_reset:
    case SignalKind::clock_fell:
    case SignalKind::gap:
    case SignalKind::rare_line:
    case SignalKind::version_changed:
      return true;
    default:
      return false;
  }
}

void SurvivedNotes::let_go(const Tell& tell) {
  if (kept_ == 0) return;
  show(tell);
  for (auto& [key, unit] : units_) unit.kept.clear();
  kept_ = 0;
}

void SurvivedNotes::show(const Tell& tell) const {
  for (const auto& [key, unit] : units_) {
    for (const Signal& note : unit.kept) tell(note);
  }
}

void SurvivedNotes::save(StateWriter& out) const {
  out.u64(units_.size());
  for (const auto& [key, unit] : units_) {
    out.text(key.first);
    out.text(key.second);
    out.time(unit.since);
    out.u64(unit.told);
    out.u64(unit.kept.size());
    for (const Signal& note : unit.kept) save_signal(note, out);
  }
}

void SurvivedNotes::restore(StateReader& in) {
  units_.clear();
  kept_ = 0;
  for (uint64_t n = in.count(); n > 0 && in.ok() && units_.size() < kMaxUnits; --n) {
    std::string service(in.text());
    std::string lane(in.text());
    Unit& unit = units_[{std::move(service), std::move(lane)}];
    unit.since = in.time();
    unit.told = in.u64();
    for (uint64_t k = in.count(); k > 0 && in.ok() && unit.kept.size() < kKept; --k) {
      unit.kept.push_back(restore_signal(in));
      ++kept_;
    }
  }
}

}  // namespace blip
