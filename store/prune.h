// Forgets old history in small steps, beside a writer that must not wait.
//
// What goes: events and their evidence, lives, signals, marks and acknowledgements that were over
// before a given time; never what goes on, never what has no time, never how far logs were read.
// The service's line is drawn first (horizon.h), so that what stays is not judged again over the
// signals that are left, and what went does not come back.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/result.h"
#include "core/time.h"

namespace blip {

// Judging of what is younger than this before a service's newest signal goes on as before.
inline constexpr auto kUnsettled = std::chrono::hours(48);
// What one step may take, all within one transaction.
inline constexpr auto kPruneStep = std::chrono::milliseconds(8);

struct PruneOrder {
  Time before = kNoTime;   // what was over before goes; unknown: nothing by its age
  uint64_t max_bytes = 0;  // the oldest go until no more is in use; 0: nothing by size
  Time now = kNoTime;      // nothing younger than kUnsettled before it goes for size
};

struct Pruned {
  uint64_t events = 0, runs = 0, signals = 0;
  Time before = kNoTime;  // up to where it went in the end
  uint64_t bytes_before = 0, bytes_after = 0;
  std::chrono::microseconds longest_step{0};
};

class Pruner {
 public:
  // A connection of its own. The errors are those of Store::open().
  static Result<Pruner> open(const std::string& path, const PruneOrder& order);
  Pruner(Pruner&&) noexcept;
  Pruner& operator=(Pruner&&) noexcept;
  ~Pruner();

  // One transaction of about kPruneStep. Then, while no lock is held, the rows of the next one are
  // read, and now and then some of the write-ahead log is carried over to the file. False: all is
  // done. Who calls it again at once starves other writers of their turn: rest() before.
  Result<bool> step();
  std::chrono::steady_clock::duration rest() const;
  Pruned done() const;

 private:
  struct Impl;
  explicit Pruner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Steps and rests until all is done, or `stop` says so.
Result<Pruned> prune(const std::string& path, const PruneOrder& order,
                     const std::function<bool()>& stop = {});

// What an order would take, roughly: changes nothing.
Result<Pruned> prune_preview(const std::string& path, const PruneOrder& order);

}  // namespace blip
