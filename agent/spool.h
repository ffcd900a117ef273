// A log of our own for what has no file: bytes of a FIFO, entries of a journal, the host's numbers.
// They are written here first, as whole lines, and followed like any other log: "every line once"
// then needs no second mechanism. Where to go on after a kill stands in the last line.
//
// Not for several processes at once; not for several threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/fd.h"
#include "core/result.h"

namespace blip {

class Spool {
 public:
  static constexpr uint64_t kLimit = 16 << 20;  // bytes of a file; there are at most two

  // Opens or makes `path` and its folder, for its owner alone.
  static Result<Spool> open(std::string path, uint64_t limit = kLimit);

  const std::string& path() const { return path_; }
  std::string rotated() const { return path_ + ".1"; }
  // Its last whole line without the newline, at most 64 KiB of it; "" where there is none.
  std::string last_line() const;
  // Cuts off what follows the last newline: an append that a kill ended.
  Status cut_torn_line();

  // Both are durable when they return: what the store says of these bytes must not outlive them.
  Status append(std::string_view lines);
  // Moves up to `at_most` bytes out of a pipe within the kernel: a kill can't fall between reading
  // and writing. Gives how many; 0: nothing there now. `ended`: no writer is left and all is read.
  Result<uint64_t> splice_from(int pipe, uint64_t at_most, bool& ended);

  // No room until what was rotated away is read: leave things where they come from.
  bool full() const { return size_ >= limit_ && has_rotated_; }
  // A file at its limit is renamed. `rotated_is_read`: the one renamed before can go.
  Status tidy(bool rotated_is_read);

 private:
  Status reopen();
  Error failed(const char* what) const;

  std::string path_;
  uint64_t limit_ = kLimit, size_ = 0;
  bool has_rotated_ = false;
  Fd file_;
};

}  // namespace blip
