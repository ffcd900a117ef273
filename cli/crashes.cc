// blip crashes: death notes (panics, uncaught exceptions, fatal signals), each with the restart it
// caused, if one is known. A fingerprint is the same for all deaths of the same cause: message and
// frame without the numbers in them.

#include "cli/event_list.h"

namespace blip {
namespace {
int run(const Arguments& arguments) {
  HistoryQuery history = {
      .kinds = {EventKind::crash}, .plural = "crashes", .table = crash_table, .keep = {}};
  if (!arguments.fingerprint.empty()) {
    history.keep = [&arguments](const Event& event) {
      return text_attribute(event, "fingerprint").starts_with(arguments.fingerprint);
    };
  }
  return list_history(arguments, history);
}

constexpr Flag kFlags[] = {
    {"--fingerprint", "HEX", "only those whose fingerprint begins so", &Arguments::fingerprint},
};

constexpr std::string_view kHelp = R"(SCOPE    service, or worker: a child that its service replaces
RESTART  the restart that the crash caused: blip why ID

  blip crashes --since 7d
  blip crashes --fingerprint 9c1f
)";
}  // namespace

extern const Command crashes_command = {
    .name = "crashes",
    .summary = "the death notes that are remembered",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
