// What each piece of evidence for a restart is worth, in nats, and which pieces a candidate has.
// Where each number comes from: docs/detection.md.
#pragma once

#include <vector>

#include "core/event.h"
#include "rules/judge/candidates.h"
#include "rules/judge/service_memory.h"

namespace blip {

inline constexpr double kKept = -2;   // a candidate scoring less is not told at all
inline constexpr double kLikely = 0;  // from here on it is a restart
inline constexpr double kCertain = 2;

// Writes the candidate's rows, the prior first, and their sum into the event.
void weigh_candidate(const Candidate& candidate, const ServiceMemory& memory,
                     const std::vector<Time>& reboots, Event& event);

// Is it within five minutes after this boot of the host?
bool started_by(Time boot, const Candidate& candidate);

// Gives each banner its weight by what agrees with its printings.
void weigh_banners(const std::vector<Banner>& banners, std::vector<Candidate>& candidates);

// A row of evidence: adds to the event's score. `text` instead of the signal's own line.
void add_row(Event& event, std::string name, double weight, const Signal* signal,
             std::string text = {});

}  // namespace blip
