// epoll -> splice(FIFO -> raw file) -> wake the writer -> nap. dockerd writes each line on its own,
// so a reader that comes for each line costs both of them a system call and a wake-up a line; one
// that naps for milliseconds finds pages full of them, and the pipe holds more than comes
// meanwhile.
//
// While a raw file is full: hold still for a moment, for a disk that only hesitates; then read ->
// count frames -> forget them, and when there is room again a frame of our own says how many are
// missing.

#include "docker/drain.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "docker/log_entry.h"

namespace blip::docker {
namespace {
constexpr size_t kMove = 1 << 20;   // bytes a splice asks for
constexpr int kTurns = 8;           // of one FIFO before the next one's turn
constexpr size_t kFew = 64 * 1024;  // bytes: less than this of a FIFO, and it was all
constexpr int kLookEveryMs = 200;
constexpr int kLeastNapMs = 1, kMostNapMs = 25;
constexpr size_t kSleepy = 128;  // 1024ths of what fits into a FIFO that came in one nap: more, and
                                 // it was too long; less than half of it, and it was too short
constexpr int64_t kHoldMs = 500;       // of a full raw file, until lines are dropped
constexpr int64_t kGiveUpMs = 30'000;  // after StopLogging, for an end that dockerd forgot to close

int64_t wall_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}
int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// The last place in the raw file that lies between two frames; `size` if nothing there makes sense.
uint64_t last_boundary(const Stream& stream, uint64_t size) {
  uint64_t at = stream.consumed.load(std::memory_order_acquire);
  while (at < size) {
    char head[kFrameHeader];
    const ssize_t n = ::pread(stream.raw.get(), head, sizeof head, static_cast<off_t>(at));
    if (n <= 0) return size;
    const size_t frame = frame_size({head, std::min<size_t>(static_cast<size_t>(n), size - at)});
    if (frame == SIZE_MAX) return size;
    if (frame == 0 || at + frame > size) break;
    at += frame;
  }
  return at;
}

// Goes over bytes that are being dropped.
void pass(Stream& stream, std::string_view bytes) {
  stream.lost_bytes += bytes.size();
  while (!bytes.empty()) {
    if (stream.remaining > 0) {
      const size_t n = std::min<uint64_t>(stream.remaining, bytes.size());
      stream.remaining -= n;
      bytes.remove_prefix(n);
      continue;
    }
    stream.head[stream.head_size++] = bytes.front();
    bytes.remove_prefix(1);
    if (stream.head_size < kFrameHeader) continue;
    stream.head_size = 0;
    const size_t size = frame_size({stream.head, kFrameHeader});
    stream.remaining = size == SIZE_MAX ? 0 : size - kFrameHeader;
    ++stream.lost_frames;
  }
  stream.aligned = stream.remaining == 0 && stream.head_size == 0;
}
}  // namespace

Drain::Drain(DrainLimits limits, std::function<void()> wake)
    : limits_(limits),
      wake_(std::move(wake)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, event_.get(), &event);
}

void Drain::add(std::shared_ptr<Stream> stream) {
  waiting_.fetch_add(stream->size - stream->consumed, std::memory_order_relaxed);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    fresh_.push_back(std::move(stream));
  }
  heed_stops();
}

void Drain::heed_stops() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(event_.get(), &one, sizeof one);
}

void Drain::stop() {
  stop_ = true;
  heed_stops();
}

void Drain::run() {
  epoll_event events[64];
  int64_t looked = steady_ms();
  int nap = kLeastNapMs;
  while (!stop_) {
    most_ = 0;
    const int n = ::epoll_wait(epoll_.get(), events, 64, kLookEveryMs);
    for (int i = 0; i < n; ++i) {
      if (events[i].data.ptr == nullptr) {
        uint64_t ignored;
        [[maybe_unused]] const ssize_t got = ::read(event_.get(), &ignored, sizeof ignored);
        take_new();
      } else {
        pull(*static_cast<Stream*>(events[i].data.ptr));
      }
    }
    if (steady_ms() - looked >= kLookEveryMs) {
      looked = steady_ms();
      look_after();
    }
    // Not before the events are done with: they point to streams.
    std::erase_if(streams_, [](const auto& one) { return one->ended.load(); });
    if (n <= 0) continue;
    nap = most_ > kSleepy       ? std::max(nap / 2, kLeastNapMs)
          : most_ < kSleepy / 2 ? std::min(nap * 2, kMostNapMs)
                                : nap;
    pollfd call{event_.get(), POLLIN, 0};
    ::poll(&call, 1, nap);
  }
}

void Drain::take_new() {
  std::vector<std::shared_ptr<Stream>> fresh;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    fresh.swap(fresh_);
  }
  for (std::shared_ptr<Stream>& stream : fresh) {
    // Everything of the container's run before is in its FIFO by now: it goes first.
    for (const auto& other : streams_) {
      if (other->start.container != stream->start.container || other->ended) continue;
      for (int i = 0; i < kTurns && !other->ended; ++i) pull(*other);
    }
    Stream* const fresh_one = stream.get();
    streams_.push_back(std::move(stream));
    if (!fresh_one->fifo) {
      end(*fresh_one);
      continue;
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = fresh_one;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fresh_one->fifo.get(), &event);
  }
}

