// `blip scan` without its words: find the inputs, read each source, judge what was found.

#include "agent/scan.h"

#include <algorithm>
#include <chrono>

#include "agent/judging.h"
#include "agent/source_scan.h"
#include "rules/signature_set.h"
#include "tailer/inputs.h"

namespace blip {
namespace {
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
  void source_done(const Source& source) {
    for (const InputFile& file : source.files) before_ += file.size;
  }

 private:
  const ScanOptions& options_;
  Progress told_;
  uint64_t before_ = 0;
  std::chrono::steady_clock::time_point last_;
};
}  // namespace

Result<ScanReport> scan(Store& store, const ScanOptions& options) {
  ScanReport report;
  Inputs inputs = find_inputs(options.paths);
  for (InputNote& note : inputs.notes) {
    report.notes.push_back({std::move(note.path), std::move(note.text), note.failed});
  }
  std::vector<Signature> signatures = builtin_signatures();
  signatures.insert(signatures.end(), options.rules.begin(), options.rules.end());
  const SignatureSet set(std::move(signatures));
  Meter meter(options, inputs);
  // Logs that name no year come last: by then the others have told when all this was.
  YearHint years;
  std::stable_partition(inputs.sources.begin(), inputs.sources.end(), [&](const Source& source) {
    return !lacks_year(source.files.back().path, options);
  });
  const Result<std::vector<Checkpoint>> known = store.checkpoints();
  if (!known) return known.error();
  StreamOwners owners;
  for (const Checkpoint& one : *known) owners[one.stream.key] = one.stream;
  for (const Source& source : inputs.sources) {
    SourceScan one(source, options, set, store, report, years, owners);
    const Status done = one.run([&](uint64_t taken) { return meter.taken(taken); });
    if (!done) return done.error();
    ++report.sources;
    years.saw(one.last_time(), source.files.back().mtime);
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
