// blip rules list           every signature: what it is of, what it says
// blip rules show go.panic  one of them, with the lines it must and must not fire on
//
// The built-in pack, and with --rules one's own beside it. How rules are written: docs/rules.md.

#include <algorithm>
#include <array>

#include "cli/print.h"
#include "cli/render/escape.h"
#include "cli/render/table.h"
#include "cli/rule_files.h"
#include "cli/suggest.h"
#include "cli/view.h"

namespace blip {
namespace {
// In the order of SignatureKind.
constexpr std::array<std::string_view, 13> kKinds = {
    "crash",        "oom",    "exit", "respawn",  "giveup",  "start", "ready",
    "stop_planned", "reload", "boot", "degraded", "symptom", "match"};

std::string_view kind_of(const Signature& rule) { return kKinds[static_cast<size_t>(rule.kind)]; }

int list(const std::vector<Signature>& rules, const View& view) {
  Table table({{"ID"}, {"KIND"}, {"SEVERITY"}, {"TITLE", Align::left, true}});
  for (const Signature& rule : rules) {
    table.add({rule.id, kind_of(rule), severity_name(rule.severity), rule.title});
  }
  print(view.output == Output::csv  ? table.csv()
        : view.output == Output::md ? table.markdown()
                                    : table.text(view.style));
  return kDone;
}

int show(const std::vector<Signature>& rules, const std::string& id) {
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&id](const Signature& rule) { return rule.id == id; });
  if (found == rules.end()) {
    std::vector<std::string_view> known;
    for (const Signature& rule : rules) known.push_back(rule.id);
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
  line("regex", found->regex);
  line("literal", found->literal);
  line("from", found->where);
  for (const std::string& sample : found->match) line("fires on", sample);
  for (const std::string& sample : found->no_match) line("not on", sample);
  print(out);
  return kDone;
}

int run(const Arguments& arguments) {
  const Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  const std::string& verb = arguments.operands.front();
  const bool shows = verb == "show";
  if (verb != "list" && !shows) {
    return fail(kUsage, Error{"no command 'rules " + visible(verb) + "'" +
                              did_you_mean(verb, {"list", "show"}) + " (blip help rules)"});
  }
  if (shows != (arguments.operands.size() == 2)) {
    return fail(kUsage, Error{shows ? "rules show takes the id of a rule (blip rules list)"
                                    : "rules list takes nothing more"});
  }
  std::vector<Signature> rules = builtin_signatures();
  if (!arguments.rules.empty()) {
    const Result<std::vector<Signature>> own = read_rule_files(arguments.rules);
    if (!own) return fail(kBadConfig, own.error());
    rules.insert(rules.end(), own->begin(), own->end());
  }
  return shows ? show(rules, arguments.operands[1]) : list(rules, *view);
}

constexpr Flag kFlags[] = {
    {"--rules", "PATH", "a rule file, or a folder of them, beside the built-in ones",
     &Arguments::rules},
};

constexpr std::string_view kHelp = R"(  blip rules list
  blip rules show go.panic
  blip rules list --rules /etc/blip/rules.d    exit code 3 if one of them is not valid
)";
}  // namespace

extern const Command rules_command = {
    .name = "rules",
    .operands = "list|show [ID]",
    .least = 1,
    .most = 2,
    .summary = "the lines that blip knows",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
