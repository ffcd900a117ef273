// blip runs app --by build
//
// BUILD     SERVICE  FROM            LIVES  TYPICAL  LONGEST  ENDED BY               GOROUTINES
// 76c0b38e  app      06-21 19:50:54      1      5 s      5 s  unknown                   9 → 9
// b41d07aa  app      06-21 19:50:59     29    5h08m    5h23m  panic ×28, planned ×1  9 → 41,022
//
// blip runs app --overlay goroutines
//
// 06-22 01:04:57  ▁▂▃▄▅▆▇█                5h12m  9 … 41,022  panic      each from its own
// beginning, 06-24 19:50:59  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁      8h01m  9 … 12      deploy     all on one scale
//
// A build is known by version_changed signals, an experiment by the mark that a life began under.

#include "cli/compare.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "cli/event_text.h"
#include "cli/print.h"
#include "cli/query_json.h"
#include "cli/render/escape.h"
#include "cli/render/sparkline.h"
#include "cli/render/table.h"
#include "cli/render/units.h"
#include "core/suggest.h"

namespace blip {
namespace {
constexpr size_t kOverlayColumns = 32, kOverlayNotes = 48, kPipeColumns = 80;
constexpr size_t kMostDrawn = 60;  // lives

Time began(const Run& life) { return known(life.begin.from) ? life.begin.from : life.begin.to; }

struct Group {
  std::string name, service;
  Time from = kNoTime;
  std::vector<const Run*> lives;
};

std::string day_of(Time time, const Clock& clock) {
  return known(time) ? clock.exact(time).substr(0, 10) : "unknown";
}

// The build that ran at `time`: the last one that took another's place, else the one it took it
// from.
std::string build_of(Time time, const std::vector<VersionChange>& changes) {
  if (changes.empty() || !known(time)) return "unknown";
  std::string build = changes.front().before;
  for (const VersionChange& change : changes) {
    // A build is first seen in a line of the life that it began.
    if (change.at <= time + 60s) build = change.after;
  }
  return build;
}

std::string mark_of(Time time, const std::string& service, const std::vector<Mark>& marks) {
  std::string text = "before any mark";
  Time latest = kNoTime;
  for (const Mark& mark : marks) {
    if (!known(time) || !fits_glob(mark.service, service)) continue;
    if (mark.from > time || mark.from < latest) continue;
    latest = mark.from;
    text = mark.text.empty() ? "unnamed" : mark.text;
  }
  return text;
}

using NameOf = std::function<Result<std::string>(const Run&)>;

// Groups in the order in which they began.
Result<std::vector<Group>> groups_of(const std::vector<Run>& lives, const NameOf& name_of) {
  std::vector<Group> groups;
  std::map<std::pair<std::string, std::string>, size_t> known_groups;
  for (const Run& life : lives) {
    const Result<std::string> name = name_of(life);
    if (!name) return name.error();
    const auto [entry, added] = known_groups.try_emplace({life.service, *name}, groups.size());
    if (added) groups.push_back({*name, life.service, began(life), {}});
    groups[entry->second].lives.push_back(&life);
  }
  return groups;
}

Result<std::vector<Group>> group(const std::string& by, const std::vector<Run>& lives,
                                 const Store& store, const View& view) {
  if (by == "day") {
    return groups_of(lives, [&view](const Run& life) -> Result<std::string> {
      return day_of(began(life), view.clock);
    });
  }
  if (by == "mark") {
    const Result<std::vector<Mark>> marks = store.marks();
    if (!marks) return marks.error();
    return groups_of(lives, [&marks](const Run& life) -> Result<std::string> {
      return mark_of(began(life), life.service, *marks);
    });
  }
  std::map<std::string, std::vector<VersionChange>> versions;
  return groups_of(lives, [&](const Run& life) -> Result<std::string> {
    const auto [entry, added] = versions.try_emplace(life.service);
    if (added) {
      Result<std::vector<VersionChange>> changes = store.versions(life.service);
      if (!changes) return changes.error();
      entry->second = std::move(*changes);
    }
    return build_of(began(life), entry->second);
  });
}

std::vector<double> lengths_of(const Group& group) {
  std::vector<double> lengths;
  for (const Run* life : group.lives) {
    if (const auto length = lived(*life)) lengths.push_back(*length);
  }
  std::sort(lengths.begin(), lengths.end());
  return lengths;
}

std::string endings_of(const Group& group, const Style& style) {
  std::map<std::string, size_t> counts;
  for (const Run* life : group.lives) {
    counts[alive(*life) ? "alive" : life->ending.empty() ? "unknown" : life->ending] += 1;
  }
  std::vector<std::pair<size_t, std::string>> sorted;
  for (const auto& [ending, count] : counts) sorted.emplace_back(count, ending);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string out;
  for (const auto& [count, ending] : sorted) {
    out += (out.empty() ? "" : ", ") + ending;
    if (count > 1) out += (style.ascii ? " x" : " ×") + std::to_string(count);
  }
  return out;
}

// What leaks or drifts, else the gauge that rises most in all lives: one column, to compare groups.
Result<std::string> telling_gauge(const std::vector<Run>& lives, const Store& store) {
  EventQuery query;
  query.kinds = {EventKind::leak, EventKind::drift};
  const Result<std::vector<Event>> events = store.events(query);
  if (!events) return events.error();
  for (const Event& event : *events) {
    const bool among = std::any_of(lives.begin(), lives.end(), [&event](const Run& life) {
      return life.service == event.service;
    });
    if (among && text_attribute(event, "follows").empty()) {
      return std::string(text_attribute(event, "metric"));
    }
  }
  std::map<std::string, double> risen;
  for (const Run& life : lives) {
    for (const auto& [name, gauge] : life.gauges) {
      const double size = std::max({std::fabs(gauge.first), std::fabs(gauge.last), 1e-9});
      if (gauge.samples >= 2) risen[name] += (gauge.last - gauge.first) / size;
    }
  }
  const auto most = std::max_element(
      risen.begin(), risen.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == risen.end() || most->second <= 0 ? std::string() : most->first;
}

std::string gauge_of(const Group& group, const std::string& name, const Style& style) {
  double first = INFINITY, high = -INFINITY;
  for (const Run* life : group.lives) {
    const auto gauge = life->gauges.find(name);
    if (gauge == life->gauges.end()) continue;
    first = std::min(first, gauge->second.low);
    high = std::max(high, gauge->second.high);
  }
  if (!(first <= high)) return "-";
  return number_text(first) + " " + std::string(style.dash()) + " " + number_text(high);
}

// `objects`: the rows in JSON, kept under `name`; `below`: for people, in front of the time zone.
int show(const Table& table, const std::string& name, const std::vector<std::string>& objects,
         const std::string& below, const View& view) {
  const bool lines = view.output == Output::ndjson;
  std::string json;
  for (const std::string& object : objects) {
    if (!json.empty()) json += lines ? "\n" : ",\n";
    json += object;
  }
  switch (view.output) {
    case Output::ndjson:
      print(json + "\n");
      break;
    case Output::json:
      print("{\"schema\":1,\"query\":" + query_json(view.query) + "," + name + ":[\n" + json +
            "\n]}\n");
      break;
    case Output::csv:
      print(table.csv());
      break;
    case Output::md:
      print(table.markdown());
      break;
    default:
      print(table.text(view.style) + view.style.paint(Tint::dim, below + view.clock.note()) + "\n");
  }
  return kDone;
}

int print_groups(const std::string& by, const std::vector<Group>& groups, const std::string& gauge,
                 const View& view) {
  std::string title = by;
  for (char& c : title) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::vector<Column> columns = {
      {title, Align::left, true},     {"SERVICE", Align::left, true}, {"FROM"},
      {"LIVES", Align::right},        {"TYPICAL", Align::right},      {"LONGEST", Align::right},
      {"ENDED BY", Align::left, true}};
  if (!gauge.empty()) columns.push_back({gauge, Align::left, true});
  Table table(std::move(columns));
  std::vector<std::string> objects;
  for (const Group& each : groups) {
    const std::vector<double> lengths = lengths_of(each);
    const double typical = lengths.empty() ? NAN : lengths[lengths.size() / 2];
    const double longest = lengths.empty() ? NAN : lengths.back();
    std::vector<Cell> row = {each.name,
                             each.service,
                             view.clock.text(each.from),
                             count_text(each.lives.size()),
                             lengths.empty() ? "-" : compact_span(typical),
                             lengths.empty() ? "-" : compact_span(longest),
                             endings_of(each, view.style)};
    if (!gauge.empty()) row.push_back(gauge_of(each, gauge, view.style));
    table.add(std::move(row));
    std::string ids;
    for (const Run* life : each.lives)
      ids += (ids.empty() ? "" : ",") + json_string(id_text(life->id));
    objects.push_back(
        "{" + json_string(by) + ":" + json_string(each.name) +
        ",\"service\":" + json_string(each.service) +
        ",\"from\":" + (known(each.from) ? json_string(format_rfc3339(each.from)) : "null") +
        ",\"typical_s\":" + json_number(typical) + ",\"longest_s\":" + json_number(longest) +
        ",\"endings\":" + json_string(endings_of(each, view.style)) + ",\"runs\":[" + ids + "]}");
  }
  return show(table, "\"groups\"", objects, "", view);
}

struct Curve {
  const Run* life = nullptr;
  double length = 0;           // seconds
  std::vector<double> values;  // evenly over the length
};

std::string curve_label(const Curve& curve, const std::string& name, const View& view) {
  return (name.empty() ? "" : name + "  ") + view.clock.text(began(*curve.life));
}

// `names`: of the group that each life is in; empty without --by.
int overlay(const std::string& metric, const std::vector<Run>& lives,
            const std::map<uint64_t, std::string>& names, const Store& store, const View& view) {
  std::vector<Curve> curves;
  double longest = 0, low = INFINITY, high = -INFINITY;
  for (const Run& life : lives) {
    const auto gauge = life.gauges.find(metric);
    const auto length = lived(life);
    const Time begin = began(life);
    if (gauge == life.gauges.end() || !known(begin) || end_of(life) <= begin) continue;
    curves.push_back({&life, length.value_or(seconds_of(end_of(life) - begin)), {}});
    longest = std::max(longest, curves.back().length);
    low = std::min(low, gauge->second.low);
    high = std::max(high, gauge->second.high);
  }
  if (curves.empty()) {
    std::vector<std::string_view> known_metrics;
    for (const Run& life : lives) {
      for (const auto& gauge : life.gauges) known_metrics.push_back(gauge.first);
    }
    return fail(kUsage,
                Error{"--overlay: no life here has a metric '" + visible(metric) + "'" +
                      did_you_mean(metric, known_metrics) + " (blip runs -o wide shows them)"});
  }
  const size_t width = view.style.width == 0 ? kPipeColumns : view.style.width;
  const size_t room = std::max(kOverlayColumns, width > kOverlayNotes ? width - kOverlayNotes : 0);
  const size_t left_out =
      view.for_people() && curves.size() > kMostDrawn ? curves.size() - kMostDrawn : 0;
  curves.erase(curves.begin(), curves.begin() + static_cast<ptrdiff_t>(left_out));
  Table table({{names.empty() ? "BEGAN" : "GROUP, BEGAN", Align::left, true},
               {metric},
               {"LIVED", Align::right},
               {"FROM", Align::right},
               {"TO", Align::right},
               {"ENDED BY", Align::left, true}});
  std::vector<std::string> objects;
  for (Curve& curve : curves) {
    const Run& life = *curve.life;
    const auto columns = static_cast<size_t>(
        std::max(1.0, std::ceil(curve.length / longest * static_cast<double>(room))));
    Result<std::vector<double>> values =
        store.course(life.service, life.instance, metric, began(life), end_of(life), columns);
    if (!values) return fail(kBadStore, values.error());
    curve.values = std::move(*values);
    const GaugeLife& gauge = life.gauges.find(metric)->second;
    const auto name = names.find(life.id);
    table.add({curve_label(curve, name == names.end() ? "" : name->second, view),
               sparkline(curve.values, low, high, view.style.ascii), compact_span(curve.length),
               number_text(gauge.first), number_text(gauge.last),
               alive(life) ? std::string("alive") : life.ending});
    std::string numbers;
    for (const double value : curve.values) {
      numbers += (numbers.empty() ? "" : ",") + json_number(value);
    }
    objects.push_back("{\"id\":" + json_string(id_text(life.id)) +
                      ",\"group\":" + (name == names.end() ? "null" : json_string(name->second)) +
                      ",\"begin\":" + json_string(format_rfc3339(began(life))) + ",\"lived_s\":" +
                      json_number(curve.length) + ",\"values\":[" + numbers + "]}");
  }
  std::string below;
  if (left_out != 0) below = "... and " + counted(left_out, "life", "lives") + " before these\n";
  below += "each life from its own beginning, all from " + number_text(low) + " to " +
           number_text(high) + std::string(view.style.dot());
  return show(table, "\"metric\":" + json_string(metric) + ",\"runs\"", objects, below, view);
}
}  // namespace

bool alive(const Run& life) { return !known(life.end.to); }

Time end_of(const Run& life) { return known(life.end.from) ? life.end.from : life.end.to; }

std::optional<double> lived(const Run& life) {
  const Time end = end_of(life);
  if (!known(life.begin.from) || !known(end) || end < life.begin.from) return std::nullopt;
  return seconds_of(end - life.begin.from);
}

int compare_lives(const Arguments& arguments, const std::vector<Run>& lives, const Store& store,
                  View& view) {
  const std::string& by = arguments.by;
  if (!by.empty() && by != "build" && by != "mark" && by != "day") {
    return fail(kUsage, Error{"--by is '" + visible(by) + "'; give build, mark or day"});
  }
  for (const Run& life : lives) {
    view.clock.cover(began(life));
    view.clock.cover(end_of(life));
  }
  std::vector<Group> groups;
  if (!by.empty()) {
    Result<std::vector<Group>> found = group(by, lives, store, view);
    if (!found) return fail(kBadStore, found.error());
    groups = std::move(*found);
  }
  if (arguments.overlay.empty()) {
    const Result<std::string> gauge = telling_gauge(lives, store);
    if (!gauge) return fail(kBadStore, gauge.error());
    return print_groups(by, groups, *gauge, view);
  }
  std::map<uint64_t, std::string> names;
  for (const Group& each : groups) {
    for (const Run* life : each.lives) names[life->id] = each.name;
  }
  return overlay(arguments.overlay, lives, names, store, view);
}

}  // namespace blip
