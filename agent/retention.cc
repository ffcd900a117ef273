// keep: 90d   every 6 hours a round, of steps of 8 ms, for about 20 ms of each second
//
// Steps are the agent's own, on its one thread: it never waits for itself, and a reader of the
// store never for either. A day's signals of a busy host are gone in some minutes.

#include "agent/retention.h"

namespace blip {
namespace {
constexpr auto kShare = std::chrono::milliseconds(20);  // of each tick
}

Retention::Retention(std::string store_path, const RetentionOptions& options, Clock::time_point now)
    : path_(std::move(store_path)), options_(options), next_(now + kFirstAfter) {}

Result<std::optional<Pruned>> Retention::tick(Clock::time_point now, Time wall) {
  if (options_.keep.count() == 0 && options_.max_bytes == 0) return std::optional<Pruned>();
  if (!pruner_) {
    if (now < next_) return std::optional<Pruned>();
    next_ = now + kEvery;
    PruneOrder order;
    order.now = wall;
    order.max_bytes = options_.max_bytes;
    if (options_.keep.count() != 0) order.before = wall - options_.keep;
    Result<Pruner> opened = Pruner::open(path_, order);
    if (!opened) return opened.error();
    pruner_.emplace(std::move(*opened));
  }
  const Clock::time_point until = Clock::now() + kShare;
  for (bool first = true; first || Clock::now() < until; first = false) {
    const Result<bool> more = pruner_->step();
    if (more && *more) continue;
    const Pruned done = pruner_->done();
    pruner_.reset();
    if (!more) return more.error();
    if (done.events + done.runs + done.signals == 0) return std::optional<Pruned>();
    return std::optional<Pruned>(done);
  }
  return std::optional<Pruned>();
}

}  // namespace blip
