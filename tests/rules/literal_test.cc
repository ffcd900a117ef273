#include "rules/literal.h"

#include <gtest/gtest.h>

namespace blip {
namespace {

TEST(Literal, IsWhatEveryMatchMustHold) {
  struct Case {
    const char *regex, *literal;
  };
  const Case cases[] = {
      {R"(^panic: (?P<reason>.+))", "panic: "},
      {R"(worker (?P<pid>\d+) exited with code \d+\.?)", " exited with code "},
      {R"(Node\.js v\d+)", "Node.js v"},
      {"left right|left wrong", ""},                // either may be missing
      {"(?:left right|left wrong) turn", " turn"},  // as in a group
      {"(?:long enough)? short", " short"},         // may be left out
      {"(?:long enough)* short", " short"},
      {"(?:long enough){0,3} short", " short"},
      {"(?:long enough){2} short", "long enough"},
      {"abcdef?ghi", "abcde"},  // the f may be missing
      {"abcdef*", "abcde"},
      {"abcdef+ghi", "abcdef"},
      {"(?P<a>plain text) x", "plain text"},
      {R"(tab\there\x41\x{42}BCDEF\pLxy)", "BCDEF"},  // escapes give no text of their own
      {R"([a-z]]yes\[no[]x]tail)", "]yes[no"},
      {R"([[:alpha:]]+ after)", " after"},
      {R"(one\dtwo\ three)", "two three"},
      {"say \"hello there\" now", "hello there"},  // a quote is written \" in JSON
      {"(?i)Listening on", "Listening on"},
      {"plain (?i:MIXED CASE) tail", "plain "},
      {"plain(?i) MIXED CASE", ""},  // from here on any case
      {R"(\Qa.b.c.d\E)", ""},
      {"a{x}bcd", "a{x}bcd"},  // no repeat: braces of their own
  };
  for (const Case& expected : cases) {
    EXPECT_EQ(derive_literal(expected.regex), expected.literal) << expected.regex;
  }
}

TEST(Literal, SurvivesWhatIsNoRegex) {
  for (const char* text :
       {"", "(", ")", "[", "\\", "a{", "(?", "(?P<", "[[:", "\\x", "(?i", "a|", "[^]"}) {
    derive_literal(text);
  }
  EXPECT_EQ(derive_literal(std::string(100'000, '(') + "text"), "");
}

}  // namespace
}  // namespace blip
