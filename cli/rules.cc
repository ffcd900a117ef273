// blip rules list              every signature: what it is of, what it says
// blip rules list -o regex     their patterns, one a line: rg -f <(blip rules list -o regex)
// app.log blip rules show go.panic     one of them, with the lines it must and must not fire on
// blip rules try, new, test    rules_try.cc, rules_new.cc, rules_test.cc
//
// The built-in pack, and with --rules one's own beside it. How rules are written: docs/rules.md.

#include <algorithm>
#include <array>

#include "cli/print.h"
#include "cli/render/escape.h"
#include "cli/render/table.h"
#include "cli/rule_files.h"
#include "cli/rules_verbs.h"
#include "cli/view.h"
#include "core/suggest.h"
#include "rules/trial.h"

namespace blip {
namespace {
// In the order of SignatureKind.
constexpr std::array<std::string_view, 13> kKinds = {
    "crash",        "oom",    "exit", "respawn",  "giveup",  "start", "ready",
    "stop_planned", "reload", "boot", "degraded", "symptom", "match"};

std::string_view kind_of(const Signature& rule) { return kKinds[static_cast<size_t>(rule.kind)]; }

// `-o regex` is this command's own; to the rest of blip it is no format.
constexpr std::string_view kRegexOutput = "regex";

Result<std::vector<Signature>> all_rules(const Arguments& arguments) {
  std::vector<Signature> rules = builtin_signatures();
  if (arguments.rules.empty()) return rules;
  const Result<std::vector<Signature>> own = read_rule_files(arguments.rules);
  if (!own) return own.error();
  rules.insert(rules.end(), own->begin(), own->end());
  return rules;
}

int list(const Arguments& arguments, const View& view) {
  const Result<std::vector<Signature>> rules = all_rules(arguments);
  if (!rules) return fail(kBadConfig, rules.error());
  if (arguments.output == kRegexOutput) {
    std::string out;
    for (const Signature& rule : *rules) out += portable_regex(rule.regex) + "\n";
    print(out);
    return kDone;
  }
  Table table({{"ID"}, {"KIND"}, {"SEVERITY"}, {"TITLE", Align::left, true}});
  for (const Signature& rule : *rules) {
    const std::string of = rule.sequence ? " (" + sequence_text(rule) + ")" : "";
    table.add({rule.id, kind_of(rule), severity_name(rule.severity), rule.title + of});
  }
  print(view.output == Output::csv  ? table.csv()
        : view.output == Output::md ? table.markdown()
                                    : table.text(view.style));
  return kDone;
}

int show(const Arguments& arguments, const View&) {
  const Result<std::vector<Signature>> rules = all_rules(arguments);
  if (!rules) return fail(kBadConfig, rules.error());
  const std::string& id = arguments.operands[1];
  const auto found = std::find_if(rules->begin(), rules->end(),
                                  [&id](const Signature& rule) { return rule.id == id; });
  if (found == rules->end()) {
    std::vector<std::string_view> known;
    for (const Signature& rule : *rules) known.push_back(rule.id);
    return fail(kUsage, Error{"no rule '" + visible(id) + "'" + did_you_mean(id, known) +
                              " (blip rules list)"});
  }
  std::string out = visible(found->id) + "  " + visible(found->title) + "\n";
  const auto line = [&out](std::string_view name, std::string_view value) {
    out.append("  ").append(name).append(12 - name.size(), ' ').append(visible(value)).append("\n");
  };
  line("kind", kind_of(*found));
  line("severity", severity_name(found->severity));
  if (found->worker) line("of", "a worker or child, not the service");
  if (found->sequence) line("told of", sequence_text(*found));
  line("regex", found->regex);
  line("literal", found->literal);
  line("from", found->where);
  for (const std::string& sample : found->match) line("fires on", sample);
  for (const std::string& sample : found->no_match) line("not on", sample);
  print(out);
  return kDone;
}

struct Verb {
  std::string_view name;
  size_t operands;         // behind the name
  std::string_view takes;  // for who gave others
  int (*run)(const Arguments& arguments, const View& view);
};
constexpr Verb kVerbs[] = {
    {"list", 0, "rules list takes nothing more", list},
    {"show", 1, "rules show takes the id of a rule (blip rules list)", show},
    {"try", 2, "rules try takes a regex and a log: blip rules try 'REGEX' FILE", try_rule},
    {"test", 1, "rules test takes a folder of rules and tests: blip rules test DIR", test_rules},
    {"new", 0, "rules new takes the line as --from 'LINE'", new_rule},
};

int run(const Arguments& arguments) {
  const std::string& name = arguments.operands.front();
  const auto verb = std::find_if(std::begin(kVerbs), std::end(kVerbs),
                                 [&name](const Verb& each) { return each.name == name; });
  if (verb == std::end(kVerbs)) {
    std::vector<std::string_view> known;
    for (const Verb& each : kVerbs) known.push_back(each.name);
    return fail(kUsage, Error{"no command 'rules " + visible(name) + "'" +
                              did_you_mean(name, known) + " (blip help rules)"});
  }
  if (arguments.operands.size() != verb->operands + 1) {
    return fail(kUsage, Error{std::string(verb->takes)});
  }
  Arguments common = arguments;
  if (verb->run == list && common.output == kRegexOutput) common.output = "table";
  const Result<View> view = read_view(common);
  if (!view) return fail(kUsage, view.error());
  return verb->run(arguments, *view);
}

constexpr Flag kFlags[] = {
    {"--rules", "PATH", "a rule file, or a folder of them, beside the built-in ones",
     &Arguments::rules},
    {"--from", "LINE", "new: the line to make a rule of", &Arguments::from},
};

constexpr std::string_view kHelp = R"(  blip rules list
  blip rules show go.panic
  blip rules list --rules /etc/blip/rules.d    exit code 3 if one of them is not valid
  blip rules list -o regex > known.txt         patterns alone: rg -f known.txt app.log
  blip rules try 'unreachable for (\d+)s' app.log
  blip rules new --from 'FATAL broker b1 unreachable for 30s'
  blip rules test /etc/blip/rules.d            exit code 1 if a test fails
)";
}  // namespace

extern const Command rules_command = {
    .name = "rules",
    .operands = "list|show ID|try REGEX FILE|test DIR|new",
    .least = 1,
    .most = 3,
    .summary = "the lines that blip knows",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
