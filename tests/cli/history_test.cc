// Acknowledging, the store's care, and lives compared, as people type them.

#include <simdjson.h>

#include "tests/cli/story.h"

namespace blip {
namespace {
// A copy of a story's store, to be written.
class Copy {
 public:
  explicit Copy(const Story& story) {
    EXPECT_EQ(story.ask({"store", "backup", db(), "-q"}).code, 0);
  }
  std::string db() const { return folder_ / "copy.db"; }
  const TempFolder& folder() const { return folder_; }
  Outcome ask(std::vector<std::string> words) const {
    words.insert(words.end(), {"--db", db(), "--utc"});
    return run_blip(folder_, words);
  }

 private:
  TempFolder folder_;
};

TEST(Ack, LeavesTheOverviewAndStaysInHistory) {
  const Copy copy(story_of("5-slow-collector"));
  const std::string overview = copy.ask({"--since", "2015-01-01"}).out;
  ASSERT_TRUE(has(overview, "drift")) << overview;
  const std::string id = copy.ask({"drifts", "-o", "ndjson", "-n", "1"}).out.substr(7, 16);
  const Outcome acked = copy.ask({"ack", id, "known, \x1b[31mticket 12"});
  EXPECT_EQ(acked.code, 0) << acked.err;
  EXPECT_TRUE(acked.out.starts_with("acknowledged: drift of collector at 2015-03-10")) << acked.out;
  const std::string after = copy.ask({"--since", "2015-01-01"}).out;
  EXPECT_FALSE(has(after, id.substr(0, 6))) << after;
  EXPECT_TRUE(has(after, "1 more acknowledged (blip --all)")) << after;
  EXPECT_TRUE(has(copy.ask({"--all", "--since", "2015-01-01"}).out, id.substr(0, 6)));
  EXPECT_TRUE(has(copy.ask({"drifts"}).out, id.substr(0, 6)));
  const std::string why = copy.ask({"why", id}).out;
  EXPECT_TRUE(has(why, ": known, \\x1b[31mticket 12\n")) << why;
  EXPECT_EQ(copy.ask({"ack", id, "--undo"}).out.find("acknowledged"), std::string::npos);
  EXPECT_EQ(copy.ask({"--since", "2015-01-01"}).out, overview);
  EXPECT_EQ(copy.ask({"ack", "abcdefabcdef"}).code, 2);
  EXPECT_EQ(copy.ask({"ack", "xyz"}).code, 2);
}

TEST(StoreCommand, InfoCheckAndBackup) {
  const Copy copy(story_of("1-saved-by-the-bug/web-1"));
  const Outcome info = copy.ask({"store", "info"});
  EXPECT_TRUE(has(info.out, "schema")) << info.out;
  EXPECT_TRUE(has(info.out, "first event  ")) << info.out;
  EXPECT_EQ(copy.ask({"store", "check"}).out, "sound: " + copy.db() + "\n");
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(copy.ask({"store", "info", "--json"}).out).error(), simdjson::SUCCESS);
  EXPECT_EQ(parser.parse(copy.ask({"store", "check", "--json"}).out).error(), simdjson::SUCCESS);
  const Outcome again = copy.ask({"store", "backup", copy.db()});
  EXPECT_EQ(again.code, 5);
  EXPECT_TRUE(has(again.err, "is there already")) << again.err;
  EXPECT_EQ(copy.ask({"store", "chek"}).code, 2);
  EXPECT_EQ(copy.ask({"store", "backup"}).code, 2);
  // The copy answers as the store does.
  EXPECT_EQ(copy.ask({"restarts", "-o", "csv"}).out,
            story_of("1-saved-by-the-bug/web-1").ask({"restarts", "-o", "csv", "--utc"}).out);
}

TEST(StoreCommand, PruneForgetsOnlyWhatIsAskedFor) {
  const Copy copy(story_of("1-saved-by-the-bug/web-1"));
  EXPECT_EQ(copy.ask({"store", "prune"}).code, 2);
  EXPECT_EQ(copy.ask({"store", "prune", "--older-than", "soon"}).code, 2);
  EXPECT_EQ(copy.ask({"store", "prune", "--max-size", "2XB"}).code, 2);
  const std::string before = copy.ask({"restarts", "-o", "csv"}).out;
  const Outcome dry = copy.ask({"store", "prune", "--older-than", "90d", "--dry-run"});
  EXPECT_TRUE(has(dry.out, "would forget 59 events")) << dry.out;
  EXPECT_EQ(copy.ask({"restarts", "-o", "csv"}).out, before);
  const Outcome none = copy.ask({"store", "prune", "--older-than", "5000d"});
  EXPECT_TRUE(has(none.out, "nothing to forget")) << none.out;
  const Outcome half = copy.ask({"store", "prune", "--max-size", "3MiB"});
  EXPECT_TRUE(has(half.out, "forgot ")) << half.out;
  const std::string kept = copy.ask({"restarts", "-o", "csv"}).out;
  EXPECT_LT(kept.size(), before.size());
  // What is kept is what it was.
  std::istringstream lines(kept);
  for (std::string line; std::getline(lines, line);) EXPECT_TRUE(has(before, line)) << line;
  EXPECT_EQ(copy.ask({"store", "check"}).code, 0);
  const Outcome all = copy.ask({"store", "prune", "--older-than", "90d"});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_TRUE(has(copy.ask({"restarts"}).out, "no restarts")) << copy.ask({"restarts"}).out;
}

TEST(Compare, BuildsMarksAndDays) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  const std::string builds = story.ask({"runs", "app", "--by", "build", "-o", "csv", "--utc"}).out;
  EXPECT_TRUE(has(builds, "76c0b38e,app,06-21 19:50:53,15,")) << builds;
  EXPECT_TRUE(has(builds, "e95c3f10,app,06-27 19:50:55,1,")) << builds;
  EXPECT_TRUE(has(story.ask({"runs", "app", "--by", "day"}).out, "2014-06-23  app"));
  EXPECT_TRUE(has(story.ask({"runs", "app", "--by", "mark"}).out, "before any mark"));
  EXPECT_EQ(story.ask({"runs", "--by", "moon"}).code, 2);
  simdjson::dom::parser parser;
  for (const char* by : {"build", "mark", "day"}) {
    const Outcome outcome = story.ask({"runs", "--by", by, "--json"});
    EXPECT_EQ(parser.parse(outcome.out).error(), simdjson::SUCCESS) << outcome.out;
  }
}

