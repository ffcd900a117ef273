// HTML and SVG, written so that log text cannot become markup: markup is what stands in this
// program's own source as a literal, everything else is text and is escaped. Both go into the same
// buffer, so there is no place where an escape can be forgotten.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace blip {

// Text that the compiler has seen; it cannot be made from anything else.
class Literal {
 public:
  template <size_t N>
  consteval Literal(const char (&text)[N]) : text_(text, N - 1) {}  // NOLINT: meant to convert
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

class Html {
 public:
  // Tags, attributes, and words of our own.
  Html& markup(Literal literal);
  // Anything else: made visible (escape.h), then escaped. Right between tags and within double
  // quotes of an attribute alike.
  Html& text(std::string_view raw);
  // A coordinate: at most one decimal, "." whatever the locale; what is not finite is 0.
  Html& number(double value);
  Html& append(const Html& part);

  bool empty() const { return out_.empty(); }
  const std::string& str() const { return out_; }

 private:
  std::string out_;
};

// As Html::text() writes it.
std::string html_text(std::string_view raw);

}  // namespace blip
