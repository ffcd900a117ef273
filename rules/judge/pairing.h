// Death notes without a time (a supervisor's stderr file has none) and the restarts they belong to.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "core/signal.h"
#include "rules/judge/candidates.h"

namespace blip {

// Of a signal among those of one service.
uint64_t key_of(const Signal& signal);

// Gives each undated death note among `facts` to the restart it explains. `restarts`: accepted,
// dated, not planned, without a note of their own, in order; borrowed, their ends grow. All that is
// known is order, so notes are given only where just one order-keeping pairing exists: as many
// deaths as restarts that can have ended so. Otherwise none is given: a wrong cause would be
// believed.
// One note more than restarts is fine where a fitting exit stands after the last of them: it stayed
// dead. Returns the keys of the notes given.
std::set<uint64_t> pair_by_order(const std::vector<Signal>& facts,
                                 const std::vector<Candidate*>& restarts);

// A supervisor's log without times tells the same restarts once more. Where such a stream tells as
// many as are known with times, they are the same in their order: their ends go over, and they are
// taken out of `all`. `accepted`: the candidates of `all` that are restarts, in order.
void merge_by_order(const std::vector<Candidate*>& accepted, std::vector<Candidate>& all);

}  // namespace blip
