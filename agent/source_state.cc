// Streams of /var/log/app.log, as stored          where its state stands    read on at
//   app.log.2.gz  1,048,576 bytes, whole                                     not at all
//   app.log.1       900,000 bytes                 at 880,000                 880,000
//   app.log          12,000 bytes                 (begun after it)           0
//
// What lies between has been stored but not learned from: it is sensed again, and the store ignores
// what it has already.

#include "agent/source_state.h"

namespace blip {

Result<SourceMemory> remember(const Store& store, const std::vector<Checkpoint>& stored,
                              const std::string& source, SourceFlow& flow) {
  SourceMemory memory;
  for (const Checkpoint& one : stored) {
    if (one.stream.source == source) memory.streams.push_back({one, one.begin, 0});
  }
  if (memory.streams.empty()) return memory;
  const Result<std::optional<std::string>> state = store.state(flow.owner());
  if (!state) return state.error();
  memory.state_lost = !*state || !flow.restore(**state);
  const std::map<uint64_t, SourceFlow::Position> at = flow.positions();
  for (KnownStream& stream : memory.streams) {
    if (memory.state_lost) {
      stream.stored.whole = false;
    } else if (const auto found = at.find(stream.stored.stream.key); found != at.end()) {
      stream.resume = found->second.offset;
      stream.resume_number = found->second.number;
    } else if (stream.stored.whole) {
      stream.resume = stream.stored.offset;
      stream.resume_number = stream.stored.number;
    }
  }
  return memory;
}

}  // namespace blip
