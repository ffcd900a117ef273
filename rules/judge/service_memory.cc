// Keeps what a verdict on restarts needs, and answers small questions about it.

#include "rules/judge/service_memory.h"

#include <algorithm>

namespace blip {
namespace {
constexpr uint64_t kHeadLines = 12;  // of a unit: what starts within these was met starting
constexpr Micros kHead = 30s;
constexpr Micros kSameMoment = 2s;  // clocks of two logs differ by this
constexpr Micros kNoLife = 50ms;  // nobody dies and is back within it: two descriptors of one life
}  // namespace

void ServiceMemory::weigh(const Signal& signal) {
  switch (signal.kind) {
    case SignalKind::symptom:
    case SignalKind::host_boot:
    case SignalKind::counts:
    case SignalKind::rule_line:
      return;
    case SignalKind::sample:
      if (std::optional<Signal> fall = falls_.weigh(signal)) remember(*std::move(fall));
      return;
    case SignalKind::rare_line:
      banners_.weigh(signal);
      return;
    case SignalKind::progress:
      heard(signal);
      return;
    case SignalKind::instance_spoke:
      lanes_[signal.instance].pids_alternate = true;
      break;
    default:
      break;
  }
  remember(signal);
}

void ServiceMemory::remember(Signal fact) {
  facts_.push_back(std::move(fact));
  if (facts_.size() > kMaxFacts) facts_.pop_front();
}

void ServiceMemory::heard(const Signal& signal) {
  Stream& stream = streams_[signal.at.stream];
  if (signal.subject == "last") {
    stream.traces = 2 * signal.before > static_cast<double>(signal.count);
  } else if (signal.detail != "forever" && signal.detail != "blip_probe") {
    // A supervisor's own log carries no line of the service, nor do samples of it.
    ++stream.lines;
  }
  stream.last_offset = std::max(stream.last_offset, signal.at.offset);
  Lane& lane = lanes_[signal.instance];
  if (lane.head.stream == 0) lane.head = signal.at;
  if (!known(signal.time)) return;
  if (!known(lane.first)) lane.first = signal.time;
  lane.last = std::max(lane.last, signal.time);
}

bool ServiceMemory::own(const Signal& signal) const {
  const auto stream = streams_.find(signal.at.stream);
  return stream != streams_.end() && stream->second.lines > 0 && !stream->second.traces;
}

bool ServiceMemory::at_head(const Candidate& candidate) const {
  const auto lane = lanes_.find(candidate.instance);
  return lane != lanes_.end() && candidate.anchor.stream == lane->second.head.stream &&
         candidate.anchor.number <= lane->second.head.number + kHeadLines;
}

bool ServiceMemory::first_sight(const Candidate& candidate) const {
  // A death, a pid that took over, a counter that fell: there was a life before.
  for (const Signal& end : candidate.ends) {
    const bool same_life = end.kind == SignalKind::death_note && known(end.time) &&
                           candidate.begin - end.time < kNoLife && at_head(candidate) &&
                           end.at.number <= lanes_.find(candidate.instance)->second.head.number;
    // Found dead: perhaps it never ran.
    if (!same_life && end.kind != SignalKind::stop_notice && end.detail != "gone") return false;
  }
  for (const Signal& start : candidate.starts) {
    if (start.kind == SignalKind::instance_changed) return false;
  }
  if (candidate.again || !candidate.intervals.empty()) return false;
  if (!candidate.dated()) return at_head(candidate);
  Time first = kNoTime;
  for (const auto& [name, lane] : lanes_) {
    if (known(lane.first) && (!known(first) || lane.first < first)) first = lane.first;
  }
  if (!known(first)) return !supervised_before(candidate.begin);
  return candidate.begin <= first + (at_head(candidate) ? Micros(kHead) : Micros(kSameMoment));
}

// For a service known from its supervisor alone: was it started, or did it end, before?
bool ServiceMemory::supervised_before(Time when) const {
  return std::any_of(facts_.begin(), facts_.end(), [&](const Signal& fact) {
    return known(fact.time) && fact.time < when &&
           (fact.kind == SignalKind::supervisor_start || is_end(fact.kind));
  });
}

bool ServiceMemory::lived_on_after(const Signal& exit) const {
  const auto stream = streams_.find(exit.at.stream);
  if (stream != streams_.end() && stream->second.last_offset > exit.at.offset) return true;
  return known(exit.time) && std::any_of(lanes_.begin(), lanes_.end(), [&](const auto& lane) {
           return known(lane.second.last) && lane.second.last > exit.time + kSameMoment;
         });
}

bool ServiceMemory::pids_alternate(const std::string& lane) const {
  const auto found = lanes_.find(lane);
  return found != lanes_.end() && found->second.pids_alternate;
}

uint64_t ServiceMemory::shorter_run(const Signal& change) const {
  for (const Signal& fact : facts_) {
    if (fact.kind == SignalKind::instance_changed && fact.before == change.after &&
        fact.instance == change.instance) {
      return std::min(change.count, fact.count);
    }
  }
  return change.count;  // the new run has not ended yet
}

void ServiceMemory::save(StateWriter& out) const {
  out.u64(facts_.size());
  for (const Signal& fact : facts_) save_signal(fact, out);
  out.u64(lanes_.size());
  for (const auto& [name, lane] : lanes_) {
    out.text(name);
    out.time(lane.first);
    out.time(lane.last);
    for (const uint64_t part : {lane.head.stream, lane.head.offset, lane.head.number})
      out.u64(part);
    out.flag(lane.pids_alternate);
  }
  out.u64(streams_.size());
  for (const auto& [key, stream] : streams_) {
    out.u64(key);
    out.u64(stream.lines);
    out.flag(stream.traces);
    out.u64(stream.last_offset);
  }
  banners_.save(out);
  falls_.save(out);
}

void ServiceMemory::restore(StateReader& in) {
  facts_.clear();
  lanes_.clear();
  streams_.clear();
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) facts_.push_back(restore_signal(in));
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
    Lane& lane = lanes_[std::string(in.text())];
    lane.first = in.time();
    lane.last = in.time();
    lane.head = {in.u64(), in.u64(), in.u64()};
    lane.pids_alternate = in.flag();
  }
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
    Stream& stream = streams_[in.u64()];
    stream.lines = in.u64();
    stream.traces = in.flag();
    stream.last_offset = in.u64();
  }
  banners_.restore(in);
  falls_.restore(in);
}

}  // namespace blip
