// blip ack 51be07 "known, ticket 12"
//
// Seen: it leaves the overview, and stays in history. The acknowledgement is of the event's id,
// which the same bytes always get, so it holds over revisions and rescans.

#include "cli/event_text.h"
#include "cli/find_event.h"
#include "cli/print.h"
#include "cli/render/escape.h"
#include "cli/store_path.h"
#include "cli/view.h"
#include "store/acks.h"

namespace blip {
namespace {
Result<Event> named_event(const Arguments& arguments, const View& view, const std::string& path) {
  const Result<Store> store = Store::open(path, Access::read_only);
  if (!store) return store.error();
  return find_event(*store, arguments.operands.front(), view);
}

int run(const Arguments& arguments) {
  const Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  if (const Status fits = check_id(arguments.operands.front()); !fits) {
    return fail(kUsage, fits.error());
  }
  const Result<StorePath> path = existing_store(arguments);
  if (!path) return fail(kBadStore, path.error());
  const Result<Event> event = named_event(arguments, *view, path->path);
  if (!event) return fail(kUsage, event.error());
  const std::string what = std::string(kind_name(event->kind)) +
                           (event->service.empty() ? "" : " of " + visible(event->service)) +
                           (known(event->time) ? " at " + view->clock.exact(event->time) : "");
  if (arguments.undo) {
    const Result<bool> removed = remove_ack(path->path, event->id);
    if (!removed) return fail(kBadStore, removed.error());
    if (!arguments.quiet) {
      print(what + (*removed ? ": shown again\n" : ": was not acknowledged\n"));
    }
    return kDone;
  }
  const Ack ack{event->id, arguments.operands.size() > 1 ? arguments.operands[1] : "", view->now};
  if (const Status added = add_ack(path->path, ack); !added) return fail(kBadStore, added.error());
  if (!arguments.quiet) print("acknowledged: " + what + "\n");
  return kDone;
}

constexpr Flag kFlags[] = {
    {"--undo", "", "take it back", &Arguments::undo},
};

constexpr std::string_view kHelp =
    R"(Says that an event is known: bare blip does not show it any more, and counts it; every other
command still lists it, and blip why ID shows the note. Needs a store that may be written.

  blip ack 51be07 "known, ticket 12"
  blip ack 51be07 --undo
  blip --all                          with what is acknowledged
)";
}  // namespace

extern const Command ack_command = {
    .name = "ack",
    .operands = "ID [NOTE]",
    .least = 1,
    .most = 2,
    .summary = "seen: an event leaves the overview, and stays in history",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
