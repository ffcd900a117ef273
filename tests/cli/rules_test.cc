// blip rules try, new, test and list -o regex, run as a person runs them.

#include "tests/cli/support.h"

namespace blip {
namespace {

constexpr std::string_view kLog =
    "2024-01-02 03:04:00 INFO serving\n"
    "2024-01-02 03:04:05 FATAL broker b1 unreachable for 30s\n"
    "2024-01-02 03:04:06 INFO next\n";

constexpr std::string_view kRule = R"(
- id: acme.lost_broker
  title: the broker is gone
  kind: crash
  severity: error
  regex: 'broker (?P<broker>\S+) unreachable for (\d+)s'
  match: ["FATAL broker b1 unreachable for 30s"]
  no_match: ["INFO broker b1 unreachable, retrying"]
)";

TEST(Rules, TryShowsHitsAndCaptures) {
  const TempFolder folder;
  const std::string log = folder.write("broker.log", kLog);
  const std::vector<std::string> words = {"rules", "try", R"(broker (?P<broker>\S+) \w+ for (\d+))",
                                          log};
  const Outcome tried = run_blip(folder, words);
  EXPECT_EQ(tried.code, 0) << tried.err;
  EXPECT_EQ(tried.out,
            log + ":2  broker b1 unreachable for 30s\n    broker=b1 2=30\n" + "1 line of 3 fits\n");
  std::vector<std::string> coloured = words;
  coloured.insert(coloured.end(), {"--color", "always"});
  EXPECT_TRUE(has(run_blip(folder, coloured).out, "\x1b[32mb1\x1b[0m"));
  EXPECT_EQ(run_blip(folder, {"rules", "try", "(", log}).code, 2);
  EXPECT_EQ(run_blip(folder, {"rules", "try", "x", folder / "none.log"}).code, 4);
  EXPECT_EQ(run_blip(folder, {"rules", "try", "x"}).code, 2);
}

TEST(Rules, TryShowsHostileLinesSafely) {
  const TempFolder folder;
  const std::string log = folder.write("bad.log", "boom \x1b]0;x\x07 \xff\xfe boom\n");
  const Outcome tried = run_blip(folder, {"rules", "try", "boom(.*)", log, "--color", "always"});
  EXPECT_FALSE(has(tried.out, "\x1b]")) << tried.out;
  EXPECT_FALSE(has(tried.out, "\xff")) << tried.out;
}

TEST(Rules, NewMakesARuleThatLoads) {
  const TempFolder folder;
  for (const std::string_view line :
       {"2024-01-02 03:04:05 FATAL broker b1 \"don't\" unreachable for 30s id 4ab3c9-ff0",
        "{\"level\":50,\"time\":1531171074631,\"msg\":\"a [b] (c) * gone {1}\"}"}) {
    const Outcome made = run_blip(folder, {"rules", "new", "--from", std::string(line)});
    ASSERT_EQ(made.code, 0) << made.err;
    const std::string rule = folder.write("mine.yaml", made.out);
    EXPECT_EQ(run_blip(folder, {"rules", "list", "--rules", rule}).code, 0) << made.out;
  }
  EXPECT_EQ(run_blip(folder, {"rules", "new"}).code, 2);
  const Outcome nothing = run_blip(folder, {"rules", "new", "--from", "17"});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_TRUE(has(nothing.err, "no rule can be made")) << nothing.err;
}

TEST(Rules, TestTellsWhatFailed) {
  const TempFolder folder;
  folder.write("rules/logs/broker.log", kLog);
  folder.write("rules/acme.yaml", kRule);
  const std::string path = folder.write("rules/acme.test.yaml", R"(
- name: a lost broker is a crash
  logs: {acme-web: logs/broker.log}
  expect: [{kind: crash, rule: acme.lost_broker, line: 2, service: acme-web}]
  expect_no: [{kind: leak}]
)");
  const Outcome good = run_blip(folder, {"rules", "test", folder / "rules"});
  EXPECT_EQ(good.code, 0) << good.out << good.err;
  EXPECT_TRUE(has(good.out, "1 rule, 2 samples")) << good.out;
  EXPECT_TRUE(has(good.out, "1 test passed")) << good.out;
  EXPECT_EQ(run_blip(folder, {"rules", "test", path}).code, 0);

  folder.write("rules/bad.test.yaml", R"(
- name: none of this is so
  logs: {acme-web: logs/broker.log}
  expect: [{kind: crash, line: 3}, {kind: crash, rule: acme.other}]
  expect_no: [{kind: crash}]
)");
  const Outcome bad = run_blip(folder, {"rules", "test", folder / "rules"});
  EXPECT_EQ(bad.code, 1) << bad.err;
  EXPECT_TRUE(has(bad.out, "expected crash at line 3; got crash at line 2")) << bad.out;
  EXPECT_TRUE(has(bad.out, "expected crash, rule: acme.other")) << bad.out;
  EXPECT_TRUE(has(bad.out, "expected no crash; got one at line 2")) << bad.out;
  EXPECT_TRUE(has(bad.out, "1 of 2 tests failed")) << bad.out;
}

TEST(Rules, TestFilesAreCheckedThemselves) {
  const TempFolder folder;
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"- name: x\n  logs: {a: b}\n  expct: []\n", "did you mean \"expect\"?"},
      {"- name: x\n  logs: {a: b}\n", "cannot fail"},
      {"- name: x\n  logs: {a: b}\n  expect: [{kind: crsh}]\n", "no kind of event"},
      {"- name: x\n  logs: {a: b}\n  expect: [{lin: 3}]\n", "did you mean \"line\"?"},
      {"- logs: {a: b}\n", "no \"name\""},
      {"- name: x\n  lines: [a]\n", "\"lines\" wants service: [0s: line, 10s: line]"},
      {"- name: x\n  lines: {a: [{soon: b}]}\n", "a line wants a time since the beginning"},
      {"- name: x\n  logs: {a: b}\n  until: 5m\n", "\"until\" goes with \"lines\""},
      {"- name: x\n  expect: [{kind: crash}]\n", "no \"logs\" in this test"},
      {"- name: x\n  lines: {a: [{0s: b}]}\n  expect: [{at: now}]\n", "\"at\" wants a time"},
      {"name: x\n", "expected a list"},
  };
  for (const auto& [text, what] : cases) {
    folder.write("rules/x.test.yaml", text);
    const Outcome outcome = run_blip(folder, {"rules", "test", folder / "rules"});
    EXPECT_EQ(outcome.code, 3) << text;
    EXPECT_TRUE(has(outcome.err, what)) << outcome.err;
    EXPECT_TRUE(has(outcome.err, "x.test.yaml:")) << outcome.err;
  }
  // A log that is not there fails its test.
  folder.write("rules/x.test.yaml", "- name: x\n  logs: {a: none}\n  expect: [{kind: crash}]\n");
  EXPECT_EQ(run_blip(folder, {"rules", "test", folder / "rules"}).code, 1);
}

