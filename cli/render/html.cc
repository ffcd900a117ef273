// A log line                          the page's source
//   <script>alert(1)</script>           &lt;script&gt;alert(1)&lt;/script&gt;
//   "onload="x" & ESC [31m              &quot;onload=&quot;x&quot; &amp; \x1b[31m
//
// What acts on a terminal or hides text is shown first (escape.cc: NUL, escapes, bytes that are no
// UTF-8, bidirectional marks), so the page is valid UTF-8 whatever the log held.

#include "cli/render/html.h"

#include <cmath>

#include "cli/render/escape.h"

namespace blip {

std::string html_text(std::string_view raw) {
  std::string out;
  for (const char c : visible(raw)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Html& Html::markup(Literal literal) {
  out_ += literal.text();
  return *this;
}

Html& Html::text(std::string_view raw) {
  out_ += html_text(raw);
  return *this;
}

Html& Html::number(double value) {
  // Far out of any picture, and still a number that every renderer reads.
  static constexpr double kMost = 1e6;
  const double bounded = std::isfinite(value) ? std::fmax(-kMost, std::fmin(kMost, value)) : 0;
  const auto tenths = std::llround(bounded * 10);
  if (tenths < 0) out_ += '-';
  out_ += std::to_string(std::llabs(tenths) / 10);
  if (tenths % 10 != 0) out_.append(".").append(std::to_string(std::llabs(tenths) % 10));
  return *this;
}

Html& Html::append(const Html& part) {
  out_ += part.out_;
  return *this;
}

}  // namespace blip
