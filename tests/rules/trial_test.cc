// A regex on trial: what it finds, what is wrong with it, and how other tools are to read it.

#include "rules/trial.h"

#include <gtest/gtest.h>

#include "rules/matcher.h"
#include "rules/signature.h"

namespace blip {
namespace {

TEST(Trial, ShowsWhatGroupsHold) {
  const Result<Trial> trial = Trial::make(R"(broker (?P<broker>\S+)( twice)? for (\d+)s)");
  ASSERT_TRUE(trial);
  const auto found = trial->match("FATAL broker b1 for 30s!");
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].text, "broker b1 for 30s");
  EXPECT_EQ(found[1].name, "broker");
  EXPECT_EQ(found[1].text, "b1");
  EXPECT_EQ(found[2].text.data(), nullptr);
  EXPECT_EQ(found[3].name, "3");
  EXPECT_EQ(found[3].text, "30");
  EXPECT_TRUE(trial->match("nothing of it").empty());
}

TEST(Trial, RefusesWhatIsNoUse) {
  EXPECT_FALSE(Trial::make("("));
  EXPECT_FALSE(Trial::make("a*"));
  EXPECT_FALSE(Trial::make("(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)"));
  EXPECT_TRUE(Trial::make("acme started%{version}"));
}

TEST(PortableRegex, DropsNamesAndNeedlessEscapes) {
  EXPECT_EQ(portable_regex(R"((?P<service>[\w.@+\-]+)\: "exit" {)"), R"(([\w.@+\-]+): "exit" \{)");
  EXPECT_EQ(portable_regex(R"(\/a\.b\"\d{2,3}x{2}{,3})"), R"(/a\.b"\d{2,3}x{2}\{,3})");
  EXPECT_EQ(portable_regex(R"([[\]"\/&]|[]a]|[^]x]|[[:alpha:]~])"),
            R"([\[\]"/\&]|[\]a]|[^\]x]|[[:alpha:]\~])");
  EXPECT_EQ(portable_regex("(?i)(?:a|b)\\"), "(?i:(?:a|b)\\)");
  EXPECT_EQ(portable_regex("(?i:a)b"), "(?i:a)b");
  EXPECT_EQ(portable_regex("(?P<cut"), "(");
}

// The whole pack, so rewritten, still says of its samples what it did.
TEST(PortableRegex, MatchesWhatItMatched) {
  for (Signature signature : builtin_signatures()) {
    signature.regex = portable_regex(signature.regex);
    EXPECT_EQ(signature.regex.find("(?P<"), std::string::npos) << signature.regex;
    const Matcher matcher(signature);
    Captures captures;
    for (const std::string& sample : signature.match) {
      EXPECT_TRUE(matcher.match(sample, captures)) << signature.id << ": " << sample;
    }
    for (const std::string& sample : signature.no_match) {
      EXPECT_FALSE(matcher.match(sample, captures)) << signature.id << ": " << sample;
    }
  }
}

}  // namespace
}  // namespace blip
