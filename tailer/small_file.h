// The kernel's files: small, made while they are read, gone at any moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blip {

inline constexpr size_t kSmallFile = 64 << 10;  // bytes; what is longer is cut

// Reads `path` into `out`, whose capacity is used again. 0, or the errno.
int read_small_file(const std::string& path, std::string& out);

// The number that follows `key` at the head of a line: "MemTotal:  24684092 kB", "anon 12288".
std::optional<uint64_t> number_of(std::string_view text, std::string_view key);
// The number at the head of the text: "4096\n"; none for "max\n".
std::optional<uint64_t> number_in(std::string_view text);

}  // namespace blip
