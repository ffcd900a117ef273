// TIME            SERVICE  PLANNED  SILENT  LIVED  DOWN  CAUSE                MASKED  ID
// 06-24 02:14:07  api      no       yes     4h02m  1.3s  panic handler.go:88  leak    51be07
//
// -o ndjson is the contract of programs (agent/event_json.h) and knows nothing of columns.

#include "cli/event_list.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "agent/event_json.h"
#include "cli/print.h"
#include "cli/query_json.h"
#include "cli/render/escape.h"
#include "cli/render/units.h"
#include "cli/store_path.h"

namespace blip {
namespace {
Cell planned_cell(const Event& event) {
  if (!event.planned) return "-";
  return *event.planned ? "yes" : "no";
}

Cell silent_cell(const Event& event) { return event.silent ? Cell("yes", Tint::red) : Cell("-"); }

std::string masked_text(const Event& event) {
  if (flag_attribute(event, "masked")) return "yes";
  return std::string(text_attribute(event, "masked"));
}

std::string where_text(const Event& event) {
  return event.file.empty() ? "" : event.file + ":" + std::to_string(event.at.number);
}

std::string confidence_text(const Event& event) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", event.confidence);
  return text;
}

std::string time_text(const Event& event, const View& view) {
  return view.output == Output::table ? view.clock.text(event.time) : view.clock.exact(event.time);
}

// The columns that `-o wide` and formats for programs add.
void widen(std::vector<Column>& columns, const View& view) {
  if (view.output == Output::table) return;
  columns.insert(columns.end(), {{"HOST"}, {"CONFIDENCE", Align::right}, {"WHERE"}});
}

void widen(std::vector<Cell>& row, const Event& event, const View& view) {
  if (view.output == Output::table) return;
  row.insert(row.end(), {event.host, confidence_text(event), where_text(event)});
}

std::string ndjson(const std::vector<Event>& events) {
  std::string out;
  for (const Event& event : events) out += event_to_json(event) + "\n";
  return out;
}

std::string document(const std::vector<Event>& events, const View& view, const std::string& extra) {
  std::string out = "{\"schema\":1,\"query\":" + query_json(view.query) + extra + ",\"events\":[";
  for (size_t i = 0; i < events.size(); ++i) {
    out.append(i == 0 ? "\n" : ",\n").append(event_to_json(events[i]));
  }
  return out += "\n]}\n";
}
}  // namespace

Table restart_table(const std::vector<Event>& events, const View& view, const ShortId& id) {
  // In 80 columns an empty one costs the cause its end.
  const bool masked = view.output != Output::table ||
                      std::any_of(events.begin(), events.end(),
                                  [](const Event& event) { return !masked_text(event).empty(); });
  std::vector<Column> columns = {{"TIME"},
                                 {"SERVICE", Align::left, true},
                                 {"PLANNED"},
                                 {"SILENT"},
                                 {"LIVED", Align::right},
                                 {"DOWN", Align::right},
                                 {"CAUSE", Align::left, true}};
  if (masked) columns.push_back({"MASKED"});
  columns.push_back({"ID"});
  widen(columns, view);
  Table table(std::move(columns));
  for (const Event& event : events) {
    // Put in one by one, not as a list in braces, which is copied: there may be thousands of rows.
    std::vector<Cell> row;
    row.reserve(12);
    row.emplace_back(time_text(event, view));
    row.emplace_back(event.service);
    row.push_back(planned_cell(event));
    row.push_back(silent_cell(event));
    row.emplace_back(span_or_dash(number_attribute(event, "lifetime_s")));
    row.emplace_back(span_or_dash(number_attribute(event, "downtime_s")));
    row.emplace_back(cause_text(event));
    if (masked) row.push_back(masked_text(event));
    row.push_back(id(event.id));
    widen(row, event, view);
    table.add(std::move(row));
  }
  return table;
}

