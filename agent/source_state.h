// What the store remembers of a source, for who reads it on.
#pragma once

#include <string>
#include <vector>

#include "agent/source_flow.h"

namespace blip {

// Restores the flow from the store, and says where its follower reads on. A state that cannot be
// used is no error: `state_lost` is set, and what is still there is read again (it adds nothing).
struct SourceMemory {
  std::vector<KnownStream> streams;
  bool state_lost = false;
};
Result<SourceMemory> remember(const Store& store, const std::vector<Checkpoint>& stored,
                              const std::string& source, SourceFlow& flow);

}  // namespace blip
