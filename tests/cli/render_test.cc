// How things are drawn: hostile bytes, widths, tables, numbers, times, bars.

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>

#include "cli/render/clock.h"
#include "cli/render/escape.h"
#include "cli/render/progress.h"
#include "cli/render/sparkline.h"
#include "cli/render/style.h"
#include "cli/render/table.h"
#include "cli/render/units.h"
#include "cli/render/utf8.h"

namespace blip {
namespace {
struct Escape {
  std::string_view raw, shown;
};

TEST(Visible, ShowsWhatWouldAct) {
  const Escape cases[] = {
      {"plain text", "plain text"},
      {"a\tb\r\n", "a\\tb\\r\\n"},
      {"\x1b]0;pwned\x07", "\\x1b]0;pwned\\x07"},
      {"\x1b[2J\x1b[31m", "\\x1b[2J\\x1b[31m"},
      {"invoice\u202egpj.exe", "invoice\\u202egpj.exe"},
      {"zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"},
      {"c1 \u009b31m", "c1 \\u009b31m"},
      {"line\u2028end", "line\\u2028end"},
      {"tag \U000e0041", "tag \\U000e0041"},
      {"caf\xe9", "caf\\xe9"},
      {"\xc0\xaf", "\\xc0\\xaf"},                    // overlong
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // surrogate
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // past U+10FFFF
      {"cut \xe6\xad", "cut \\xe6\\xad"},
      {"café 死 🦀", "café 死 🦀"},
      {std::string_view("nul\0!", 5), "nul\\x00!"},
  };
  for (const Escape& expected : cases) EXPECT_EQ(visible(expected.raw), expected.shown);
}

TEST(Visible, LeavesNothingThatActsForAnyByte) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text = {static_cast<char>(a), static_cast<char>(b)};
      const std::string shown = visible(text);
      EXPECT_EQ(visible(shown), shown) << a << " " << b;
      for (const char c : shown) {
        EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << a << " " << b;
      }
    }
  }
}

TEST(MarkdownCell, HasNoMarkup) {
  EXPECT_EQ(markdown_cell("a | b"), "a \\| b");
  EXPECT_EQ(markdown_cell("<img src=x>"), "\\<img src=x\\>");
  EXPECT_EQ(markdown_cell("[x](y) `z` *b*"), "\\[x\\](y) \\`z\\` \\*b\\*");
  EXPECT_EQ(markdown_cell("two\nlines"), "two\\\\nlines");
}

TEST(CsvCell, IsQuotedAndNoFormula) {
  EXPECT_EQ(csv_cell("plain"), "plain");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(csv_cell("=1+2"), "'=1+2");
  EXPECT_EQ(csv_cell("@SUM(A1,A2)"), "\"'@SUM(A1,A2)\"");
  EXPECT_EQ(csv_cell("-6.00"), "-6.00");
  EXPECT_EQ(csv_cell("-1+cmd"), "'-1+cmd");
  EXPECT_EQ(csv_cell("a\nb"), "a\\nb");
}

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(display_width(""), 0u);
  EXPECT_EQ(display_width("app"), 3u);
  EXPECT_EQ(display_width("café"), 4u);
  EXPECT_EQ(display_width("死活"), 4u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
  EXPECT_EQ(display_width("\xff"), 1u);
}

TEST(DisplayWidth, DoesNotDependOnTheLocale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  std::setlocale(LC_ALL, "C");
  EXPECT_EQ(display_width("死活"), 4u);
  std::setlocale(LC_ALL, before.c_str());
}

TEST(CutTo, KeepsWithinColumns) {
  EXPECT_EQ(cut_to("short", 10, "…"), "short");
  EXPECT_EQ(cut_to("handler.go:88", 8, "…"), "handler…");
  EXPECT_EQ(cut_to("死活監視", 4, "…"), "死…");  // a wide character is not halved
  EXPECT_EQ(cut_to("handler", 0, "…"), "…");
  for (size_t width = 1; width < 12; ++width) {
    EXPECT_LE(display_width(cut_to("a死b活c監d視e", width, "…")), width);
  }
}

