// What is remembered of the bytes taken from a stream: enough to see, later, that a file still
// begins with them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/checkpoint.h"

namespace blip {

class TakenBytes {
 public:
  // `text` was taken, and stood just before `end`.
  void take(std::string_view text, uint64_t end);
  // Remembers some places of that text for long.
  void mark(std::string_view text);
  // From now on the bytes before `end` are these.
  void set(std::string_view tail, uint64_t end);
  // Frees the memory of a quiet stream.
  void forget();

  std::string_view tail() const { return tail_; }  // up to kMarkerBytes; empty: not known
  Marker marker() const;

  struct Mark {
    uint64_t end = 0;
    Marker marker;
  };
  const std::vector<Mark>& marks() const { return marks_; }  // oldest first

 private:
  void add(uint64_t end, Marker marker);
  uint64_t next_mark() const { return (marks_.empty() ? 0 : marks_.back().end) + stride_; }

  std::string tail_;
  uint64_t end_ = 0;
  std::vector<Mark> marks_;
  uint64_t stride_ = kMarkerBytes;
};

// A marker of these last bytes.
Marker marker_of(std::string_view tail);

}  // namespace blip
