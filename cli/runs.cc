// SERVICE  BEGIN           END             LIVED  ENDED BY  ID      GAUGES
// app      06-21 19:50:53  06-22 01:06:07  5h15m  panic     e7f3a1  goroutines 9 → 41,022
//
// The lives of services. An end of "alive" means: when its logs end. --by and --overlay compare
// lives with one another: cli/compare.cc.

#include <algorithm>
#include <map>

#include "cli/compare.h"
#include "cli/event_list.h"
#include "cli/print.h"
#include "cli/query_json.h"
#include "cli/render/escape.h"
#include "cli/render/table.h"
#include "cli/render/units.h"
#include "cli/store_path.h"
#include "cli/view.h"

namespace blip {
namespace {
std::string gauges_text(const Run& life, const Style& style) {
  std::string out;
  for (const auto& gauge : life.gauges) {
    if (!out.empty()) out += ", ";
    out.append(gauge.first).append(" ").append(number_text(gauge.second.first)).append(" ");
    out.append(style.arrow()).append(" ").append(number_text(gauge.second.last));
  }
  return out;
}

bool wanted(const Run& life, const EventQuery& query, const std::string& glob) {
  if (!glob.empty() && !fits_glob(glob, life.service)) return false;
  const Time end = alive(life) ? life.end.from : life.end.to;
  if (known(query.since) && known(end) && end < query.since) return false;
  return !known(query.until) || !known(life.begin.from) || life.begin.from < query.until;
}

std::string run_json(const Run& life) {
  const auto time = [](Time value) {
    return known(value) ? json_string(format_rfc3339(value)) : "null";
  };
  const auto event = [](uint64_t id) { return id == 0 ? "null" : json_string(id_text(id)); };
  std::string out =
      "{\"id\":" + json_string(id_text(life.id)) + ",\"service\":" + json_string(life.service) +
      ",\"instance\":" + json_string(life.instance) + ",\"begin\":" + time(life.begin.from) +
      ",\"end\":" + (alive(life) ? "null" : time(end_of(life))) +
      ",\"ending\":" + json_string(life.ending) + ",\"began_by\":" + event(life.began_by) +
      ",\"ended_by\":" + event(life.ended_by) + ",\"gauges\":{";
  bool first = true;
  for (const auto& gauge : life.gauges) {
    const GaugeLife& value = gauge.second;
    out.append(first ? "" : ",").append(json_string(gauge.first)).append(":{\"first\":");
    out.append(json_number(value.first)).append(",\"last\":").append(json_number(value.last));
    out.append(",\"low\":").append(json_number(value.low)).append(",\"high\":");
    out.append(json_number(value.high)).append(",\"samples\":");
    out.append(std::to_string(value.samples)).append("}");
    first = false;
  }
  return out + "}}";
}

std::string json_text(const std::vector<Run>& lives, const View& view) {
  std::string out;
  if (view.output == Output::ndjson) {
    for (const Run& life : lives) out += run_json(life) + "\n";
    return out;
  }
  out = "{\"schema\":1,\"query\":" + query_json(view.query) + ",\"runs\":[";
  for (size_t i = 0; i < lives.size(); ++i) {
    out.append(i == 0 ? "\n" : ",\n").append(run_json(lives[i]));
  }
  return out + "\n]}\n";
}

Table run_table(const std::vector<Run>& lives, const View& view, const ShortId& id) {
  // Told only where it tells lives apart.
  std::map<std::string_view, std::string_view> instances;
  const bool several = std::any_of(lives.begin(), lives.end(), [&instances](const Run& life) {
    return instances.try_emplace(life.service, life.instance).first->second != life.instance;
  });
  const bool instance = several || view.output != Output::table;
  std::vector<Column> columns = {{"SERVICE", Align::left, true}};
  if (instance) columns.push_back({"INSTANCE", Align::left, true});
  columns.insert(columns.end(), {{"BEGIN"},
                                 {"END"},
                                 {"LIVED", Align::right},
                                 {"ENDED BY", Align::left, true},
                                 {"ID"},
                                 {"GAUGES", Align::left, true}});
  Table table(std::move(columns));
  for (const Run& life : lives) {
    std::vector<Cell> row = {life.service};
    if (instance) row.push_back(life.instance);
    row.insert(row.end(), {view.clock.text(life.begin.from),
                           alive(life) ? std::string("alive") : view.clock.text(end_of(life)),
                           span_or_dash(lived(life)), life.ending,
                           life.ended_by == 0 ? std::string("-") : id(life.ended_by),
                           gauges_text(life, view.style)});
    table.add(std::move(row));
  }
  return table;
}

// --fail-on asks for events of the period, as everywhere.
Result<bool> fails(const Store& store, const View& view) {
  if (view.fail_on.empty()) return false;
  EventQuery query = view.query;
  query.limit = 0;
  const Result<std::vector<Event>> events = store.events(query);
  if (!events) return events.error();
  return view.fails(*events);
}

int run(const Arguments& arguments) {
  Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  const Result<Store> store = open_moment(arguments);
  if (!store) return fail(kBadStore, store.error());
  if (!arguments.operands.empty()) view->query.service = arguments.operands.front();
  const EventQuery& query = view->query;
  // One service is found by its index; which fit a pattern is looked at below.
  const bool pattern = query.service.find_first_of("*?[\\") != std::string::npos;
  Result<std::vector<Run>> lives = store->runs(pattern ? "" : query.service);
  if (!lives) return fail(kBadStore, lives.error());
  std::erase_if(*lives, [&query](const Run& life) { return !wanted(life, query, query.service); });
  if (query.limit != 0 && lives->size() > query.limit) {
    lives->erase(lives->begin(), lives->end() - static_cast<ptrdiff_t>(query.limit));
  }
  if (lives->empty() && view->for_people()) {
    print(nothing_text(*store, *view, "lives"));
    return kDone;
  }
  const Result<bool> failing = fails(*store, *view);
  if (!failing) return fail(kBadStore, failing.error());
  const int code = *failing ? kMatched : kDone;
  if (!arguments.by.empty() || !arguments.overlay.empty()) {
    const int compared = compare_lives(arguments, *lives, *store, *view);
    return compared == kDone ? code : compared;
  }
  if (view->output == Output::ndjson || view->output == Output::json) {
    print(json_text(*lives, *view));
    return code;
  }
  for (const Run& life : *lives) {
    view->clock.cover(life.begin.from);
    view->clock.cover(life.end.to);
  }
  const Table table = run_table(*lives, *view, short_ids(*store));
  print(view->output == Output::csv ? table.csv()
        : view->output == Output::md
            ? table.markdown()
            : table.text(view->style) + view->style.paint(Tint::dim, view->clock.note()) + "\n");
  return code;
}

constexpr Flag kFlags[] = {
    {"--by", "WHAT", "compare groups of lives: build, mark (blip mark) or day", &Arguments::by},
    {"--overlay", "METRIC", "draw it for each life from the life's own beginning, on one scale",
     &Arguments::overlay},
};

constexpr std::string_view kHelp =
    R"(A life is what lies between two restarts of one instance of a service. Its gauges are told as
they were at its begin and at its end.

  blip runs api
  blip runs 'web-*' --since 3d -o csv
  blip runs api --by build                  which build lives longest?
  blip runs api --overlay rss               which life went flat?
  blip runs api --overlay rss --by mark     which experiment did?
)";
}  // namespace

extern const Command runs_command = {
    .name = "runs",
    .operands = "[SERVICE]",
    .most = 1,
    .summary = "the lives of a service: begin, end, how it ended",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
