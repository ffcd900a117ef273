// 26 events in the last 24 h · 3 services · 9 logs, nothing lost
// ✖ crash_loop   billing  23 restarts in 11 m, lives 30 s → 2 s               03:01:44  a90c11
// ▲ restart ×3   api      SILENT, panic handler.go:88                         02:14:07  51be07
// 2 more acknowledged (blip --all)
// blip why ID · blip timeline SERVICE · blip ack ID · times are CET, 2014
//
// What happened lately, one screen, worst first; events that say the same are one line. With no
// store yet it tells how to make one: this is the first thing a person types.

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <vector>

#include "cli/event_list.h"
#include "cli/print.h"
#include "cli/render/escape.h"
#include "cli/render/table.h"
#include "cli/render/units.h"
#include "cli/store_path.h"
#include "cli/typed_name.h"
#include "cli/view.h"

namespace blip {
namespace {
constexpr size_t kLines = 20;  // one screen
// So many events are read whole; of more only those that reach the screen.
constexpr size_t kReadWhole = 200;

std::string what(const Event& event) {
  if (event.kind != EventKind::restart) return event.title;
  std::string out = event.silent ? "SILENT, " : "";
  if (event.planned.value_or(false)) {
    if (event.cause == "unknown") return out + "planned";
    out += "planned, ";
  }
  return out + cause_text(event);
}

struct Row {
  const Event* last = nullptr;
  size_t count = 0;
};

std::vector<Row> rows_of(const std::vector<Event>& events) {
  std::map<std::tuple<EventKind, std::string, std::string>, Row> by_text;
  for (const Event& event : events) {
    Row& line = by_text[{event.kind, event.service, what(event)}];
    ++line.count;
    line.last = &event;
  }
  std::vector<Row> lines;
  for (const auto& entry : by_text) lines.push_back(entry.second);
  std::stable_sort(lines.begin(), lines.end(), [](const Row& a, const Row& b) {
    if (a.last->severity != b.last->severity) return a.last->severity > b.last->severity;
    return a.last->time > b.last->time;
  });
  return lines;
}

std::string line_table(const std::vector<Row>& lines, const View& view, const ShortId& id) {
  const std::string_view by = view.style.ascii ? " x" : " ×";
  Table table({{""}, {""}, {"", Align::left, true}, {"", Align::left, true}, {""}, {""}});
  for (size_t i = 0; i < lines.size() && i < kLines; ++i) {
    const Event& event = *lines[i].last;
    std::string kind(kind_name(event.kind));
    if (lines[i].count > 1) kind.append(by).append(count_text(lines[i].count));
    table.add({Cell(std::string(mark_of(event.severity, view.style)), tint_of(event.severity)),
               kind, event.service, what(event), view.clock.text(event.time), id(event.id)});
  }
  return table.text(view.style);
}

std::string foot(const View& view, const std::vector<std::string_view>& services) {
  const std::string dot(view.style.dot());
  const std::string name = services.size() == 1 ? typed_name(services.front()) : "SERVICE";
  return view.style.paint(Tint::dim, "blip why ID" + dot + "blip timeline " + name + dot +
                                         "blip ack ID" + dot + view.clock.note()) +
         "\n";
}

// Takes out what people have seen; how many those were.
Result<size_t> take_acknowledged(const Store& store, bool keep, Heads& heads) {
  if (keep) return size_t{0};
  const Result<std::vector<Ack>> acks = store.acks();
  if (!acks) return acks.error();
  std::set<uint64_t> seqs;
  for (const Ack& ack : *acks) {
    const Result<std::vector<Event>> seen = store.events_by_prefix(id_text(ack.event));
    if (!seen) return seen.error();
    for (const Event& event : *seen) seqs.insert(event.seq);
  }
  return std::erase_if(heads.listed,
                       [&seqs](const EventHead& head) { return seqs.count(head.seq) != 0; });
}

// A day of a busy host has more than anybody wants listed: events of one kind and service are a
// bucket, and only the buckets that may reach the screen are read whole.
struct Shown {
  std::vector<Event> events;
  size_t left = 0;  // buckets that were not read, each at least one line
};

Result<Shown> read_worst(const Store& store, const Heads& heads) {
  constexpr size_t kKinds = static_cast<size_t>(EventKind::health) + 1;
  struct Bucket {
    std::tuple<Severity, Time, uint64_t> worst{Severity::info, kNoTime, 0};
    uint32_t count = 0;
    bool read = false;
  };
  // Of twenty thousand events there are ten thousand buckets: what is small here is soon done.
  std::vector<Bucket> buckets;
  std::vector<uint32_t> numbers(heads.services.size() * kKinds);  // + 1; 0: none yet
  buckets.reserve(std::min(heads.listed.size(), numbers.size()));
  const auto number_of = [&numbers](const EventHead& head) -> uint32_t& {
    return numbers[head.service * kKinds + static_cast<size_t>(head.kind)];
  };
  for (const EventHead& head : heads.listed) {
    uint32_t& number = number_of(head);
    if (number == 0) {
      buckets.emplace_back();
      number = static_cast<uint32_t>(buckets.size());
    }
    Bucket& bucket = buckets[number - 1];
    bucket.worst = std::max(bucket.worst, {head.severity, head.time, head.seq});
    ++bucket.count;
  }
  // A line of the n-th bucket stands below one at least of each bucket before it.
  std::vector<uint32_t> order(buckets.size());
  std::iota(order.begin(), order.end(), 0u);
  const size_t most = std::min(order.size(), std::max(kLines, kReadWhole));
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(most), order.end(),
                    [&buckets](uint32_t one, uint32_t other) {
                      return buckets[one].worst > buckets[other].worst;
                    });
  size_t taken = 0, events_read = 0;
  while (taken < most &&
         (taken < kLines || events_read + buckets[order[taken]].count <= kReadWhole)) {
    Bucket& bucket = buckets[order[taken++]];
    events_read += bucket.count;
    bucket.read = true;
  }
  std::vector<uint64_t> seqs;
  for (const EventHead& head : heads.listed) {
    if (buckets[number_of(head) - 1].read) seqs.push_back(head.seq);
  }
  Shown shown;
  shown.left = buckets.size() - taken;
  std::sort(seqs.begin(), seqs.end());
  Result<std::vector<Event>> events = store.events_at(seqs);
  if (!events) return events.error();
  std::stable_sort(events->begin(), events->end(), [](const Event& a, const Event& b) {
    return std::pair(a.time, a.id) < std::pair(b.time, b.id);
  });
  shown.events = std::move(*events);
  return shown;
}

int tell_how_to_begin(const StorePath& store) {
  print("nothing is remembered yet: there is no store at " + visible(store.path) +
        "\n\n"
        "  blip scan /var/log          what do these logs say?\n"
        "  blip scan --keep /var/log   the same, and remember it: then blip, blip restarts, blip "
        "why\n"
        "  blip help                   everything else\n");
  return kDone;
}

// The newest event there is, for those who look on a quiet day.
Result<std::string> quiet_text(const Store& store, View& view, const std::string& period,
                               size_t acknowledged) {
  if (acknowledged != 0) {
    return "nothing new " + period + "; " + count_text(acknowledged) +
           " acknowledged (blip --all)\n";
  }
  EventQuery query = view.query;
  query.since = query.until = kNoTime;
  query.limit = 1;
  const Result<std::vector<Event>> newest = store.events(query);
  if (!newest) return newest.error();
  std::string out = "nothing " + period;
  if (newest->empty() || !known(newest->front().time)) return out + "\n";
  const std::string time = view.clock.exact(newest->front().time);
  return out + "; the newest event is of " + time + " (blip --since " + time.substr(0, 10) + ")\n";
}

// "9 logs, nothing lost"
Result<std::string> watched_text(const Store& store, const std::vector<EventHead>& heads) {
  const Result<uint64_t> sources = store.count_sources();
  if (!sources) return sources.error();
  const auto losses =
      static_cast<size_t>(std::count_if(heads.begin(), heads.end(), [](const EventHead& head) {
        return head.kind == EventKind::loss;
      }));
  return counted(*sources, "log", "logs") + ", " +
         (losses == 0 ? "nothing lost" : counted(losses, "gap", "gaps") + " (blip status)");
}

// The worst of each kind is enough to tell whether --fail-on matches.
bool fails(const View& view, const Heads& heads) {
  if (view.fail_on.empty()) return false;
  std::map<EventKind, Event> worst;
  if (heads.lines != 0) worst[EventKind::match].kind = EventKind::match;
  for (const EventHead& head : heads.listed) {
    Event& event = worst[head.kind];
    event.kind = head.kind;
    event.severity = std::max(event.severity, head.severity);
  }
  std::vector<Event> events;
  for (auto& entry : worst) events.push_back(std::move(entry.second));
  return view.fails(events);
}

int show(const Store& store, const Arguments& arguments, const std::string& period, View& view) {
  Result<Heads> heads = store.heads(view.query, kReadWhole);
  if (!heads) return fail(kBadStore, heads.error());
  const Result<size_t> acknowledged = take_acknowledged(store, arguments.all, *heads);
  if (!acknowledged) return fail(kBadStore, acknowledged.error());
  if (heads->listed.empty() && heads->lines == 0) {
    const Result<std::string> quiet = quiet_text(store, view, period, *acknowledged);
    if (!quiet) return fail(kBadStore, quiet.error());
    print(*quiet);
    return kDone;
  }
  const Result<Shown> shown = read_worst(store, *heads);
  if (!shown) return fail(kBadStore, shown.error());
  const Result<std::string> watched = watched_text(store, heads->listed);
  if (!watched) return fail(kBadStore, watched.error());
  std::vector<bool> seen(heads->services.size());
  Time first = kNoTime, last = kNoTime;
  for (const EventHead& head : heads->listed) {
    if (known(head.time) && (!known(first) || head.time < first)) first = head.time;
    last = std::max(last, head.time);  // unknown is before all
    seen[head.service] = true;
  }
  view.clock.cover(first);
  view.clock.cover(last);
  std::vector<std::string_view> services;
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] && !heads->services[i].empty()) services.push_back(heads->services[i]);
  }
  const std::vector<Row> rows = rows_of(shown->events);
  const std::string dot(view.style.dot());
  print(counted(heads->listed.size(), "event", "events") + " " + period + dot +
        counted(services.size(), "service", "services") + dot + *watched + "\n");
  print(line_table(rows, view, short_ids(store)));
  const size_t more = rows.size() + shown->left - std::min(kLines, rows.size());
  if (more != 0) print("... and " + count_text(more) + " more: blip events\n");
  if (heads->lines != 0) {
    const bool more_yet = heads->lines == Heads::kMostLines;
    print((more_yet ? "and more than " : "and ") +
          counted(heads->lines, "matched line", "matched lines") +
          " of no severity: blip events --kind match\n");
  }
  if (*acknowledged != 0) print(count_text(*acknowledged) + " more acknowledged (blip --all)\n");
  print(foot(view, services));
  return fails(view, *heads) ? kMatched : kDone;
}

