// Text that may be anything becomes text on a page, and nothing else.

#include "cli/render/html.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <type_traits>

namespace blip {
namespace {
TEST(HtmlText, IsNeverMarkup) {
  EXPECT_EQ(html_text("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
  EXPECT_EQ(html_text("\" onload='x' &amp;"), "&quot; onload=&#39;x&#39; &amp;amp;");
  EXPECT_EQ(html_text("\x1b[31mred\x1b]0;owned\x07"), "\\x1b[31mred\\x1b]0;owned\\x07");
  EXPECT_EQ(html_text(std::string_view("nul\0<", 5)), "nul\\x00&lt;");
  EXPECT_EQ(html_text("caf\xe9 invoice\u202egpj.exe"), "caf\\xe9 invoice\\u202egpj.exe");
  EXPECT_EQ(html_text("café 死 🦀"), "café 死 🦀");
}

TEST(HtmlText, LeavesNothingThatActsForAnyTwoBytes) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string raw = {static_cast<char>(a), static_cast<char>(b)};
      const std::string shown = html_text(raw);
      ASSERT_EQ(shown.find_first_of("<>\"'"), shown.npos) << a << " " << b;
      for (const char c : shown) {
        ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << a << " " << b;
      }
      // Every & begins a reference of ours.
      for (size_t at = shown.find('&'); at != shown.npos; at = shown.find('&', at + 1)) {
        const std::string_view rest = std::string_view(shown).substr(at);
        ASSERT_TRUE(rest.starts_with("&amp;") || rest.starts_with("&lt;") ||
                    rest.starts_with("&gt;") || rest.starts_with("&quot;") ||
                    rest.starts_with("&#39;"))
            << shown;
      }
    }
  }
}

// That is what keeps log text out of markup: it does not compile.
TEST(Html, TakesMarkupFromLiteralsAlone) {
  static_assert(!std::is_constructible_v<Literal, std::string>);
  static_assert(!std::is_constructible_v<Literal, std::string_view>);
  static_assert(!std::is_constructible_v<Literal, const char*>);
  Html inner;
  inner.markup("<b>").text("a < b").markup("</b>");
  Html out;
  out.markup("<p title=\"").text("\"x\"").markup("\">").append(inner).markup("</p>");
  EXPECT_EQ(out.str(), "<p title=\"&quot;x&quot;\"><b>a &lt; b</b></p>");
}

TEST(Html, NumbersAreShortAndAlwaysNumbers) {
  const auto number = [](double value) { return Html().number(value).str(); };
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(12.04), "12");
  EXPECT_EQ(number(12.06), "12.1");
  EXPECT_EQ(number(-0.5), "-0.5");
  EXPECT_EQ(number(-0.04), "0");
  EXPECT_EQ(number(1e300), "1000000");
  EXPECT_EQ(number(std::nan("")), "0");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "0");
}
}  // namespace
}  // namespace blip
