// Characters of text that may be anything, and how many columns they take.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace blip {

// One character as it stands in a text. `bytes` points into that text.
struct Glyph {
  std::string_view bytes;  // one byte when it is no UTF-8
  char32_t code = 0;       // that byte when it is no UTF-8
  bool valid = false;      // strictly: no surrogate, nothing overlong, nothing past U+10FFFF
  int width = 0;           // columns: 0 for combining marks, 2 for wide ones, -1: not printable
};

// Takes the first character off `rest`, which must not be empty.
Glyph take_glyph(std::string_view& rest);

// Nothing in it but printable ASCII, as most of what is printed.
bool plain_ascii(std::string_view text);

// Columns that `text` takes; what is not printable counts as one.
size_t display_width(std::string_view text);

// `text`, or as much of it as leaves room for `mark` within `columns`, and `mark`.
std::string cut_to(std::string_view text, size_t columns, std::string_view mark);

}  // namespace blip
