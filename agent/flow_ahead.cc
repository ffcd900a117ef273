// What the threads share beside the queue: short cuts. Looking them up is for one thread and
// learning them for the other, under one lock; who learns seldom waits, for a lesson can be put
// off.

#include "agent/flow_ahead.h"

#include <cstring>
#include <utility>

#include "core/line.h"

namespace blip {

FlowAhead::FlowAhead(SourceFlow& flow)
    : flow_(flow),
      habit_(flow.habit()),
      pending_(flow.pending()),
      thread_(&FlowAhead::work, this) {}

FlowAhead::~FlowAhead() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
  flow_.take_in();
}

Status FlowAhead::turn_to(const Checkpoint& at, Time mtime) {
  return post([this, at, mtime] { return flow_.turn_to(at, mtime); });
}

Status FlowAhead::let_go(bool whole) {
  return post([this, whole] { return flow_.let_go(whole); });
}

Status FlowAhead::lost(const Lost& lost) {
  return post([this, lost] { return flow_.lost(lost); });
}

void FlowAhead::note(const InputNote& note) {
  (void)post([this, note] {
    flow_.note(note);
    return Status(Done{});
  });
}

Status FlowAhead::moved(const Checkpoint& at) {
  return post([this, at] { return flow_.moved(at); });
}

Status FlowAhead::take(const Chunk& chunk) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return given_ - taken_ < kChunks || failed(); });
    if (failed()) return outcome();
  }
  ReadyChunk& ready = chunks_[given_++ % kChunks];
  ready.chunk = chunk;
  if (!chunk.stays) {
    const size_t size = chunk.text.size();
    if (ready.bytes.size() < size + kLinePadding) ready.bytes.resize(size + kLinePadding);
    std::memcpy(ready.bytes.data(), chunk.text.data(), size);
    ready.chunk.text = {ready.bytes.data(), size};
  }
  ready.skeletons.read(ready.chunk.text);
  {
    const std::lock_guard lock(short_cuts_);
    // The other thread is not to wait for us: it looks up the rest itself.
    flow_.look_ahead(ready, habit_, [this] { return given_ - taken_ <= kFewChunks; });
  }
  return post([this, &ready] { return take_ready(ready); });
}

Status FlowAhead::take_ready(const ReadyChunk& ready) {
  Status taken = flow_.take(ready);
  habit_ = flow_.habit();
  pending_ = flow_.pending();
  if (flow_.lessons() > 0) {
    std::unique_lock lock(short_cuts_, std::try_to_lock);
    if (!lock && flow_.lessons() > kMostLessons) lock.lock();
    if (lock) flow_.take_in();
  }
  ++taken_;
  return taken;
}

Status FlowAhead::outcome() {
  if (thrown_) std::rethrow_exception(thrown_);
  return error_ ? Status(*error_) : Status(Done{});
}

Status FlowAhead::post(Task task) {
  const std::lock_guard lock(mutex_);
  if (failed()) return outcome();
  tasks_.push_back(std::move(task));
  changed_.notify_all();
  return Done{};
}

Status FlowAhead::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return tasks_.empty() || failed(); });
  return outcome();
}

void FlowAhead::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return over_ || !tasks_.empty(); });
    if (over_) return;
    const Task& task = tasks_.front();
    lock.unlock();
    try {
      const Status done = task();
      lock.lock();
      if (!done) error_ = done.error();
    } catch (...) {
      if (!lock) lock.lock();
      thrown_ = std::current_exception();
    }
    if (failed()) over_ = true;
    tasks_.pop_front();
    changed_.notify_all();
  }
}

}  // namespace blip
