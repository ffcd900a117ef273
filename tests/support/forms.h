// Writes what text_form.h reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace blip::testing {

// `text` is UTF-8 of the basic plane and beyond; `marked`: begins with its byte order mark.
inline std::string utf16(std::string_view text, bool big, bool marked) {
  std::string out;
  const auto put = [&](uint32_t unit) {
    const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xff);
    out += big ? high : low;
    out += big ? low : high;
  };
  if (marked) put(0xfeff);
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t code = size == 1 ? first : first & (0x7fu >> size);
    for (size_t j = 1; j < size; ++j) code = code << 6 | (text[i + j] & 0x3f);
    i += size;
    if (code >= 0x10000) put(0xd800 + ((code - 0x10000) >> 10));
    put(code >= 0x10000 ? 0xdc00 + ((code - 0x10000) & 0x3ff) : code);
  }
  return out;
}

inline std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7f));
  return out += static_cast<char>(value);
}
inline std::string framed(std::string_view message) {
  std::string size;
  for (int shift = 24; shift >= 0; shift -= 8) size += static_cast<char>(message.size() >> shift);
  return size + std::string(message) + size;
}
enum class DockerPiece { whole, first, last };
// One record of Docker's local log driver: `line` without its newline.
inline std::string docker_record(std::string_view line, DockerPiece piece = DockerPiece::whole,
                                 uint64_t time_ns = 1795195250143875099,
                                 std::string_view source = "stdout") {
  const auto bytes = [](char field, std::string_view value) {
    return std::string(1, static_cast<char>(field << 3 | 2)) + varint(value.size()) +
           std::string(value);
  };
  std::string message = bytes(1, source) + "\x10" + varint(time_ns);
  if (!line.empty()) message += bytes(3, line);
  if (piece != DockerPiece::whole) {
    const std::string last = piece == DockerPiece::last ? "\x08\x01" : "";
    message += "\x20\x01" + bytes(5, last + bytes(2, "an id") + "\x18\x02");
  }
  return framed(message);
}

}  // namespace blip::testing
