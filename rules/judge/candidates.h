// Candidates: places in a service's life where one process may have ended and another begun, each
// with all signals that speak for or against it. Grouping only; restarts.cc weighs.
#pragma once

#include <optional>
#include <vector>

#include "core/signal.h"
#include "rules/judge/banners.h"

namespace blip {

struct Candidate {
  std::vector<Signal> starts;     // point facts of a start, in order: phrases, pids, supervisors
  std::vector<Signal> intervals;  // resets that happened somewhere around it
  std::vector<Signal> against;    // what went on across it, reloads
  std::vector<Signal> ends;       // death notes, exits, stop notices before it
  const Banner* banner = nullptr;
  std::optional<BannerSeen> printing;
  double banner_weight = 0;
  bool again = false;        // says what the candidate before it said: there was a life before
  bool new_version = false;  // the start's own words name another version than the start before

  bool dated() const { return known(begin); }
  Time begin = kNoTime;  // of its earliest fact
  Time last = kNoTime;   // of its latest point fact
  Anchor anchor;         // of its earliest fact: makes its id, never moves
  std::string instance;  // lane of that fact
};

// `facts`: of one service, in the order of earlier(): undated ones first, stream by stream.
// Borrows the banners.
std::vector<Candidate> find_candidates(const std::vector<Signal>& facts,
                                       const std::vector<Banner>& banners);

bool is_end(SignalKind kind);

// "Starting shop worker 1.4.2", and at a later start "Starting shop worker 1.5.0": marks the later.
void compare_versions(std::vector<Candidate>& candidates);
// Does the version in the lines change where nobody asked for a stop? Then it is a run's own id.
bool changes_with_each_run(const std::vector<Candidate>& candidates);

}  // namespace blip
