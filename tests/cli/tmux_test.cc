// What a person's own terminal makes of blip: tmux is one that can be asked what stands on it.
//
//   tmux new-session -d -x 80 -y 24 'blip timeline ...'     tmux capture-pane -p
//
// Other tests compare the bytes that blip writes; here a real terminal has worked on them, which
// has its own mind of how wide a character is, when a line wraps and what a redrawn line leaves.

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

#include "cli/render/utf8.h"
#include "tests/cli/story.h"
#include "tests/cli/terminal.h"

namespace blip {
namespace {
bool installed(const std::string& program) {
  return std::system(("command -v " + program + " > /dev/null 2>&1").c_str()) == 0;
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  char bytes[4096];
  for (size_t n = 0; (n = fread(bytes, 1, sizeof bytes, pipe)) > 0;) text.append(bytes, n);
  pclose(pipe);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// A terminal that runs one command, and stays when that has ended.
class Tmux {
 public:
  Tmux(const TempFolder& folder, int columns, int rows, const std::string& command)
      : socket_(folder / "tmux"), ended_(folder / "ended") {
    const std::string settings = folder.write("tmux.conf", "set -g status off\n");
    const std::string script =
        folder.write("run.sh", command + "\necho $? > " + ended_ + "\nexec sleep 600\n");
    std::filesystem::remove(ended_);
    ask("-f " + settings + " new-session -d -x " + std::to_string(columns) + " -y " +
        std::to_string(rows) + " 'sh " + script + "'");
  }
  ~Tmux() { ask("kill-server"); }
  Tmux(const Tmux&) = delete;
  Tmux& operator=(const Tmux&) = delete;

  // As it looks now, without what is blank at the ends of lines.
  std::string screen(const std::string& flags = "") const {
    return ask("capture-pane -p " + flags);
  }
  void press(const std::string& keys) const { ask("send-keys " + keys); }
  bool ended() const { return !exit_code().empty(); }
  std::string exit_code() const {
    const std::string text = contents_of(ended_);
    return text.ends_with('\n') ? text.substr(0, text.size() - 1) : "";
  }
  // The first screen of which `fits` is true, or the last one that was looked at.
  std::string wait_for(const std::function<bool(const std::string&)>& fits) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
      std::string shown = screen();
      if (fits(shown) || std::chrono::steady_clock::now() > deadline) return shown;
      poll(nullptr, 0, 10);
    }
  }
  std::string when_ended() const {
    return wait_for([this](const std::string&) { return ended(); }), screen();
  }

 private:
  std::string ask(const std::string& words) const {
    return output_of(
        "env -u TMUX -u PAGER -u LESS -u NO_COLOR LC_ALL=C.UTF-8 TZ=UTC TERM=xterm "
        "tmux -u -S " +
        socket_ + " " + words + " 2>&1");
  }
  const std::string socket_, ended_;
};

class InTmux : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!installed("tmux")) GTEST_SKIP() << "no tmux here";
  }
  const TempFolder folder_;
};

TEST_P(InTmux, TheTimelineStandsAsItWasDrawn) {
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  const std::vector<std::string> words = {BLIP_BINARY, "timeline", "--utc", "--db", story.db()};
  std::string command;
  for (const std::string& word : words) command += word + " ";
  const Tmux tmux(folder_, GetParam(), 40, command);
  const std::string shown = tmux.when_ended();
  EXPECT_EQ(tmux.exit_code(), "0");
  // Nothing wrapped, moved or got lost: line by line what goes to a terminal of that width.
  std::vector<std::string> plain = words;
  plain.insert(plain.end(), {"--color", "never"});
  const Screen drawn = run_in_terminal(plain, static_cast<unsigned short>(GetParam()), 40);
  const std::vector<std::string> expected = lines_of(drawn.text), lines = lines_of(shown);
  ASSERT_GE(lines.size(), expected.size()) << shown;
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(lines[i], expected[i]);
  // The wider terminal is used, and lanes end above one another.
  const auto lane = std::find_if(lines.begin(), lines.end(),
                                 [](const std::string& line) { return line.starts_with("app "); });
  ASSERT_NE(lane, lines.end()) << shown;
  EXPECT_TRUE(has(*lane, "├") && has(*lane, "✖") && has(*lane, "31 lives")) << *lane;
  const size_t edge = display_width(lane->substr(0, lane->find("  31 lives")));
  EXPECT_GT(edge, static_cast<size_t>(GetParam()) - 24);
  EXPECT_LE(edge, static_cast<size_t>(GetParam()));
  ASSERT_TRUE(std::next(lane)->starts_with(" goroutines")) << shown;
  EXPECT_FALSE(cut_to(*std::next(lane), edge, "").ends_with(" ")) << shown;
  EXPECT_TRUE(cut_to(*std::next(lane), edge + 2, "").ends_with("  ")) << shown;
  // Colour where it carries meaning: a silent death is red.
  EXPECT_TRUE(has(tmux.screen("-e"), "\x1b[31m✖")) << tmux.screen("-e");
}

