// blip sql as people and programs meet it. What it refuses is tested in tests/store/query_test.cc.

#include <simdjson.h>

#include "tests/cli/story.h"

namespace blip {
namespace {
TEST(Sql, AnswersInEveryFormat) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  const std::string query =
      "SELECT service, count(*) AS n, NULL AS none, 1.5 AS half FROM v_restarts GROUP BY 1";
  EXPECT_EQ(story.ask({"sql", query}).out, "service  n   none  half\napp      30  -     1.5\n");
  EXPECT_EQ(story.ask({"sql", query, "-o", "csv"}).out, "service,n,none,half\r\napp,30,,1.5\r\n");
  EXPECT_EQ(story.ask({"sql", query, "-o", "ndjson"}).out,
            "{\"service\":\"app\",\"n\":30,\"none\":null,\"half\":1.5}\n");
  EXPECT_EQ(story.ask({"sql", query, "-o", "json"}).out,
            "{\"schema\":1,\"columns\":[\"service\",\"n\",\"none\",\"half\"],\"rows\":[\n"
            "{\"service\":\"app\",\"n\":30,\"none\":null,\"half\":1.5}\n]}\n");
  EXPECT_EQ(story.ask({"sql", query, "-o", "md"}).out,
            "| service | n | none | half |\n| --- | --- | --- | --- |\n| app | 30 | - | 1.5 |\n");
  EXPECT_EQ(story.ask({"sql", "SELECT 1 WHERE 0"}).out, "no rows\n");
}

TEST(Sql, CsvSurvivesCommasQuotesAndLines) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  const Outcome outcome =
      story.ask({"sql",
                 "SELECT 'a,b' AS x, 'say \"hi\"' AS y, 'two' || char(10) || 'lines' AS z, "
                 "'=1+1' AS f, -3 AS n",
                 "-o", "csv"});
  EXPECT_EQ(outcome.out, "x,y,z,f,n\r\n\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",'=1+1,-3\r\n");
}

TEST(Sql, HostileTextIsValidJsonAndHarmlessOnATerminal) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  const std::string query =
      "SELECT CAST(x'1b5d303b70776e65640700ff41' AS TEXT) AS t, x'00ff1b5b316d' AS b, 1 AS t";
  for (const char* format : {"json", "ndjson"}) {
    const Outcome outcome = story.ask({"sql", query, "-o", format});
    simdjson::dom::parser parser;
    EXPECT_EQ(parser.parse(outcome.out).error(), simdjson::SUCCESS) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "\"t_2\":1")) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "\\u0000")) << outcome.out;
  }
  for (const char* format : {"table", "csv", "md"}) {
    const Outcome outcome = story.ask({"sql", query, "-o", format});
    EXPECT_EQ(outcome.out.find_first_of(std::string_view("\x1b\x07\0", 3)), std::string::npos)
        << format;
  }
}

TEST(Sql, SaysWhatIsWrong) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  Outcome outcome = story.ask({"sql", "DELETE FROM events"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "blip: refused: DELETE; blip sql only reads\n");
  outcome = story.ask({"sql",
                       "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                       " SELECT max(i) FROM n",
                       "--max-time", "1s"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(has(outcome.err, "the query was ended after 1 s")) << outcome.err;
  outcome = story.ask({"sql", "VALUES (1), (2), (3)", "-n", "2"});
  EXPECT_EQ(outcome.out, "column1\n1\n2\n");
  EXPECT_EQ(outcome.err, "blip: these are the first 2 rows; more with -n N\n");
  EXPECT_EQ(story.ask({"sql", ""}).code, 2);
  EXPECT_EQ(story.ask({"sql", "SELECT 1", "--max-time", "soon"}).code, 2);
}
}  // namespace
}  // namespace blip
