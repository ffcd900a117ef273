// blip config init    wrote /etc/blip/blip.yaml: 2 sources
// blip config check   /etc/blip/blip.yaml:3:5: unknown key "servce"; did you mean "service"?
// blip config show    store.keep  90d  /etc/blip/blip.yaml:12
//
// check and show need no rights and no agent. Secrets are never shown: no key of this blip holds
// one, and those that will name a file.

#include "agent/config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "agent/discover.h"
#include "agent/json_text.h"
#include "cli/configured.h"
#include "cli/print.h"
#include "cli/render/escape.h"
#include "cli/render/table.h"
#include "cli/render/units.h"
#include "cli/view.h"
#include "core/fd.h"
#include "core/suggest.h"

namespace blip {
namespace {
std::string reason() { return std::generic_category().message(errno); }

// The whole file or none of it, and never over one that is there unless `force`.
Status write_file(const std::string& path, const std::string& text, bool force) {
  const std::string temporary = path + ".new-" + std::to_string(getpid());
  const Fd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) return Error{"write " + visible(path) + ": " + reason()};
  const ssize_t written = write(fd.get(), text.data(), text.size());
  bool done = written == static_cast<ssize_t>(text.size()) && fsync(fd.get()) == 0;
  // link(2) fails where the name is taken, rename(2) replaces it.
  done = done && (force ? rename(temporary.c_str(), path.c_str())
                        : link(temporary.c_str(), path.c_str())) == 0;
  const std::string why = reason();
  unlink(temporary.c_str());
  if (!done) return Error{"write " + visible(path) + ": " + why};
  return Done{};
}

int init(const Arguments& arguments) {
  const std::string path = config_path(arguments);
  std::error_code error;
  if (std::filesystem::exists(path, error) && !arguments.force) {
    return fail(kUsage, Error{visible(path) + " is there already; --force replaces it"});
  }
  const Discovery found = discover();
  const std::filesystem::path folder = std::filesystem::absolute(path, error).parent_path();
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(kBadConfig, Error{"create " + visible(folder.string()) + ": " + error.message() +
                                  "; run as root, or name another place with -c FILE"});
  }
  const Status written = write_file(path, config_text(found), arguments.force);
  if (!written) {
    return fail(kBadConfig,
                Error{written.error().text + "; run as root, or name another place with -c FILE"});
  }
  print("wrote " + visible(path) + ": " + counted(found.sources.size(), "source", "sources") +
        "\n");
  if (!arguments.quiet) {
    for (const std::string& each : found.notes) note(each);
  }
  print("what of it can be read: blip doctor" +
        (arguments.config.empty() ? "" : " -c " + visible(path)) + "\n");
  return kDone;
}

int check(const Arguments& arguments) {
  const Result<Config> config = configured(arguments);
  if (!config) return fail(kBadConfig, config.error());
  const Result<std::vector<Signature>> rules = configured_rules(*config);
  if (!rules) return fail(kBadConfig, rules.error());
  if (config->files.empty()) {
    print("there is no " + visible(config_path(arguments)) + "; the built-in values are valid\n");
    return kDone;
  }
  for (const std::string& file : config->files) print(visible(file) + ": ok\n");
  return kDone;
}

int show(const Arguments& arguments, const View& view) {
  std::vector<std::string> notes;
  const Result<Config> config = configured(arguments, &notes);
  if (!config) return fail(kBadConfig, config.error());
  const std::vector<ConfigRow> rows = config_rows(*config);
  if (view.output == Output::json || view.output == Output::ndjson) {
    Json settings = Json::array();
    for (const ConfigRow& row : rows) {
      settings.push_back({{"key", row.key}, {"value", row.value}, {"origin", row.origin}});
      if (view.output == Output::ndjson) print(one_line(settings.back()) + "\n");
    }
    if (view.output == Output::json) {
      print(one_line(Json{{"schema", 1}, {"settings", settings}}) + "\n");
    }
    return kDone;
  }
  Table table({{"KEY"}, {"VALUE"}, {"FROM"}});
  for (const ConfigRow& row : rows) table.add({row.key, row.value, row.origin});
  print(view.output == Output::csv  ? table.csv()
        : view.output == Output::md ? table.markdown()
                                    : table.text(view.style));
  if (!arguments.quiet) {
    for (const std::string& each : notes) note(each);
  }
  return kDone;
}

int run(const Arguments& arguments) {
  const Result<View> view = read_view(arguments);
  if (!view) return fail(kUsage, view.error());
  const std::string& verb = arguments.operands.front();
  if (arguments.force && verb != "init") {
    return fail(kUsage, Error{"--force is for config init (blip help config)"});
  }
  if (verb == "init") return init(arguments);
  if (verb == "check") return check(arguments);
  if (verb == "show") return show(arguments, *view);
  return fail(kUsage, Error{"no command 'config " + visible(verb) + "'" +
                            did_you_mean(verb, {"init", "check", "show"}) + " (blip help config)"});
}

constexpr Flag kFlags[] = {
    {"--force", "", "init: replace the file that is there", &Arguments::force},
};

constexpr std::string_view kHelp =
    R"(  blip config init             look at this host and write /etc/blip/blip.yaml
  blip config init -c my.yaml  write it somewhere else
  blip config check            exit code 3 and file:line:column for each mistake
  blip config show             every value and where it is from
)";
}  // namespace

extern const Command config_command = {
    .name = "config",
    .operands = "init|check|show",
    .least = 1,
    .most = 1,
    .summary = "what blip reads and keeps: write, check or show it",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