// Blocks of docs/rules.md under "<!-- file: NAME -->" are files of one folder, and their tests
// pass.
TEST(Rules, TheExamplesOfThePageDoWhatItSays) {
  const TempFolder folder;
  std::istringstream page(contents_of(std::string(BLIP_SOURCE_DIR) + "/docs/rules.md"));
  size_t files = 0;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("<!-- file: ")) continue;
    const std::string name = line.substr(11, line.size() - 11 - 4);
    ASSERT_TRUE(std::getline(page, line) && line == "```yaml") << name;
    std::string text;
    while (std::getline(page, line) && line != "```") text += line + "\n";
    folder.write("rules/" + name, text);
    ++files;
  }
  EXPECT_EQ(files, 2u);
  const Outcome tested = run_blip(folder, {"rules", "test", folder / "rules"});
  EXPECT_EQ(tested.code, 0) << tested.out << tested.err;
  EXPECT_TRUE(has(tested.out, "6 tests passed")) << tested.out << tested.err;
}

TEST(Rules, TestLinesHaveAClockOfTheirOwn) {
  const TempFolder folder;
  folder.write("rules/acme.yaml", R"(
- id: acme.lost
  title: lost
  regex: 'broker (?P<broker>\S+) lost'
  not_followed_by: 'broker (?P<broker>\S+) found'
  within: 30s
  by: broker
  match: ["broker b1 lost"]
  no_match: ["broker b1 found"]
)");
  const auto run = [&](const std::string& rest) {
    folder.write("rules/acme.test.yaml",
                 "- name: x\n  lines: {acme: [{5s: broker b1 lost}]}\n" + rest);
    return run_blip(folder, {"rules", "test", folder / "rules"});
  };
  EXPECT_EQ(run("  until: 36s\n  expect: [{rule: acme.lost, at: 5s, end: 35s}]\n").code, 0);
  EXPECT_EQ(run("  until: 35s\n  expect_no: [{rule: acme.lost}]\n").code, 0);
  const Outcome bad = run("  until: 1m\n  expect: [{kind: match, rule: acme.lost, at: 6s}]\n");
  EXPECT_EQ(bad.code, 1);
  EXPECT_TRUE(has(bad.out, "expected match, at: 6s, rule: acme.lost; got match at line 1, at: 5s"))
      << bad.out;
}

TEST(Rules, SequencesAreListedAndShown) {
  const TempFolder folder;
  const std::string rule = folder.write("acme.yaml", R"(
- id: acme.many
  title: many were lost
  regex: 'broker (?P<broker>\S+) lost'
  count: 5
  within: 10m
  by: broker
  match: ["broker b1 lost"]
  no_match: ["broker b1 found"]
)");
  const std::string terms = "5 lines within 10m, for each broker; then quiet for 10m";
  EXPECT_TRUE(has(run_blip(folder, {"rules", "list", "--rules", rule, "-o", "csv"}).out, terms));
  EXPECT_TRUE(has(run_blip(folder, {"rules", "show", "acme.many", "--rules", rule}).out,
                  "  told of     " + terms));
}

TEST(Rules, ListGivesPatternsAlone) {
  const TempFolder folder;
  const std::string rule = folder.write("acme.yaml", kRule);
  const Outcome listed = run_blip(folder, {"rules", "list", "-o", "regex", "--rules", rule});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_TRUE(has(listed.out, "\nbroker (\\S+) unreachable for (\\d+)s\n")) << listed.err;
  EXPECT_FALSE(has(listed.out, "(?P<"));
  EXPECT_EQ(run_blip(folder, {"rules", "show", "go.panic", "-o", "regex"}).code, 2);
}

}  // namespace
}  // namespace blip
