// Log text is whatever somebody could make a program log:
//
//   ESC ]0;pwned BEL logged in   retitles a terminal      ->  \x1b]0;pwned\x07 logged in
//   invoice RLO gpj.exe          reads backwards          ->  invoice\u202egpj.exe
//   a | b <img src=x>            breaks a Markdown table  ->  a \| b \<img src=x\>
//   =HYPERLINK("http://x")       runs in a spreadsheet    ->  "'=HYPERLINK(""http://x"")"
//
// On the right is literal text. Only what is not printable, or moves or hides what is printed
// around it, is replaced; other scripts and emoji stay.

#include "cli/render/escape.h"

#include <algorithm>
#include <cstdio>

#include "cli/render/utf8.h"

namespace blip {
namespace {
struct Range {
  char32_t first, last;
};
// Printable by their width, yet they reorder or hide their neighbours (Unicode: Bidi_Control,
// Default_Ignorable_Code_Point), or end a line in some viewers.
constexpr Range kInvisible[] = {
    {0x00ad, 0x00ad}, {0x034f, 0x034f}, {0x061c, 0x061c}, {0x115f, 0x1160},   {0x17b4, 0x17b5},
    {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},   {0x3164, 0x3164},
    {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

bool invisible(char32_t code) {
  return std::any_of(std::begin(kInvisible), std::end(kInvisible),
                     [code](Range range) { return code >= range.first && code <= range.last; });
}

std::string escaped(const Glyph& glyph) {
  if (glyph.code == '\t') return "\\t";
  if (glyph.code == '\n') return "\\n";
  if (glyph.code == '\r') return "\\r";
  const char* shape = glyph.code < 0x80 || !glyph.valid ? "\\x%02x"
                      : glyph.code <= 0xffff            ? "\\u%04x"
                                                        : "\\U%08x";
  char text[16];
  std::snprintf(text, sizeof text, shape, static_cast<unsigned>(glyph.code));
  return text;
}
}  // namespace

std::string visible(std::string_view text) {
  if (plain_ascii(text)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Glyph glyph = take_glyph(text);
    if (glyph.valid && glyph.width >= 0 && !invisible(glyph.code)) {
      out += glyph.bytes;
    } else {
      out += escaped(glyph);
    }
  }
  return out;
}

std::string markdown_cell(std::string_view text) {
  static constexpr std::string_view kMarkup = "\\`*_{}[]<>&|~#!$";
  std::string out;
  for (const char c : visible(text)) {
    if (kMarkup.find(c) != kMarkup.npos) out += '\\';
    out += c;
  }
  return out;
}

namespace {
// What RFC 4180 asks for; a spreadsheet does not take `plain` for a formula.
std::string csv_quoted(std::string plain) {
  const bool formula =
      !plain.empty() && std::string_view("=+-@\t\r").find(plain[0]) != std::string::npos;
  // A number of ours is no formula.
  const bool number = plain.size() > 1 && plain[0] == '-' &&
                      plain.find_first_not_of("0123456789.", 1) == std::string::npos;
  if (formula && !number) plain.insert(0, "'");
  if (plain.find_first_of("\",\n\t") == std::string::npos) return plain;
  std::string out = "\"";
  for (const char c : plain) {
    if (c == '"') out += '"';
    out += c;
  }
  return out += '"';
}
}  // namespace

std::string csv_cell(std::string_view text) { return csv_quoted(visible(text)); }

std::string csv_lines_cell(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\n\t"), text.size());
    plain += visible(text.substr(0, end));
    if (end < text.size()) plain += text[end];
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return csv_quoted(std::move(plain));
}

}  // namespace blip