TEST(Compare, OverlayDrawsEachLifeFromItsOwnBeginning) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  const Outcome outcome = story.ask({"runs", "app", "--overlay", "goroutines", "--utc"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(has(outcome.out, "▁")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "█")) << outcome.out;
  const Outcome wrong = story.ask({"runs", "app", "--overlay", "gorotines"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_TRUE(has(wrong.err, "did you mean goroutines?")) << wrong.err;
  simdjson::dom::parser parser;
  const Outcome json =
      story.ask({"runs", "app", "--overlay", "goroutines", "--by", "build", "--json"});
  EXPECT_EQ(parser.parse(json.out).error(), simdjson::SUCCESS) << json.out;
}

TEST(History, EmptyAnswersSayWhy) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  const auto answer = [&](std::vector<std::string> words) {
    words.push_back("--utc");
    return story.ask(words).out;
  };
  EXPECT_EQ(answer({"restarts", "-s", "nobody"}),
            "no restarts of nobody: no service of that name is known (blip runs lists them)\n");
  EXPECT_EQ(answer({"restarts", "-s", "app", "--since", "2014-06-29"}),
            "no restarts of app since 2014-06-29 00:00:00.000; 3 logs watched without a gap\n");
  EXPECT_EQ(answer({"crashes", "--since", "2015-01-01"}),
            "no crashes since 2015-01-01 00:00:00.000; the newest line that was read is of "
            "2014-06-30 19:50:19.000 (blip status)\n");
  for (const char* command : {"bursts", "silences", "drifts"}) {
    EXPECT_TRUE(has(answer({command, "-s", "app"}), "no ")) << command;
  }
}

// A service whose very name is an attack on terminals, shells and spreadsheets.
TEST(History, HostileNamesAreOnlyText) {
  const TempFolder folder;
  std::string log;
  for (int life = 0; life < 3; ++life) {
    for (int line = 0; line < 200; ++line) {
      char stamp[32];
      const int second = life * 4000 + line * 15;
      std::snprintf(stamp, sizeof stamp, "2014-06-24T%02d:%02d:%02d.000Z", 8 + second / 3600,
                    second / 60 % 60, second % 60);
      log +=
          R"({"name":"a\u001b]0;pwned\u0007\u202e`$(id)`","hostname":"h","level":30,"v":0,"pid":)" +
          std::to_string(100 + life) + R"(,"time":")" + stamp + R"(","msg":")" +
          (line == 0 ? std::string("server starting, listening on :8080")
                     : "rss " + std::to_string(line + 10) + R"( MB \u001b[2J)") +
          "\"}\n";
    }
  }
  const std::string db = folder / "a.db";
  ASSERT_EQ(run_blip(folder, {"scan", "-q", "--db", db, folder.write("evil.log", log)}).code, 0);
  simdjson::dom::parser parser;
  const std::vector<std::vector<std::string>> commands = {{"--since", "2014-01-01"},
                                                          {"restarts"},
                                                          {"leaks"},
                                                          {"events"},
                                                          {"incidents"},
                                                          {"timeline"},
                                                          {"runs"},
                                                          {"runs", "--by", "build"},
                                                          {"runs", "--by", "day"},
                                                          {"sql", "SELECT * FROM v_runs"}};
  for (std::vector<std::string> command : commands) {
    command.insert(command.end(), {"--db", db});
    for (const char* format : {"table", "wide", "csv", "md"}) {
      std::vector<std::string> words = command;
      words.insert(words.end(), {"-o", format});
      const Outcome outcome = run_blip(folder, words);
      EXPECT_EQ(outcome.out.find_first_of("\x1b\x07"), std::string::npos) << command[0] << format;
      EXPECT_EQ(outcome.out.find("\u202e"), std::string::npos) << command[0] << format;
      EXPECT_FALSE(has(outcome.out, "blip runs a") || has(outcome.out, "blip timeline a"))
          << outcome.out;
    }
    command.insert(command.end(), {"-o", "json"});
    const Outcome json = run_blip(folder, command);
    EXPECT_EQ(parser.parse(json.out).error(), simdjson::SUCCESS) << json.out;
  }
  EXPECT_TRUE(has(run_blip(folder, {"timeline", "--db", db}).out, "blip runs SERVICE"));
}

