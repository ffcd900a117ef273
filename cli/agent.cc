// blip agent                       what the configuration names, or what is found on this host
// blip agent /var/log/app/*.log    this, and of the configuration the rest
//
// Follows logs for good. SIGTERM and SIGINT end it within two seconds with everything committed,
// SIGHUP begins anew with what the rule files now say; a bad one is refused and the old rules stay.

#include "agent/agent.h"

#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "agent/configured_sources.h"
#include "agent/lock.h"
#include "agent/notify.h"
#include "cli/arguments.h"
#include "cli/configured.h"
#include "cli/print.h"
#include "cli/render/clock.h"
#include "cli/render/escape.h"
#include "cli/render/units.h"
#include "cli/rule_files.h"
#include "cli/store_path.h"
#include "core/fd.h"

namespace blip {
namespace {
// SIGTERM, SIGINT and SIGHUP as something to read.
Result<Fd> take_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return Error{"signalfd: no descriptors left"};
  return fd;
}

struct Plan {
  AgentOptions options;
  std::string store;                // "": as choose_store() says
  std::vector<std::string> cannot;  // what of it this blip can't do
  size_t sources = 0;               // that were asked for: the host's own samples are not
};

// The configuration, and what the command line says instead.
Result<Plan> read_plan(const Arguments& arguments) {
  Plan plan;
  std::vector<std::string> left_out;
  const Result<Config> config = configured(arguments, &left_out);
  if (!config) return config.error();
  plan.cannot = apply_config(*config, plan.options);
  plan.sources = config->sources.size();
  plan.options.retention = {*config->store.keep, *config->store.max_size};
  if (config->store.path.origin != kBuiltIn) plan.store = *config->store.path;
  Result<std::vector<Signature>> rules = configured_rules(*config);
  if (!rules) return rules.error();
  plan.options.rules = std::move(*rules);
  if (!arguments.operands.empty()) {
    AgentSource source;
    source.patterns.include = arguments.operands;
    source.service = arguments.service;
    source.format = arguments.format;
    const auto offset = parse_offset(arguments.timezone);
    if (!offset) {
      return Error{"--timezone is '" + visible(arguments.timezone) +
                   "'; give an offset like +02:00"};
    }
    source.utc_offset = *offset;
    plan.options.sources = {std::move(source)};
    plan.sources = 1;
    plan.cannot.clear();
  }
  if (plan.options.sources.empty()) {
    return Error{"there is nothing to follow; name some logs: blip agent PATH..., or sources in " +
                 visible(config_path(arguments))};
  }
  if (arguments.polling) plan.options.watch.polling = true;
  if (!arguments.rules.empty()) {
    const Result<std::vector<Signature>> more = read_rule_files(arguments.rules);
    if (!more) return more.error();
    plan.options.rules.insert(plan.options.rules.end(), more->begin(), more->end());
  }
  return plan;
}

// Tells systemd how it goes. That it can't be told is no reason to end.
class Teller {
 public:
  explicit Teller(Notifier notifier) : notifier_(std::move(notifier)) {}
  void ready(const Plan& plan) const {
    (void)notifier_.ready("following " + counted(plan.sources, "source", "sources"));
  }
  void alive() {
    const auto now = std::chrono::steady_clock::now();
    const auto every = notifier_.alive_every();
    if (!every || now - last_ < *every / 2) return;
    last_ = now;
    (void)notifier_.alive();
  }
  void reloading() const { (void)notifier_.reloading(); }
  void stopping() const { (void)notifier_.stopping(); }

 private:
  Notifier notifier_;
  std::chrono::steady_clock::time_point last_{};
};

int run(const Arguments& arguments) {
  const Result<Fd> signals = take_signals();  // first: a SIGHUP must not end what is starting
  if (!signals) return fail(kBadStore, signals.error());
  Result<Plan> plan = read_plan(arguments);
  if (!plan) return fail(kBadConfig, plan.error());
  Arguments where = arguments;
  if (where.db.empty() && std::getenv("BLIP_DB") == nullptr) where.db = plan->store;
  const Result<StorePath> store = choose_store(where, Access::read_write);
  if (!store) return fail(kBadStore, store.error());
  const Result<StoreLock> lock = lock_for_keeping(where, "agent");
  if (!lock) return fail(kBadStore, lock.error());
  Result<Notifier> notifier = Notifier::from_environment();
  if (!notifier) return fail(kUsage, notifier.error());
  Teller teller(std::move(*notifier));

  auto log = spdlog::stderr_logger_st("blip");
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z blip %v");
  const auto tell_limits = [&log, &plan] {
    for (const std::string& each : plan->cannot) log->warn(visible(each));
  };
  tell_limits();
  bool ends = false, again = false;
  AgentHooks hooks;
  hooks.stop_fd = signals->get();
  hooks.log = [&log](const std::string& text) { log->info(visible(text)); };
  hooks.stop = [&] {
    signalfd_siginfo info;
    while (::read(signals->get(), &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGHUP) {
        again = true;
      } else if (!ends) {
        ends = true;
        teller.stopping();
      }
    }
    return ends || again;
  };
  hooks.for_good = [&ends] { return ends; };
  hooks.ready = [&] {
    log->info("following");
    teller.ready(*plan);
  };
  hooks.alive = [&teller] { teller.alive(); };
  // A new configuration is a clean end and a new beginning in the same process: positions and what
  // was learned go through the store, so that nothing is lost or doubled by it.
  for (;;) {
    const Status done = run_agent(store->path, plan->options, hooks);
    if (!done) return fail(kBadStore, done.error());
    if (ends) return kDone;
    again = false;
    teller.reloading();
    Result<Plan> fresh = read_plan(arguments);
    if (!fresh) {
      plan->options.refused =
          "the new configuration is refused, the old one stays: " + fresh.error().text;
      log->error(visible(plan->options.refused));
      continue;
    }
    if (fresh->store != plan->store) log->warn("another store.path is used after a restart");
    fresh->store = plan->store;
    *plan = std::move(*fresh);
    log->info("configuration read again");
    tell_limits();
  }
}

constexpr Flag kFlags[] = {
    {"--format", "NAME", "read everything as this format instead of telling it by itself",
     &Arguments::format},
    {"--timezone", "OFFSET", "of stamps that name no zone: +02:00; UTC if not given",
     &Arguments::timezone},
    {"--rules", "PATH", "own rules beside the built-in ones: a YAML file or a folder of them",
     &Arguments::rules},
    {"--polling", "", "look at the files again and again instead of waiting for inotify",
     &Arguments::polling},
};

constexpr std::string_view kHelp =
    R"(Without PATH it follows what the configuration names, else what it finds on this host (blip
config show). PATH is a file, a folder, or a pattern in quotes; files that appear later are found.
Rotated siblings are followed as one log. Every line is taken once, whatever happens to blip or to
the file; what cannot be read is told as a `loss` event.

  blip agent
  blip agent '/var/log/app/*.log' /var/log/syslog
  blip agent --db /var/lib/blip/blip.db --rules /etc/blip/rules.d /var/log
)";
}  // namespace

extern const Command agent_command = {
    .name = "agent",
    .operands = "[PATH...]",
    .least = 0,
    .most = SIZE_MAX,
    .summary = "follow logs for good",
    .help = kHelp,
    .flags = kFlags,
    .run = run,
};

}  // namespace blip
