// What shells make of blip's completion, in real shells; help, --help and the manual page, which
// are one text.

#include "tests/cli/story.h"
#include "tests/cli/terminal.h"

namespace blip {
namespace {
bool installed(const std::string& program) {
  return std::system(("command -v " + program + " > /dev/null 2>&1").c_str()) == 0;
}

// The words that bash offers for the last of `words`.
std::string bash_offers(const TempFolder& folder, const std::string& words) {
  const std::string script = "source <('" + std::string(BLIP_BINARY) +
                             "' completion bash)\n"
                             "cd " +
                             folder.path() +
                             "\n"
                             "COMP_WORDS=(" +
                             words +
                             ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_blip\n"
                             "echo \"${COMPREPLY[@]}\"\n";
  const std::string path = folder.write("try.bash", script);
  const Screen screen = run_in_terminal({"bash", "--norc", path}, 300, 50);
  return screen.text.substr(0, screen.text.find('\n'));
}

TEST(Completion, InBash) {
  if (!installed("bash")) GTEST_SKIP() << "no bash here";
  const TempFolder folder;
  EXPECT_EQ(bash_offers(folder, "blip time"), "timeline");
  EXPECT_EQ(bash_offers(folder, "blip r"), "restarts runs report rules");
  EXPECT_EQ(bash_offers(folder, "blip scan --show"), "--show-unparsed");
  EXPECT_EQ(bash_offers(folder, "blip restarts --si"), "--since");
  EXPECT_EQ(bash_offers(folder, "blip restarts --show"), "");  // of another command
  EXPECT_EQ(bash_offers(folder, "blip restarts -o nd"), "ndjson");
  EXPECT_EQ(bash_offers(folder, "blip --color al"), "always");
  EXPECT_EQ(bash_offers(folder, "blip runs --by ''"), "build mark day");
  EXPECT_EQ(bash_offers(folder, "blip store ''"), "info check backup prune try.bash") << "or files";
  EXPECT_EQ(bash_offers(folder, "blip help incid"), "incidents");
  EXPECT_EQ(bash_offers(folder, "blip scan " + folder.path() + "/tr"), folder.path() + "/try.bash");
  EXPECT_EQ(bash_offers(folder, "blip --since ''"), "");
}

TEST(Completion, InZsh) {
  if (!installed("zsh")) GTEST_SKIP() << "no zsh here";
  const TempFolder folder;
  // An interactive zsh, in which a person types and presses TAB.
  const auto typed = [&](const std::string& keys) {
    const std::string setup = "PS1='> '; autoload -U compinit; compinit -u -d " +
                              (folder / "dump") + "; path+=(" +
                              std::filesystem::path(BLIP_BINARY).parent_path().string() +
                              "); source <(blip completion zsh)\n";
    return run_in_terminal({"zsh", "-f", "-i"}, 200, 50, {"HOME=" + folder.path()},
                           setup + "print -r -- READY\n" + keys + "\nexit\n")
        .text;
  };
  EXPECT_TRUE(
      has(typed("print -r -- IS; : blip; blip() print -r -- GOT $@; blip timel\t"), "GOT timeline"))
      << typed("blip timel\t");
  EXPECT_TRUE(
      has(typed("blip() print -r -- GOT $@; blip scan --show\t"), "GOT scan --show-unparsed"));
  EXPECT_TRUE(
      has(typed("blip() print -r -- GOT $@; blip restarts -o nd\t"), "GOT restarts -o ndjson"));
  EXPECT_TRUE(has(typed("blip() print -r -- GOT $@; blip store ba\t"), "GOT store backup"));
}

TEST(Completion, EveryCommandAndFlagIsInEachShells) {
  const TempFolder folder;
  const std::string help = run_blip(folder, {"help"}).out;
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Outcome outcome = run_blip(folder, {"completion", shell});
    EXPECT_EQ(outcome.code, 0);
    for (const char* word :
         {"incidents", "timeline", "show-unparsed", "older-than", "min-confidence"}) {
      EXPECT_TRUE(has(outcome.out, word)) << shell << " " << word;
    }
  }
  EXPECT_EQ(run_blip(folder, {"completion", "tcsh"}).code, 2);
}

TEST(Help, OfACommandIsOneText) {
  const TempFolder folder;
  const std::string man = run_blip(folder, {"help", "--man"}).out;
  std::istringstream general(run_blip(folder, {"help"}).out);
  size_t commands = 0;
  bool listed = false;
  for (std::string line; std::getline(general, line);) {
    if (line == "commands") listed = true;
    if (line.starts_with("flags everywhere")) break;
    if (!listed || !line.starts_with("  ")) continue;
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    ++commands;
    EXPECT_EQ(run_blip(folder, {"help", name}).out, run_blip(folder, {name, "--help"}).out) << name;
    EXPECT_TRUE(has(man, ".SS \"" + name)) << name;
  }
  EXPECT_GE(commands, 25u);
}

TEST(Help, TheManualPageIsValid) {
  const TempFolder folder;
  const std::string page = folder.write("blip.1", run_blip(folder, {"help", "--man"}).out);
  EXPECT_TRUE(has(contents_of(page), "Also\n.BR BLIP_SINCE ."));
  if (!installed("groff")) GTEST_SKIP() << "no groff here";
  const std::string log = folder / "log", text = folder / "text";
  ASSERT_EQ(std::system(("groff -man -ww -Tutf8 " + page + " > " + text + " 2> " + log).c_str()),
            0);
  EXPECT_EQ(contents_of(log), "");
  EXPECT_TRUE(has(contents_of(text), "some input could not be read"));
}
}  // namespace
}  // namespace blip
