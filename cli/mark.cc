// blip mark api "deploy 1.4.2" --for 10m
//
// For deploy hooks: restarts of the service within the mark are planned. It is added beside a
// running agent, to the agent's store.

#include "cli/print.h"
#include "cli/render/escape.h"
#include "cli/store_path.h"
#include "cli/view.h"
#include "cli/when.h"
#include "store/marks.h"

namespace blip {
namespace {
constexpr auto kLongest = std::chrono::hours(24 * 31);  // who forgets a mark is blind that long

Result<Micros> duration(const std::string& text) {
  const auto span = parse_span(text);
  if (!span || *span <= std::chrono::seconds(0)) {
    return Error{"--for is '" + visible(text) + "'; give a time like 90s, 10m or 2h"};
  }
  if (*span > kLongest) {
    return Error{"--for is '" + visible(text) + "'; a mark lasts 31 days at most"};
  }
  return Micros(*span);
}

int run(const Arguments& arguments) {
  const Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  const Result<Micros> lasts = duration(arguments.lasts);
  if (!lasts) return fail(kUsage, lasts.error());
  // One that may be read and not written is the one that is meant: the error says what is missing.
  const Result<StorePath> store = choose_store(arguments, Access::read_only);
  if (!store) return fail(kBadStore, store.error());
  if (!store_exists(*store)) {
    return fail(kBadStore, Error{"no store at " + visible(store->path) +
                                 " to mark anything in; name the agent's with --db FILE"});
  }
  const Mark mark{arguments.operands[0], arguments.operands.size() > 1 ? arguments.operands[1] : "",
                  view->now, view->now + *lasts};
  if (const Status added = add_mark(store->path, mark); !added) {
    return fail(kBadStore, added.error());
  }
  if (!arguments.quiet) {
    Clock clock = view->clock;
    clock.cover(mark.until);
    print("restarts of " + visible(mark.service) + " are planned until " + clock.text(mark.until) +
          " (" + clock.note() + ")\n");
  }
  return kDone;
}

constexpr Flag kFlags[] = {
    {"--for", "TIME", "how long it holds from now on: 90s, 10m (if not given), 2h",
     &Arguments::lasts},
};

constexpr std::string_view kHelp =
    R"(SERVICE is a name as blip shows it, or a pattern in quotes. The mark goes to the agent's store,
which must be writable: be in the group blip.

  blip mark api "deploy 1.4.2"
  blip mark 'web-*' --for 1h
)";
}  // namespace

extern const Command mark_command = {
    .name = "mark",
    .operands = "SERVICE [TEXT]",
    .least = 1,
    .most = 2,
    .summary = "say that restarts of a service are planned now",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
