// blip scan /var/log/upstart/app.log* /var/log/app
//
// Reads old logs in one go and prints what they say. Without --keep or --db nothing remains: the
// store is a private file that vanishes. Ctrl-C ends the reading, not the telling: what was found
// by then is printed.

#include "agent/scan.h"

#include <signal.h>

#include <atomic>

#include "cli/event_list.h"
#include "cli/print.h"
#include "cli/query_json.h"
#include "cli/render/clock.h"
#include "cli/render/escape.h"
#include "cli/render/progress.h"
#include "cli/render/units.h"
#include "cli/rule_files.h"
#include "cli/scan_summary.h"
#include "cli/store_path.h"
#include "core/suggest.h"
#include "parsers/reader.h"

namespace blip {
namespace {
std::atomic<int> stopped_by = 0;  // a signal handler can reach nothing else; any thread may ask
static_assert(std::atomic<int>::is_always_lock_free);

void on_signal(int number) { stopped_by = number; }

void stop_on_signals() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second one ends blip at once
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

Status check_format(const std::string& format) {
  if (format == "auto") return Done{};
  std::vector<std::string_view> known = {"auto"};
  for (const ParserSpec* parser : all_parsers()) {
    if (parser->name == format) return Done{};
    known.push_back(parser->name);
  }
  std::string out =
      "--format: no format '" + visible(format) + "'" + did_you_mean(format, known) + " (";
  for (size_t i = 0; i < known.size(); ++i) out.append(i == 0 ? "" : ", ").append(known[i]);
  return Error{out + ")"};
}

// The error goes with kUsage.
Result<ScanOptions> read_options(const Arguments& arguments) {
  ScanOptions options;
  options.paths = arguments.operands;
  options.format = arguments.format;
  options.service = arguments.service;
  options.jobs = arguments.jobs;
  if (const Status format = check_format(arguments.format); !format) return format.error();
  const auto offset = parse_offset(arguments.timezone);
  if (!offset) {
    return Error{"--timezone is '" + visible(arguments.timezone) + "'; give an offset like +02:00"};
  }
  options.utc_offset = *offset;
  return options;
}

void tell_notes(const ScanReport& report, const Arguments& arguments) {
  for (const InputNote& each : report.notes) {
    if (each.failed || !arguments.quiet) note(each.path + ": " + each.text);
  }
  if (!arguments.verbose) return;
  std::string formats;
  for (const std::string& format : report.formats) formats += " " + format;
  note("read " + counted(report.files, "file", "files") + " of " +
       counted(report.sources, "log", "logs") + ", formats:" + formats);
}

bool unreadable(const ScanReport& report) {
  for (const InputNote& each : report.notes) {
    if (each.failed) return true;
  }
  return false;
}

std::string report_json(const ScanReport& report) {
  return ",\"scan\":{\"files\":" + std::to_string(report.files) +
         ",\"bytes\":" + std::to_string(report.bytes) +
         ",\"lines\":" + std::to_string(report.lines) +
         ",\"unparsed\":" + std::to_string(report.unparsed) +
         ",\"lost_bytes\":" + std::to_string(report.lost_bytes) +
         ",\"stopped\":" + (report.stopped ? "true" : "false") + "}";
}

// Events, and lives, of the services that this scan met: a store may hold others.
template <class T>
void keep_scanned(std::vector<T>& all, const std::vector<std::string>& services) {
  const std::set<std::string> scanned(services.begin(), services.end());
  std::erase_if(all, [&scanned](const T& each) {
    return !each.service.empty() && scanned.count(each.service) == 0;
  });
}

struct Found {
  std::vector<Event> events;
  std::vector<Run> lives;
};

Result<Found> look_up(const Store& store, const ScanReport& report, const View& view) {
  EventQuery query = view.query;
  query.service.clear();  // named what was read
  Result<std::vector<Event>> events = store.events(query);
  if (!events) return events.error();
  Result<std::vector<Run>> lives = store.runs("");
  if (!lives) return lives.error();
  Found found{std::move(*events), std::move(*lives)};
  keep_scanned(found.events, report.services);
  keep_scanned(found.lives, report.services);
  return found;
}

int run(const Arguments& arguments) {
  Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  Result<ScanOptions> options = read_options(arguments);
  if (!options) return fail(kUsage, options.error());
  if (!arguments.rules.empty()) {
    Result<std::vector<Signature>> rules = read_rule_files(arguments.rules);
    if (!rules) return fail(kBadConfig, rules.error());
    options->rules = std::move(*rules);
  }
  const bool kept = arguments.keep || !arguments.db.empty();
  const Result<StoreLock> lock =
      kept ? lock_for_keeping(arguments, "scan") : StoreLock::take("", "scan");
  if (!lock) return fail(kBadStore, lock.error());
  Result<Store> store = kept ? open_for_keeping(arguments) : Store::open("", Access::read_write);
  if (!store) return fail(kBadStore, store.error());

  stop_on_signals();
  ProgressBar bar(!arguments.no_progress && !arguments.quiet, view->style.ascii);
  options->progress = [&bar](const Progress& progress) { bar.show(progress); };
  options->stop = [] { return stopped_by != 0; };
  const Result<ScanReport> report = scan(*store, *options);
  bar.wipe();
  if (!report) return fail(kBadStore, report.error());
  tell_notes(*report, arguments);
  const Result<Found> found = look_up(*store, *report, *view);
  if (!found) return fail(kBadStore, found.error());

  const ShortId id = short_ids(*store);
  print(view->for_people()
            ? scan_summary(*report, found->events, found->lives, *view, id, kept,
                           arguments.show_unparsed)
            : list_text(found->events, *view, event_table, id, report_json(*report)));
  if (stopped_by != 0) return 128 + stopped_by;
  if (view->fails(found->events)) return kMatched;
  return unreadable(*report) ? kUnreadable : kDone;
}

constexpr Flag kFlags[] = {
    {"--keep", "", "remember what was found, for blip restarts, why, ...", &Arguments::keep},
    {"--format", "NAME", "read everything as this format instead of telling it by itself",
     &Arguments::format},
    {"--timezone", "OFFSET", "of stamps that name no zone: +02:00; UTC if not given",
     &Arguments::timezone},
    {"--rules", "PATH", "own rules beside the built-in ones: a YAML file or a folder of them",
     &Arguments::rules},
    {"-j,--jobs", "N", "read with N threads; as many as there are cores to run on if not given",
     &Arguments::jobs},
    {"--show-unparsed", "", "show some of the lines that no format fits",
     &Arguments::show_unparsed},
};

constexpr std::string_view kHelp =
    R"(PATH is a file, a folder, a pattern in quotes, or - for standard input; gzip and Zstandard files
are unpacked, rotated ones (app.log, app.log.1, app.log.2.gz) are read as one log.

  blip scan /var/log/app
  blip scan --keep --timezone +02:00 app.log*
  journalctl -u api | blip scan --service api -
  blip scan -o ndjson app.log | jq .cause
)";
}  // namespace

extern const Command scan_command = {
    .name = "scan",
    .operands = "PATH...",
    .least = 1,
    .most = SIZE_MAX,
    .summary = "read logs and say what happened",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
