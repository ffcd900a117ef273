// blip timeline of a story whose every death is known.

#include <simdjson.h>

#include "tests/cli/story.h"

namespace blip {
namespace {
TEST(Timeline, DrawsLivesDeathsAndTheLeak) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  const Outcome outcome = story.ask({"timeline", "app", "--utc"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(has(outcome.out, "31 lives")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, " leak\n")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "28 crashes")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "✖ died silently  ○ planned\n")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "times are UTC, 2014")) << outcome.out;
}

TEST(Timeline, KeepsWithinItsPeriod) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  const Outcome outcome = story.ask(
      {"timeline", "app", "--utc", "--ascii", "--since", "2014-06-22", "--until", "2014-06-23"});
  EXPECT_EQ(static_cast<size_t>(std::count(outcome.out.begin(), outcome.out.end(), 'X')), 6u)
      << outcome.out;  // five deaths, and the legend
  EXPECT_TRUE(has(outcome.out, "06-22")) << outcome.out;
  EXPECT_FALSE(has(outcome.out, "━")) << outcome.out;
}

TEST(Timeline, SaysWhenThereIsNothingToDraw) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  const Outcome outcome = story.ask({"timeline", "nobody"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "no lives of nobody; blip runs lists all lives that are remembered\n");
  EXPECT_EQ(story.ask({"timeline", "-o", "csv"}).code, 2);
}

TEST(Timeline, IsValidJson) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  const Outcome outcome = story.ask({"timeline", "app", "-o", "json"});
  simdjson::dom::parser parser;
  const auto document = parser.parse(outcome.out);
  ASSERT_EQ(document.error(), simdjson::SUCCESS) << outcome.out;
  const auto service = document["services"].at(0);
  EXPECT_EQ(service["lives"].get_array().value().size(), 31u);
  EXPECT_EQ(service["metric"]["name"].get_string().value(), "goroutines");
  EXPECT_EQ(service["metric"]["values"].get_array().value().size(), 100u);
}
}  // namespace
}  // namespace blip
