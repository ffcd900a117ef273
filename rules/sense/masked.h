// The shape of a line or message as a hash: equal for those that differ in values alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace blip {

// The hash of a message's first 64 bytes, every word of them that holds a digit blanked. Values of
// another length give another key for the same template: keys are many, templates few.
uint64_t masked_key(std::string_view message);

// The hash of a line of up to kMaskedLine bytes, every word of it that holds a digit blanked in
// place; 0 for a longer one. Reads up to 63 bytes past its end (kLinePadding). Lines of one hash
// have their words at the same offsets.
inline constexpr size_t kMaskedLine = 256;
uint64_t masked_line(std::string_view line);

}  // namespace blip