Table crash_table(const std::vector<Event>& events, const View& view, const ShortId& id) {
  // Most deaths are the service's own: a column that says so of each takes room from the message.
  const bool scope = view.output != Output::table ||
                     std::any_of(events.begin(), events.end(), [](const Event& event) {
                       return text_attribute(event, "scope") == "worker";
                     });
  std::vector<Column> columns = {{"TIME"}, {"SERVICE", Align::left, true}};
  if (scope) columns.push_back({"SCOPE"});
  columns.insert(columns.end(), {{"CAUSE"},
                                 {"MESSAGE", Align::left, true},
                                 {"FRAME", Align::left, true},
                                 {"RESTART"},
                                 {"ID"}});
  widen(columns, view);
  Table table(std::move(columns));
  for (const Event& event : events) {
    const std::string_view message = text_attribute(event, "message");
    const std::string_view restart = text_attribute(event, "restart");
    std::vector<Cell> row = {time_text(event, view), event.service};
    if (scope) row.push_back(text_attribute(event, "scope"));
    row.insert(row.end(),
               {event.cause, message.empty() ? std::string_view(event.title) : message,
                text_attribute(event, "frame"),
                restart.empty() ? std::string_view("-") : restart.substr(0, 6), id(event.id)});
    widen(row, event, view);
    table.add(std::move(row));
  }
  return table;
}

Table leak_table(const std::vector<Event>& events, const View& view, const ShortId& id) {
  const bool limit = view.output != Output::table ||
                     std::any_of(events.begin(), events.end(), [](const Event& event) {
                       return number_attribute(event, "hours_to_limit").has_value();
                     });
  std::vector<Column> columns = {{"SINCE"},
                                 {"SERVICE", Align::left, true},
                                 {"SLOPE", Align::left, true},
                                 {"FROM", Align::right},
                                 {"TO", Align::right},
                                 {"LIVES", Align::right},
                                 {"MASKED"},
                                 {"ENDS BY"}};
  if (limit) columns.push_back({"LIMIT IN", Align::right});
  columns.push_back({"ID"});
  widen(columns, view);
  Table table(std::move(columns));
  for (const Event& event : events) {
    const std::optional<double> hours = number_attribute(event, "hours_to_limit");
    const std::string_view ended_by = text_attribute(event, "ended_by");
    std::vector<Cell> row = {
        time_text(event, view),
        event.service,
        slope_text(text_attribute(event, "metric"),
                   number_attribute(event, "slope_per_min").value_or(std::nan(""))),
        number_text(number_attribute(event, "from").value_or(std::nan(""))),
        number_text(number_attribute(event, "to").value_or(std::nan(""))),
        number_text(number_attribute(event, "lives").value_or(std::nan(""))),
        masked_text(event).empty() ? Cell("-") : Cell("yes", Tint::red),
        ended_by.empty() ? std::string_view("-") : ended_by};
    if (limit) row.push_back(hours ? compact_span(3600 * *hours) : "-");
    row.push_back(id(event.id));
    widen(row, event, view);
    table.add(std::move(row));
  }
  return table;
}

Table drift_table(const std::vector<Event>& events, const View& view, const ShortId& id) {
  std::vector<Column> columns = {{"SINCE"},
                                 {"SERVICE", Align::left, true},
                                 {"METRIC", Align::left, true},
                                 {"FROM", Align::right},
                                 {"TO", Align::right},
                                 {"LIVES", Align::right},
                                 {"RESETS", Align::right},
                                 {"MASKED"},
                                 {"ID"}};
  widen(columns, view);
  Table table(std::move(columns));
  for (const Event& event : events) {
    std::vector<Cell> row = {time_text(event, view),
                             event.service,
                             text_attribute(event, "metric"),
                             number_text(number_attribute(event, "from").value_or(std::nan(""))),
                             number_text(number_attribute(event, "to").value_or(std::nan(""))),
                             number_text(number_attribute(event, "lives").value_or(std::nan(""))),
                             number_text(number_attribute(event, "resets").value_or(std::nan(""))),
                             masked_text(event).empty() ? Cell("-") : Cell("yes", Tint::red),
                             id(event.id)};
    widen(row, event, view);
    table.add(std::move(row));
  }
  return table;
}

Table stretch_table(const std::vector<Event>& events, const View& view, const ShortId& id) {
  std::vector<Column> columns = {{"TIME"},
                                 {"KIND"},
                                 {"SERVICE", Align::left, true},
                                 {"LASTED", Align::right},
                                 {"WHAT", Align::left, true},
                                 {"ID"}};
  widen(columns, view);
  Table table(std::move(columns));
  for (const Event& event : events) {
    const bool ended = known(event.time) && known(event.end) && event.end >= event.time;
    std::vector<Cell> row = {time_text(event, view),
                             Cell(std::string(kind_name(event.kind)), tint_of(event.severity)),
                             event.service,
                             ended ? compact_span(seconds_of(event.end - event.time)) : "-",
                             event.title,
                             id(event.id)};
    widen(row, event, view);
    table.add(std::move(row));
  }
  return table;
}