Table sample() {
  Table table({{"TIME"}, {"LIVED", Align::right}, {"CAUSE", Align::left, true}, {"ID"}});
  table.add({"02:14:07", "4 h 02 m", "panic handler.go:88", "51be07"});
  table.add({"03:01:44", "30 s", "死 | \x1b[31m", ""});
  return table;
}

TEST(Table, IsAlignedInAPipe) {
  EXPECT_EQ(sample().text({}, 2),
            "  TIME         LIVED  CAUSE                ID\n"
            "  02:14:07  4 h 02 m  panic handler.go:88  51be07\n"
            "  03:01:44      30 s  死 | \\x1b[31m\n");
}

TEST(Table, ShrinksOnATerminal) {
  const std::string text = sample().text({.width = 40});
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = rest.find('\n');
    EXPECT_LE(display_width(rest.substr(0, end)), 40u) << rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  EXPECT_NE(text.find("…"), text.npos);
  EXPECT_EQ(sample().text({.ascii = true, .width = 40}).find("…"), text.npos);
}

TEST(Table, ColoursOnlyWhenAsked) {
  Table table({{"A"}});
  table.add({Cell("x", Tint::red)});
  EXPECT_EQ(table.text({}), "A\nx\n");
  EXPECT_EQ(table.text({.colour = true}), "\x1b[1mA\x1b[0m\n\x1b[31mx\x1b[0m\n");
}

TEST(Table, HasNoHeadingWithoutTitles) {
  Table table({{""}, {""}});
  table.add({"a", "b"});
  EXPECT_EQ(table.text({}), "a  b\n");
}

TEST(Table, IsCsvAndMarkdown) {
  EXPECT_EQ(sample().csv(),
            "TIME,LIVED,CAUSE,ID\r\n02:14:07,4 h 02 m,panic handler.go:88,51be07\r\n"
            "03:01:44,30 s,死 | \\x1b[31m,\r\n");
  EXPECT_EQ(sample().markdown(),
            "| TIME | LIVED | CAUSE | ID |\n| --- | ---: | --- | --- |\n"
            "| 02:14:07 | 4 h 02 m | panic handler.go:88 | 51be07 |\n"
            "| 03:01:44 | 30 s | 死 \\| \\\\x1b\\[31m |  |\n");
}

