// Silent restarts, by fusion of evidence. Candidates are found (candidates.cc) and weighed
// (weights.cc); what scores 0 or more is a restart, what scores -2 or more is kept as suspected.
// Here each gets its words: which line is the first of the new life, why the old one ended, whether
// somebody wanted it, and whether anybody was told.

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "rules/judge/candidates.h"
#include "rules/judge/causes.h"
#include "rules/judge/containers.h"
#include "rules/judge/judge.h"
#include "rules/judge/pairing.h"
#include "rules/judge/service_memory.h"
#include "rules/judge/weights.h"

namespace blip {
namespace {
// A block of last words, and right after it a parent that tells of its worker's end: the worker's.
void give_to_workers(std::vector<Signal>& facts) {
  constexpr uint64_t kRightAfter = 3;                    // lines
  std::set<std::pair<uint64_t, uint64_t>> worker_exits;  // stream, line
  for (const Signal& fact : facts) {
    if (fact.kind == SignalKind::supervisor_exit && fact.count == 1) {
      worker_exits.insert({fact.at.stream, fact.at.number});
    }
  }
  for (Signal& note : facts) {
    if (note.kind != SignalKind::death_note || note.after < 0) continue;
    const auto last = static_cast<uint64_t>(note.after);
    const auto exit = worker_exits.upper_bound({note.at.stream, last});
    if (exit != worker_exits.end() && exit->first == note.at.stream &&
        exit->second <= last + kRightAfter) {
      note.count = 1;
    }
  }
}

// The build or version that the lines before a restart ran under: the last one that took another's
// place, else the one that is replaced later; "" where no line tells one.
std::string build_before(const Candidate& candidate, Time died, const std::vector<Signal>& facts) {
  for (const Signal& start : candidate.starts) {
    if (start.kind == SignalKind::version_changed) return start.subject;
  }
  if (!known(died)) return {};
  std::string build;
  for (const Signal& fact : facts) {
    if (fact.kind != SignalKind::version_changed || !known(fact.time)) continue;
    if (fact.time > died) return build.empty() ? fact.subject : build;
    build = fact.detail;
  }
  return build;
}

class Restarts : public Judge {
 public:
  void weigh(const Signal& signal) override { memory_.weigh(signal); }

  void settle(Docket& docket) override {
    // The kernel and process 1 live and die with the host: their restarts are its reboots.
    if (docket.service == "kernel" || docket.service == "systemd" || docket.service == "init")
      return;
    if (docket.service == "host") {
      for (const Signal& fact : memory_.facts()) {
        if (is_end(fact.kind)) docket.notes.push_back(fact);
      }
      return;
    }
    const std::vector<Banner> banners = memory_.banners().learn();
    std::vector<Signal> facts(memory_.facts().begin(), memory_.facts().end());
    give_to_workers(facts);
    align_to_containers(facts);
    std::vector<Candidate> candidates = find_candidates(facts, banners);
    weigh_banners(banners, candidates);
    compare_versions(candidates);
    version_is_of_run_ = changes_with_each_run(candidates);
    merge_by_order(accepted(candidates, docket), candidates);
    std::vector<Candidate*> unexplained = accepted(candidates, docket);
    std::erase_if(unexplained, [&](Candidate* one) {
      const Event event = judge(*one, docket);
      return !one->dated() || event.planned == std::optional(true) ||
             event.attributes.count("message") != 0;
    });
    const std::set<uint64_t> paired = pair_by_order(facts, unexplained);
    // What such a note alone made a candidate of is explained now.
    std::erase_if(candidates, [&](const Candidate& one) {
      return !one.dated() && one.starts.empty() && !one.printing && one.intervals.empty() &&
             std::all_of(one.ends.begin(), one.ends.end(),
                         [&](const Signal& end) { return paired.count(key_of(end)) != 0; });
    });
    Time life_began = kNoTime;
    std::set<std::tuple<uint64_t, uint64_t, SignalKind>> taken;
    for (const Candidate& candidate : candidates) {
      if (memory_.first_sight(candidate)) {
        if (candidate.dated() && !known(life_began)) life_began = candidate.begin;
        continue;
      }
      Event event = judge(candidate, docket);
      if (event.score < kKept) continue;
      if (event.score >= kLikely) {
        Turn turn = make_turn(candidate, docket.events.size(), event);
        set_times(event, turn, life_began);
        const std::string build = build_before(candidate, turn.died, facts);
        if (!build.empty()) event.attributes["build"] = build;
        for (const Signal& end : turn.ends) taken.insert({end.at.stream, end.at.offset, end.kind});
        life_began = known(turn.begun) ? turn.begun : life_began;
        docket.turns.push_back(std::move(turn));
      }
      docket.events.push_back(std::move(event));
    }
    for (const Signal& fact : facts) {
      if (is_end(fact.kind) && taken.count({fact.at.stream, fact.at.offset, fact.kind}) == 0) {
        docket.notes.push_back(fact);
      }
    }
  }

  void save(StateWriter& out) const override { memory_.save(out); }
  void restore(StateReader& in) override { memory_.restore(in); }

 private:
  std::vector<Candidate*> accepted(std::vector<Candidate>& candidates, const Docket& docket) const {
    std::vector<Candidate*> found;
    for (Candidate& candidate : candidates) {
      if (memory_.first_sight(candidate)) continue;
      if (judge(candidate, docket).score >= kLikely) found.push_back(&candidate);
    }
    return found;
  }

