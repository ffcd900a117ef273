// docs/commands.md shows what blip prints, and this keeps it true. A block of the page
//
//   <!-- story: 1-saved-by-the-bug/web-1 -->
//   ```console
//   $ blip restarts -n 3
//   ...
//
// is what that command says of that story, at 80 columns in UTC. When a change is meant:
//
//   BLIP_GOLDEN=write build/release/tests/cli_tests --gtest_filter='Docs*'

#include "tests/cli/story.h"
#include "tests/cli/terminal.h"

namespace blip {
namespace {
// As a shell splits them: blanks, and single or double quotes.
std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool open = false;
  for (const char c : line) {
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
      open = true;
    } else if (c == quote) {
      quote = 0;
    } else if (c == ' ' && quote == 0) {
      if (open) words.push_back(std::exchange(word, {}));
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) words.push_back(word);
  return words;
}

std::string shown(const Story& story, const std::string& command) {
  std::vector<std::string> words = split(command);
  words.front() = BLIP_BINARY;
  words.insert(words.end(), {"--utc", "--no-pager", "--color", "never", "--db", story.db()});
  std::string text = run_in_terminal(words, 80, 50).text;
  for (size_t at = 0; (at = text.find(story.db(), at)) != text.npos;) {
    text.replace(at, story.db().size(), "/var/lib/blip/blip.db");
  }
  return text;
}

TEST(Docs, TheCommandsPageShowsWhatBlipPrints) {
  const std::string path = std::string(BLIP_SOURCE_DIR) + "/docs/commands.md";
  const char* mode = std::getenv("BLIP_GOLDEN");
  const bool write = mode != nullptr && std::string(mode) == "write";
  std::istringstream page(contents_of(path));
  std::string made, story = "1-saved-by-the-bug/web-1";
  size_t blocks = 0;
  for (std::string line; std::getline(page, line);) {
    made += line + "\n";
    if (line.starts_with("<!-- story: ")) story = line.substr(12, line.size() - 12 - 4);
    if (line != "```console") continue;
    std::string command, expected;
    ASSERT_TRUE(std::getline(page, command));
    ASSERT_TRUE(command.starts_with("$ blip")) << command;
    for (std::string row; std::getline(page, row) && row != "```";) expected += row + "\n";
    const std::string now = shown(story_of(story), command.substr(2));
    if (!write) {
      EXPECT_EQ(now, expected) << command;
    }
    made += command + "\n" + now + "```\n";
    ++blocks;
  }
  EXPECT_GT(blocks, 15u);
  if (write) std::ofstream(path, std::ios::binary) << made;
}

// Every command has its place on the page.
TEST(Docs, NoCommandIsLeftOut) {
  const TempFolder folder;
  const std::string page = contents_of(std::string(BLIP_SOURCE_DIR) + "/docs/commands.md");
  std::istringstream help(run_blip(folder, {"help"}).out);
  bool listed = false;
  for (std::string line; std::getline(help, line);) {
    if (line == "commands") listed = true;
    if (line.starts_with("flags everywhere")) break;
    if (!listed || !line.starts_with("  ")) continue;
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    EXPECT_TRUE(has(page, "`blip " + name)) << name;
  }
}
}  // namespace
}  // namespace blip
