// The lines around an event, read again from where they were met.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"

namespace blip {

inline constexpr size_t kContextLimit = 1'000;  // lines either side
inline constexpr size_t kContextBytes = 512;    // of each line kept

struct NumberedLine {
  uint64_t number = 0;  // 1-based, in the unpacked file
  std::string text;     // raw, cut to kContextBytes
};

// Up to `count` lines either side of line `number` of a plain or packed file. An error when the
// file is gone, or has no such line any more.
Result<std::vector<NumberedLine>> lines_around(const std::string& path, uint64_t number,
                                               size_t count);

}  // namespace blip
