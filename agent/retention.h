// Forgets what is older, or more, than a configuration lets an agent keep: a little now and then,
// between reads.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/result.h"
#include "core/time.h"
#include "store/prune.h"

namespace blip {

struct RetentionOptions {
  std::chrono::seconds keep{0};  // 0: for ever
  uint64_t max_bytes = 0;        // 0: without a limit
};

class Retention {
 public:
  using Clock = std::chrono::steady_clock;

  // Begins kFirstAfter `now`: what an agent finds at its start is judged first.
  Retention(std::string store_path, const RetentionOptions& options, Clock::time_point now);

  // Some steps of forgetting, if it is time; called once a second. What was done is told once a
  // round is over and something went. An error ends the round; the next one comes all the same.
  Result<std::optional<Pruned>> tick(Clock::time_point now, Time wall);

  static constexpr auto kFirstAfter = std::chrono::hours(1);
  static constexpr auto kEvery = std::chrono::hours(6);

 private:
  std::string path_;
  RetentionOptions options_;
  Clock::time_point next_;
  std::optional<Pruner> pruner_;
};

}  // namespace blip
