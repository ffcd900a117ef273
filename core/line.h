// A line as the tailer cuts it: a view into the read buffer, never a copy.
#pragma once

#include <cstdint>
#include <string_view>

namespace blip {

// Borrowed: text lives as long as the call that receives the line. Who remembers, copies.
struct Line {
  // Without its newline, and without a '\r' before it. At least kLinePadding readable bytes follow.
  std::string_view text = {};
  uint64_t offset = 0;  // of its first byte, in the unpacked bytes of its stream
  uint64_t next = 0;    // where reading resumes after it
  uint64_t number = 0;  // 1-based, within the stream
  bool cut = false;     // ended without a newline (its writer died), or was over the length limit
};

// simdjson reads whole vectors, up to this far past the end of a text.
inline constexpr size_t kLinePadding = 64;

}  // namespace blip