int run(const Arguments& arguments) {
  Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  const Result<StorePath> path = choose_store(arguments, Access::read_only);
  if (!path) return fail(kBadStore, path.error());
  if (!path->chosen && !store_exists(*path)) return tell_how_to_begin(*path);
  const Result<Store> store = open_moment(arguments);
  if (!store) return fail(kBadStore, store.error());
  std::string period = "since " + visible(arguments.since);
  if (arguments.since.empty()) {
    view->query.since = view->now - 24h;
    period = "in the last 24 h";
  }
  if (view->for_people()) return show(*store, arguments, period, *view);
  Result<std::vector<Event>> events = store->events(view->query);
  if (!events) return fail(kBadStore, events.error());
  if (!arguments.all) {
    const Result<std::vector<Ack>> acks = store->acks();
    if (!acks) return fail(kBadStore, acks.error());
    std::set<uint64_t> ids;
    for (const Ack& ack : *acks) ids.insert(ack.event);
    std::erase_if(*events, [&ids](const Event& event) { return ids.count(event.id) != 0; });
  }
  print(list_text(*events, *view, event_table, short_ids(*store)));
  return view->fails(*events) ? kMatched : kDone;
}

constexpr Flag kFlags[] = {
    {"--all", "", "also what is acknowledged", &Arguments::all},
};

constexpr std::string_view kHelp =
    R"(This is what bare blip prints: what happened in the last 24 h (or --since), worst first, without
what was acknowledged (blip ack).

  blip
  blip --since last-night
)";
}  // namespace

extern const Command overview_command = {
    .name = "overview",
    .summary = "what happened in the last 24 h (bare blip)",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
