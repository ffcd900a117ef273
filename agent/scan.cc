// `blip scan` without its words: find the inputs, read each source, judge what was found.
//
//   /logs/orders.log   1.2 GB     thread 1: orders.log ..................  syslog .
//   /logs/nginx.log    0.7 GB     thread 2: nginx.log ......  carts.log .....
//   /logs/carts.log    0.6 GB
//   /logs/syslog       0.1 GB     names no year: the ends of the others tell it
//
// Sources need nothing of one another, so several are read at once; the store is locked for each
// batch, and what was read is reported in the order of the sources, whoever was done first.

#include "agent/scan.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <mutex>
#include <optional>

#include "agent/judging.h"
#include "agent/source_scan.h"
#include "agent/stream_owners.h"
#include "agent/workers.h"
#include "agent/years.h"
#include "rules/signature_set.h"
#include "tailer/inputs.h"

namespace blip {
namespace {
constexpr uint64_t kMuch = 4 << 20;  // bytes
constexpr auto kProgressEvery = std::chrono::milliseconds(100);
constexpr size_t kMostThreads = 256;  // each holds some MiB

uint64_t size_of(const Source& source) {
  uint64_t bytes = 0;
  for (const InputFile& file : source.files) bytes += file.size;
  return bytes;
}

// Tells the caller how far the scan is, a few times a second, and the readers whether to go on.
class Meter {
 public:
  Meter(const ScanOptions& options, const std::vector<Source>& sources) : options_(options) {
    for (const Source& source : sources) {
      told_.bytes_total += size_of(source);
      told_.files += source.files.size();
    }
  }
  // `before`: what the source had taken when it was asked last; set to `now`.
  bool taken(uint64_t& before, uint64_t now) {
    const std::lock_guard lock(mutex_);
    done_ += now - before;
    before = now;
    const auto time = std::chrono::steady_clock::now();
    if (!stopped_ && time - last_ >= kProgressEvery) {
      last_ = time;
      told_.bytes_done = done_;
      if (options_.progress) options_.progress(told_);
      stopped_ = options_.stop && options_.stop();
    }
    return !stopped_;
  }
  // Whatever of its `size` was not taken, or more than that, was not to be read.
  void source_done(uint64_t before, uint64_t size) {
    const std::lock_guard lock(mutex_);
    done_ += size - before;
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  bool stopped() {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }
  uint64_t bytes() const { return told_.bytes_total; }

 private:
  const ScanOptions& options_;
  std::mutex mutex_;
  Progress told_;
  uint64_t done_ = 0;
  bool stopped_ = false;
  std::chrono::steady_clock::time_point last_;
};

void add(ScanReport& all, SourceRead read) {
  ReadReport& one = read.report;
  ++all.sources;
  all.stopped |= read.stopped;
  all.files += one.files;
  all.bytes += one.bytes;
  all.lines += one.lines;
  all.unparsed += one.unparsed;
  all.lost_bytes += one.lost_bytes;
  all.formats.merge(one.formats);
  const auto append = [](auto& to, auto& from, size_t most) {
    const auto count = static_cast<ptrdiff_t>(std::min(from.size(), most));
    std::move(from.begin(), from.begin() + count, std::back_inserter(to));
  };
  append(all.timeless, one.timeless, SIZE_MAX);
  append(all.unparsed_samples, one.unparsed_samples,
         ReadReport::kSamples - all.unparsed_samples.size());
  append(all.notes, one.notes, SIZE_MAX);
  if (known(one.first) && (!known(all.first) || one.first < all.first)) all.first = one.first;
  all.last = std::max(all.last, one.last);
}

// Making the signatures took tens of MiB that are free now, but only to this thread: the others
// have heaps of their own.
void give_back() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

// What logs with years say without being read. Nothing: the end of one does not tell it.
std::optional<YearHint> told_by_ends(std::vector<Source>::const_iterator from,
                                     std::vector<Source>::const_iterator to,
                                     const ScanOptions& options) {
  YearHint years;
  for (; from != to; ++from) {
    const Time last = last_time(*from, options);
    if (!known(last)) return std::nullopt;
    years.saw(last, from->files.back().mtime);
  }
  return years;
}

// Reads all of `sources` and reports in their order. Nothing: stopped before its turn came. The
// first failure in their order is returned; it stops the others.
Result<std::vector<std::optional<SourceRead>>> read_all(const std::vector<Source>& sources,
                                                        const ScanDesk& desk, Meter& meter) {
  std::vector<std::optional<SourceRead>> reads(sources.size());
  std::vector<std::optional<Error>> errors(sources.size());
  const auto read = [&](size_t i) {
    if (meter.stopped()) return;
    uint64_t before = 0;
    Result<SourceRead> done =
        scan_source(sources[i], desk, [&](uint64_t taken) { return meter.taken(before, taken); });
    if (done) {
      meter.source_done(before, size_of(sources[i]));
      reads[i] = std::move(*done);
    } else {
      errors[i] = done.error();
      meter.stop();
    }
  };
  if (desk.readers == 1) {
    for (size_t i = 0; i < sources.size(); ++i) read(i);
  } else {
    std::vector<std::vector<size_t>> rows = rows_of(sources);
    const auto size = [&](const std::vector<size_t>& row) {
      uint64_t bytes = 0;
      for (const size_t i : row) bytes += size_of(sources[i]);
      return bytes;
    };
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const auto& a, const auto& b) { return size(a) > size(b); });
    share_out(rows.size(), desk.readers, [&](size_t row) {
      try {
        for (const size_t i : rows[row]) read(i);
      } catch (...) {
        meter.stop();  // the others need not go on
        throw;
      }
    });
  }
  for (const std::optional<Error>& error : errors) {
    if (error) return *error;
  }
  return reads;
}
}  // namespace

