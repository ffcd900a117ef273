// blip status: is the agent there, what does it follow, is it behind, has anything been lost.

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/event_list.h"
#include "cli/print.h"
#include "cli/render/escape.h"
#include "cli/render/units.h"
#include "cli/store_path.h"
#include "cli/view.h"

namespace blip {
namespace {
using Json = nlohmann::json;
constexpr size_t kShown = 10;  // losses and troubles

Json parsed(const StatusTable& status, const std::string& name) {
  const auto found = status.find(name);
  if (found == status.end()) return Json();
  return Json::parse(found->second, nullptr, false);
}

// A pid may belong to another program by now; that one is hardly called blip, too.
bool lives(const Json& agent) {
  const pid_t pid = agent.value("pid", 0);
  return agent.value("running", false) && pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

std::string agent_line(const Json& agent) {
  if (!agent.is_object()) return "no agent has ever written to this store; start one: blip agent";
  const std::string seen = agent.value("seen", std::string("-"));
  if (lives(agent)) {
    return "agent up since " + agent.value("started", std::string("-")) + ", pid " +
           std::to_string(agent.value("pid", 0)) + ", last seen " + seen;
  }
  if (agent.value("running", false)) {
    return "AGENT DOWN: it ended without a word, last seen " + seen + "; start it again";
  }
  return "agent stopped " + seen;
}

std::string source_table(const Json& sources, const View& view) {
  Table table({{"SOURCE", Align::left, true},
               {"FILES", Align::right},
               {"LINES", Align::right},
               {"BEHIND", Align::right},
               {"FORMAT"},
               {"LAST LINE"}});
  for (const Json& one : sources) {
    std::string formats;
    for (const Json& format : one.value("formats", Json::array())) {
      formats += (formats.empty() ? "" : " ") + format.get<std::string>();
    }
    const bool awake = one.contains("lines");
    const uint64_t behind = one.value("behind", uint64_t{0});
    table.add({one.value("name", std::string()), count_text(one.value("files", uint64_t{0})),
               awake ? count_text(one.value("lines", uint64_t{0})) : "asleep",
               behind == 0 ? "-" : bytes_text(behind), formats,
               one.contains("last") && one["last"].is_string() ? one["last"].get<std::string>()
                                                               : std::string("-")});
  }
  return table.text(view.style);
}

int run(const Arguments& arguments) {
  Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  const Result<Store> store = open_moment(arguments);
  if (!store) return fail(kBadStore, store.error());
  const Result<StatusTable> status = store->status();
  if (!status) return fail(kBadStore, status.error());
  EventQuery query = view->query;
  query.kinds = {EventKind::loss, EventKind::health};
  const Result<std::vector<Event>> troubles = store->events(query);
  if (!troubles) return fail(kBadStore, troubles.error());
  const Json agent = parsed(*status, "agent"), sources = parsed(*status, "sources"),
             standing = parsed(*status, "standing");
  if (!view->for_people()) {
    Json all = {{"schema", 1}, {"agent", agent}, {"alive", agent.is_object() && lives(agent)}};
    all["sources"] = sources;
    all["standing"] = standing.is_array() ? standing : Json::array();
    all["losses"] = std::count_if(troubles->begin(), troubles->end(),
                                  [](const Event& event) { return event.kind == EventKind::loss; });
    print(all.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    return kDone;
  }
  std::string out = visible(agent_line(agent)) + "\n";
  if (sources.is_array() && !sources.empty()) out += "\n" + source_table(sources, *view);
  if (standing.is_array() && !standing.empty()) {
    out += "\n";
    for (const Json& line : standing) {
      if (line.is_string()) out += visible(line.get<std::string>()) + "\n";
    }
  }
  const ShortId id = short_ids(*store);
  if (!troubles->empty()) {
    std::vector<Event> newest(
        troubles->end() - static_cast<ptrdiff_t>(std::min<size_t>(troubles->size(), kShown)),
        troubles->end());
    out += "\n" + counted(troubles->size(), "loss or trouble", "losses and troubles") +
           ", the newest:\n" + list_text(newest, *view, event_table, id);
  } else {
    out += "\nnothing lost, no troubles\n";
  }
  print(out);
  return kDone;
}

constexpr std::string_view kHelp =
    R"(LINES and FORMAT are since the agent last woke the source; BEHIND is what lies on the disk and is
not read yet. Exit code 0 also when the agent is down: ask `-o json` for `alive`.

  blip status
  blip status -o json | jq .alive
)";
}  // namespace

extern const Command status_command = {
    .name = "status",
    .summary = "the agent, its sources, what was lost",
    .help = kHelp,
    .run = run,
};

}  // namespace blip
