// `blip scan` without its words: find the inputs, read each source, judge what was found.

#include "agent/scan.h"

#include <algorithm>
#include <chrono>

#include "agent/judging.h"
#include "agent/source_flow.h"
#include "agent/source_state.h"
#include "agent/stream_owners.h"
#include "agent/years.h"
#include "rules/signature_set.h"
#include "tailer/inputs.h"

namespace blip {
namespace {
constexpr uint64_t kMuch = 4 << 20;  // bytes
constexpr auto kProgressEvery = std::chrono::milliseconds(100);

// Tells the caller how far the scan is, a few times a second, and whether to go on.
class Meter {
 public:
  Meter(const ScanOptions& options, const Inputs& inputs) : options_(options) {
    for (const Source& source : inputs.sources) {
      for (const InputFile& file : source.files) {
        told_.bytes_total += file.size;
        ++told_.files;
      }
    }
  }
  bool taken(uint64_t of_source) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ >= kProgressEvery) {
      last_ = now;
      told_.bytes_done = before_ + of_source;
      if (options_.progress) options_.progress(told_);
      if (options_.stop && options_.stop()) return false;
    }
    return true;
  }
  uint64_t bytes() const { return told_.bytes_total; }
  void source_done(const Source& source) {
    for (const InputFile& file : source.files) before_ += file.size;
  }

 private:
  const ScanOptions& options_;
  Progress told_;
  uint64_t before_ = 0;
  std::chrono::steady_clock::time_point last_;
};

// One source, read to its end as it lies there.
class SourceScan {
 public:
  SourceScan(const Source& source, const ScanOptions& options, const SignatureSet& set,
             Store& store, ScanReport& report, const YearHint& years, StreamOwners& owners)
      : source_(source),
        name_(source.folder + "/" + source.base),
        options_(options),
        store_(store),
        report_(report),
        owners_(owners),
        fronts_(set),
        flow_(name_, source.files.front().path,
              {options.format, options.utc_offset, options.service,
               [&years](Time mtime) { return years.latest(mtime); }, nullptr, options.shortcuts},
              set, fronts_, report) {}

  // The time of its last dated line. Fails when the store does.
  Result<Time> run(const std::vector<Checkpoint>& known,
                   const std::function<bool(uint64_t taken)>& progress) {
    Result<SourceMemory> memory = remember(store_, known, name_, flow_);
    if (!memory) return memory.error();
    FollowOptions follow{options_.chunk, true,
                         [this](uint64_t key) { return owners_.taken(key, name_); }};
    Follower follower(source_.folder, source_.base, std::move(follow), std::move(memory->streams));
    follower.files(source_.files);
    for (bool more = true; more && !report_.stopped;) {
      const Result<bool> pumped = follower.pump(kPump, flow_);
      if (!pumped) return pumped.error();
      more = *pumped;
      report_.stopped = !progress(follower.taken());
      if (flow_.pending() < kBatchSignals) continue;
      flow_.drain(follower, batch_);
      const Status kept = commit();
      if (!kept) return kept.error();
    }
    blame_named();
    flow_.drain(follower, batch_);
    if (batch_.empty() && !committed_ && flow_.positions().empty()) return flow_.last_time();
    batch_.states[flow_.owner()] = flow_.state();
    // A last line without its end, a block that may go on: told, until there is more.
    Batch rest;
    if (!report_.stopped) {
      const Status finished = follower.finish(flow_);
      if (!finished) return finished.error();
    }
    std::vector<Signal> last = flow_.finish();
    flow_.drain(follower, rest);
    std::vector<Signal>& provisional = batch_.provisional[name_];
    provisional = std::move(rest.signals);
    std::move(last.begin(), last.end(), std::back_inserter(provisional));
    std::move(rest.facts.begin(), rest.facts.end(), std::back_inserter(batch_.facts));
    const Status kept = commit();
    if (!kept) return kept.error();
    return flow_.last_time();
  }

 private:
  static constexpr uint64_t kPump = 4 << 20;       // bytes between looks at the clock
  static constexpr size_t kBatchSignals = 20'000;  // about 8 MiB: memory stays flat

  // A file that a person named and that could not be read fails the scan; one met in a folder not.
  void blame_named() {
    for (InputNote& note : report_.notes) {
      const auto& paths = options_.paths;
      note.failed |= std::find(paths.begin(), paths.end(), note.path) != paths.end();
    }
  }

  Status commit() {
    for (const Checkpoint& one : batch_.checkpoints) owners_.own(one.stream);
    // What an earlier scan said until more came would stand in the way of what is said for good.
    batch_.provisional.try_emplace(name_);
    const Status kept = store_.commit(batch_);
    committed_ = true;
    batch_ = {};
    return kept;
  }

  const Source& source_;
  const std::string name_;
  const ScanOptions& options_;
  Store& store_;
  ScanReport& report_;
  StreamOwners& owners_;
  Fronts fronts_;
  SourceFlow flow_;
  Batch batch_;
  bool committed_ = false;  // something was read
};
}  // namespace

Result<ScanReport> scan(Store& store, const ScanOptions& options) {
  ScanReport report;
  Inputs inputs = find_inputs(options.paths);
  report.notes = std::move(inputs.notes);
  std::vector<Signature> signatures = builtin_signatures();
  signatures.insert(signatures.end(), options.rules.begin(), options.rules.end());
  Meter meter(options, inputs);
  const SignatureSet set(std::move(signatures), meter.bytes() >= kMuch);
  // Logs that name no year come last: by then the others have told when all this was.
  YearHint years;
  std::stable_partition(inputs.sources.begin(), inputs.sources.end(), [&](const Source& source) {
    return !lacks_year(source.files.back().path, options);
  });
  const Result<std::vector<Checkpoint>> known = store.checkpoints();
  if (!known) return known.error();
  StreamOwners owners(*known);
  for (const Source& source : inputs.sources) {
    SourceScan one(source, options, set, store, report, years, owners);
    const Result<Time> last = one.run(*known, [&](uint64_t taken) { return meter.taken(taken); });
    if (!last) return last.error();
    ++report.sources;
    years.saw(*last, source.files.back().mtime);
    meter.source_done(source);
    if (report.stopped) break;
  }
  const Status judged = judge_all(store);
  if (!judged) return judged.error();
  const Result<std::vector<std::string>> services = store.services();
  if (!services) return services.error();
  report.services = *services;
  return report;
}

}  // namespace blip
