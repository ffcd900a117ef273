// blip silences: a service that usually says something said nothing.

#include "cli/event_list.h"

namespace blip {
namespace {
int run(const Arguments& arguments) {
  return list_history(
      arguments,
      {.kinds = {EventKind::silence}, .plural = "silences", .table = stretch_table, .keep = {}});
}

constexpr std::string_view kHelp = R"(LASTED  until its next line; - while it is still silent

  blip silences --since last-night
  blip silences --fail-on silence      for cron: exit code 1 if there is one
)";
}  // namespace

extern const Command silences_command = {
    .name = "silences",
    .summary = "services that fell silent",
    .help = kHelp,
    .run = run,
};

}  // namespace blip