  Event judge(const Candidate& candidate, const Docket& docket) const {
    Event event;
    event.kind = EventKind::restart;
    event.service = docket.service;
    event.at = candidate.anchor;
    event.id = event_id(candidate.anchor, event.kind);
    event.time = candidate.begin;
    weigh_candidate(candidate, memory_, docket.reboots, event);
    name_cause(candidate, docket, event);
    tell_silence(candidate, event);
    describe(docket.service, event);
    set_line(candidate, event);
    return event;
  }

  void name_cause(const Candidate& candidate, const Docket& docket, Event& event) const {
    bool new_version = candidate.new_version;
    for (const Signal& start : candidate.starts) {
      new_version |= start.kind == SignalKind::version_changed && !version_is_of_run_;
    }
    const bool rebooted = std::any_of(docket.reboots.begin(), docket.reboots.end(),
                                      [&](Time boot) { return started_by(boot, candidate); });
    const Cause cause = cause_of(candidate.ends, new_version, rebooted);
    event.cause = cause.word;
    event.planned = cause.planned;
    if (!cause.message.empty()) event.attributes["message"] = cause.message;
    if (!cause.frame.empty()) event.attributes["frame"] = cause.frame;
    // It ended because dockerd did, whatever signal dockerd chose for it.
    const bool daemons =
        std::any_of(candidate.starts.begin(), candidate.starts.end(),
                    [](const Signal& start) { return start.subject == "docker.daemon_restarted"; });
    if (daemons && !rebooted) {
      event.cause = "dockerd";
      event.planned.reset();
    }
  }

  // Explicit: some line of the service's own files states the start, stop or death. Silent: the
  // streams with its ordinary lines say nothing of an end that nobody planned.
  void tell_silence(const Candidate& candidate, Event& event) const {
    bool end_told = false;
    for (const Signal& end : candidate.ends) end_told |= memory_.own(end);
    event.explicit_ = end_told;
    for (const Signal& start : candidate.starts) {
      const bool says_so =
          start.kind == SignalKind::start_mark || start.kind == SignalKind::supervisor_start;
      event.explicit_ |= says_so && memory_.own(start);
    }
    event.silent = event.planned != std::optional(true) && !end_told;
  }

  static void describe(const std::string& service, Event& event) {
    const bool planned = event.planned == std::optional(true);
    const bool suspected = event.score < kLikely;
    event.attributes["certainty"] = std::string(event.score >= kCertain ? "certain"
                                                : suspected             ? "suspected"
                                                                        : "likely");
    event.severity = planned || suspected ? Severity::info
                     : event.silent       ? Severity::error
                                          : Severity::warning;
    event.title = service + (planned        ? " restarted, planned"
                             : event.silent ? " restarted silently"
                                            : " restarted");
    if (event.cause != "unknown") event.title += ": " + event.cause;
  }

  // The first line of the new life, in the service's own files if it can be told there.
  void set_line(const Candidate& candidate, Event& event) const {
    const Signal* best = nullptr;
    const auto take_better = [&](const Signal& signal) {
      const auto in_own_words = [&](const Signal& one) {
        return memory_.own(one) && one.kind != SignalKind::supervisor_start;
      };
      if (best != nullptr && in_own_words(signal) != in_own_words(*best)) {
        if (in_own_words(signal)) best = &signal;
      } else if (best == nullptr ||
                 std::tie(signal.time, signal.at.number) < std::tie(best->time, best->at.number)) {
        best = &signal;
      }
    };
    for (const Signal& start : candidate.starts) take_better(start);
    if (candidate.printing) take_better(candidate.printing->first);
    if (best != nullptr) {
      event.at = best->at;
      event.time = best->time;
      event.quality = best->quality;
      return;
    }
    if (!candidate.intervals.empty()) return;   // its anchor is the likeliest place already
    for (const Signal& end : candidate.ends) {  // nothing but an end: the line after it
      if (end.kind == SignalKind::stop_notice || !memory_.own(end)) continue;
      const auto last = static_cast<uint64_t>(std::max(0.0, end.after));
      const bool block = end.kind == SignalKind::death_note;
      event.at.number = std::max(end.at.number, block ? last : 0) + 1;
      return;
    }
  }

  static Turn make_turn(const Candidate& candidate, size_t index, const Event& event) {
    Turn turn;
    turn.event = index;
    turn.instance = candidate.instance;
    turn.first = event.at;
    turn.begun = event.time;
    turn.ends = candidate.ends;
    // The last line before it bounds the death from below; the fact of an exit is the death itself.
    for (const Signal& start : candidate.starts) {
      if (start.kind != SignalKind::supervisor_start && known(start.since) &&
          start.since <= turn.begun) {
        turn.died = std::max(turn.died, start.since);
      }
    }
    if (!known(turn.died) && candidate.printing) turn.died = candidate.printing->first.since;
    for (const Signal& end : candidate.ends) {
      if (end.kind != SignalKind::stop_notice) turn.died = std::max(turn.died, end.time);
    }
    turn.died = std::min(turn.died, turn.begun);
    return turn;
  }

  static void set_times(Event& event, const Turn& turn, Time life_began) {
    if (!known(turn.begun) || !known(turn.died)) return;
    event.attributes["downtime_s"] = seconds_of(turn.begun - turn.died);
    if (known(life_began) && turn.died >= life_began) {
      event.attributes["lifetime_s"] = seconds_of(turn.died - life_began);
    }
  }

  ServiceMemory memory_;
  bool version_is_of_run_ = false;  // while settling: what looks like a version is each run's own
};
}  // namespace

extern const JudgeSpec restarts_judge = {"restarts", 3, 0,
                                         [] { return std::unique_ptr<Judge>(new Restarts); }};
}  // namespace blip
