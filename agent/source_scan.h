// One source of a scan, read to its end as it lies there. Several may be read at once, each by a
// thread, or two; what they share is in ScanDesk.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "agent/scan.h"
#include "agent/source_flow.h"
#include "agent/stream_owners.h"
#include "agent/years.h"
#include "core/result.h"
#include "rules/signature_set.h"
#include "store/store.h"
#include "tailer/inputs.h"

namespace blip {

struct ScanDesk {
  const ScanOptions& options;
  const SignatureSet& signatures;
  const std::vector<Checkpoint>& known;  // as stored when the scan began
  const YearHint& years;                 // not changed while sources are read
  StreamOwners& owners;
  Store& store;
  std::mutex& store_lock;  // held for each call of the store
  size_t readers = 1;      // sources read at once; they share the room for signals not yet stored
  bool ahead = false;      // each on two threads (flow_ahead.h), if it is large
};

// What was read of one source.
struct SourceRead {
  ReadReport report;
  Time last = kNoTime;   // of its last dated line
  bool stopped = false;  // `go_on` said so
};

// `go_on`: told how many packed bytes were taken so far; false ends it early, keeping what was
// found. Fails only when the store does.
Result<SourceRead> scan_source(const Source& source, const ScanDesk& desk,
                               const std::function<bool(uint64_t taken)>& go_on);

}  // namespace blip
