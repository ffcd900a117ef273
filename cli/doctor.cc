// blip doctor
//
// ok       /var/log/app/*.log  3 logs, go_log
// problem  /var/log/syslog     user ann may not read it: join the group adm (usermod -aG adm ann)
// 1 problem, 0 warnings
//
// Exit code 4 when something can't work. As whom it runs matters: sudo -u blip blip doctor.

#include "agent/doctor.h"

#include "agent/json_text.h"
#include "cli/configured.h"
#include "cli/print.h"
#include "cli/render/escape.h"
#include "cli/render/style.h"
#include "cli/render/table.h"
#include "cli/render/units.h"
#include "cli/view.h"

namespace blip {
namespace {
constexpr size_t kVerdictWidth = 9;

// Tables cut what does not fit; what to do must never be cut.
std::string text_of(const std::vector<Diagnosis>& findings) {
  std::string out;
  size_t problems = 0, warnings = 0;
  for (const Diagnosis& each : findings) {
    const std::string verdict(verdict_name(each.verdict));
    out += verdict + std::string(kVerdictWidth - verdict.size(), ' ') + visible(each.subject) +
           "  " + visible(each.text) + "\n";
    problems += each.verdict == Verdict::problem ? 1 : 0;
    warnings += each.verdict == Verdict::warning ? 1 : 0;
  }
  return out + counted(problems, "problem", "problems") + ", " +
         counted(warnings, "warning", "warnings") + "\n";
}

std::string table_of(const std::vector<Diagnosis>& findings, Output output) {
  Table table({{"VERDICT"}, {"SUBJECT"}, {"FINDING"}});
  for (const Diagnosis& each : findings) {
    table.add({verdict_name(each.verdict), each.subject, each.text});
  }
  return output == Output::csv ? table.csv() : table.markdown();
}

std::string json_of(const std::vector<Diagnosis>& findings, Output output) {
  Json all = Json::array();
  std::string lines;
  for (const Diagnosis& each : findings) {
    all.push_back({{"verdict", verdict_name(each.verdict)},
                   {"subject", each.subject},
                   {"finding", each.text}});
    lines += one_line(all.back()) + "\n";
  }
  if (output == Output::ndjson) return lines;
  return one_line(Json{{"schema", 1}, {"findings", all}}) + "\n";
}

int run(const Arguments& arguments) {
  const Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  std::vector<std::string> notes;
  Result<Config> config = configured(arguments, &notes);
  if (!config) return fail(kBadConfig, config.error());
  const Result<std::vector<Signature>> rules = configured_rules(*config);
  if (!rules) return fail(kBadConfig, rules.error());
  if (!arguments.db.empty()) config->store.path = {arguments.db, "--db"};
  const std::vector<Diagnosis> findings = examine(*config, {.now = view->now});
  switch (view->output) {
    case Output::json:
    case Output::ndjson:
      print(json_of(findings, view->output));
      break;
    case Output::csv:
    case Output::md:
      print(table_of(findings, view->output));
      break;
    default:
      print(text_of(findings));
  }
  if (!arguments.quiet) {
    for (const std::string& each : notes) note(each);
  }
  for (const Diagnosis& each : findings) {
    if (each.verdict == Verdict::problem) return kUnreadable;
  }
  return kDone;
}

constexpr std::string_view kHelp =
    R"(Tries what the agent would do: opens each log, reads its first 64 KiB, looks at the disks, the
limits of inotify, the clock and the store. Changes nothing. Exit code 4 if something can't work.

  sudo -u blip blip doctor    as the user that the agent runs as
)";
}  // namespace

extern const Command doctor_command = {
    .name = "doctor",
    .operands = "",
    .summary = "why does blip see nothing: rights, files, formats, disks, clock",
    .help = kHelp,
    .run = run,
};

}  // namespace blip