Result<ScanReport> scan(Store& store, const ScanOptions& options) {
  ScanReport report;
  Inputs inputs = find_inputs(options.paths);
  report.notes = std::move(inputs.notes);
  std::vector<Signature> signatures = builtin_signatures();
  signatures.insert(signatures.end(), options.rules.begin(), options.rules.end());
  Meter meter(options, inputs.sources);
  const SignatureSet set(std::move(signatures), meter.bytes() >= kMuch);
  const Result<std::vector<Checkpoint>> known = store.checkpoints();
  if (!known) return known.error();
  YearHint years;
  StreamOwners owners(*known);
  std::mutex store_lock;
  const size_t threads = options.jobs == 0 ? usable_cores() : options.jobs;
  const size_t readers =
      std::clamp<size_t>(std::min(threads, inputs.sources.size()), 1, kMostThreads);
  const bool ahead = threads >= 2 * readers;
  if (readers > 1 || ahead) give_back();
  const ScanDesk desk{options, set, *known, years, owners, store, store_lock, readers, ahead};
  // Logs that name no year are told by the others when all this was: by their ends where those say
  // it, else when they have been read.
  const auto first =
      std::stable_partition(inputs.sources.begin(), inputs.sources.end(),
                            [&](const Source& source) { return !lacks_year(source, options); });
  std::vector<Source> later;
  if (const std::optional<YearHint> told = told_by_ends(inputs.sources.begin(), first, options)) {
    years = *told;
  } else {
    later.assign(std::make_move_iterator(first), std::make_move_iterator(inputs.sources.end()));
    inputs.sources.erase(first, inputs.sources.end());
  }
  for (std::vector<Source>* const sources : {&inputs.sources, &later}) {
    Result<std::vector<std::optional<SourceRead>>> reads = read_all(*sources, desk, meter);
    if (!reads) return reads.error();
    for (size_t i = 0; i < sources->size(); ++i) {
      std::optional<SourceRead>& read = (*reads)[i];
      if (!read) continue;
      if (!later.empty()) years.saw(read->last, (*sources)[i].files.back().mtime);
      add(report, std::move(*read));
    }
  }
  const Status judged = judge_all(store);
  if (!judged) return judged.error();
  const Result<std::vector<std::string>> services = store.services();
  if (!services) return services.error();
  report.services = *services;
  return report;
}

}  // namespace blip
