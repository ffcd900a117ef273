// blip store info             how large it is, and what is in it
// blip store check            is it sound, and what to do if not
// blip store backup FILE      a copy of one moment, while the agent writes
// blip store prune --older-than 90d
//
// All of it beside a running agent. What may be forgotten without harm is store/prune.h's matter.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>

#include "cli/print.h"
#include "cli/query_json.h"
#include "cli/render/escape.h"
#include "cli/render/table.h"
#include "cli/render/units.h"
#include "cli/store_path.h"
#include "cli/view.h"
#include "cli/when.h"
#include "core/suggest.h"
#include "store/care.h"
#include "store/prune.h"

namespace blip {
namespace {
volatile sig_atomic_t stopped_by = 0;  // a signal handler can reach nothing else
void on_signal(int number) { stopped_by = number; }

// "2GiB", "512MiB", "100000".
std::optional<uint64_t> parse_size(std::string_view text) {
  static constexpr std::pair<std::string_view, int> kUnits[] = {
      {"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count == 0) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  for (const auto& [name, shift] : kUnits) {
    if (unit == name && count <= UINT64_MAX >> shift) return count << shift;
  }
  return std::nullopt;
}

// Rows of "name, value" in the format asked for.
std::string facts_text(const std::vector<std::pair<std::string, std::string>>& facts,
                       const View& view) {
  if (view.for_people()) {
    size_t widest = 0;
    for (const auto& fact : facts) widest = std::max(widest, fact.first.size());
    std::string out;
    for (const auto& [name, value] : facts) {
      out += name + std::string(widest + 2 - name.size(), ' ') + visible(value) + "\n";
    }
    return out;
  }
  Table table({{"WHAT"}, {"VALUE"}});
  std::string json;
  for (const auto& [name, value] : facts) {
    table.add({name, value});
    json += (json.empty() ? "" : ",") + json_string(name) + ":" + json_string(value);
  }
  if (view.output == Output::csv) return table.csv();
  if (view.output == Output::md) return table.markdown();
  return "{\"schema\":1," + json + "}\n";
}

int info(const Arguments&, View& view, const std::string& path) {
  const Result<StoreInfo> found = store_info(path);
  if (!found) return fail(kBadStore, found.error());
  const bool people = view.for_people();
  const auto bytes = [people](uint64_t size) {
    return people ? bytes_text(size) : std::to_string(size);
  };
  const auto count = [people](uint64_t rows) {
    return people ? count_text(rows) : std::to_string(rows);
  };
  const auto time = [&](Time when) {
    return !known(when) ? std::string("-") : people ? view.clock.exact(when) : format_rfc3339(when);
  };
  std::vector<std::pair<std::string, std::string>> facts = {
      {"file", path},
      {"schema", std::to_string(found->schema)},
      {"size", bytes(found->bytes)},
      {"log", bytes(found->log_bytes)},
      {"free", bytes(found->free_bytes)}};
  for (const auto& [table, rows] : found->rows) facts.emplace_back(table, count(rows));
  facts.emplace_back("first event", time(found->first));
  facts.emplace_back("last event", time(found->last));
  if (known(found->pruned)) facts.emplace_back("settled before", time(found->pruned));
  print(facts_text(facts, view));
  return kDone;
}

int check(const Arguments& arguments, View& view, const std::string& path) {
  const Result<std::vector<StoreFault>> faults = check_store(path);
  if (!faults) return fail(kBadStore, faults.error());
  if (!view.for_people()) {
    Table table({{"FAULT"}, {"WHAT TO DO"}});
    std::string json;
    for (const StoreFault& fault : *faults) {
      table.add({fault.what, fault.remedy});
      json += std::string(json.empty() ? "" : ",") + "{\"fault\":" + json_string(fault.what) +
              ",\"remedy\":" + json_string(fault.remedy) + "}";
    }
    print(view.output == Output::csv  ? table.csv()
          : view.output == Output::md ? table.markdown()
                                      : "{\"schema\":1,\"faults\":[" + json + "]}\n");
  } else if (faults->empty()) {
    if (!arguments.quiet) print("sound: " + visible(path) + "\n");
  } else {
    for (const StoreFault& fault : *faults) print(visible(fault.what) + "\n");
    print("what to do: " + visible(faults->front().remedy) + "\n");
  }
  return faults->empty() ? kDone : kBadStore;
}

int backup(const Arguments& arguments, View&, const std::string& path) {
  const std::string& target = arguments.operands[1];
  const bool show = isatty(STDERR_FILENO) != 0 && !arguments.no_progress && !arguments.quiet;
  const auto progress = [show](uint64_t done, uint64_t all) {
    if (show && all != 0) std::fprintf(stderr, "\r%3d %%", static_cast<int>(100 * done / all));
  };
  const Status copied = backup_store(path, target, progress);
  if (show) std::fputs("\r\x1b[K", stderr);
  if (!copied) return fail(kBadStore, copied.error());
  if (!arguments.quiet) {
    const Result<StoreInfo> copy = store_info(target);
    if (!copy) return fail(kBadStore, copy.error());
    print("copied " + bytes_text(copy->bytes) + " to " + visible(target) + "\n");
  }
  return kDone;
}

std::string pruned_text(const Pruned& pruned, const View& view, bool dry) {
  const std::string size =
      bytes_text(pruned.bytes_before) +
      (dry ? "" : " " + std::string(view.style.arrow()) + " " + bytes_text(pruned.bytes_after)) +
      " in use";
  if (pruned.events + pruned.runs + pruned.signals == 0) {
    return "nothing to forget" +
           (known(pruned.before) ? " before " + view.clock.exact(pruned.before) : std::string()) +
           "; " + size + "\n";
  }
  return std::string(dry ? "would forget " : "forgot ") +
         counted(pruned.events, "event", "events") + ", " + counted(pruned.runs, "life", "lives") +
         " and " + counted(pruned.signals, "signal", "signals") + " from before " +
         view.clock.exact(pruned.before) + "; " + size + "\n";
}

int forget(const Arguments& arguments, View& view, const std::string& path) {
  PruneOrder order;
  order.now = view.now;
  if (arguments.older_than.empty() && arguments.max_size.empty()) {
    return fail(kUsage, Error{"say what may be forgotten: --older-than 90d, --max-size 2GiB; with "
                              "--dry-run it is only told"});
  }
  if (!arguments.older_than.empty()) {
    const auto span = parse_span(arguments.older_than);
    if (!span || *span < std::chrono::hours(1)) {
      return fail(kUsage, Error{"--older-than is '" + visible(arguments.older_than) +
                                "'; give a time like 90d or 12w"});
    }
    order.before = view.now - *span;
  }
  if (!arguments.max_size.empty()) {
    const auto size = parse_size(arguments.max_size);
    if (!size) {
      return fail(kUsage, Error{"--max-size is '" + visible(arguments.max_size) +
                                "'; give a size like 2GiB or 512MiB"});
    }
    order.max_bytes = *size;
  }
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  const Result<Pruned> pruned = arguments.dry_run
                                    ? prune_preview(path, order)
                                    : prune(path, order, [] { return stopped_by != 0; });
  if (!pruned) return fail(kBadStore, pruned.error());
  if (view.for_people()) {
    if (!arguments.quiet) print(pruned_text(*pruned, view, arguments.dry_run));
  } else {
    print(facts_text({{"events", std::to_string(pruned->events)},
                      {"lives", std::to_string(pruned->runs)},
                      {"signals", std::to_string(pruned->signals)},
                      {"before", known(pruned->before) ? format_rfc3339(pruned->before) : "-"},
                      {"bytes before", std::to_string(pruned->bytes_before)},
                      {"bytes after", std::to_string(pruned->bytes_after)}},
                     view));
  }
  return stopped_by != 0 ? 128 + stopped_by : kDone;
}

struct Verb {
  std::string_view name;
  size_t operands;         // behind the name
  std::string_view takes;  // for who gave others
  int (*run)(const Arguments& arguments, View& view, const std::string& path);
};
constexpr std::array<Verb, 4> kVerbs = {
    {{"info", 0, "store info takes nothing more", info},
     {"check", 0, "store check takes nothing more", check},
     {"backup", 1, "store backup takes the file to make: blip store backup FILE", backup},
     {"prune", 0, "store prune takes nothing more", forget}}};

int run(const Arguments& arguments) {
  const std::string& name = arguments.operands.front();
  const auto verb = std::find_if(kVerbs.begin(), kVerbs.end(),
                                 [&name](const Verb& each) { return each.name == name; });
  if (verb == kVerbs.end()) {
    std::vector<std::string_view> known;
    for (const Verb& each : kVerbs) known.push_back(each.name);
    return fail(kUsage, Error{"no command 'store " + visible(name) + "'" +
                              did_you_mean(name, known) + " (blip help store)"});
  }
  if (arguments.operands.size() != verb->operands + 1) {
    return fail(kUsage, Error{std::string(verb->takes)});
  }
  Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  const Result<StorePath> path = existing_store(arguments);
  if (!path) return fail(kBadStore, path.error());
  return verb->run(arguments, *view, path->path);
}

constexpr Flag kFlags[] = {
    {"--older-than", "TIME", "prune: forget what was over that long ago: 90d, 12w",
     &Arguments::older_than},
    {"--max-size", "SIZE", "prune: forget the oldest until no more is in use: 2GiB",
     &Arguments::max_size},
    {"--dry-run", "", "prune: only tell what --older-than would forget", &Arguments::dry_run},
};

constexpr std::string_view kHelp =
    R"(info    how large it is and what is in it
check   reads all of it, and says what to do if something is wrong (exit code 5)
backup  copies it as it is at one moment; the agent may go on writing
prune   forgets events, lives and what they rest on, in small steps, beside a running agent. What
        goes on stays; what is kept is not judged again. The file does not shrink: what was
        emptied is filled again.

  blip store info
  blip store backup /backup/blip-$(date +%F).db
  blip store prune --older-than 90d --dry-run
  blip store prune --older-than 90d --max-size 2GiB
)";
}  // namespace

extern const Command store_command = {
    .name = "store",
    .operands = "info|check|backup FILE|prune",
    .least = 1,
    .most = 2,
    .summary = "care of the database: size, soundness, copies, forgetting",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
