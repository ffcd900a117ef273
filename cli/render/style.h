// How things are drawn: decided once, from flags, environment and what stdout is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace blip {

enum class Tint { plain, bold, dim, red, yellow, green };

struct Style {
  bool colour = false;
  bool ascii = false;  // draw with ASCII only; text from logs keeps its letters
  size_t width = 0;    // columns to keep within; 0: a pipe, nothing is cut

  std::string paint(Tint tint, std::string_view text) const;
  std::string_view ellipsis() const { return ascii ? "..." : "…"; }
  std::string_view arrow() const { return ascii ? "->" : "→"; }
  std::string_view dash() const { return ascii ? ".." : "…"; }  // between two ends of a range
  std::string_view dot() const { return ascii ? " - " : " · "; }
};

enum class Colour { automatic, always, never };

// For stdout. Reads NO_COLOR, TERM, COLUMNS and the locale's character set.
Style style_of_stdout(Colour colour, bool ascii);

// Columns of the terminal behind `fd`; 0 when there is none.
size_t terminal_width(int fd);

}  // namespace blip
