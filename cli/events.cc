// blip events --kind restart,leak: everything that is remembered, or some kinds of it.

#include <algorithm>

#include "cli/event_list.h"
#include "cli/print.h"

namespace blip {
namespace {
int run(const Arguments& arguments) {
  const Result<std::vector<FailOn>> kinds = parse_kinds(arguments.kinds, "--kind");
  if (!kinds) return fail(kUsage, kinds.error());
  HistoryQuery history = {.kinds = {}, .plural = "events", .table = event_table, .keep = {}};
  for (const FailOn& kind : *kinds) history.kinds.push_back(kind.kind);
  const bool any_severity = std::all_of(kinds->begin(), kinds->end(), [](const FailOn& kind) {
    return kind.at_least == Severity::info;
  });
  if (!any_severity) {
    const View named{.fail_on = *kinds};
    history.keep = [named](const Event& event) { return named.fails({event}); };
  }
  return list_history(arguments, history);
}

constexpr Flag kFlags[] = {
    {"--kind", "KINDS", "only these, with commas between; crash:error: and not below error",
     &Arguments::kinds},
};

constexpr std::string_view kHelp =
    R"(Kinds: restart crash down crash_loop host_reboot error_burst new_error leak drift silence
symptom verbosity match loss health.

  blip events --since 2h
  blip events --kind restart,crash -o ndjson
  blip events --kind crash:critical --since today
)";
}  // namespace

extern const Command events_command = {
    .name = "events",
    .summary = "everything that is remembered",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
