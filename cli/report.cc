// blip report -o monday.html --since 3d
//   wrote monday.html (412 KiB): app died 28 times and never said so.
//
// Looks up what the page needs, bounded, and writes the file whole or not at all: a page that is
// served while cron writes it anew is always one page. The page itself is report_page.cc's.

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <set>

#include "cli/print.h"
#include "cli/render/escape.h"
#include "cli/render/units.h"
#include "cli/report_page.h"
#include "cli/report_words.h"
#include "cli/store_path.h"
#include "cli/view.h"
#include "core/fd.h"

namespace blip {
namespace {
constexpr size_t kMostEvents = 20'000;  // the newest; a page from more says so
constexpr size_t kHeatServices = 64;    // asked for errors: first those of which something is told
// Of a rise with many lives the last ones are shown closer, if there are samples enough to see
// them.
constexpr size_t kManyLives = 40, kLastLives = 8, kPointsOfALife = 4;

// Ids are asked for again and again, and each costs a query.
ShortId remembered(ShortId id) {
  auto known_ones = std::make_shared<std::map<uint64_t, std::string>>();
  return [id = std::move(id), known_ones](uint64_t event) {
    const auto [entry, fresh] = known_ones->try_emplace(event);
    if (fresh) entry->second = id(event);
    return entry->second;
  };
}

// Services to ask for errors: those of which something is told, then the others by name.
std::vector<std::string> asked_for_errors(const std::vector<std::string>& services,
                                          const ReportData& data, const ReportPeriod& period) {
  std::vector<std::string> order = services_told(data.events, period);
  const std::set<std::string> taken(order.begin(), order.end());
  for (const std::string& service : services) {
    if (order.size() >= kHeatServices) break;
    if (taken.count(service) == 0) order.push_back(service);
  }
  if (order.size() > kHeatServices) order.resize(kHeatServices);
  return order;
}

// Deaths and bursts are events; a burst's lines count where it was.
void count_events(const std::string& service, const ReportPeriod& period,
                  const std::vector<Event>& events, std::vector<uint64_t>& counts) {
  const double length = seconds_of(period.to - period.from);
  const auto part_of = [&](Time time) {
    const double share = seconds_of(time - period.from) / length;
    return std::min(counts.size() - 1,
                    static_cast<size_t>(share * static_cast<double>(counts.size())));
  };
  for (const Event& event : events) {
    const bool burst = event.kind == EventKind::error_burst;
    if (event.service != service || (!burst && event.kind != EventKind::crash)) continue;
    if (!known(event.time) || event.time < period.from || event.time > period.to) continue;
    const size_t first = part_of(event.time);
    const size_t last =
        burst && event.end > event.time && event.end <= period.to ? part_of(event.end) : first;
    const double lines = burst ? number_attribute(event, "total").value_or(1) : 1;
    const double each = std::clamp(lines / static_cast<double>(last - first + 1), 1.0, 1e12);
    for (size_t part = first; part <= last; ++part) counts[part] += static_cast<uint64_t>(each);
  }
}

Status gather_heat(const Store& store, const std::vector<std::string>& all, ReportData& data) {
  for (size_t i = 0; i < data.periods.size(); ++i) {
    const ReportPeriod& period = data.periods[i];
    for (const std::string& service : asked_for_errors(all, data, period)) {
      Result<std::vector<uint64_t>> counts =
          store.signal_counts(service, {SignalKind::symptom}, period.from, period.to, kHeatParts);
      if (!counts) return counts.error();
      count_events(service, period, data.events, *counts);
      const bool any = std::any_of(counts->begin(), counts->end(), [](uint64_t n) { return n; });
      if (any) data.heat.push_back({i, service, std::move(*counts)});
    }
  }
  return Done{};
}

// Of the services that have a lane.
Status gather_lives(const Store& store, ReportData& data) {
  std::set<std::string> drawn;
  for (const ReportPeriod& period : data.periods) {
    const std::vector<std::string> told = services_told(data.events, period);
    drawn.insert(told.begin(),
                 told.begin() + static_cast<ptrdiff_t>(std::min(told.size(), kReportLanes)));
  }
  for (const std::string& service : drawn) {
    Result<std::vector<Run>> lives = store.runs(service);
    if (!lives) return lives.error();
    for (Run& life : *lives) data.lives.push_back(std::move(life));
  }
  return Done{};
}

// Where a rise is shown: while it rises; where it is gone, also that it is.
ReportPeriod shown_of(const Event& event, const std::vector<ReportPeriod>& periods) {
  ReportPeriod shown{event.time, known(event.end) ? event.end : event.time};
  for (const ReportPeriod& period : periods) {
    if (shown.to < period.from || shown.from > period.to) continue;
    shown.from = std::max(shown.from, period.from);
    shown.to = flag_attribute(event, "gone") ? period.to : std::min(shown.to, period.to);
    break;
  }
  return shown;
}

// The last lives of a service that has many, or nothing.
ReportPeriod last_lives(const Event& event, const ReportPeriod& shown,
                        const std::vector<Event>& events) {
  std::vector<Time> ends;
  for (const Event& other : events) {
    const bool restart = other.kind == EventKind::restart && other.service == event.service;
    if (!restart || !known(other.time) || other.time < shown.from) continue;
    if (other.time < std::min(shown.to, known(event.end) ? event.end : shown.to)) {
      ends.push_back(other.time);
    }
  }
  if (ends.size() < kManyLives) return {};
  const Time to = known(event.end) ? std::min(shown.to, event.end) : shown.to;
  return {ends[ends.size() - kLastLives], to};
}

Status gather_series(const Store& store, ReportData& data) {
  for (const Event* event : charted(data.events)) {
    if (!known(event->time)) continue;
    const ReportPeriod whole = shown_of(*event, data.periods);
    const std::string metric(text_attribute(*event, "metric"));
    for (const bool closer : {false, true}) {
      const ReportPeriod shown = closer ? last_lives(*event, whole, data.events) : whole;
      if (!known(shown.from) || shown.to <= shown.from) continue;
      Result<std::vector<SamplePoint>> points =
          store.outline(event->service, metric, event->at, shown.from, shown.to, kChartParts);
      if (!points) return points.error();
      if (closer && points->size() < kLastLives * kPointsOfALife) continue;
      if (!points->empty()) data.series.push_back({event->id, shown, std::move(*points)});
    }
  }
  return Done{};
}

Result<ReportData> gather(const Store& store, const View& view) {
  ReportData data;
  data.version = BLIP_VERSION;
  data.query = view.query;
  EventQuery query = view.query;
  if (query.limit == 0 || query.limit > kMostEvents) query.limit = kMostEvents;
  Result<std::vector<Event>> events = store.events(query);
  if (!events) return events.error();
  data.events = std::move(*events);
  data.only_newest = data.events.size() == query.limit;
  // Then the page is about the time that these are of.
  for (size_t i = 0; data.only_newest && i < data.events.size(); ++i) {
    if (!known(data.events[i].time)) continue;
    data.query.since = std::max(data.query.since, data.events[i].time);
    break;
  }
  Result<std::vector<std::string>> services = store.services();
  if (!services) return services.error();
  std::erase_if(*services, [&query](const std::string& service) {
    return service.empty() ||
           (!query.service.empty() && fnmatch(query.service.c_str(), service.c_str(), 0) != 0);
  });
  std::set<std::string_view> told;
  for (const Event& event : data.events) told.insert(event.service);
  data.untold = static_cast<size_t>(
      std::count_if(services->begin(), services->end(),
                    [&told](const std::string& name) { return told.count(name) == 0; }));
  const Result<std::vector<Checkpoint>> streams = store.checkpoints();
  if (!streams) return streams.error();
  data.periods = periods_of(*streams, data.events, data.query);
  // A stretch of which nothing is told would be an empty picture.
  const size_t all = data.periods.size();
  std::erase_if(data.periods, [&data](const ReportPeriod& period) {
    return services_told(data.events, period).empty();
  });
  data.quiet_periods = all - data.periods.size();
  if (data.periods.size() > kReportPeriods) {
    data.earlier_periods = data.periods.size() - kReportPeriods;
    data.periods.erase(data.periods.begin(),
                       data.periods.begin() + static_cast<ptrdiff_t>(data.earlier_periods));
  }
  if (const Status done = gather_lives(store, data); !done) return done.error();
  if (const Status done = gather_heat(store, *services, data); !done) return done.error();
  if (const Status done = gather_series(store, data); !done) return done.error();
  return data;
}

Error unwritten(const std::string& path, std::string_view what) {
  return Error{"write " + visible(path) + ": " + std::string(what) + " (" + std::strerror(errno) +
               "); name another place with -o FILE.html"};
}

Status write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return unwritten(path, "cannot write");
    text.remove_prefix(static_cast<size_t>(written));
  }
  return Done{};
}