TEST(History, EveryListHasEveryFormatAndFails) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  simdjson::dom::parser parser;
  for (const char* command : {"restarts", "crashes", "bursts", "leaks", "drifts", "silences",
                              "events", "incidents", "runs"}) {
    for (const char* format : {"table", "wide", "csv", "md", "json"}) {
      const Outcome outcome = story.ask({command, "-o", format});
      EXPECT_EQ(outcome.code, 0) << command << " -o " << format << outcome.err;
      EXPECT_NE(outcome.out, "") << command << " -o " << format;
    }
    EXPECT_EQ(parser.parse(story.ask({command, "-o", "json"}).out).error(), simdjson::SUCCESS);
    std::istringstream lines(story.ask({command, "-o", "ndjson"}).out);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_EQ(parser.parse(line).error(), simdjson::SUCCESS) << line;
    }
  }
  EXPECT_EQ(story.ask({"restarts", "--fail-on", "restart:error"}).code, 1);
  EXPECT_EQ(story.ask({"incidents", "--fail-on", "crash"}).code, 1);
  EXPECT_EQ(story.ask({"runs", "app", "--fail-on", "restart"}).code, 1);
  EXPECT_EQ(story.ask({"timeline", "app", "--fail-on", "leak"}).code, 1);
  EXPECT_EQ(story.ask({"restarts", "--fail-on", "silence,restart:critical"}).code, 0);
}
}  // namespace
}  // namespace blip
