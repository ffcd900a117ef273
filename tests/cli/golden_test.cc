// What every history command shows of the five stories, on terminals of 80 and 140 columns, each
// with and without colour, and in ASCII: tests/cli/golden/STORY.txt. When a change is meant:
//
//   BLIP_GOLDEN=write build/release/tests/cli_tests --gtest_filter='Golden*'
//
// and read the difference.

#include "tests/cli/story.h"
#include "tests/cli/terminal.h"

namespace blip {
namespace {
struct Variant {
  std::string_view name;
  unsigned short columns;
  std::vector<std::string> flags;
};

const std::vector<Variant>& variants() {
  static const std::vector<Variant> all = {
      {"80 columns", 80, {"--color", "never"}},
      {"140 columns", 140, {"--color", "never"}},
      {"80 columns, colour", 80, {"--color", "always"}},
      {"140 columns, colour", 140, {"--color", "always"}},
      {"80 columns, ascii", 80, {"--color", "never", "--ascii"}},
  };
  return all;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = 0; (at = text.find(what, at)) != text.npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// The newest restart, by its id: one that has a cause where there is one.
std::string newest_restart(const Story& story) {
  const Outcome outcome = story.ask(
      {"sql",
       "SELECT substr(id, 1, 12) FROM v_restarts ORDER BY cause = 'unknown', time DESC, id"
       " LIMIT 1",
       "-o", "csv"});
  return outcome.out.size() > 16 ? outcome.out.substr(outcome.out.find('\n') + 1, 12) : "";
}

std::string screens(const Story& story) {
  const std::vector<std::vector<std::string>> commands = {
      {"--since", "2000-01-01"},
      {"restarts", "-n", "4"},
      {"crashes", "-n", "3"},
      {"leaks"},
      {"drifts"},
      {"bursts"},
      {"silences"},
      {"events", "-n", "4"},
      {"incidents", "-n", "4"},
      {"timeline"},
      {"runs", "-n", "4"},
      {"runs", "--by", "day", "-n", "12"},
      {"runs", "--by", "build", "-n", "12"},
      {"why", newest_restart(story)},
  };
  std::string out;
  for (const std::vector<std::string>& command : commands) {
    for (const Variant& variant : variants()) {
      std::vector<std::string> words = {BLIP_BINARY};
      words.insert(words.end(), command.begin(), command.end());
      words.insert(words.end(), variant.flags.begin(), variant.flags.end());
      words.insert(words.end(), {"--utc", "--no-pager", "--db", story.db()});
      const Screen screen = run_in_terminal(words, variant.columns, 50);
      EXPECT_EQ(screen.code, 0) << screen.text;
      std::string title = "$ blip";
      for (const std::string& word : command) title += " " + word;
      out += title + "   [" + std::string(variant.name) + "]\n" +
             replaced(replaced(screen.text, story.db(), "STORE"), "\x1b", "<ESC>") + "\n";
    }
  }
  return replaced(out, story.folder().path(), "FOLDER");
}

size_t widest_line(const std::string& text) {
  size_t widest = 0, width = 0;
  for (const char c : text) {
    if (c == '\n') width = 0;
    // Every character of ours is one column wide.
    if (c != '\n' && (static_cast<unsigned char>(c) & 0xc0) != 0x80)
      widest = std::max(widest, ++width);
  }
  return widest;
}

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, EveryCommandOfTheStory) {
  const Story story(GetParam());
  const std::string name = std::string(GetParam()).substr(0, std::string(GetParam()).find('/'));
  const std::string path = std::string(BLIP_SOURCE_DIR) + "/tests/cli/golden/" + name + ".txt";
  const std::string shown = screens(story);
  const char* mode = std::getenv("BLIP_GOLDEN");
  if (mode != nullptr && std::string(mode) == "write") {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << shown;
    return;
  }
  const std::string expected = contents_of(path);
  if (shown == expected) return;
  // The first line that differs says more than two pages of text.
  std::istringstream ours(shown), theirs(expected);
  std::string a, b, heading;
  for (;;) {
    const bool more_a = static_cast<bool>(std::getline(ours, a));
    const bool more_b = static_cast<bool>(std::getline(theirs, b));
    if (b.starts_with("$ blip")) heading = b;
    if (!more_a || !more_b || a != b) break;
  }
  ADD_FAILURE() << heading << "\nexpected: " << b << "\n     got: " << a
                << "\nif it is meant: BLIP_GOLDEN=write (see the head of this file)";
}

INSTANTIATE_TEST_SUITE_P(Stories, Golden,
                         testing::Values("1-saved-by-the-bug/web-1", "2-weathering-the-storm",
                                         "3-off-and-on-again", "4-live-demo", "5-slow-collector"));

TEST(Terminal, TablesAndDrawingsKeepWithin80Columns) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"restarts"},
                                             {"crashes"},
                                             {"events"},
                                             {"timeline"},
                                             {"incidents"},
                                             {"runs", "app"},
                                             {"runs", "--by", "day"},
                                             {"runs", "app", "--overlay", "goroutines"},
                                             {"--since", "2014-06-01"}}) {
    std::vector<std::string> words = {BLIP_BINARY};
    words.insert(words.end(), command.begin(), command.end());
    words.insert(words.end(), {"--utc", "--no-pager", "--color", "never", "--db", story.db()});
    const Screen screen = run_in_terminal(words, 80, 50);
    EXPECT_EQ(screen.code, 0) << screen.text;
    EXPECT_LE(widest_line(screen.text), 80u) << screen.text;
  }
}

TEST(Terminal, LongOutputGoesThroughThePager) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  const TempFolder folder;
  const std::string pager = "PAGER=sed 's/^/paged: /'";
  const std::vector<std::string> restarts = {BLIP_BINARY, "restarts", "--db", story.db()};
  EXPECT_EQ(run_in_terminal(restarts, 80, 10, {pager}).text.substr(0, 7), "paged: ");
  EXPECT_EQ(run_in_terminal(restarts, 80, 200, {pager}).text.find("paged: "), std::string::npos);
  std::vector<std::string> direct = restarts;
  direct.push_back("--no-pager");
  EXPECT_EQ(run_in_terminal(direct, 80, 10, {pager}).text.find("paged: "), std::string::npos);
  // A pager that is not there is no reason to show nothing, and one that leaves early is no error.
  const Screen missing = run_in_terminal(restarts, 80, 10, {"PAGER=/no/such/pager"});
  EXPECT_TRUE(has(missing.text, "times are UTC")) << missing.text;
  EXPECT_EQ(run_in_terminal(restarts, 80, 10, {"PAGER=true"}).code, 0);
  // Nobody pages what goes into a pipe.
  EXPECT_EQ(story.ask({"restarts"}, {pager}).out.find("paged: "), std::string::npos);
}
}  // namespace
}  // namespace blip
