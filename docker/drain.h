// The thread that reads every FIFO. Its law: it never waits for anything but them, because a FIFO
// that nobody reads hangs `docker stop` and hides deaths. It moves bytes into the raw files and
// knows no disk, no lock that others hold for long, no line. Where a raw file is full because the
// writer cannot keep up, it leaves the FIFO alone for half a second, once, and then drops whole
// frames and counts them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/fd.h"
#include "docker/stream.h"

namespace blip::docker {

struct DrainLimits {
  uint64_t per_stream = 4 << 20;  // bytes that wait in one raw file ...
  uint64_t in_all = 64 << 20;     // ... and in all of them
};

class Drain {
 public:
  // `wake` is called after bytes came or a stream ended; it must not wait.
  Drain(DrainLimits limits, std::function<void()> wake);

  // From any thread.
  void add(std::shared_ptr<Stream> stream);
  void heed_stops();  // a stream's `stopped` was set
  void stop();
  // Bytes that have become lines need no room any more.
  void freed(uint64_t bytes) { waiting_.fetch_sub(bytes, std::memory_order_relaxed); }

  // Until stop().
  void run();

 private:
  void take_new();
  void pull(Stream& stream);
  bool full(const Stream& stream, int parts) const;
  void begin_drop(Stream& stream);
  bool drop_some(Stream& stream);
  bool tell_loss(Stream& stream);
  void end(Stream& stream);
  void look_after();

  const DrainLimits limits_;
  const std::function<void()> wake_;
  Fd epoll_, event_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> waiting_{0};
  size_t most_ = 0;   // in this round: 1024ths of a FIFO that were full
  std::mutex mutex_;  // of fresh_
  std::vector<std::shared_ptr<Stream>> fresh_;
  std::vector<std::shared_ptr<Stream>> streams_;
};

}  // namespace blip::docker
