// /var/log/app/app.log.2.gz, app.log.1, app.log: pumped through a flow, a few MiB at a time, and
// committed whenever thousands of signals wait. What is told of the last line or block, which may
// go on, is provisional.

#include "agent/source_scan.h"

#include <algorithm>
#include <memory>
#include <system_error>

#include "agent/flow_ahead.h"
#include "agent/source_state.h"

namespace blip {
namespace {
// Shared by all readers, so that memory stays flat.
constexpr size_t kBatchSignals = 20'000;  // about 8 MiB
constexpr size_t kLeastBatch = 1'000;     // of one reader: each batch is a transaction
constexpr uint64_t kPump = 4 << 20;       // bytes between looks at the clock
constexpr uint64_t kLeastPump = 256 << 10;

class SourceScan {
 public:
  SourceScan(const Source& source, const ScanDesk& desk)
      : source_(source),
        name_(source.folder + "/" + source.base),
        desk_(desk),
        fronts_(desk.signatures),
        flow_(name_, source.files.front().path, flow_options(desk), desk.signatures, fronts_,
              read_.report) {}

  Result<SourceRead> run(const std::function<bool(uint64_t taken)>& go_on) {
    Result<SourceMemory> memory = recall();
    if (!memory) return memory.error();
    FollowOptions follow{desk_.options.chunk, true,
                         [this](uint64_t key) { return !desk_.owners.claim(key, name_); },
                         desk_.ahead ? FlowAhead::kChunks : 0};
    Follower follower(source_.folder, source_.base, std::move(follow), std::move(memory->streams));
    follower.files(source_.files);
    const size_t most_signals = std::max(kBatchSignals / desk_.readers, kLeastBatch);
    const uint64_t pump = std::max(kPump / desk_.readers, kLeastPump);
    std::unique_ptr<FlowAhead> ahead = second_thread();
    FollowSink& sink = ahead ? static_cast<FollowSink&>(*ahead) : flow_;
    for (bool more = true; more && !read_.stopped;) {
      const Result<bool> pumped = follower.pump(pump, sink);
      if (!pumped) return pumped.error();
      more = *pumped;
      read_.stopped = !go_on(follower.taken());
      if (more && (ahead ? ahead->pending() : flow_.pending()) < most_signals) continue;
      if (const Status taken = ahead ? ahead->wait() : Done{}; !taken) return taken.error();
      if (flow_.pending() < most_signals) continue;
      flow_.drain(follower, batch_);
      const Status kept = commit();
      if (!kept) return kept.error();
    }
    if (const Status taken = ahead ? ahead->wait() : Done{}; !taken) return taken.error();
    ahead.reset();
    blame_named();
    const Status ended = end(follower);
    if (!ended) return ended.error();
    read_.last = flow_.last_time();
    return std::move(read_);
  }

 private:
  static FlowOptions flow_options(const ScanDesk& desk) {
    const ScanOptions& options = desk.options;
    return {options.format,  options.utc_offset,
            options.service, [&years = desk.years](Time mtime) { return years.latest(mtime); },
            nullptr,         options.shortcuts};
  }

  // Nothing where one is enough, or no other is to be had.
  std::unique_ptr<FlowAhead> second_thread() {
    uint64_t bytes = 0;
    for (const InputFile& file : source_.files) bytes += file.size;
    if (!desk_.ahead || bytes < desk_.options.large) return nullptr;
    try {
      return std::make_unique<FlowAhead>(flow_);
    } catch (const std::system_error&) {
      return nullptr;
    }
  }

  Result<SourceMemory> recall() {
    const std::lock_guard lock(desk_.store_lock);
    return remember(desk_.store, desk_.known, name_, flow_);
  }

  // A last line without its end, a block that may go on: told, until there is more.
  Status end(Follower& follower) {
    flow_.drain(follower, batch_);
    if (batch_.empty() && !committed_ && flow_.positions().empty()) return Done{};
    batch_.states[flow_.owner()] = flow_.state();
    Batch rest;
    if (!read_.stopped) {
      const Status finished = follower.finish(flow_);
      if (!finished) return finished;
    }
    std::vector<Signal> last = flow_.finish();
    flow_.drain(follower, rest);
    std::vector<Signal>& provisional = batch_.provisional[name_];
    provisional = std::move(rest.signals);
    std::move(last.begin(), last.end(), std::back_inserter(provisional));
    std::move(rest.facts.begin(), rest.facts.end(), std::back_inserter(batch_.facts));
    return commit();
  }

  // A file that a person named and that could not be read fails the scan; one met in a folder not.
  void blame_named() {
    for (InputNote& note : read_.report.notes) {
      const auto& paths = desk_.options.paths;
      note.failed |= std::find(paths.begin(), paths.end(), note.path) != paths.end();
    }
  }

  Status commit() {
    for (const Checkpoint& one : batch_.checkpoints) desk_.owners.own(one.stream);
    // What an earlier scan said until more came would stand in the way of what is said for good.
    batch_.provisional.try_emplace(name_);
    const Status kept = store();
    committed_ = true;
    batch_ = {};
    return kept;
  }

  Status store() {
    const std::lock_guard lock(desk_.store_lock);
    return desk_.store.commit(batch_);
  }

  const Source& source_;
  const std::string name_;
  const ScanDesk& desk_;
  SourceRead read_;
  Fronts fronts_;
  SourceFlow flow_;
  Batch batch_;
  bool committed_ = false;  // something was read
};
}  // namespace

Result<SourceRead> scan_source(const Source& source, const ScanDesk& desk,
                               const std::function<bool(uint64_t taken)>& go_on) {
  return SourceScan(source, desk).run(go_on);
}

}  // namespace blip
