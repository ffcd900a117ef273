// blip drifts: delays and latencies that rise within each life of a service.

#include "cli/event_list.h"

namespace blip {
namespace {
int run(const Arguments& arguments) {
  return list_history(
      arguments,
      {.kinds = {EventKind::drift}, .plural = "drifts", .table = drift_table, .keep = {}});
}

constexpr std::string_view kHelp = R"(FROM, TO  its level when a life begins and when it ends
RESETS    restarts that brought it back to where it began; MASKED: most of them did

  blip drifts --since 7d
)";
}  // namespace

extern const Command drifts_command = {
    .name = "drifts",
    .summary = "what gets slower within each life",
    .help = kHelp,
    .run = run,
};

}  // namespace blip
