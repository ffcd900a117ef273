// .TH BLIP 1
// .SH NAME
// blip \- finds restarts that nobody was told of
// ...
// .SS "why ID"
//
// The same tables as blip help and --help, as man(7) wants them.

#include <cctype>

#include "cli/help.h"

namespace blip {
namespace {
// Text in which nothing is a command to roff.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    line_begins = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : roff(text)) out += c == '"' ? std::string("\\(dq") : std::string(1, c);
  return out + "\"";
}

std::string flag_entry(const Flag& flag) {
  std::string names;
  for (const char c : flag.names) names += c == ',' ? std::string(", ") : std::string(1, c);
  std::string out = ".TP\n.B " + quoted(names);
  if (!flag.value.empty()) {
    out = ".TP\n.BI " + quoted(names + " ") + " " + quoted(flag.value);
  }
  out += "\n" + roff(flag.help) + ".\n";
  const std::string twin = env_name(flag);
  return twin.empty() ? out : out + "Also\n.BR " + roff(twin) + " .\n";
}

std::string command_entry(const Command& command) {
  std::string title(command.name);
  if (!command.operands.empty()) title.append(" ").append(command.operands);
  std::string summary(command.summary);
  if (!summary.empty()) {
    summary[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(summary[0])));
  }
  std::string out = ".SS " + quoted(title) + "\n" + roff(summary) + ".\n";
  if (!command.help.empty()) out += ".PP\n.nf\n" + roff(command.help) + ".fi\n";
  for (const Flag& flag : command.flags) out += flag_entry(flag);
  return out;
}
}  // namespace

std::string man_page() {
  std::string version = version_text();
  version.pop_back();
  std::string out = ".\\\" Made by blip help --man.\n.TH BLIP 1 \"\" " + quoted(version) +
                    " \"User Commands\"\n"
                    ".SH NAME\nblip \\- finds restarts that nobody was told of, and says why\n"
                    ".SH SYNOPSIS\n.B blip\n.RI [ COMMAND ]\n.RI [ OPERANDS ]\n.RI [ FLAGS ]\n"
                    ".SH DESCRIPTION\n"
                    "blip reads logs, infers the restarts that nobody told of, explains each with "
                    "its evidence, and keeps them for questions asked later.\n"
                    "Without a command it shows what happened in the last 24 hours.\n"
                    "Flags may stand before or after the command.\n.SH COMMANDS\n";
  for (const Command* command : all_commands()) out += command_entry(*command);
  out += ".SH FLAGS EVERYWHERE\n";
  for (const Flag& flag : common_flags()) out += flag_entry(flag);
  out += ".SH EXIT STATUS\n";
  for (const auto& [code, means] : exit_codes()) {
    out += ".TP\n.B " + std::string(code) + "\n" + roff(means) + ".\n";
  }
  return out +
         ".SH FILES\n.TP\n.I /etc/blip/blip.yaml\nThe configuration.\n"
         ".TP\n.I /var/lib/blip/blip.db\nThe agent's store; who may not read it uses\n"
         ".IR $XDG_STATE_HOME/blip/blip.db .\n";
}

}  // namespace blip
