// The host agent: follows logs for good, and keeps what they say. One thread: it waits for changes,
// reads what is new a slice of each source at a time, commits signals, facts and positions in one
// transaction, and judges the services that were touched.
//
// One thread, because everything it shares is one SQLite file and reading is a thousandth of a
// core: there is nothing to lock, and a kill can only fall between two commits.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/retention.h"
#include "core/result.h"
#include "core/time_zone.h"
#include "rules/signature.h"
#include "store/store.h"
#include "tailer/globs.h"
#include "tailer/watcher.h"

namespace blip {

class Feeder;

// Some logs to follow, all alike.
struct AgentSource {
  Patterns patterns;
  std::shared_ptr<Feeder> feeder;  // instead of patterns: brings lines that stand in no file
  std::string service;             // for everything read, instead of what formats and names say
  // Whose a set of files is, where only its folder tells: "" leaves it to lines and names, nullopt
  // leaves the set out. Asked once, when it is met.
  std::function<std::optional<std::string>(const Source& set)> owner;
  // What `blip status` should say of it, a line each; asked every half minute, so it must not wait.
  std::function<std::vector<std::string>()> standing;
  std::string format = "auto";
  std::chrono::seconds utc_offset{0};    // of stamps without a zone
  std::shared_ptr<const TimeZone> zone;  // or the place whose clocks they show
};

struct AgentOptions {
  std::vector<AgentSource> sources;
  std::vector<Signature> rules;   // beside the built-in pack
  std::set<std::string> disable;  // ids of rules, built-in or not, that shall not fire
  WatchOptions watch;
  // Files last written longer ago than this when the agent first meets them are not read.
  std::chrono::seconds backfill = std::chrono::hours(24 * 7);
  size_t chunk = 256 * 1024;  // bytes a read asks for; no result depends on it
  // A quiet source's descriptors are closed after the first, its memory is given back after the
  // second.
  std::chrono::seconds rest_after{60}, sleep_after{600};
  RetentionOptions retention;
  // Why the configuration that was to take the place of this one is refused: a `health` event.
  std::string refused;
};

// What the agent asks of whoever runs it, and tells it.
struct AgentHooks {
  std::function<bool()> stop;                   // true: end soon; asked several times a second
  std::function<bool()> for_good;               // asked when it ends: not to begin anew at once?
  int stop_fd = -1;                             // readable when stop() may have turned; -1: none
  std::function<void()> ready;                  // everything that was there is being followed
  std::function<void()> alive;                  // once a second at least
  std::function<void(const std::string&)> log;  // one line for the agent's own log
};

// Runs until hooks.stop(). Fails only when it cannot begin; what goes wrong later is a `health`
// event, and reading waits while the store cannot be written.
Status run_agent(const std::string& store_path, const AgentOptions& options,
                 const AgentHooks& hooks);

}  // namespace blip
