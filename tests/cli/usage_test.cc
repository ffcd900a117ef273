// The real program: usage errors, help, exit codes, the first thing a person types.

#include "tests/cli/support.h"

namespace blip {
namespace {
struct Case {
  std::vector<std::string> words;
  int code = 0;
  std::string_view on_stdout, on_stderr;  // parts of them; empty: nothing there
};

void check(const TempFolder& folder, const Case& expected) {
  std::string words;
  for (const std::string& word : expected.words) words += word + " ";
  SCOPED_TRACE("blip " + words);
  const Outcome outcome = run_blip(folder, expected.words);
  EXPECT_EQ(outcome.code, expected.code) << outcome.err;
  EXPECT_TRUE(has(outcome.out, expected.on_stdout)) << outcome.out;
  EXPECT_TRUE(has(outcome.err, expected.on_stderr)) << outcome.err;
  EXPECT_EQ(outcome.out.empty(), expected.on_stdout.empty()) << outcome.out;
  EXPECT_EQ(outcome.err.empty(), expected.on_stderr.empty()) << outcome.err;
}

TEST(Usage, SaysWhatToTypeInstead) {
  const TempFolder folder;
  const Case cases[] = {
      {{"restrats"}, 2, "", "blip: no command 'restrats'; did you mean restarts?"},
      {{"restarts", "--sicne", "2h"}, 2, "", "did you mean --since?"},
      {{"restarts", "-o", "junk"}, 2, "", "give one of table, wide, ndjson, json, csv, md"},
      {{"scan"}, 2, "", "blip scan PATH..."},
      {{"scan", "x", "--format", "bunian"}, 2, "", "did you mean bunyan?"},
      {{"scan", "x", "--timezone", "Mars"}, 2, "", "give an offset like +02:00"},
      {{"why", "xyz"}, 2, "", "'xyz' is no id"},
      {{"why", "abc"}, 2, "", "'abc' is no id"},
      {{"events", "--kind", "crsh"}, 2, "", "did you mean crash?"},
      {{"rules", "lst"}, 2, "", "did you mean list?"},
      {{"config", "chek"}, 2, "", "did you mean check?"},
      {{"config", "show", "--force"}, 2, "", "--force is for config init"},
      {{"mark"}, 2, "", "blip mark SERVICE [TEXT]"},
      {{"mark", "api", "--for", "soon"}, 2, "", "--for is 'soon'"},
      {{"mark", "api", "--for", "90d"}, 2, "", "31 days at most"},
      {{"mark", "api", "--for", "2014-06-24"}, 2, "", "give a time like 90s"},
      {{"rules", "show"}, 2, "", "takes the id of a rule"},
      {{"rules", "show", "no.such"}, 2, "", "no rule 'no.such'"},
      {{"help", "nothing"}, 2, "", "no such command"},
      {{"restarts", "--fail-on", "crash:"}, 2, "", "no severity ''"},
  };
  for (const Case& expected : cases) check(folder, expected);
}

TEST(Usage, HelpAndVersionNeedNothing) {
  const TempFolder folder;
  const Case cases[] = {
      {{"help"}, 0, "blip scan --keep /var/log"},
      {{"--help"}, 0, "exit codes"},
      {{"-h"}, 0, "exit codes"},
      {{"scan", "--help"}, 0, "--show-unparsed"},
      {{"help", "why"}, 0, "--context N"},
      {{"version"}, 0, "blip "},
      {{"--version"}, 0, "blip "},
      {{"rules", "list"}, 0, "go."},
      {{}, 0, "blip scan --keep /var/log"},
      {{"--utc"}, 0, "nothing is remembered yet"},
  };
  for (const Case& expected : cases) check(folder, expected);
}

TEST(Usage, HistoryWithoutAStoreSaysHowToMakeOne) {
  const TempFolder folder;
  for (const char* command : {"restarts", "crashes", "events", "runs"}) {
    check(folder, {{command}, 5, "", "make one: blip scan --keep PATH..."});
  }
  check(folder, {{"why", "abcdef"}, 5, "", "blip scan --keep"});
  check(folder, {{"restarts", "--db", folder / "no.db"}, 5, "", "blip scan --db"});
  EXPECT_FALSE(std::filesystem::exists(folder / "no.db"));
  EXPECT_FALSE(std::filesystem::exists(folder / ".local"));
}

TEST(Usage, FullOutputIsAnError) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  const TempFolder folder;
  const std::string command = std::string(BLIP_BINARY) + " help > /dev/full 2> " + (folder / "err");
  const int status = std::system(command.c_str());
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 4);
  EXPECT_TRUE(has(contents_of(folder / "err"), "No space left on device"));
}
}  // namespace
}  // namespace blip
