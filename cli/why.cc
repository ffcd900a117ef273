// blip why 51be07 --context 20: one event, its evidence, and the lines it was found among. What is
// printed about it is explain.cc's; here it is looked up.

#include <cmath>

#include "agent/event_json.h"
#include "cli/context.h"
#include "cli/event_list.h"
#include "cli/explain.h"
#include "cli/find_event.h"
#include "cli/print.h"
#include "cli/render/escape.h"
#include "cli/render/units.h"
#include "cli/store_path.h"
#include "cli/view.h"

namespace blip {
namespace {
constexpr size_t kSparkPoints = 24;

// The gauge that moved most over the life, by its own size.
std::string moved_most(const Run& life) {
  std::string name;
  double most = 0;
  for (const auto& gauge : life.gauges) {
    const GaugeLife& value = gauge.second;
    const double moved = std::fabs(value.last - value.first) /
                         std::max({std::fabs(value.first), std::fabs(value.last), 1e-9});
    if (value.samples < 2 || !(moved > most)) continue;
    most = moved;
    name = gauge.first;
  }
  return name;
}

// The leak or drift that the service is known for, where the life has that gauge: it says more than
// a counter which grows in every life.
Result<std::string> known_for(const Store& store, const Run& life) {
  EventQuery query;
  query.kinds = {EventKind::leak, EventKind::drift};
  query.service = glob_of(life.service);
  query.evidence = query.files = false;
  const Result<std::vector<Event>> risen = store.events(query);
  if (!risen) return risen.error();
  std::string name;
  std::pair<bool, double> best{false, -1};
  for (const Event& event : *risen) {
    const std::string metric(text_attribute(event, "metric"));
    const std::pair<bool, double> rank{event.kind == EventKind::leak, event.confidence};
    if (life.gauges.count(metric) == 0 || !text_attribute(event, "follows").empty()) continue;
    if (rank <= best) continue;
    best = rank;
    name = metric;
  }
  return name;
}

bool alike(const Event& a, const Event& b) {
  const std::string_view print = text_attribute(a, "fingerprint");
  if (!print.empty()) return print == text_attribute(b, "fingerprint");
  return a.cause == b.cause && text_attribute(a, "frame") == text_attribute(b, "frame") &&
         text_attribute(a, "message") == text_attribute(b, "message");
}

// "acknowledged 06-24 09:12:00: known, ticket 12"
Result<std::string> ack_text(const Store& store, const Event& event, const View& view) {
  const Result<std::vector<Ack>> acks = store.acks();
  if (!acks) return acks.error();
  for (const Ack& ack : *acks) {
    if (ack.event != event.id) continue;
    return "  acknowledged      " + view.clock.exact(ack.at) +
           (ack.note.empty() ? "" : ": " + visible(ack.note)) + "\n";
  }
  return std::string();
}

Result<Surroundings> look_around(const Store& store, const Event& event) {
  Surroundings around;
  Result<std::vector<Run>> lives = store.runs(event.service);
  if (!lives) return lives.error();
  for (Run& life : *lives) {
    if (life.ended_by == event.id) around.before = std::move(life);
  }
  if (around.before) {
    const Run& life = *around.before;
    const Result<std::string> leaks = known_for(store, life);
    if (!leaks) return leaks.error();
    const Time end = known(life.end.to) ? life.end.to : life.end.from;
    for (const std::string& gauge : {*leaks, moved_most(life)}) {
      if (gauge.empty() || !around.samples.empty()) continue;
      Result<std::vector<double>> samples =
          store.samples(life.service, life.instance, gauge, life.begin.from, end, kSparkPoints);
      if (!samples) return samples.error();
      around.gauge = gauge;
      around.samples = std::move(*samples);
    }
  }
  EventQuery query;
  query.kinds = {event.kind};
  query.service = glob_of(event.service);
  query.evidence = query.files = false;
  Result<std::vector<Event>> others = store.events(query);
  if (!others) return others.error();
  for (const Event& other : *others) {
    if (other.service != event.service || !alike(event, other)) continue;
    ++around.alike;
    if (!known(around.alike_since)) around.alike_since = other.time;
  }
  return around;
}

std::string context_text(const Event& event, size_t count, const Style& style) {
  const auto lines = lines_around(event.file, event.at.number, std::min(count, kContextLimit));
  if (!lines) return "  lines around it are not to be had: " + visible(lines.error().text) + "\n";
  std::string out = "\n" + visible(event.file) + "\n";
  for (const NumberedLine& line : *lines) {
    const bool here = line.number == event.at.number;
    const std::string text =
        (here ? "> " : "  ") + std::to_string(line.number) + "  " + visible(line.text);
    out += style.paint(here ? Tint::bold : Tint::plain, text) + "\n";
  }
  return out;
}

std::string rows_text(const Event& event, Output output) {
  Table table({{"WEIGHT", Align::right}, {"SIGNAL"}, {"FILE"}, {"LINE", Align::right}, {"TEXT"}});
  for (const Evidence& row : event.evidence) {
    char weight[32];
    std::snprintf(weight, sizeof weight, "%.2f", row.weight);
    table.add({weight, row.signal, row.file,
               row.at.number == 0 ? std::string() : std::to_string(row.at.number), row.text});
  }
  return output == Output::csv ? table.csv() : table.markdown();
}

int run(const Arguments& arguments) {
  Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  const std::string& id = arguments.operands.front();
  if (const Status fits = check_id(id); !fits) return fail(kUsage, fits.error());
  const Result<Store> store = open_moment(arguments);
  if (!store) return fail(kBadStore, store.error());
  const Result<Event> event = find_event(*store, id, *view);
  if (!event) return fail(kUsage, event.error());
  if (view->output == Output::csv || view->output == Output::md) {
    print(rows_text(*event, view->output));
    return kDone;
  }
  const ShortId short_id = short_ids(*store);
  if (!view->for_people()) {
    print(list_text({*event}, *view, event_table, short_id));
    return kDone;
  }
  const Result<Surroundings> around = look_around(*store, *event);
  if (!around) return fail(kBadStore, around.error());
  view->clock.cover(event->time);
  view->clock.cover(around->alike_since);
  print(explanation(*event, *around, view->clock, view->style, short_id(event->id)));
  const Result<std::string> ack = ack_text(*store, *event, *view);
  if (!ack) return fail(kBadStore, ack.error());
  print(*ack);
  if (arguments.context != 0 && event->at.number != 0) {
    print(context_text(*event, arguments.context, view->style));
  }
  print(view->style.paint(Tint::dim, view->clock.note()) + "\n");
  return kDone;
}

constexpr Flag kFlags[] = {
    {"--context", "N", "also N lines either side, if the file is still there", &Arguments::context},
};

constexpr std::string_view kHelp =
    R"(ID is the first 6 or more digits that blip scan --keep, blip restarts or blip events show. Every
row tells what was seen, where, and what it weighs, in nats: the prior and all rows add up to the
score; above 2 it is certain, above 0 likely, and the confidence is 1 / (1 + exp(-score)).

  blip why 51be07
  blip why 51be07 --context 20
  blip why 51be07 -o json
)";
}  // namespace

extern const Command why_command = {
    .name = "why",
    .operands = "ID",
    .least = 1,
    .most = 1,
    .summary = "the evidence for one event, with weights and lines",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
