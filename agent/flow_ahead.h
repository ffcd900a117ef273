// One source on two threads, with the result of one:
//
//   caller's   chunk 3: its skeletons, short cuts | chunk 4 ...   all that needs no line before
//   another    the lines of chunk 1 | of chunk 2 ..............   in order
//
// What is given is taken later, but in the order in which it was given.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "agent/source_flow.h"
#include "core/result.h"
#include "tailer/follower.h"

namespace blip {

class FlowAhead : public FollowSink {
 public:
  static constexpr size_t kChunks = 6;  // in work at once; those that `stay` must do so as long

  // `flow` is borrowed, and left alone by its owner but after wait(). Throws std::system_error
  // where there is no thread to be had.
  explicit FlowAhead(SourceFlow& flow);
  FlowAhead(const FlowAhead&) = delete;
  FlowAhead& operator=(const FlowAhead&) = delete;
  ~FlowAhead() override;  // what was not waited for is not taken

  // They fail for what was given before.
  Status turn_to(const Checkpoint& at, Time mtime) override;
  Status take(const Chunk& chunk) override;
  Status let_go(bool whole) override;
  Status lost(const Lost& lost) override;
  void note(const InputNote& note) override;
  Status moved(const Checkpoint& at) override;

  // Until all is taken: the flow is its owner's, until more is given.
  Status wait();
  // Of the flow, behind what was taken last.
  size_t pending() const { return pending_; }

 private:
  // With few in work the other thread does more of it, so that their number keeps away from none
  // and all, where a thread would sleep.
  static constexpr size_t kFewChunks = 3;
  static constexpr size_t kMostLessons = 256;  // put off before the other thread must wait
  using Task = std::function<Status()>;

  void work();
  Status post(Task task);
  Status take_ready(const ReadyChunk& ready);
  bool failed() const { return error_ || thrown_; }
  Status outcome();

  SourceFlow& flow_;
  std::array<ReadyChunk, kChunks> chunks_;
  uint64_t given_ = 0;               // chunks
  std::atomic<uint64_t> taken_ = 0;  // of them
  std::mutex short_cuts_;  // held while they are looked up ahead, and while some are learned
  std::atomic<uint32_t> habit_;
  std::atomic<size_t> pending_;

  std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  std::deque<Task> tasks_;  // the first is being done
  bool over_ = false;
  std::optional<Error> error_;
  std::exception_ptr thrown_;
  std::thread thread_;  // last: it uses all the others
};

}  // namespace blip
