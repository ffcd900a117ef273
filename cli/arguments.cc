// blip -s 'web-*' restarts --since 2h -o csv
//      ^ common flags, on either side    ^ of the command, the first word
//
// All flags of all commands are read at once, so that a flag may stand before its command; one that
// the command does not take is refused afterwards, by name. CLI11 splits the words ("-n5",
// "--since=2h", "--"); values are converted here, for errors that say what to type instead.

#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <optional>
#include <set>

#include "cli/render/escape.h"
#include "core/suggest.h"

namespace blip {
namespace {
constexpr Flag kCommonFlags[] = {
    {"--since", "TIME",
     "from then on: 2h, 3d, today, yesterday, last-night, 2014-06-24, "
     "2014-06-24T19:50:53Z, @1403639453",
     &Arguments::since},
    {"--until", "TIME", "before then", &Arguments::until},
    {"-s,--service", "GLOB", "only services whose name fits (scan: the name of what is read)",
     &Arguments::service},
    {"-n,--limit", "N", "at most the newest N", &Arguments::limit},
    {"-o,--output", "FORMAT", "table, wide, ndjson, json, csv or md", &Arguments::output},
    {"--json", "", "same as -o json", &Arguments::json},
    {"--db", "FILE", "the store to use", &Arguments::db},
    {"-c,--config", "FILE", "the configuration to use, else /etc/blip/blip.yaml",
     &Arguments::config},
    {"--min-confidence", "P", "also show what is less likely than 0.5", &Arguments::min_confidence},
    {"--fail-on", "KINDS", "exit with 1 on such events: restart, crash:error, ...",
     &Arguments::fail_on},
    {"--utc", "", "show times in UTC", &Arguments::utc},
    {"--tz", "OFFSET", "show times at +02:00 or the like", &Arguments::tz},
    {"--color", "WHEN", "auto, always or never", &Arguments::color},
    {"--ascii", "", "draw with ASCII only", &Arguments::ascii},
    {"--no-progress", "", "no progress bar", &Arguments::no_progress},
    {"--no-pager", "", "print to the terminal itself, not through a pager", &Arguments::no_pager},
    {"-q,--quiet", "", "no notes on stderr", &Arguments::quiet},
    {"-v,--verbose", "", "more notes on stderr", &Arguments::verbose},
    {"-h,--help", "", "what the command does and takes", &Arguments::help},
    {"--version", "", "print the version", &Arguments::version},
};

Error usage(std::string text) { return Error{std::move(text)}; }

std::string in_quotes(std::string_view text) { return "'" + visible(text) + "'"; }

// Every flag there is, each once: commands share some.
std::vector<const Flag*> every_flag() {
  std::vector<const Flag*> flags;
  std::set<std::string_view> seen;
  const auto add = [&](const Flag& flag) {
    if (seen.insert(flag.names).second) flags.push_back(&flag);
  };
  for (const Flag& flag : kCommonFlags) add(flag);
  for (const Command* command : all_commands()) {
    for (const Flag& flag : command->flags) add(flag);
  }
  return flags;
}

bool same(const Flag& a, const Flag& b) { return a.names == b.names; }

bool takes(const Command& command, const Flag& flag) {
  const auto is_it = [&flag](const Flag& other) { return same(flag, other); };
  return std::any_of(std::begin(kCommonFlags), std::end(kCommonFlags), is_it) ||
         std::any_of(command.flags.begin(), command.flags.end(), is_it);
}

std::optional<bool> parse_switch(std::string_view text) {
  if (text == "1" || text == "true" || text == "yes" || text == "on") return true;
  if (text == "0" || text == "false" || text == "no" || text == "off" || text.empty()) return false;
  return std::nullopt;
}

// `called`: what the person wrote, "--limit" or "BLIP_LIMIT".
struct Assign {
  Arguments& arguments;
  const std::string& text;
  const std::string& called;

  Status operator()(bool Arguments::*field) const {
    const std::optional<bool> value = parse_switch(text);
    if (!value) return usage(called + " is " + in_quotes(text) + "; set it to 1 or 0");
    arguments.*field = *value;
    return Done{};
  }
  Status operator()(std::string Arguments::*field) const {
    arguments.*field = text;
    return Done{};
  }
  Status operator()(size_t Arguments::*field) const {
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), arguments.*field);
    if (error == std::errc() && end == text.data() + text.size()) return Done{};
    return usage(called + " is " + in_quotes(text) + "; give a whole number, like 20");
  }
  Status operator()(double Arguments::*field) const {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool number = error == std::errc() && end == text.data() + text.size();
    if (!number || !(value >= 0 && value <= 1)) {
      return usage(called + " is " + in_quotes(text) + "; give a number from 0 to 1, like 0.5");
    }
    arguments.*field = value;
    return Done{};
  }
};