TEST(Units, SpansReadWell) {
  const std::pair<double, std::string_view> cases[] = {
      {0.0004, "0 ms"},
      {0.04, "40 ms"},
      {0.0996, "0.1 s"},
      {1.3, "1.3 s"},
      {9.96, "10 s"},
      {59.7, "1 m 00 s"},
      {190, "3 m 10 s"},
      {3599.6, "1 h 00 m"},
      {14520, "4 h 02 m"},
      {187'200, "2 d 04 h"},
      {86'400 * 214.0, "214 d"},
      {-5, "-5.0 s"},
      {std::nan(""), "?"},
      {HUGE_VAL, "?"},
      {1e300, "?"},
  };
  for (const auto& expected : cases) EXPECT_EQ(span_text(expected.first), expected.second);
  EXPECT_EQ(compact_span(14520), "4h02m");
  EXPECT_EQ(rough_span(1), "1 second");
  EXPECT_EQ(rough_span(600), "10 minutes");
  EXPECT_EQ(rough_span(5.2 * 3600), "5 hours");
  EXPECT_EQ(rough_span(3 * 86'400 + 600), "3 days");
}

TEST(Units, CountsAndSizes) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(2'914'332), "2,914,332");
  EXPECT_EQ(count_text(UINT64_MAX), "18,446,744,073,709,551,615");
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1024), "1.0 KiB");
  EXPECT_EQ(bytes_text(1'181'116'006), "1.1 GiB");
  EXPECT_EQ(bytes_text(412ull << 20), "412 MiB");
  EXPECT_EQ(bytes_text(UINT64_MAX), "16 EiB");
  EXPECT_EQ(number_text(40'812.4), "40,812");
  EXPECT_EQ(number_text(1.93), "1.93");
  EXPECT_EQ(number_text(0.004), "0.004");
  EXPECT_EQ(number_text(-9), "-9");
  EXPECT_EQ(number_text(std::nan("")), "?");
  EXPECT_EQ(slope_text("goroutines", 130), "goroutines +130/min");
  EXPECT_EQ(slope_text("rss", 1.9e6), "rss +1.90 MB/min");
  EXPECT_EQ(counted(1, "file", "files"), "1 file");
}

TEST(Sparkline, SpansTheRange) {
  EXPECT_EQ(sparkline({1, 2, 3, 4, 5, 6, 7, 8}, false), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline({0, 1, 2, 3, 4, 5, 6, 7, 8}, true), " .:-=+*#@");
  EXPECT_EQ(sparkline({5, 5}, false), "▁▁");
  EXPECT_EQ(sparkline({5}, false), "");
  EXPECT_EQ(sparkline({1, std::nan(""), 2}, false), "▁ █");
  const double most = std::numeric_limits<double>::max();
  EXPECT_EQ(sparkline({-most, most}, false), "▁█");
}

Time at(int64_t seconds, int64_t micros = 0) { return time_from_us(seconds * 1'000'000 + micros); }
const Clock kUtc{Zone{.kind = Zone::Kind::fixed}};

TEST(Clock, LeavesTheYearOutWhenThePageHasOne) {
  Clock clock = kUtc;
  EXPECT_EQ(clock.text(at(1'403'639'453)), "2014-06-24 19:50:53");
  clock.cover(at(1'403'639'453));
  EXPECT_EQ(clock.text(at(1'403'639'453)), "06-24 19:50:53");
  EXPECT_EQ(clock.note(), "times are UTC, 2014");
  EXPECT_EQ(clock.text(at(1'500'000'000)), "2017-07-14 02:40:00");  // not covered: told in full
  clock.cover(at(1'500'000'000));
  EXPECT_EQ(clock.text(at(1'403'639'453)), "2014-06-24 19:50:53");
  EXPECT_EQ(clock.note(), "times are UTC");
  EXPECT_EQ(clock.text(kNoTime), "-");
  clock.cover(kNoTime);
  EXPECT_EQ(clock.note(), "times are UTC");
}

TEST(Clock, ShowsOtherZones) {
  Clock clock{Zone{Zone::Kind::fixed, 2h}};
  EXPECT_EQ(clock.exact(at(1'403'639'453, 412'999)), "2014-06-24 21:50:53.412");
  clock.cover(at(1'403'639'453));
  EXPECT_EQ(clock.note(), "times are +02:00, 2014");
  EXPECT_EQ(clock.from_civil(clock.to_civil(at(1'403'639'453))), at(1'403'639'453));
  EXPECT_EQ(kUtc.exact(at(-1)), "1969-12-31 23:59:59.000");
}

TEST(Clock, ReadsOffsets) {
  EXPECT_EQ(parse_offset("+02:00"), 2h);
  EXPECT_EQ(parse_offset("-0530"), -(5h + 30min));
  EXPECT_EQ(parse_offset("+2"), 2h);
  EXPECT_EQ(parse_offset("Z"), 0s);
  for (const std::string_view bad :
       {"", "+", "2", "02:00", "+25:00", "+02:60", "+02:0", "+2:00:", "+02:00x", "Europe/Berlin"}) {
    EXPECT_FALSE(parse_offset(bad)) << bad;
  }
}

TEST(Progress, FitsAndSaysWhatIsKnown) {
  const Progress half{.bytes_done = 412ull << 20, .bytes_total = 824ull << 20, .files = 6};
  const std::string line = progress_line(half, 0.5, 100, false);
  EXPECT_EQ(line,
            "scanning  6 files  412 MiB  █████████████░░░░░░░░░░░░░  50 %  824 MiB/s  ETA 0:00");
  const Progress open{.bytes_done = 88 << 20, .bytes_total = 0, .files = 1};
  EXPECT_EQ(progress_line(open, 1, 100, true), "scanning  1 file  88 MiB  88 MiB/s");
  for (size_t width = 0; width < 120; ++width) {
    EXPECT_LE(display_width(progress_line(half, 1e-9, width, false)), width);
  }
  const Progress shrunk{.bytes_done = 20, .bytes_total = 10, .files = 1};  // it grew meanwhile
  EXPECT_NE(progress_line(shrunk, 1, 100, true).find("100 %"), std::string::npos);
}
}  // namespace
}  // namespace blip