bool Drain::full(const Stream& stream, int parts) const {
  const uint64_t mine =
      stream.size.load(std::memory_order_relaxed) - stream.consumed.load(std::memory_order_acquire);
  return mine >= limits_.per_stream / parts ||
         waiting_.load(std::memory_order_relaxed) >= limits_.in_all / parts;
}

void Drain::pull(Stream& stream) {
  bool came = false;
  for (int turn = 0; turn < kTurns && !stream.ended; ++turn) {
    if (stream.dropping) {
      if (!drop_some(stream)) break;
      continue;
    }
    if (full(stream, 1)) {
      const int64_t now = steady_ms();
      if (stream.full_since_ms == 0) stream.full_since_ms = now;
      if (now - stream.full_since_ms < kHoldMs) break;
      begin_drop(stream);
      continue;
    }
    // Not before there is room for a while: a disk that crawls must not hold it again and again.
    if (stream.full_since_ms != 0 && !full(stream, 2)) stream.full_since_ms = 0;
    auto at = static_cast<loff_t>(stream.size.load(std::memory_order_relaxed));
    const ssize_t n = ::splice(stream.fifo.get(), nullptr, stream.raw.get(), &at, kMove,
                               SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n > 0) {
      waiting_.fetch_add(static_cast<uint64_t>(n), std::memory_order_relaxed);
      stream.size.fetch_add(static_cast<uint64_t>(n), std::memory_order_release);
      came = true;
      most_ = std::max(most_, static_cast<size_t>(n) * 1024 / stream.fifo_size);
      if (static_cast<size_t>(n) < kFew) break;
    } else if (n == 0) {
      end(stream);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      begin_drop(stream);  // no room, or worse
    }
  }
  if (came) wake_();
}

void Drain::begin_drop(Stream& stream) {
  const uint64_t size = stream.size.load(std::memory_order_relaxed);
  const uint64_t boundary = last_boundary(stream, size);
  stream.dropping = true;
  stream.head_size = 0;
  stream.remaining = stream.lost_frames = stream.lost_bytes = 0;
  stream.aligned = true;
  stream.lost_since_ns = wall_ns();
  // The frame whose rest will be dropped goes too.
  std::string torn(size - boundary, '\0');
  if (torn.empty()) return;
  const ssize_t n =
      ::pread(stream.raw.get(), torn.data(), torn.size(), static_cast<off_t>(boundary));
  if (n != static_cast<ssize_t>(torn.size()) ||
      ::ftruncate(stream.raw.get(), static_cast<off_t>(boundary)) != 0) {
    return;
  }
  stream.size.store(boundary, std::memory_order_release);
  waiting_.fetch_sub(torn.size(), std::memory_order_relaxed);
  pass(stream, torn);
}

// False: nothing there.
bool Drain::drop_some(Stream& stream) {
  const bool room = !full(stream, 2);
  if (room && stream.aligned && tell_loss(stream)) return true;
  char bytes[64 * 1024];
  // With room again only as far as the end of the frame at hand.
  const size_t wanted = !room || stream.aligned ? sizeof bytes
                        : stream.remaining > 0  ? std::min<uint64_t>(stream.remaining, sizeof bytes)
                                                : kFrameHeader - stream.head_size;
  const ssize_t n = ::read(stream.fifo.get(), bytes, wanted);
  if (n > 0) {
    pass(stream, {bytes, static_cast<size_t>(n)});
    most_ += static_cast<size_t>(n) * 1024 / stream.fifo_size;
    return true;
  }
  if (n == 0) end(stream);
  return n < 0 && errno == EINTR;
}

// Puts a frame into the raw file that says what is missing, and ends dropping.
bool Drain::tell_loss(Stream& stream) {
  if (stream.lost_frames > 0) {
    const std::string frame =
        loss_frame(stream.lost_frames, stream.lost_bytes, stream.lost_since_ns);
    const uint64_t at = stream.size.load(std::memory_order_relaxed);
    const ssize_t n =
        ::pwrite(stream.raw.get(), frame.data(), frame.size(), static_cast<off_t>(at));
    if (n != static_cast<ssize_t>(frame.size())) {
      if (n > 0 && ::ftruncate(stream.raw.get(), static_cast<off_t>(at)) != 0) stream.ended = true;
      return false;
    }
    waiting_.fetch_add(frame.size(), std::memory_order_relaxed);
    stream.size.fetch_add(frame.size(), std::memory_order_release);
  }
  stream.dropping = false;
  return true;
}

void Drain::end(Stream& stream) {
  if (stream.dropping && !tell_loss(stream)) {
    // Its raw file has no room for these few bytes. The FIFO is over; look_after() tries again.
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, stream.fifo.get(), nullptr);
    return;
  }
  stream.fifo = Fd();
  stream.ended.store(true, std::memory_order_release);
  wake_();
}

void Drain::look_after() {
  const int64_t now = steady_ms();
  for (const auto& stream : streams_) {
    if (stream->ended) continue;
    if (stream->dropping) pull(*stream);
    if (stream->stopped.load() && stream->stopped_at_ms == 0) stream->stopped_at_ms = now;
    if (stream->stopped_at_ms != 0 && now - stream->stopped_at_ms >= kGiveUpMs) {
      pull(*stream);
      if (!stream->ended) end(*stream);
    }
  }
}

}  // namespace blip::docker