Status assign(Arguments& arguments, const Flag& flag, const std::string& text,
              const std::string& called) {
  return std::visit(Assign{arguments, text, called}, flag.field);
}

Error unknown_flag(std::string_view word, const std::vector<const Flag*>& flags) {
  const std::string_view name = word.substr(0, word.find('='));
  std::vector<std::string_view> known;
  for (const Flag* flag : flags) known.push_back(flag->name());
  return usage("no flag " + in_quotes(name) + did_you_mean(name, known) + " (blip help)");
}

// CLI11 tells which option lacks its value only in words: "--since: 1 required TEXT missing".
Error unfit(const CLI::ParseError& error) {
  const std::string_view what = error.what();
  return usage(visible(what.substr(0, what.find(':'))) + " needs a value (blip help)");
}

Error unknown_command(const std::string& word) {
  std::vector<std::string_view> known;
  for (const Command* command : all_commands()) known.push_back(command->name);
  const std::string meant = did_you_mean(word, known);
  std::error_code ignored;
  if (meant.empty() && std::filesystem::exists(word, ignored)) {
    return usage("no command " + in_quotes(word) + "; to read that: blip scan " + visible(word));
  }
  return usage("no command " + in_quotes(word) + meant + " (blip help)");
}

Status check_operands(const Arguments& arguments) {
  const Command& command = *arguments.command;
  const size_t given = arguments.operands.size();
  if (arguments.help || arguments.version) return Done{};
  const std::string form =
      "blip " + std::string(command.name) + " " + std::string(command.operands);
  if (given < command.least) return usage("it takes more than that: " + form);
  if (given > command.most) {
    return usage(in_quotes(arguments.operands[command.most]) + " is too much: " + form);
  }
  return Done{};
}

Status choose_command(Arguments& arguments, std::vector<std::string>& words) {
  if (words.empty()) {
    arguments.command = all_commands().front();
    return Done{};
  }
  arguments.command = find_command(words.front());
  if (arguments.command == nullptr) return unknown_command(words.front());
  words.erase(words.begin());
  arguments.operands = std::move(words);
  return Done{};
}
}  // namespace

std::string_view Flag::name() const {
  const size_t dashes = names.find("--");
  return dashes == names.npos ? names : names.substr(dashes);
}

std::span<const Flag> common_flags() { return kCommonFlags; }

std::string env_name(const Flag& flag) {
  // BLIP_DB is read where the store is chosen: it names one, it does not ask scan to keep.
  for (const std::string_view none : {"--help", "--version", "--json", "--db"}) {
    if (flag.name() == none) return "";
  }
  std::string name = "BLIP_";
  for (const char c : flag.name().substr(2)) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

Result<Arguments> read_arguments(int argc, const char* const* argv) {
  const std::vector<const Flag*> flags = every_flag();
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<std::string> words;
  app.add_option("words", words);
  std::deque<std::string> texts;  // stays where it is while options point into it
  std::vector<CLI::Option*> options;
  for (const Flag* flag : flags) {
    texts.emplace_back();
    const std::string names(flag->names);
    options.push_back(flag->value.empty() ? app.add_flag(names)
                                          : app.add_option(names, texts.back()));
    options.back()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return unfit(error);
  }
  for (const std::string& word : app.remaining()) {
    if (word != "--") return unknown_flag(word, flags);  // CLI11 keeps the mark itself, too
  }

  Arguments arguments;
  if (const Status chosen = choose_command(arguments, words); !chosen) return chosen.error();
  for (size_t i = 0; i < flags.size(); ++i) {
    std::string called(flags[i]->name());
    if (options[i]->count() == 0) {
      called = takes(*arguments.command, *flags[i]) ? env_name(*flags[i]) : "";
      const char* value = called.empty() ? nullptr : std::getenv(called.c_str());
      if (value == nullptr || *value == '\0') continue;
      texts[i] = value;
    } else if (!takes(*arguments.command, *flags[i])) {
      return usage(called + " is not for " + std::string(arguments.command->name) + " (blip help " +
                   std::string(arguments.command->name) + ")");
    } else if (flags[i]->value.empty()) {
      texts[i] = "1";
    }
    if (const Status set = assign(arguments, *flags[i], texts[i], called); !set) return set.error();
  }
  if (arguments.json) arguments.output = "json";
  if (const Status fits = check_operands(arguments); !fits) return fits.error();
  return arguments;
}

}  // namespace blip
