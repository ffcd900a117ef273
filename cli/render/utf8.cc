// UTF-8 by hand, because a log may hold any byte:
//
//   "caf\xc3\xa9"   four characters, four columns
//   "caf\xe9"       the last byte is no UTF-8: a glyph of its own, not valid
//   "\xe6\xad\xbb"  one character, two columns
//
// What an invalid byte or a control character looks like is escape.cc's matter.

#include "cli/render/utf8.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>

namespace blip {
namespace {
// Widths must not depend on the user's locale: a pipe under LANG=C prints the same bytes.
int width_of(char32_t code) {
  if (code < 0x80) return code >= 0x20 && code != 0x7f ? 1 : -1;
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (utf8 == nullptr) return code < 0xa0 ? -1 : 1;
  const locale_t before = uselocale(utf8);
  const int width = ::wcwidth(static_cast<wchar_t>(code));
  uselocale(before);
  return width;
}

// Bytes that a character with this first byte has; 0: no first byte.
size_t length_by(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}
}  // namespace

Glyph take_glyph(std::string_view& rest) {
  const auto byte = [&rest](size_t i) { return static_cast<unsigned char>(rest[i]); };
  const auto invalid = [&rest, &byte] {
    const Glyph glyph{.bytes = rest.substr(0, 1), .code = byte(0), .valid = false, .width = -1};
    rest.remove_prefix(1);
    return glyph;
  };
  static constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // smaller: overlong
  const size_t length = length_by(byte(0));
  if (length == 0 || length > rest.size()) return invalid();
  char32_t code = length == 1 ? byte(0) : byte(0) & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return invalid();
    code = code << 6 | (byte(i) & 0x3f);
  }
  if (code < kLeast[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    return invalid();
  }
  const Glyph glyph{
      .bytes = rest.substr(0, length), .code = code, .valid = true, .width = width_of(code)};
  rest.remove_prefix(length);
  return glyph;
}

bool plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

size_t display_width(std::string_view text) {
  if (plain_ascii(text)) return text.size();
  size_t columns = 0;
  while (!text.empty()) {
    const int width = take_glyph(text).width;
    columns += width < 0 ? 1 : static_cast<size_t>(width);
  }
  return columns;
}

std::string cut_to(std::string_view text, size_t columns, std::string_view mark) {
  if (display_width(text) <= columns) return std::string(text);
  const size_t room = columns - std::min(columns, display_width(mark));
  size_t used = 0, kept = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const Glyph glyph = take_glyph(rest);
    const size_t width = glyph.width < 0 ? 1 : static_cast<size_t>(glyph.width);
    if (used + width > room) break;
    used += width;
    kept += glyph.bytes.size();
  }
  return std::string(text.substr(0, kept)).append(mark);
}

}  // namespace blip
