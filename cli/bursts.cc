// blip bursts: stretches in which a service logged many more errors than it usually does, and
// errors that it had never logged before.

#include "cli/event_list.h"

namespace blip {
namespace {
int run(const Arguments& arguments) {
  return list_history(arguments, {.kinds = {EventKind::error_burst, EventKind::new_error},
                                  .plural = "bursts of errors",
                                  .table = stretch_table,
                                  .keep = {}});
}

constexpr std::string_view kHelp = R"(LASTED  from its first to its last error

  blip bursts --since 24h
  blip bursts -s api -o csv
)";
}  // namespace

extern const Command bursts_command = {
    .name = "bursts",
    .summary = "when errors came in numbers, and new ones",
    .help = kHelp,
    .run = run,
};

}  // namespace blip
