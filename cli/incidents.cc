// FROM            LASTED  WHAT                           CHAIN                             ID
// 06-24 02:14:05     12s  api restarted silently: panic  symptom x7, crash panic, restart  51be07
//
// Which events are one story is incident_groups.cc's; here they are looked up and printed.

#include "cli/event_list.h"
#include "cli/incident_groups.h"
#include "cli/print.h"
#include "cli/query_json.h"
#include "cli/render/escape.h"
#include "cli/render/units.h"
#include "cli/store_path.h"
#include "cli/view.h"

namespace blip {
namespace {
std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string what_text(const Incident& incident) {
  std::string out = incident.headline->title;
  for (const Event* driver : incident.driven_by) {
    out += ", driven by " + std::string(kind_name(driver->kind)) + " of " +
           std::string(text_attribute(*driver, "metric"));
  }
  return out;
}

Table incident_table(const std::vector<Incident>& incidents, const View& view, const ShortId& id) {
  // Titles name the service, and the chain counts the events: 80 columns have no room for both.
  const bool all = view.output != Output::table;
  std::vector<Column> columns = {{"FROM"}, {"LASTED", Align::right}};
  if (all) columns.insert(columns.end(), {{"SERVICES"}, {"EVENTS", Align::right}});
  columns.insert(columns.end(),
                 {{"WHAT", Align::left, true}, {"CHAIN", Align::left, true}, {"ID"}});
  Table table(std::move(columns));
  for (const Incident& incident : incidents) {
    const bool lasts = known(incident.from) && incident.from < incident.to;
    std::string lasted = lasts ? compact_span(seconds_of(incident.to - incident.from)) : "-";
    if (incident.open(view.now)) lasted = "ongoing";
    std::vector<Cell> row = {view.clock.text(incident.from), lasted};
    if (all) {
      row.insert(row.end(), {listed(incident.services), count_text(incident.events.size())});
    }
    row.insert(row.end(), {Cell(what_text(incident), tint_of(incident.severity)), incident.chain,
                           id(incident.headline->id)});
    table.add(std::move(row));
  }
  return table;
}

std::string ids_json(const std::vector<const Event*>& events) {
  std::string out;
  for (const Event* event : events)
    out += (out.empty() ? "" : ",") + json_string(id_text(event->id));
  return "[" + out + "]";
}

std::string incident_json(const Incident& incident, const View& view) {
  const auto time = [](Time value) {
    return known(value) ? json_string(format_rfc3339(value)) : std::string("null");
  };
  std::string services;
  for (const std::string& service : incident.services) {
    services += (services.empty() ? "" : ",") + json_string(service);
  }
  return "{\"id\":" + json_string(id_text(incident.headline->id)) +
         ",\"from\":" + time(incident.from) + ",\"to\":" + time(incident.to) +
         ",\"open\":" + (incident.open(view.now) ? "true" : "false") +
         ",\"severity\":" + json_string(severity_name(incident.severity)) + ",\"services\":[" +
         services + "],\"title\":" + json_string(incident.headline->title) +
         ",\"chain\":" + json_string(incident.chain) +
         ",\"count\":" + std::to_string(incident.events.size()) +
         ",\"driven_by\":" + ids_json(incident.driven_by) +
         ",\"events\":" + ids_json(incident.events) + "}";
}

std::string text_of(const std::vector<Incident>& incidents, View& view, const ShortId& id) {
  if (view.output == Output::ndjson || view.output == Output::json) {
    const bool lines = view.output == Output::ndjson;
    std::string out =
        lines ? "" : "{\"schema\":1,\"query\":" + query_json(view.query) + ",\"incidents\":[";
    for (size_t i = 0; i < incidents.size(); ++i) {
      if (!lines) out += i == 0 ? "\n" : ",\n";
      out += incident_json(incidents[i], view) + (lines ? "\n" : "");
    }
    return lines ? out : out + "\n]}\n";
  }
  for (const Incident& incident : incidents) view.clock.cover(incident.from);
  const Table table = incident_table(incidents, view, id);
  if (view.output == Output::csv) return table.csv();
  if (view.output == Output::md) return table.markdown();
  return table.text(view.style) +
         view.style.paint(Tint::dim, "blip why ID" + std::string(view.style.dot()) +
                                         "blip timeline SERVICE" + std::string(view.style.dot()) +
                                         view.clock.note()) +
         "\n";
}

int run(const Arguments& arguments) {
  Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  const Result<Store> store = open_moment(arguments);
  if (!store) return fail(kBadStore, store.error());
  EventQuery query = view->query;
  query.limit = 0;
  query.service.clear();  // a story goes over services: chosen afterwards
  const Result<std::vector<Event>> events = store->events(query);
  if (!events) return fail(kBadStore, events.error());
  std::vector<Incident> incidents = incidents_of(*events);
  std::vector<Event> shown;
  std::erase_if(incidents, [&](const Incident& incident) {
    if (incident.severity < Severity::warning && !arguments.all) return true;
    const std::string& glob = view->query.service;
    return !glob.empty() &&
           std::none_of(incident.services.begin(), incident.services.end(),
                        [&glob](const std::string& service) { return fits_glob(glob, service); });
  });
  if (view->query.limit != 0 && incidents.size() > view->query.limit) {
    incidents.resize(view->query.limit);
  }
  for (const Incident& incident : incidents) {
    for (const Event* event : incident.events) shown.push_back(*event);
  }
  if (incidents.empty() && view->for_people()) {
    print(nothing_text(*store, *view, "incidents"));
  } else {
    print(text_of(incidents, *view, short_ids(*store)));
  }
  return view->fails(shown) ? kMatched : kDone;
}

constexpr Flag kFlags[] = {
    {"--all", "", "also what needs nobody: planned restarts and the like", &Arguments::all},
};

constexpr std::string_view kHelp =
    R"(Events that belong together, newest first: those of one service within 15 min of one another, a
boot of the host and the restarts within 5 min after it, a balancer's errors and a restart within
60 s. A leak lasts for days and is an incident by itself; those that it drives name it.

CHAIN  what happened, in its order     ID  of the worst event: blip why ID

  blip incidents --since 24h
  blip incidents -s api -o json
)";
}  // namespace

extern const Command incidents_command = {
    .name = "incidents",
    .summary = "events that belong together, as one story each",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
