// blip help, blip help scan, blip scan --help: one text, from the tables that arguments are read
// by, so no flag is without help and no help without its flag.

#include "cli/help.h"

#include <algorithm>

#include "cli/print.h"
#include "core/suggest.h"

namespace blip {
namespace {
constexpr size_t kFlagColumn = 24, kLineWidth = 88;

// "  -s, --service GLOB    only services ...", wrapped under itself.
std::string flag_help(const Flag& flag) {
  std::string out = flag.names.starts_with("--") ? "      " : "  ";
  for (const char c : flag.names) out += c == ',' ? std::string(", ") : std::string(1, c);
  if (!flag.value.empty()) out.append(" ").append(flag.value);
  out.resize(std::max(out.size() + 2, kFlagColumn), ' ');
  size_t column = out.size();
  for (std::string_view rest = flag.help; !rest.empty();) {
    const size_t word = std::min(rest.find(' '), rest.size());
    if (column + word > kLineWidth) {
      out.append("\n").append(kFlagColumn, ' ');
      column = kFlagColumn;
    }
    out.append(rest.substr(0, word)).append(" ");
    column += word + 1;
    rest.remove_prefix(std::min(word + 1, rest.size()));
  }
  out.back() = '\n';
  return out;
}

std::string usage_line(const Command& command) {
  std::string out = "blip";
  if (&command != all_commands().front()) out.append(" ").append(command.name);
  if (!command.operands.empty()) out.append(" ").append(command.operands);
  return out + " [FLAGS]";
}

int run(const Arguments& arguments) {
  if (arguments.man) {
    print(man_page());
    return kDone;
  }
  if (arguments.operands.empty()) {
    print(general_help());
    return kDone;
  }
  const Command* command = find_command(arguments.operands.front());
  if (command == nullptr) {
    std::vector<std::string_view> known;
    for (const Command* each : all_commands()) known.push_back(each->name);
    return fail(kUsage, Error{"help: there is no such command" +
                              did_you_mean(arguments.operands.front(), known) + " (blip help)"});
  }
  print(command_help(*command));
  return kDone;
}
}  // namespace

std::span<const std::pair<std::string_view, std::string_view>> exit_codes() {
  static constexpr std::pair<std::string_view, std::string_view> kCodes[] = {
      {"0", "done; also when nothing was found"},
      {"1", "--fail-on matched, or a rule's test failed"},
      {"2", "wrong usage"},
      {"3", "a configuration or rule file is not valid"},
      {"4", "some input could not be read; the rest was done"},
      {"5", "the store could not be opened or written, or is not sound"},
      {"128+N", "ended by signal N"},
  };
  return kCodes;
}

std::string general_help() {
  std::string out =
      "blip reads logs, finds restarts that nobody was told of, and says why it thinks so.\n\n"
      "  blip scan /var/log          what do these logs say?\n"
      "  blip scan --keep /var/log   the same, and remember it\n"
      "  blip                        what happened in the last 24 h, of what is remembered\n\n"
      "commands\n";
  for (const Command* command : all_commands()) {
    std::string line = "  " + std::string(command->name);
    if (!command->operands.empty()) line.append(" ").append(command->operands);
    line.resize(std::max(line.size() + 2, kFlagColumn), ' ');
    out.append(line).append(command->summary).append("\n");
  }
  out += "\nflags everywhere, before or after the command\n";
  for (const Flag& flag : common_flags()) out += flag_help(flag);
  out += "\nEach has a twin in the environment: BLIP_SINCE, BLIP_DB, BLIP_COLOR, ...\nexit codes\n";
  for (const auto& [code, means] : exit_codes()) {
    std::string line = "  " + std::string(code);
    line.resize(8, ' ');
    out.append(line).append(means).append("\n");
  }
  return out;
}

std::string command_help(const Command& command) {
  std::string out = usage_line(command) + "\n" + std::string(command.summary) + "\n";
  if (!command.help.empty()) out.append("\n").append(command.help);
  if (!command.flags.empty()) out += "\nflags\n";
  for (const Flag& flag : command.flags) out += flag_help(flag);
  return out += "\nblip help lists the flags that all commands share\n";
}

std::string version_text() { return "blip " BLIP_VERSION "\n"; }

namespace {
constexpr Flag kFlags[] = {
    {"--man", "", "print the manual page: blip help --man | man -l -", &Arguments::man},
};
}  // namespace

extern const Command help_command = {
    .name = "help",
    .operands = "[COMMAND]",
    .most = 1,
    .summary = "what a command does and takes",
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
