// What of a service is history: judging may not touch it any more.
//
// Events are a fold over signals, and pruning takes the oldest signals away. A fold over the rest
// finds less, and at its edge other things: a life that seems to begin where the signals do, a leak
// without its first lives. So before it deletes anything pruning draws a line for each service
// (table `horizons`), two days before its newest signal or later (prune.h). From then on, in
// settle():
//
//   stored, began before the line
//     over before it too            stays as it is, whatever is claimed
//     reaches past it (a leak that  follows what is claimed of it: by its id, else by its kind and
//     goes on, the life that is)    metric (a life: by its instance), for the fold may have lost
//     its
//                                   beginning; it keeps id and beginning, and stays if nothing is
//     without a time                follows its id, and stays if nothing is claimed
//   claimed, began before the line  only as above: what was pruned does not come back
//   all that began later            as ever
//
// The fold still sees all signals between what was pruned and the line, usually months: what began
// after the line is judged with as much behind it.
#pragma once

#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/event.h"
#include "core/result.h"
#include "core/run.h"

namespace blip {

class Connection;

template <class What>
struct Claims {
  std::vector<What> claims;                // those to settle, with ids and beginnings as stored
  std::unordered_set<uint64_t> untouched;  // stored ones to leave as they are
};

// The line of the service; kNoTime: none was drawn.
Result<Time> horizon_of(const Connection& connection, std::string_view service);

Result<Claims<Event>> beyond_horizon(const Connection& connection, std::string_view service,
                                     Time horizon, const std::vector<Event>& claimed);
Result<Claims<Run>> beyond_horizon(const Connection& connection, std::string_view service,
                                   Time horizon, const std::vector<Run>& claimed);

// When a life began, and when it was last alive.
Time begun(const Run& run);
Time last_alive(const Run& run);

}  // namespace blip
