// Death notes without a time (a supervisor's stderr file has none) and the restarts they belong to.
#pragma once

#include <vector>

#include "core/signal.h"
#include "rules/judge/candidates.h"

namespace blip {

// Gives each undated death note among `facts` to the restart it explains. `restarts`: accepted,
// dated, not planned, without a note of their own, in order; borrowed, their ends grow. All that is
// known is order, so notes are given only where just one order-keeping pairing exists: as many
// deaths as restarts that can have ended so. Otherwise none is given: a wrong cause would be
// believed.
void pair_by_order(const std::vector<Signal>& facts, const std::vector<Candidate*>& restarts);

}  // namespace blip
