// All commands, in the order in which help shows them. To add one: a file that defines it, and a
// row here.

#include "cli/arguments.h"

namespace blip {

extern const Command overview_command, scan_command, agent_command, restarts_command,
    crashes_command, bursts_command, leaks_command, drifts_command, silences_command,
    events_command, incidents_command, timeline_command, runs_command, why_command, report_command,
    tail_command, status_command, mark_command, ack_command, rules_command, config_command,
    sql_command, store_command, doctor_command, completion_command, version_command, help_command;

std::span<const Command* const> all_commands() {
  static constexpr const Command* kCommands[] = {
      &overview_command,   &scan_command,    &agent_command,     &restarts_command,
      &crashes_command,    &bursts_command,  &leaks_command,     &drifts_command,
      &silences_command,   &events_command,  &incidents_command, &timeline_command,
      &runs_command,       &why_command,     &report_command,    &tail_command,
      &status_command,     &mark_command,    &ack_command,       &rules_command,
      &config_command,     &sql_command,     &store_command,     &doctor_command,
      &completion_command, &version_command, &help_command,
  };
  return kCommands;
}

const Command* find_command(std::string_view name) {
  for (const Command* command : all_commands()) {
    if (command->name == name) return command;
  }
  return nullptr;
}

}  // namespace blip
