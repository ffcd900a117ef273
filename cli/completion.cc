// source <(blip completion bash)         source <(blip completion zsh)
// blip completion fish > ~/.config/fish/completions/blip.fish
//
// Made from the tables that arguments are read by, so that a shell offers what blip takes. Only
// fixed words are offered: names out of logs would be run through the shell's own expansions.

#include <algorithm>
#include <map>

#include "cli/arguments.h"
#include "cli/print.h"
#include "cli/render/escape.h"
#include "core/suggest.h"

namespace blip {
namespace {
// Flags whose values are words of a list.
constexpr std::pair<std::string_view, std::string_view> kChoices[] = {
    {"--output", "table wide ndjson json csv md"},
    {"--color", "auto always never"},
    {"--by", "build mark day"},
};

std::string_view choices_of(const Flag& flag) {
  for (const auto& [name, words] : kChoices) {
    if (flag.name() == name) return words;
  }
  return "";
}

bool is_file(std::string_view value) {
  return value == "FILE" || value == "PATH" || value == "DIR" || value == "PATH...";
}

// "-s,--service" -> {"-s", "--service"}
std::vector<std::string> names_of(const Flag& flag) {
  std::vector<std::string> names;
  for (std::string_view rest = flag.names; !rest.empty();) {
    const size_t comma = std::min(rest.find(','), rest.size());
    names.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return names;
}

std::string joined(const std::vector<std::string>& words, std::string_view by) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "" : by).append(word);
  return out;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command* command : all_commands()) names.emplace_back(command->name);
  return names;
}

