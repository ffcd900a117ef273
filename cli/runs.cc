// SERVICE  BEGIN           END             LIVED  ENDED BY  ID      GAUGES
// app      06-21 19:50:53  06-22 01:06:07  5h15m  panic     e7f3a1  goroutines 9 → 41,022
//
// The lives of services. An end of "alive" means: when its logs end.

#include <fnmatch.h>

#include "cli/event_text.h"
#include "cli/print.h"
#include "cli/query_json.h"
#include "cli/render/escape.h"
#include "cli/render/table.h"
#include "cli/render/units.h"
#include "cli/store_path.h"
#include "cli/view.h"

namespace blip {
namespace {
bool alive(const Run& life) { return !known(life.end.to); }

// Its death, or its last line where nothing tells when it died.
Time end_of(const Run& life) { return known(life.end.from) ? life.end.from : life.end.to; }

std::optional<double> lived(const Run& life) {
  const Time end = end_of(life);
  if (!known(life.begin.from) || !known(end) || end < life.begin.from) return std::nullopt;
  return seconds_of(end - life.begin.from);
}

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
  if (!glob.empty() && fnmatch(glob.c_str(), life.service.c_str(), 0) != 0) return false;
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
  Table table({{"SERVICE", Align::left, true},
               {"INSTANCE", Align::left, true},
               {"BEGIN"},
               {"END"},
               {"LIVED", Align::right},
               {"ENDED BY", Align::left, true},
               {"ID"},
               {"GAUGES", Align::left, true}});
  for (const Run& life : lives) {
    table.add({life.service, life.instance, view.clock.text(life.begin.from),
               alive(life) ? std::string("alive") : view.clock.text(end_of(life)),
               span_or_dash(lived(life)), life.ending,
               life.ended_by == 0 ? std::string("-") : id(life.ended_by),
               gauges_text(life, view.style)});
  }
  return table;
}

int run(const Arguments& arguments) {
  Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  const Result<Store> store = open_history(arguments);
  if (!store) return fail(kBadStore, store.error());
  Result<std::vector<Run>> lives = store->runs("");
  if (!lives) return fail(kBadStore, lives.error());
  if (!arguments.operands.empty()) view->query.service = arguments.operands.front();
  const EventQuery& query = view->query;
  std::erase_if(*lives, [&query](const Run& life) { return !wanted(life, query, query.service); });
  if (query.limit != 0 && lives->size() > query.limit) {
    lives->erase(lives->begin(), lives->end() - static_cast<ptrdiff_t>(query.limit));
  }
  if (view->output == Output::ndjson || view->output == Output::json) {
    print(json_text(*lives, *view));
    return kDone;
  }
  if (lives->empty() && view->for_people()) {
    print("no lives" + (query.service.empty() ? "" : " of " + visible(query.service)) + "\n");
    return kDone;
  }
  for (const Run& life : *lives) {
    view->clock.cover(life.begin.from);
    view->clock.cover(life.end.to);
  }
  const Table table = run_table(*lives, *view, short_ids(*store));
  print(view->output == Output::csv  ? table.csv()
        : view->output == Output::md ? table.markdown()
                                     : table.text(view->style) + view->clock.note() + "\n");
  return kDone;
}

constexpr std::string_view kHelp =
    R"(A life is what lies between two restarts of one instance of a service. Its gauges are told as
they were at its begin and at its end.

  blip runs api
  blip runs 'web-*' --since 3d -o csv
)";
}  // namespace

extern const Command runs_command = {
    .name = "runs",
    .operands = "[SERVICE]",
    .most = 1,
    .summary = "the lives of a service: begin, end, how it ended",
    .help = kHelp,
    .run = run,
};

}  // namespace blip
