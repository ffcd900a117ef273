// blip: reads logs, finds restarts that nobody was told of, and says why it thinks so.
//
// The contents of the program: words to arguments (arguments.cc), the command (a file each, listed
// in commands.cc), what it printed to whoever reads it (print.cc).

#include <algorithm>
#include <string_view>

#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/pager.h"
#include "cli/print.h"

namespace {
using namespace blip;

// Those that print as they go, for good or for another program.
bool goes_on(const Command& command) {
  for (const std::string_view name : {"agent", "tail", "completion"}) {
    if (command.name == name) return true;
  }
  return false;
}

// "blip --help" asks of blip, "blip overview --help" of the overview, which is what both would run.
bool named(const Command& command, int argc, char** argv) {
  return std::find(argv + 1, argv + argc, command.name) != argv + argc;
}
}  // namespace

int main(int argc, char** argv) {
  const Result<Arguments> arguments = read_arguments(argc, argv);
  if (!arguments) return fail(kUsage, arguments.error());
  const Command& command = *arguments->command;
  if (!arguments->no_pager && !goes_on(command)) page_output();
  int code = kDone;
  if (arguments->help) {
    print(named(command, argc, argv) ? command_help(command) : general_help());
  } else if (arguments->version) {
    print(version_text());
  } else {
    code = command.run(*arguments);
  }
  // Output that was lost is input somebody did not get.
  return flush_output() ? code : code == kDone ? kUnreadable : code;
}
