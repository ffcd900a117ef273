// Walks the lines of a chunk.
#pragma once

#include <cstring>

#include "core/line.h"
#include "tailer/chunk_reader.h"

namespace blip {

// Calls visit(Line) for each line of the chunk in order; numbers go on from `number`, which is left
// at the last line's. Returns the bytes of over-long lines that were cut off.
// For who knows already where lines end: `find_end(at)` is the first newline from `at` on, or the
// text's end.
template <class FindEnd, class Visit>
uint64_t for_each_line(const Chunk& chunk, uint64_t& number, FindEnd&& find_end, Visit&& visit) {
  const char* const begin = chunk.text.data();
  const char* const end = begin + chunk.text.size();
  uint64_t lost = chunk.lost;
  for (const char* at = begin; at < end;) {
    const char* const stop = find_end(at);
    const bool newline = stop != end;
    const char* const next = newline ? stop + 1 : end;
    size_t size = static_cast<size_t>(stop - at);
    // A lone line of a chunk that the reader had to cut ends at the limit without a newline.
    bool cut = !newline && (chunk.lost > 0 || !chunk.ended);
    if (size > kLineLimit) {
      lost += size - kLineLimit;
      size = kLineLimit;
      cut = true;
    }
    if (size > 0 && at[size - 1] == '\r') --size;
    const uint64_t offset = chunk.offset + static_cast<uint64_t>(at - begin);
    uint64_t after = chunk.offset + static_cast<uint64_t>(next - begin);
    if (!newline && chunk.lost > 0) after += chunk.lost + (chunk.ended ? 1 : 0);
    visit(Line{{at, size}, offset, after, ++number, cut});
    at = next;
  }
  return lost;
}

template <class Visit>
uint64_t for_each_line(const Chunk& chunk, uint64_t& number, Visit&& visit) {
  const char* const end = chunk.text.data() + chunk.text.size();
  const auto find_end = [end](const char* at) {
    const void* newline = std::memchr(at, '\n', static_cast<size_t>(end - at));
    return newline ? static_cast<const char*>(newline) : end;
  };
  return for_each_line(chunk, number, find_end, visit);
}

}  // namespace blip
