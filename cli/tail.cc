// blip tail api: events as they are found by the agent that writes to the store. Each is printed
// when it is written and again when a revision changes it; programs (-o ndjson) key on its id.

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "agent/event_json.h"
#include "cli/event_list.h"
#include "cli/print.h"
#include "cli/render/escape.h"
#include "cli/store_path.h"
#include "cli/view.h"

namespace blip {
namespace {
constexpr auto kLookEvery = std::chrono::milliseconds(200);
constexpr size_t kAtOnce = 500;  // events printed before the next look

volatile sig_atomic_t stopped_by = 0;  // a signal handler can reach nothing else
void on_signal(int number) { stopped_by = number; }

bool wanted(const Event& event, const View& view, const std::string& service) {
  if (event.confidence < view.query.min_confidence) return false;
  return service.empty() || event.service == service;
}

// ● 06-24 19:50:53  restart  api  restarted silently after panic (blip why 51be07)
std::string line_for_people(const Event& event, View& view, const ShortId& id) {
  Table table({{"", Align::left},
               {"", Align::left},
               {"", Align::left},
               {"", Align::left},
               {"", Align::left, true},
               {"", Align::left}});
  view.clock.cover(event.time);
  table.add({Cell(std::string(mark_of(event.severity, view.style)), tint_of(event.severity)),
             view.clock.text(event.time), std::string(kind_name(event.kind)), event.service,
             event.title + (event.revision > 1 ? " (revised)" : ""), id(event.id)});
  return table.text(view.style);
}

int run(const Arguments& arguments) {
  Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  const bool lines = view->output == Output::ndjson;
  if (!lines && !view->for_people()) {
    return fail(kUsage, Error{"tail prints for people or with -o ndjson"});
  }
  const Result<Store> store = open_history(arguments);
  if (!store) return fail(kBadStore, store.error());
  const std::string service = arguments.operands.empty() ? "" : arguments.operands.front();
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  Result<uint64_t> seq = store->last_seq();
  if (!seq) return fail(kBadStore, seq.error());
  const ShortId id = short_ids(*store);
  while (stopped_by == 0) {
    const Result<std::vector<Event>> news = store->events_after(*seq, kAtOnce);
    if (!news) return fail(kBadStore, news.error());
    for (const Event& event : *news) {
      *seq = std::max(*seq, event.seq);
      if (!wanted(event, *view, service)) continue;
      print(lines ? event_to_json(event) + "\n" : line_for_people(event, *view, id));
    }
    if (!news->empty() && !flush_output()) return kDone;  // who read it is gone
    if (news->size() < kAtOnce) std::this_thread::sleep_for(kLookEvery);
  }
  return kDone;
}

constexpr std::string_view kHelp =
    R"(Prints what a running agent finds, from now on. Ctrl-C ends it.

  blip tail
  blip tail api
  blip tail -o ndjson | jq -r .title
)";
}  // namespace

extern const Command tail_command = {
    .name = "tail",
    .operands = "[SERVICE]",
    .most = 1,
    .summary = "events as they are found",
    .help = kHelp,
    .run = run,
};

}  // namespace blip
