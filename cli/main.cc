// blip: reads logs, finds restarts that nobody was told of, and says why it thinks so.
//
// The contents of the program: words to arguments (arguments.cc), the command (a file each, listed
// in commands.cc), what it printed to whoever reads it (print.cc).

#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/print.h"

int main(int argc, char** argv) {
  using namespace blip;
  const Result<Arguments> arguments = read_arguments(argc, argv);
  if (!arguments) return fail(kUsage, arguments.error());
  const Command& command = *arguments->command;
  int code = kDone;
  if (arguments->help) {
    print(&command == all_commands().front() ? general_help() : command_help(command));
  } else if (arguments->version) {
    print(version_text());
  } else {
    code = command.run(*arguments);
  }
  // Output that was lost is input somebody did not get.
  return flush_output() ? code : code == kDone ? kUnreadable : code;
}