// A regular file is replaced by a whole one; what else has that name (a pipe, /dev/stdout) is
// written to as it is.
Status write_page(const std::string& path, std::string_view text) {
  struct stat info = {};
  const bool other = stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
  if (other) {
    const Fd out(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!out) return unwritten(path, "cannot open");
    return write_all(out.get(), text, path);
  }
  const std::string draft = path + ".blip-" + std::to_string(getpid());
  Status done = Done{};
  {
    const Fd out(open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!out) return unwritten(path, "cannot create");
    done = write_all(out.get(), text, path);
    if (done && fsync(out.get()) != 0) done = unwritten(path, "cannot write");
  }
  if (done && rename(draft.c_str(), path.c_str()) != 0) done = unwritten(path, "cannot rename");
  if (!done) unlink(draft.c_str());
  return done;
}

// -o names a format in every other command, a file in this one. "": standard output.
Result<std::string> target_of(const Arguments& arguments) {
  const std::string& output = arguments.output;
  for (const std::string_view format : {"ndjson", "json", "csv", "md"}) {
    if (output == format) {
      return Error{"blip report writes HTML: -o FILE.html; for programs: blip events -o " + output};
    }
  }
  if (output != "table" && output != "wide" && output != "-") return output;
  if (output != "-" && isatty(STDOUT_FILENO) == 1) {
    return Error{"the report is a page of HTML; name a file: blip report -o report.html"};
  }
  return std::string();
}

