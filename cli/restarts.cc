// blip restarts --since last-night: every restart that is remembered, planned or not, told or
// silent. Why each is believed to be one is `blip why ID`'s to say.

#include "cli/event_list.h"

namespace blip {
namespace {
int run(const Arguments& arguments) {
  return list_history(
      arguments, {.kinds = {EventKind::restart}, .plural = "restarts", .table = restart_table});
}

constexpr std::string_view kHelp = R"(PLANNED  yes, no, or - where the logs do not tell
SILENT   no line of the service's own log tells of it
LIVED    how long the life before lasted; DOWN: until the next one began
MASKED   what the restart reset: a leak (blip leaks) or a drift (blip drifts)

  blip restarts --since last-night
  blip restarts -s 'billing*' -o csv
  blip restarts --since 1h --fail-on restart:error    exit code 1 if there was one (for cron)
)";
}  // namespace

extern const Command restarts_command = {
    .name = "restarts",
    .summary = "the restarts that are remembered",
    .help = kHelp,
    .run = run,
};

}  // namespace blip
