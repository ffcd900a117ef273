// blip leaks: what grows inside the lives of a service and never falls, and whether restarts hide
// it. Memory goes by several names at once; the strongest series stands for the others.

#include "cli/event_list.h"

namespace blip {
namespace {
int run(const Arguments& arguments) {
  return list_history(arguments, {.kinds = {EventKind::leak},
                                  .plural = "leaks",
                                  .table = leak_table,
                                  .keep = [](const Event& event) {
                                    return text_attribute(event, "follows").empty();
                                  }});
}

constexpr std::string_view kHelp = R"(FROM, TO  its level when a life begins and when it ends
MASKED    restarts bring it back, so nobody sees it
ENDS BY   what ends the lives: the leak itself, a schedule, or a coincidence
LIMIT IN  when it would reach its limit if the restarts stopped, where a limit is known

  blip leaks --since 7d
  blip leaks -s 'queuer*' -o csv
  blip events --kind leak      also the series that say the same under another name
)";
}  // namespace

extern const Command leaks_command = {
    .name = "leaks",
    .summary = "what grows within lives, and is masked by restarts or not",
    .help = kHelp,
    .run = run,
};

}  // namespace blip