Table event_table(const std::vector<Event>& events, const View& view, const ShortId& id) {
  std::vector<Column> columns = {{"TIME"},
                                 {"KIND"},
                                 {"SERVICE", Align::left, true},
                                 {"SEVERITY"},
                                 {"TITLE", Align::left, true},
                                 {"ID"}};
  widen(columns, view);
  Table table(std::move(columns));
  for (const Event& event : events) {
    std::vector<Cell> row = {
        time_text(event, view),
        kind_name(event.kind),
        event.service,
        Cell(std::string(severity_name(event.severity)), tint_of(event.severity)),
        event.title,
        id(event.id)};
    widen(row, event, view);
    table.add(std::move(row));
  }
  return table;
}

std::string list_text(const std::vector<Event>& events, View& view, EventTable table,
                      const ShortId& id, const std::string& extra) {
  if (view.output == Output::ndjson) return ndjson(events);
  if (view.output == Output::json) return document(events, view, extra);
  for (const Event& event : events) view.clock.cover(event.time);
  const Table rows = table(events, view, id);
  if (view.output == Output::csv) return rows.csv();
  if (view.output == Output::md) return rows.markdown();
  const std::string note = view.clock.note();
  const std::string foot =
      "blip why ID" + (note.empty() ? "" : std::string(view.style.dot()) + note);
  return rows.text(view.style) + view.style.paint(Tint::dim, foot) + "\n";
}

namespace {
// Has any service that fits ever lived? When it cannot be told: yes.
bool lived(const Store& store, const std::string& glob) {
  const bool pattern = glob.find_first_of("*?[\\") != std::string::npos;
  const Result<std::vector<Run>> lives = store.runs(pattern ? "" : glob);
  return !lives || std::any_of(lives->begin(), lives->end(),
                               [&glob](const Run& life) { return fits_glob(glob, life.service); });
}
}  // namespace

std::string nothing_text(const Store& store, const View& view, std::string_view plural) {
  const EventQuery& query = view.query;
  std::string out = "no " + std::string(plural);
  if (!query.service.empty()) out += " of " + visible(query.service);
  if (known(query.since)) out += " since " + view.clock.exact(query.since);
  if (known(query.until)) out += " until " + view.clock.exact(query.until);

  const Result<std::vector<Checkpoint>> points = store.checkpoints();
  EventQuery losses = query;
  losses.service.clear();
  losses.kinds = {EventKind::loss};
  losses.evidence = losses.files = false;
  const Result<std::vector<Event>> lost = store.events(losses);
  if (!points || !lost) return out + "\n";
  if (!query.service.empty() && !lived(store, query.service)) {
    return out + ": no service of that name is known (blip runs lists them)\n";
  }
  std::set<std::string_view> sources;
  Time newest = kNoTime;
  for (const Checkpoint& point : *points) {
    sources.insert(point.stream.source);
    newest = std::max(newest, point.stream.last);
  }
  if (known(query.since) && known(newest) && newest < query.since) {
    return out + "; the newest line that was read is of " + view.clock.exact(newest) +
           " (blip status)\n";
  }
  out += "; " + counted(sources.size(), "log", "logs") + " watched";
  if (lost->empty()) return out + " without a gap\n";
  return out + ", with " + counted(lost->size(), "gap", "gaps") + ": blip events --kind loss\n";
}

int list_history(const Arguments& arguments, const HistoryQuery& history) {
  Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  const Result<Store> store = open_moment(arguments);
  if (!store) return fail(kBadStore, store.error());
  EventQuery query = view->query;
  query.kinds = history.kinds;
  if (history.keep) query.limit = 0;
  query.evidence = view->output == Output::json || view->output == Output::ndjson;
  query.files = view->output != Output::table;
  Result<std::vector<Event>> events = store->events(query);
  if (!events) return fail(kBadStore, events.error());
  if (history.keep) {
    std::erase_if(*events, [&history](const Event& event) { return !history.keep(event); });
    const size_t limit = view->query.limit;
    if (limit != 0 && events->size() > limit) {
      events->erase(events->begin(), events->end() - static_cast<ptrdiff_t>(limit));
    }
  }
  view->query.kinds = history.kinds;
  if (events->empty() && view->for_people()) {
    print(nothing_text(*store, *view, history.plural));
  } else {
    print(list_text(*events, *view, history.table, short_ids(*store)));
  }
  return view->fails(*events) ? kMatched : kDone;
}

}  // namespace blip