TEST_P(InTmux, LongListsArePagedAsGitPages) {
  if (!installed("less")) GTEST_SKIP() << "no less here";
  const Story& story = story_of("1-saved-by-the-bug/web-1");
  const std::string command = std::string(BLIP_BINARY) + " restarts --utc --db " + story.db();
  const Tmux tmux(folder_, GetParam(), 24, command);
  const auto prompt = [](const std::string& shown) { return has(shown, "\n:"); };
  std::string shown = tmux.wait_for(prompt);
  ASSERT_TRUE(prompt(shown)) << shown;
  EXPECT_TRUE(shown.starts_with("TIME")) << shown;
  EXPECT_FALSE(has(shown, "ESC[")) << "less shows colours as such";
  EXPECT_FALSE(tmux.ended());
  EXPECT_EQ(lines_of(shown).size(), 24u) << "one screen, and no line wrapped:\n" << shown;
  tmux.press("Space");
  const auto at_end = [](const std::string& text) { return has(text, "times are UTC"); };
  shown = tmux.wait_for(at_end);
  EXPECT_TRUE(at_end(shown)) << shown;
  tmux.press("q");
  tmux.when_ended();
  EXPECT_EQ(tmux.exit_code(), "0");
  // What fits is not paged.
  const Tmux tall(folder_, GetParam(), 100, command);
  shown = tall.when_ended();
  EXPECT_TRUE(at_end(shown) && !prompt(shown)) << shown;
}

TEST_P(InTmux, TheProgressBarIsOneLineAndGoes) {
  std::string lines;
  for (int i = 0; i < 10'000; ++i) {
    char line[80];
    std::snprintf(line, sizeof line, "2024-01-02 03:%02d:%02d INFO worker %d did its job in 3 ms\n",
                  i / 60 % 60, i % 60, i % 7);
    lines += line;
  }
  const std::string log = folder_.write("work.log", "");
  std::ofstream out(log, std::ios::binary);
  for (size_t size = 0; size < 96 << 20; size += lines.size()) out << lines;
  out.close();
  const Tmux tmux(folder_, GetParam(), 24, std::string(BLIP_BINARY) + " scan --utc " + log);
  const auto drawn = [](const std::string& text) { return has(text, "ETA"); };
  const std::string shown =
      tmux.wait_for([&](const std::string& text) { return drawn(text) || tmux.ended(); });
  ASSERT_TRUE(drawn(shown)) << "the scan was over too soon:\n" << shown;
  const std::vector<std::string> rows = lines_of(shown);
  EXPECT_TRUE(rows[0].starts_with("scanning  1 file  ")) << rows[0];
  EXPECT_TRUE(has(rows[0], " %  ") && has(rows[0], "/s  ETA ")) << rows[0];
  EXPECT_TRUE(has(rows[0], "░")) << rows[0];
  EXPECT_LT(display_width(rows[0]), static_cast<size_t>(GetParam()));
  for (size_t i = 1; i < rows.size(); ++i) EXPECT_EQ(rows[i], "") << "redrawn in place";
  const std::string after = tmux.when_ended();
  EXPECT_FALSE(has(after, "scanning") || has(after, "ETA")) << after;
  EXPECT_TRUE(after.starts_with("no restarts, crashes or leaks in")) << after;
}

INSTANTIATE_TEST_SUITE_P(Columns, InTmux, testing::Values(80, 140));
}  // namespace
}  // namespace blip