// What may stand first behind the command: "info|check|backup FILE" -> info check backup.
std::vector<std::string> words_of(const Command& command) {
  if (command.name == "help") return command_names();
  std::vector<std::string> words;
  if (command.operands.find('|') == std::string_view::npos) return words;
  for (std::string_view rest = command.operands; !rest.empty();) {
    const size_t bar = std::min(rest.find('|'), rest.size());
    const std::string_view one = rest.substr(0, bar);
    words.emplace_back(one.substr(0, one.find(' ')));
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  return words;
}

bool takes_files(const Command& command) {
  return command.operands.find("PATH") != std::string_view::npos ||
         command.operands.find("FILE") != std::string_view::npos ||
         command.operands.find("DIR") != std::string_view::npos;
}

std::vector<std::string> flag_words(std::span<const Flag> flags) {
  std::vector<std::string> words;
  for (const Flag& flag : flags) {
    for (std::string& name : names_of(flag)) words.push_back(std::move(name));
  }
  return words;
}

// Every flag with a value, once.
std::vector<const Flag*> valued_flags() {
  std::vector<const Flag*> flags;
  const auto add = [&flags](const Flag& flag) {
    if (flag.value.empty()) return;
    const bool there = std::any_of(flags.begin(), flags.end(),
                                   [&flag](const Flag* each) { return each->names == flag.names; });
    if (!there) flags.push_back(&flag);
  };
  for (const Flag& flag : common_flags()) add(flag);
  for (const Command* command : all_commands()) {
    for (const Flag& flag : command->flags) add(flag);
  }
  return flags;
}

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bash() {
  std::string out =
      "# Completion of blip for bash: source <(blip completion bash)\n"
      "_blip() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= word\n"
      "  COMPREPLY=()\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case $word in\n"
      "      " +
      joined(command_names(), "|") +
      ") command=$word; break ;;\n"
      "    esac\n"
      "  done\n"
      "  case $prev in\n";
  std::vector<std::string> files, anything;
  for (const Flag* flag : valued_flags()) {
    const std::vector<std::string> names = names_of(*flag);
    if (const std::string_view words = choices_of(*flag); !words.empty()) {
      out += "    " + joined(names, "|") + ") COMPREPLY=($(compgen -W '" + std::string(words) +
             "' -- \"$cur\")); return ;;\n";
    } else {
      std::vector<std::string>& into = is_file(flag->value) ? files : anything;
      into.insert(into.end(), names.begin(), names.end());
    }
  }
  out += "    " + joined(files, "|") +
         ") mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;\n";
  out += "    " + joined(anything, "|") + ") return ;;\n  esac\n";
  out += "  local flags='" + joined(flag_words(common_flags()), " ") + "' words= files=\n";
  out += "  case $command in\n";
  out += "    '') words='" + joined(command_names(), " ") + "' ;;\n";
  for (const Command* command : all_commands()) {
    std::string does;
    if (!command->flags.empty()) {
      does += " flags+=' " + joined(flag_words(command->flags), " ") + "';";
    }
    if (const auto words = words_of(*command); !words.empty()) {
      does += " words='" + joined(words, " ") + "';";
    }
    if (takes_files(*command)) does += " files=1;";
    if (!does.empty()) out += "    " + std::string(command->name) + ")" + does + ";\n";
  }
  out +=
      "  esac\n"
      "  case $cur in\n"
      "    -*) COMPREPLY=($(compgen -W \"$flags\" -- \"$cur\")) ;;\n"
      "    *)\n"
      "      COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "      if [ -n \"$files\" ]; then\n"
      "        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$cur\")\n"
      "      fi\n"
      "      ;;\n"
      "  esac\n"
      "}\n"
      "complete -o filenames -F _blip blip\n";
  return out;
}

// 'name:what it does' of each of a flag's names.
std::string zsh_flags(std::span<const Flag> flags) {
  std::string out;
  for (const Flag& flag : flags) {
    for (const std::string& name : names_of(flag)) {
      out += " " + in_quotes(name + ":" + std::string(flag.help));
    }
  }
  return out;
}

std::string zsh() {
  std::string out =
      "#compdef blip\n"
      "# Completion of blip for zsh: source <(blip completion zsh)\n"
      "_blip() {\n"
      "  local -a commands flags\n"
      "  local command= word\n"
      "  commands=(\n";
  for (const Command* command : all_commands()) {
    out +=
        "    " + in_quotes(std::string(command->name) + ":" + std::string(command->summary)) + "\n";
  }
  out += "  )\n  for word in ${words[2,CURRENT-1]}; do\n    case $word in\n      (" +
         joined(command_names(), "|") +
         ") command=$word; break ;;\n    esac\n  done\n  case ${words[CURRENT-1]} in\n";
  std::vector<std::string> files, anything;
  for (const Flag* flag : valued_flags()) {
    const std::vector<std::string> names = names_of(*flag);
    if (const std::string_view words = choices_of(*flag); !words.empty()) {
      out += "    (" + joined(names, "|") + ") compadd -- " + std::string(words) + "; return ;;\n";
    } else {
      std::vector<std::string>& into = is_file(flag->value) ? files : anything;
      into.insert(into.end(), names.begin(), names.end());
    }
  }
  out += "    (" + joined(files, "|") + ") _files; return ;;\n";
  out += "    (" + joined(anything, "|") + ") return ;;\n  esac\n";
  out += "  if [[ ${words[CURRENT]} == -* ]]; then\n    flags=(" + zsh_flags(common_flags()) +
         ")\n    case $command in\n";
  for (const Command* command : all_commands()) {
    if (command->flags.empty()) continue;
    out += "      (" + std::string(command->name) + ") flags+=(" + zsh_flags(command->flags) +
           ") ;;\n";
  }
  out +=
      "    esac\n    _describe -o flag flags\n"
      "  elif [[ -z $command ]]; then\n    _describe command commands\n  else\n"
      "    case $command in\n";
  for (const Command* command : all_commands()) {
    std::string does;
    if (const auto words = words_of(*command); !words.empty()) {
      does += " compadd -- " + joined(words, " ") + ";";
    }
    if (takes_files(*command)) does += " _files;";
    if (!does.empty()) out += "      (" + std::string(command->name) + ")" + does + ";\n";
  }
  return out +
         "    esac\n  fi\n}\n"
         "if [[ ${funcstack[1]} == _blip ]]; then _blip \"$@\"; else compdef _blip blip; fi\n";
}

std::string fish_flag(const Flag& flag, const std::string& condition) {
  std::string out = "complete -c blip" + condition;
  for (const std::string& name : names_of(flag)) {
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (const std::string_view words = choices_of(flag); !words.empty()) {
    out += " -x -a " + in_quotes(words);
  } else if (is_file(flag.value)) {
    out += " -r -F";
  } else if (!flag.value.empty()) {
    out += " -x";
  }
  return out + " -d " + in_quotes(flag.help) + "\n";
}

std::string fish() {
  std::string out =
      "# Completion of blip for fish: blip completion fish > "
      "~/.config/fish/completions/blip.fish\ncomplete -c blip -f\n";
  for (const Command* command : all_commands()) {
    const std::string name(command->name);
    const std::string within = " -n '__fish_seen_subcommand_from " + name + "'";
    out += "complete -c blip -n __fish_use_subcommand -a " + name + " -d " +
           in_quotes(command->summary) + "\n";
    if (const auto words = words_of(*command); !words.empty()) {
      out += "complete -c blip" + within + " -a '" + joined(words, " ") + "'\n";
    }
    if (takes_files(*command)) out += "complete -c blip" + within + " -F\n";
    for (const Flag& flag : command->flags) out += fish_flag(flag, within);
  }
  for (const Flag& flag : common_flags()) out += fish_flag(flag, "");
  return out;
}

int run(const Arguments& arguments) {
  const std::string& shell = arguments.operands.front();
  if (shell == "bash") {
    print(bash());
  } else if (shell == "zsh") {
    print(zsh());
  } else if (shell == "fish") {
    print(fish());
  } else {
    return fail(kUsage,
                Error{"no completion for '" + visible(shell) + "'" +
                      did_you_mean(shell, {"bash", "zsh", "fish"}) + "; give bash, zsh or fish"});
  }
  return kDone;
}

constexpr std::string_view kHelp =
    R"help(Prints what makes a shell complete blip's commands and flags.

  source <(blip completion bash)                                   in ~/.bashrc
  source <(blip completion zsh)                                    in ~/.zshrc, after compinit
  blip completion fish > ~/.config/fish/completions/blip.fish
)help";
}  // namespace

extern const Command completion_command = {
    .name = "completion",
    .operands = "bash|zsh|fish",
    .least = 1,
    .most = 1,
    .summary = "what makes a shell complete commands and flags",
    .help = kHelp,
    .run = run,
};

}  // namespace blip
