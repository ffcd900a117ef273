//             06-22       06-24       06-26       06-28       06-30
// app         ├━✖✖✖✖✖✖✖✖✖━━━━━━━━○━━━━━━━━━━━━━━━━━━━━━━━━━━━━┤  31 lives
//  goroutines ▁▃▆▁▄▇▂▅█▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  9 … 40,025  leak
//  errors     ▁▃▆▁▄▇▂▅█▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  28 crashes
// ✖ died silently  ○ planned · times are UTC, 2014 · blip runs app · blip restarts -s app
//
// Lives come from the store's runs, signs from the events that ended them; how it is drawn is
// render/lanes.cc's.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "cli/event_text.h"
#include "cli/print.h"
#include "cli/query_json.h"
#include "cli/render/escape.h"
#include "cli/render/lanes.h"
#include "cli/render/sparkline.h"
#include "cli/render/units.h"
#include "cli/render/utf8.h"
#include "cli/store_path.h"
#include "cli/typed_name.h"
#include "cli/view.h"

namespace blip {
namespace {
constexpr size_t kServicesDrawn = 8;    // when none is named: one screen
constexpr size_t kLanesPerService = 6;  // instances
// To find them among many: the newest so many events. Months of a busy host have millions.
constexpr size_t kEventsWeighed = 100'000;
constexpr size_t kLabelColumns = 16, kNoteColumns = 18, kLeastColumns = 20, kPipeColumns = 80;
constexpr size_t kMostColumns = 400;

const std::vector<EventKind> kDrawnWhole = {EventKind::restart, EventKind::leak, EventKind::drift};
// There may be thousands, and only their times are drawn.
constexpr EventKind kDrawnTimes[] = {
    EventKind::crash,       EventKind::down,      EventKind::crash_loop, EventKind::host_reboot,
    EventKind::error_burst, EventKind::new_error, EventKind::silence,    EventKind::symptom,
    EventKind::verbosity,   EventKind::match,     EventKind::loss,       EventKind::health};

struct ServiceHistory {
  std::string name;
  std::vector<Run> lives;
  std::vector<Event> events;                     // kDrawnWhole, in the period
  std::map<EventKind, std::vector<Time>> times;  // kDrawnTimes, in the period, in order
  std::string metric;                            // drawn under the lives; "": none
  const Event* risen = nullptr;                  // the leak or drift that is drawn, one of `events`
  size_t undated = 0;                            // restarts whose time is unknown
};

Time begin_of(const Run& life) { return known(life.begin.to) ? life.begin.to : life.begin.from; }
Time end_of(const Run& life) { return known(life.end.from) ? life.end.from : life.end.to; }
bool alive(const Run& life) { return !known(life.end.to) && life.ended_by == 0; }

Ending ending_of(const Event* event) {
  if (event == nullptr || !event->planned) return Ending::unknown;
  if (*event->planned) return Ending::planned;
  return event->silent ? Ending::silent : Ending::told;
}

// The metric that leaks most, else drifts; the judges' strongest series stands for the others.
void choose_metric(const Arguments& arguments, ServiceHistory& history) {
  history.metric = arguments.metric;
  double best = -1;
  for (const Event& event : history.events) {
    const bool leak = event.kind == EventKind::leak;
    if (!leak && event.kind != EventKind::drift) continue;
    if (!text_attribute(event, "follows").empty()) continue;
    const std::string metric(text_attribute(event, "metric"));
    const double rank = (leak ? 2 : 0) + event.confidence;
    if (rank <= best || (!arguments.metric.empty() && metric != arguments.metric)) continue;
    best = rank;
    history.metric = metric;
    history.risen = &event;
  }
}

bool named(const std::vector<std::string>& globs, const std::string& name) {
  return std::any_of(globs.begin(), globs.end(),
                     [&name](const std::string& glob) { return fits_glob(glob, name); });
}

bool touches(const Run& life, const EventQuery& query) {
  if (known(query.until) && known(begin_of(life)) && begin_of(life) >= query.until) return false;
  return alive(life) || !known(query.since) || !known(end_of(life)) || end_of(life) >= query.since;
}

Result<ServiceHistory> look_up_one(const Store& store, const std::string& name,
                                   const Arguments& arguments, const View& view) {
  ServiceHistory history;
  history.name = name;
  Result<std::vector<Run>> lives = store.runs(name);
  if (!lives) return lives.error();
  std::erase_if(*lives, [&view](const Run& life) { return !touches(life, view.query); });
  history.lives = std::move(*lives);
  EventQuery query = view.query;
  query.service = glob_of(name);
  query.limit = 0;
  query.evidence = query.files = false;
  query.kinds = kDrawnWhole;
  Result<std::vector<Event>> events = store.events(query);
  if (!events) return events.error();
  history.events = std::move(*events);
  for (const EventKind kind : kDrawnTimes) {
    Result<std::vector<Time>> times =
        store.times(name, kind, query.since, query.until, query.min_confidence);
    if (!times) return times.error();
    history.times[kind] = std::move(*times);
  }
  history.undated = static_cast<size_t>(std::count_if(
      history.events.begin(), history.events.end(),
      [](const Event& event) { return event.kind == EventKind::restart && !known(event.time); }));
  choose_metric(arguments, history);
  return history;
}

// The services of which there is most to say, of late where there is very much, most first: how
// much that is, and the name.
Result<std::vector<std::pair<size_t, std::string>>> ranked(const Store& store, const View& view) {
  const Result<std::map<std::string, size_t>> weights = store.weights(view.query, kEventsWeighed);
  if (!weights) return weights.error();
  std::vector<std::pair<size_t, std::string>> out;
  for (const auto& [name, weight] : *weights) out.emplace_back(weight, name);
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  return out;
}

struct Found {
  std::vector<ServiceHistory> all;
  size_t left_out = 0;  // services with something to say beyond those
};

// Names as `globs` mean them; without any, those of which there is most to say, at most `most`.
Result<Found> look_up(const Store& store, const Arguments& arguments, const View& view,
                      size_t most) {
  std::vector<std::string> globs = arguments.operands;
  if (!arguments.service.empty()) globs.push_back(arguments.service);
  Found found;
  std::vector<std::string> names;
  if (globs.empty()) {
    const auto services = ranked(store, view);
    if (!services) return services.error();
    for (const auto& entry : *services) names.push_back(entry.second);
  } else if (globs.size() == 1 && globs.front().find_first_of("*?[\\") == std::string::npos) {
    names = globs;
  } else {
    const Result<std::vector<Run>> lives = store.runs("");
    if (!lives) return lives.error();
    std::set<std::string> fitting;
    for (const Run& life : *lives) {
      if (named(globs, life.service)) fitting.insert(life.service);
    }
    names.assign(fitting.begin(), fitting.end());
  }
  for (const std::string& name : names) {
    if (found.all.size() == most) {
      ++found.left_out;
      continue;
    }
    Result<ServiceHistory> history = look_up_one(store, name, arguments, view);
    if (!history) return history.error();
    if (!history->lives.empty()) found.all.push_back(std::move(*history));
  }
  return found;
}

// From the first to the last thing that is known, within what was asked for.
std::optional<TimeAxis> axis_of(const std::vector<ServiceHistory>& all, const View& view) {
  Time from = kNoTime, to = kNoTime;
  const auto cover = [&](Time time) {
    if (!known(time)) return;
    from = known(from) ? std::min(from, time) : time;
    to = known(to) ? std::max(to, time) : time;
  };
  for (const ServiceHistory& history : all) {
    for (const Run& life : history.lives) {
      cover(begin_of(life));
      cover(end_of(life));
    }
    for (const Event& event : history.events) cover(event.time);
    for (const auto& [kind, times] : history.times) {
      if (times.empty()) continue;
      cover(times.front());
      cover(times.back());
    }
  }
  if (known(view.query.since)) from = view.query.since;
  if (known(view.query.until)) to = view.query.until;
  if (!known(from) || !known(to) || to < from) return std::nullopt;
  if (to == from) to += 1s;
  return TimeAxis{from, to, 0};
}

// The highest value of each column. What a life reached is known even where its samples are too
// many to be read; it is drawn where the life was highest as far as that was seen.
Result<std::vector<double>> course_of(const Store& store, const ServiceHistory& history,
                                      const TimeAxis& axis) {
  Result<std::vector<double>> values =
      store.course(history.name, "", history.metric, axis.from, axis.to, axis.columns);
  if (!values) return values.error();
  for (const Run& life : history.lives) {
    const auto gauge = life.gauges.find(history.metric);
    if (gauge == life.gauges.end()) continue;
    const std::optional<size_t> first = axis.column_of(begin_of(life));
    const std::optional<size_t> last = axis.column_of(end_of(life));
    if (!first || !last) continue;  // its peak may lie outside
    const auto highest =
        std::max_element(values->begin() + static_cast<ptrdiff_t>(*first),
                         values->begin() + static_cast<ptrdiff_t>(*last) + 1,
                         [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
    if (std::isfinite(gauge->second.high)) *highest = std::fmax(*highest, gauge->second.high);
  }
  return values;
}

struct DrawnLane {
  std::string instance;
  std::vector<DrawnLife> lives;
};

std::vector<DrawnLane> lanes_of(const ServiceHistory& history, const TimeAxis& axis,
                                std::set<Ending>& seen) {
  std::map<uint64_t, const Event*> by_id;
  for (const Event& event : history.events) by_id[event.id] = &event;
  std::map<std::string, std::vector<DrawnLife>> by_instance;
  for (const Run& life : history.lives) {
    DrawnLife drawn{begin_of(life), end_of(life), life.began_by != 0, std::nullopt};
    if (!known(drawn.from) || !known(drawn.to)) continue;
    if (!alive(life)) {
      const auto event = by_id.find(life.ended_by);
      drawn.ended = ending_of(event == by_id.end() ? nullptr : event->second);
      if (axis.column_of(drawn.to)) seen.insert(*drawn.ended);
    }
    by_instance[life.instance].push_back(drawn);
  }
  std::vector<DrawnLane> lanes;
  for (auto& [instance, lives] : by_instance) lanes.push_back({instance, std::move(lives)});
  std::stable_sort(lanes.begin(), lanes.end(), [](const DrawnLane& a, const DrawnLane& b) {
    return a.lives.size() > b.lives.size();
  });
  return lanes;
}

struct Errors {
  std::vector<Time> times;
  size_t crashes = 0, bursts = 0, others = 0;
};

Errors errors_of(const ServiceHistory& history) {
  Errors errors;
  const auto add = [&](EventKind kind, size_t& count) {
    const auto found = history.times.find(kind);
    if (found == history.times.end()) return;
    count += found->second.size();
    errors.times.insert(errors.times.end(), found->second.begin(), found->second.end());
  };
  add(EventKind::crash, errors.crashes);
  add(EventKind::error_burst, errors.bursts);
  add(EventKind::new_error, errors.bursts);
  add(EventKind::symptom, errors.others);
  add(EventKind::match, errors.others);
  return errors;
}

std::string errors_note(const Errors& errors) {
  if (errors.bursts != 0) return counted(errors.bursts, "burst", "bursts");
  if (errors.crashes != 0) return counted(errors.crashes, "crash", "crashes");
  return counted(errors.others, "symptom", "symptoms");
}

class Page {
 public:
  Page(const View& view, TimeAxis axis, size_t label_columns)
      : view_(view), axis_(axis), labels_(label_columns) {
    const size_t width = view.style.width == 0 ? kPipeColumns : view.style.width;
    const size_t taken = labels_ + 1 + 2 + kNoteColumns;
    axis_.columns =
        std::min(kMostColumns, width > taken + kLeastColumns ? width - taken : kLeastColumns);
  }

  const TimeAxis& axis() const { return axis_; }
  void ticks() { line("", axis_line(axis_, view_.clock), ""); }
  void lane(const std::string& label, const std::vector<DrawnLife>& lives) {
    const size_t count = lives.size();
    line(label, lane_line(axis_, lives, view_.style), counted(count, "life", "lives"));
  }
  void row(const std::string& label, const std::vector<double>& values, const std::string& about) {
    line(label, sparkline(values, view_.style.ascii), about);
  }
  std::string take() { return std::move(out_); }

 private:
  // What was read from logs is `label`, raw.
  void line(const std::string& label, const std::string& drawn, const std::string& about) {
    std::string text = cut_to(visible(label), labels_, view_.style.ellipsis());
    text.append(labels_ + 1 - std::min(labels_, display_width(text)), ' ');
    text += drawn;
    if (!about.empty()) {
      text += "  " + cut_to(about, kNoteColumns, view_.style.ellipsis());
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out_ += text + "\n";
  }

  const View& view_;
  TimeAxis axis_;
  size_t labels_;
  std::string out_;
};

// "2.9G": what stands beside a drawing has little room.
std::string short_number(double value) {
  static constexpr std::pair<double, const char*> kUnits[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}};
  for (const auto& [size, unit] : kUnits) {
    if (std::fabs(value) < size) continue;
    char text[32];
    std::snprintf(text, sizeof text, "%.3g%s", value / size, unit);
    return text;
  }
  return number_text(value);
}

std::string range_note(const std::vector<double>& values, const Event* risen, const Style& style) {
  double low = INFINITY, high = -INFINITY;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (!(low <= high)) return "no values here";
  const std::string_view dash = style.dash();
  std::string out = short_number(low) + std::string(dash) + short_number(high);
  return risen == nullptr ? out : out.append(" ").append(kind_name(risen->kind));
}

std::string legend(const std::set<Ending>& seen, const View& view,
                   const std::vector<ServiceHistory>& all) {
  static const std::pair<Ending, std::string_view> kWords[] = {
      {Ending::silent, "died silently"},
      {Ending::told, "died, and its log says so"},
      {Ending::planned, "planned"},
      {Ending::unknown, "ended, nobody knows why"}};
  std::string out;
  for (const auto& [ending, words] : kWords) {
    if (seen.count(ending) == 0) continue;
    out.append(out.empty() ? "" : "  ");
    out.append(view.style.paint(ending_tint(ending), ending_mark(ending, view.style.ascii)));
    out.append(" ").append(words);
  }
  if (!out.empty()) out += "\n";
  const std::string dot(view.style.dot());
  const std::string name = all.size() == 1 ? typed_name(all.front().name) : "SERVICE";
  return out +
         view.style.paint(Tint::dim, view.clock.note() + dot + "blip runs " + name + dot +
                                         "blip restarts -s " + name) +
         "\n";
}

Result<std::string> drawing(const Store& store, const std::vector<ServiceHistory>& all,
                            const TimeAxis& period, const View& view, size_t left_out) {
  size_t labels = 6;
  for (const ServiceHistory& each : all) {
    labels = std::max(labels, display_width(visible(each.name)));
    labels = std::max(labels, 1 + display_width(visible(each.metric)));
  }
  Page page(view, period, std::min(labels, kLabelColumns));
  std::set<Ending> seen;
  page.ticks();
  std::string notes;
  for (const ServiceHistory& each : all) {
    const std::vector<DrawnLane> lanes = lanes_of(each, page.axis(), seen);
    for (size_t i = 0; i < lanes.size() && i < kLanesPerService; ++i) {
      page.lane(i == 0 ? each.name : " " + lanes[i].instance, lanes[i].lives);
    }
    if (lanes.size() > kLanesPerService) {
      notes += counted(lanes.size() - kLanesPerService, "more instance", "more instances") +
               " of " + visible(each.name) + ": blip runs " + visible(each.name) + "\n";
    }
    if (!each.metric.empty()) {
      const Result<std::vector<double>> values = course_of(store, each, page.axis());
      if (!values) return values.error();
      page.row(" " + each.metric, *values, range_note(*values, each.risen, view.style));
    }
    const Errors errors = errors_of(each);
    if (!errors.times.empty()) {
      page.row(" errors", counts_by_column(page.axis(), errors.times), errors_note(errors));
    }
    if (each.undated != 0) {
      notes += counted(each.undated, "restart", "restarts") + " of " + visible(each.name) +
               " without a known time: not drawn, but in blip restarts -s " +
               typed_name(each.name) + "\n";
    }
  }
  if (left_out != 0) {
    notes += counted(left_out, "more service", "more services") + ": blip timeline SERVICE\n";
  }
  return page.take() + notes + legend(seen, view, all);
}

std::string numbers_json(const std::vector<double>& values) {
  std::string out;
  for (const double value : values) out.append(out.empty() ? "" : ",").append(json_number(value));
  return "[" + out + "]";
}

std::string time_json(Time time) {
  return known(time) ? json_string(format_rfc3339(time)) : "null";
}

// {"service":"app","lives":[{"instance":"","from":...,"to":...,"ended":"silent","event":"51be.."}],
//  "metric":{"name":"goroutines","values":[...]},"errors":[0,1,...]}: values over the period in
// equal parts.
Result<std::string> service_json(const Store& store, const ServiceHistory& each,
                                 const TimeAxis& axis) {
  static constexpr std::string_view kEndings[] = {"planned", "unknown", "told", "silent"};
  std::map<uint64_t, const Event*> by_id;
  for (const Event& event : each.events) by_id[event.id] = &event;
  std::string out = "{\"service\":" + json_string(each.name) + ",\"lives\":[";
  for (size_t i = 0; i < each.lives.size(); ++i) {
    const Run& life = each.lives[i];
    const auto event = by_id.find(life.ended_by);
    const Ending ending = ending_of(event == by_id.end() ? nullptr : event->second);
    out.append(i == 0 ? "" : ",").append("{\"instance\":" + json_string(life.instance));
    out.append(",\"from\":" + time_json(begin_of(life)) + ",\"to\":" + time_json(end_of(life)));
    out.append(",\"ended\":");
    out.append(alive(life) ? "null" : json_string(kEndings[static_cast<size_t>(ending)]));
    out.append(",\"event\":");
    out.append(life.ended_by == 0 ? "null" : json_string(id_text(life.ended_by))).append("}");
  }
  out += "],\"metric\":";
  if (each.metric.empty()) {
    out += "null";
  } else {
    const Result<std::vector<double>> values = course_of(store, each, axis);
    if (!values) return values.error();
    out += "{\"name\":" + json_string(each.metric) + ",\"values\":" + numbers_json(*values) + "}";
  }
  return out + ",\"errors\":" + numbers_json(counts_by_column(axis, errors_of(each).times)) + "}";
}

Result<std::string> document(const Store& store, const std::vector<ServiceHistory>& all,
                             TimeAxis axis, const View& view) {
  static constexpr size_t kParts = 100;
  axis.columns = kParts;
  const bool lines = view.output == Output::ndjson;
  std::string out = lines ? ""
                          : "{\"schema\":1,\"query\":" + query_json(view.query) +
                                ",\"from\":" + time_json(axis.from) +
                                ",\"to\":" + time_json(axis.to) +
                                ",\"parts\":" + std::to_string(kParts) + ",\"services\":[";
  for (size_t i = 0; i < all.size(); ++i) {
    const Result<std::string> one = service_json(store, all[i], axis);
    if (!one) return one.error();
    out += lines ? *one + "\n" : (i == 0 ? "\n" : ",\n") + *one;
  }
  return lines ? out : out + "\n]}\n";
}

std::string nothing_text(const Arguments& arguments, const View& view) {
  std::string who;
  for (const std::string& name : arguments.operands)
    who += (who.empty() ? "" : ", ") + visible(name);
  std::string out = who.empty() ? "no restarts, crashes or leaks to draw" : "no lives of " + who;
  if (known(view.query.since)) out += " since " + view.clock.exact(view.query.since);
  return out + "; blip runs lists all lives that are remembered\n";
}

// Does one of the services have what --fail-on names?
Result<bool> fails(const Store& store, const std::vector<ServiceHistory>& all, const View& view) {
  EventQuery query = view.query;
  query.limit = 0;
  query.evidence = query.files = false;
  for (const FailOn& named : view.fail_on) query.kinds.push_back(named.kind);
  if (query.kinds.empty()) return false;
  for (const ServiceHistory& each : all) {
    query.service = glob_of(each.name);
    const Result<std::vector<Event>> events = store.events(query);
    if (!events) return events.error();
    if (view.fails(*events)) return true;
  }
  return false;
}

int run(const Arguments& arguments) {
  Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  if (view->output == Output::csv || view->output == Output::md) {
    return fail(kUsage, Error{"timeline draws; take -o json, or blip runs -o " + arguments.output});
  }
  if (view->output == Output::wide) view->style.width = terminal_width(1);
  const Result<Store> store = open_moment(arguments);
  if (!store) return fail(kBadStore, store.error());
  // Programs are given all.
  const Result<Found> found = look_up(
      *store, arguments, *view,
      view->for_people() && arguments.operands.empty() && arguments.service.empty() ? kServicesDrawn
                                                                                    : SIZE_MAX);
  if (!found) return fail(kBadStore, found.error());
  const std::vector<ServiceHistory>& all = found->all;
  const std::optional<TimeAxis> axis = axis_of(all, *view);
  if (view->for_people()) {
    if (!axis) {
      print(nothing_text(arguments, *view));
      return kDone;
    }
    view->clock.cover(axis->from);
    view->clock.cover(axis->to);
    const Result<std::string> drawn = drawing(*store, all, *axis, *view, found->left_out);
    if (!drawn) return fail(kBadStore, drawn.error());
    print(*drawn);
  } else {
    const Result<std::string> text =
        document(*store, all, axis.value_or(TimeAxis{view->now, view->now + 1s, 0}), *view);
    if (!text) return fail(kBadStore, text.error());
    print(*text);
  }
  const Result<bool> failing = fails(*store, all, *view);
  if (!failing) return fail(kBadStore, failing.error());
  return *failing ? kMatched : kDone;
}

constexpr Flag kFlags[] = {
    {"--metric", "NAME", "draw this one under the lives, instead of what leaks or drifts",
     &Arguments::metric},
};

constexpr std::string_view kHelp =
    R"(One lane for each service: a line while it lives, a sign where it died. Under it the metric that
leaks or drifts, and how its errors are spread. Without SERVICE: those of which there is most to
say. Without --since: all that is remembered. A metric's name is as blip runs -o wide shows it.

  blip timeline api --since 24h
  blip timeline 'web-*' --metric rss --ascii
  blip timeline api -o json | jq '.services[0].metric.values'
)";
}  // namespace

extern const Command timeline_command = {
    .name = "timeline",
    .operands = "[SERVICE...]",
    .most = SIZE_MAX,
    .summary = "lives, deaths and what leaked, drawn over time",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