void cover(View& view, const ReportData& data) {
  for (const ReportPeriod& period : data.periods) {
    view.clock.cover(period.from);
    view.clock.cover(period.to);
  }
  for (const Event& event : data.events) view.clock.cover(event.time);
}

int run(const Arguments& arguments) {
  const Result<std::string> target = target_of(arguments);
  if (!target) return fail(kUsage, target.error());
  Arguments plain = arguments;
  plain.output = "table";
  Result<View> view = read_view(plain);
  if (!view) return fail(kUsage, view.error());
  view->style = Style{};  // a page has its own colours and every sign
  const Result<Store> store = open_moment(arguments);
  if (!store) return fail(kBadStore, store.error());
  const Result<ReportData> data = gather(*store, *view);
  if (!data) return fail(kBadStore, data.error());
  cover(*view, *data);
  const std::string page = report_page(*data, *view, remembered(short_ids(*store)));
  if (target->empty()) {
    print(page);
  } else {
    if (const Status written = write_page(*target, page); !written) {
      return fail(kUnreadable, written.error());
    }
    print("wrote " + visible(*target) + " (" + bytes_text(page.size()) +
          "): " + visible(words_of_the_day(data->events).headline) + "\n");
  }
  return view->fails(data->events) ? kMatched : kDone;
}

constexpr std::string_view kHelp =
    R"(One HTML file to mail, print or keep: what died and came back, the lives of services, what leaks
behind the restarts, errors over time, and every event with its evidence folded. It is light and
dark, needs no script and asks the network for nothing. Here -o names the file; without it, or with
"-", the page goes to standard output.

  blip report -o report.html
  blip report -o night.html --since last-night
  blip report -s 'api*' --since 7d --utc > api.html
)";
}  // namespace

extern const Command report_command = {
    .name = "report",
    .summary = "one self-contained HTML page, to mail or print (-o FILE.html)",
    .help = kHelp,
    .run = run,
};

}  // namespace blip
