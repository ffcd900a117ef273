// Reads logs as they lie on a disk, in one go, into a store: the whole flow from bytes to events.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/source_flow.h"
#include "core/result.h"
#include "core/time.h"
#include "rules/signature.h"
#include "store/store.h"

namespace blip {

struct Progress {
  uint64_t bytes_done = 0, bytes_total = 0;  // on disk; total 0: not known (stdin)
  size_t files = 0;
};

struct ScanOptions {
  std::vector<std::string> paths;  // files, folders, globs, "-" for stdin
  std::string format = "auto";
  std::chrono::seconds utc_offset{0};  // of stamps without a zone
  std::string service;                 // for everything read, instead of what formats name
  size_t chunk = 64 * 1024;            // bytes a read asks for; no result depends on it
  // Threads that read, each a log of its own, or two one large log while there are enough; 0: one
  // for each usable core.
  size_t jobs = 0;
  uint64_t large = 16 << 20;     // bytes of such a log
  bool shortcuts = true;         // false: every line is read in full (source_flow.h)
  std::vector<Signature> rules;  // beside the built-in pack
  // Both may be empty; called by any of the threads, but never by two at once.
  std::function<void(const Progress&)> progress;  // a few times a second at most
  std::function<bool()> stop;                     // true: end early, keeping what was found
};

struct ScanReport : ReadReport {
  size_t sources = 0;                 // rotation sets
  std::vector<std::string> services;  // seen in this scan
  bool stopped = false;
};

// Fails only when the store does; what cannot be read is a note. What comes out does not depend on
// `jobs`.
Result<ScanReport> scan(Store& store, const ScanOptions& options);

}  // namespace blip
