// The flow for one source (app.log.2.gz, app.log.1, app.log), in file order:
//
//   bytes -> chunks of whole lines -> front: which lines hold a literal of a signature
//         -> each line -> record(s) -> whose is it -> part of a block? -> sensors -> signals
//         -> store, in batches, with how far we are
//
// Everything learned goes on from file to file. Where the store already knows a file, it is not
// read again; where a known file has grown, the stored state goes on at the stored offset.

#include "agent/source_scan.h"

#include <algorithm>
#include <filesystem>

#include "core/check.h"
#include "tailer/lines.h"

namespace blip {
namespace {
constexpr uint32_t kStateVersion = 1;
constexpr size_t kBatchSignals = 20'000;  // about 8 MiB: memory stays flat however long the log
constexpr size_t kMarkerBytes = 1024;
constexpr size_t kFirstLine = 1024;  // bytes of a first line that make a stream's key
constexpr size_t kSamples = 5;       // of lines nobody understood, shown on demand
constexpr size_t kHeadBytes = 4096;  // of a file that tell text from binary

std::string folder_and_base(const Source& source) { return source.folder + "/" + source.base; }
}  // namespace

SourceScan::SourceScan(const Source& source, const ScanOptions& options, const SignatureSet& set,
                       Store& store, ScanReport& report, const YearHint& years,
                       StreamOwners& owners)
    : source_(source),
      options_(options),
      set_(set),
      store_(store),
      report_(report),
      years_(years),
      owners_(owners),
      front_(set.front->clone()),
      valued_(set.valued->clone()) {
  reset();
}

void SourceScan::reset() {
  reader_.emplace(ReaderOptions{options_.format, options_.utc_offset, kNoTime});
  lanes_.emplace(options_.service, service_from_path(source_.files.front().path));
  assemblers_.clear();
  assembler_ = nullptr;
  turn_ = 0;
  shortcuts_.clear();
  senses_.emplace(set_);
  restored_ = {};
}

Status SourceScan::run(const std::function<bool(uint64_t)>& progress) {
  const Result<std::vector<Checkpoint>> stored = store_.checkpoints();
  if (!stored) return stored.error();
  for (const Checkpoint& one : *stored) {
    if (one.stream.source == folder_and_base(source_)) known_[one.stream.key] = one;
  }
  const Result<std::optional<std::string>> state = store_.state(owner());
  if (!state) return state.error();
  if (!known_.empty() && (!*state || !restore(**state))) {
    reset();
    known_.clear();  // without the state that goes with them they are no use: read all again
  }
  for (size_t i = 0; i < source_.files.size() && !report_.stopped; ++i) {
    const Status done = run_file(source_.files[i], i + 1 == source_.files.size(), progress);
    if (!done) return done;
  }
  if (at_.stream == 0) return Done{};
  if (state_.empty()) state_ = save();
  finish();
  batch_.states[owner()] = std::move(state_);
  return store_.commit(batch_);
}

Status SourceScan::run_file(const InputFile& file, bool live,
                            const std::function<bool(uint64_t)>& progress) {
  Result<std::unique_ptr<ByteSource>> bytes = open_bytes(file.path);
  if (!bytes) {
    report_.notes.push_back({file.path, bytes.error().text, true});
    return Done{};
  }
  ChunkReader chunks(std::move(*bytes), options_.chunk);
  bool first = true, whole = true;
  uint64_t skip_to = 0;
  for (;;) {
    const Result<std::optional<Chunk>> next = chunks.next();
    if (!next) {
      report_.notes.push_back({file.path, next.error().text, true});
      whole = false;
      break;
    }
    if (!*next) break;
    const Chunk& chunk = **next;
    if (first) {
      first = false;
      if (looks_binary(chunk.text.substr(0, kHeadBytes))) {
        const bool named = std::find(options_.paths.begin(), options_.paths.end(), file.path) !=
                           options_.paths.end();
        report_.notes.push_back({file.path, "a binary file, not a log: skipped", named});
        return Done{};
      }
      begin_stream(file, chunk.text.substr(0, chunk.text.find('\n')));
      if (already_read(file)) {
        last_time_ = std::max(last_time_, known_[at_.stream].stream.last);
        return Done{};
      }
      if (restored_.stream == at_.stream) {
        at_ = restored_;
        skip_to = restored_.offset;
      } else {
        reader_->next_file(years_.latest(file.mtime));
      }
    }
    if (chunk.offset + chunk.text.size() <= skip_to) continue;
    Chunk rest = chunk;
    if (skip_to > chunk.offset) {
      rest.text.remove_prefix(skip_to - chunk.offset);
      rest.offset = skip_to;
    }
    whole = chunk.ended;
    if (live && !chunk.ended && rest.text.find('\n') == std::string_view::npos) state_ = save();
    read_chunk(rest);
    const Status kept = commit_if_full();
    if (!kept) return kept;
    if (!progress(chunks.taken())) {
      report_.stopped = true;
      whole = false;
      break;
    }
  }
  return first ? Status(Done{}) : end_file(file, whole);
}

void SourceScan::begin_stream(const InputFile& file, std::string_view first_line) {
  if (!first_line.empty() && first_line.back() == '\r') first_line.remove_suffix(1);
  const std::string line(first_line.substr(0, kFirstLine));
  // n counts the files that began with the same line: earlier ones of this source, and those of
  // other sources that are still there (one that is gone was moved here).
  uint64_t n = first_lines_[line], key = 0;
  for (;; ++n) {
    key = Hasher().field(source_.base).field(line).number(n).value();
    const auto owner = owners_.find(key);
    if (owner == owners_.end() || owner->second.source == folder_and_base(source_)) break;
    if (!std::filesystem::exists(owner->second.path)) break;
  }
  first_lines_[line] = n + 1;
  at_ = {key, 0, 0};
  stream_ = {.key = at_.stream,
             .source = folder_and_base(source_),
             .path = file.path,
             .format = {},
             .first = kNoTime,
             .last = kNoTime};
  owners_[key] = stream_;
  formats_.clear();
  stamp_text_.clear();
  tail_.clear();
  dated_ = false;
}

// Whole files of an earlier scan: the unpacked size of a packed one is not known, but it cannot
// grow.
bool SourceScan::already_read(const InputFile& file) const {
  const auto known = known_.find(at_.stream);
  if (known == known_.end() || !known->second.whole) return false;
  const bool packed = file.path.ends_with(".gz") || file.path.ends_with(".zst");
  return packed || file.size == known->second.offset;
}

// Literals are looked for in the whole chunk at once; but where nearly every line takes the short
// cut, one that is like a line without any has none either, and it is cheaper to look at the others
// alone. The way never matters to what is found.
void SourceScan::read_chunk(const Chunk& chunk) {
  const bool line_by_line = steady_;
  (line_by_line ? valued_ : front_)->scan(chunk.text, chunk_hits_);
  auto hit = chunk_hits_.begin();
  const char* const base = chunk.text.data();
  uint64_t lines = 0, short_cuts = 0;
  report_.lost_bytes += for_each_line(chunk, at_.number, [&](const Line& line) {
    const auto line_end = static_cast<uint32_t>(line.text.data() - base) + line.text.size();
    const bool waiting = !hits_.empty();  // those of a piece that waits for its rest
    bool found = false;
    for (; hit != chunk_hits_.end() && hit->end <= line_end; ++hit) {
      found = true;
      if (!line_by_line) hits_.push_back(hit->signature);
    }
    ++lines;
    const bool plain = !waiting && !found && !line.cut;
    key_ = plain && find_stamp(line.text) ? shortcut_key(line.text) : 0;
    if (key_ != 0 && take_shortcut(line, key_)) {
      ++short_cuts;
    } else {
      if (line_by_line) look_for_literals(line.text);
      if (!hits_.empty()) key_ = 0;
      delivered_ = false;
      reader_->read(line, *this);
      if (delivered_) hits_.clear();
    }
    at_.offset = line.next;
  });
  steady_ = 10 * short_cuts > 9 * lines;
  report_.lines += lines;
  report_.bytes += chunk.text.size() + chunk.lost;
  if (chunk.text.size() >= kMarkerBytes)
    tail_ = chunk.text.substr(chunk.text.size() - kMarkerBytes);
  else
    tail_.append(chunk.text);
  if (tail_.size() > kMarkerBytes) tail_.erase(0, tail_.size() - kMarkerBytes);
}

void SourceScan::look_for_literals(std::string_view line) {
  front_->scan(line, line_hits_);
  for (const Hit& hit : line_hits_) hits_.push_back(hit.signature);
}

// The stamp at the head of the line, into stamp_text_ and stamp_time_. Lines come in bursts of one
// time: the same text is the same time.
bool SourceScan::find_stamp(std::string_view line) {
  if (!stamp_text_.empty() && line.starts_with(stamp_text_)) return true;
  const std::optional<Stamp> stamp = parse_stamp(line, reader_->time_context());
  if (!stamp || stamp->length >= line.size()) return false;
  stamp_text_ = line.substr(0, stamp->length + 1);  // with what ends it
  stamp_time_ = stamp->time;
  return true;
}

// Of what follows the stamp.
uint64_t SourceScan::shortcut_key(std::string_view line) const {
  if (line.size() > kMaskedLine) return 0;
  return masked_line(line.substr(stamp_text_.size())) + stamp_text_.size();
}

bool SourceScan::take_shortcut(const Line& line, uint64_t key) {
  const Shortcut* const way = shortcuts_.find(key);
  if (way == nullptr || way->turn != turn_ || !reader_->steady(way->format) || assembler_->open()) {
    return false;
  }
  const Time time = stamp_time_;
  passing_.pid = way->pid.in(line.text);
  passing_.version = way->version.in(line.text);
  const Anchor at{at_.stream, line.offset, line.number};
  if (!senses_->pass(way->dull, passing_, at, time, way->quality, *this)) return false;
  reader_->passed(time);
  lanes_->passed(time);
  stream_.last = time;
  return true;
}

// After a line went the long way: may those like it take the short one? Only where its format reads
// the stamp at its head and the rest of the line is the program's own.
void SourceScan::learn_shortcut(const Record& record) {
  const std::string_view line = record.line.text;
  const char* const message = record.message.data();
  const bool whole = message >= line.data() && message <= line.data() + line.size();
  if (!whole || !record.service.empty() || !record.fields.empty()) return;
  if (!known(record.time) || !reader_->steady(record.format.data())) return;
  const std::optional<Senses::Dull> dull = senses_->dull();
  if (!dull) return;
  if (stamp_time_ != record.time) return;
  shortcuts_.put({key_, record.format.data(), *dull, turn_, Part::of(record.pid, line),
                  Part::of(record.version, line), record.quality});
}

void SourceScan::on_record(const Record& record) {
  delivered_ = true;
  const Lanes::Place place = lanes_->place(record);
  if (known(record.time)) {
    if (!known(stream_.first)) stream_.first = record.time;
    stream_.last = record.time;
    dated_ = true;
  }
  if (record.format != formats_) {
    formats_ = record.format;
    report_.formats.insert(formats_);
    if (stream_.format.empty() && formats_ != "plain") stream_.format = formats_;
  }
  const Anchor at{at_.stream, record.line.offset, record.line.number};
  if (place.turn != turn_) {
    turn_ = place.turn;
    assembler_ = &assemblers_[{std::string(place.service), std::string(place.lane)}];
    senses_->turn_to(place.service, place.lane);
  }
  const BlockAssembler::Outcome outcome =
      assembler_->feed(record.message, known(record.time), at, place.time);
  if (outcome.ended) block_ended(*outcome.ended, place.service, place.lane);
  if (!known(record.time) && record.format == "plain" && !outcome.inside &&
      record.level == Level::unknown && record.pid.empty()) {
    ++report_.unparsed;
    if (report_.unparsed_samples.size() < kSamples && !record.line.text.empty()) {
      report_.unparsed_samples.emplace_back(record.line.text.substr(0, kQuoteLimit));
    }
  }
  if (hits_.size() > 1) std::sort(hits_.begin(), hits_.end());
  senses_->observe(record, at, place.time, place.quality, hits_, outcome.inside, *this);
  if (key_ != 0 && !outcome.inside && !outcome.ended) learn_shortcut(record);
}

void SourceScan::emit(Signal signal) { batch_.signals.push_back(std::move(signal)); }

void SourceScan::block_ended(const Block& block, std::string_view service, std::string_view lane) {
  const BlockSummary& summary = block.summary;
  if (summary.fatality == Fatality::no) return;
  Signal signal;
  signal.kind = summary.out_of_memory ? SignalKind::oom : SignalKind::death_note;
  signal.at = block.first;
  signal.service = service;
  signal.instance = lane;
  signal.time = block.time;
  signal.since = block.time;
  signal.quality = known(block.time) ? TimeQuality::estimated : TimeQuality::none;
  signal.text = block.head;
  signal.subject = block.name;
  signal.detail = summary.message;
  signal.frame = summary.frame;
  signal.fingerprint = summary.fingerprint;
  signal.before = summary.fatality == Fatality::maybe ? 1 : 0;
  signal.after = summary.out_of_memory ? -1 : static_cast<double>(block.last.number);
  emit(std::move(signal));
}

Status SourceScan::end_file(const InputFile& file, bool whole) {
  ++report_.files;
  if (!dated_) report_.timeless.push_back(file.path);
  const auto widen = [&](Time time) {
    if (!known(time)) return;
    if (!known(report_.first) || time < report_.first) report_.first = time;
    report_.last = std::max(report_.last, time);
  };
  widen(stream_.first);
  widen(stream_.last);
  last_time_ = std::max(last_time_, stream_.last);
  Checkpoint done{.stream = stream_,
                  .offset = at_.offset,
                  .number = at_.number,
                  .marker = hash_of(tail_),
                  .whole = whole};
  batch_.checkpoints.push_back(std::move(done));
  return commit_if_full();
}

Status SourceScan::commit_if_full() {
  if (batch_.signals.size() < kBatchSignals) return Done{};
  const Status kept = store_.commit(batch_);
  batch_ = {};
  return kept;
}

void SourceScan::finish() {
  reader_->finish(*this);
  for (auto& [owner, assembler] : assemblers_) {
    if (const std::optional<Block> block = assembler.finish())
      block_ended(*block, owner.first, owner.second);
  }
  senses_->pause(*this);
}

std::string SourceScan::save() const {
  StateWriter out;
  for (const uint64_t part : {at_.stream, at_.offset, at_.number}) out.u64(part);
  reader_->save(out);
  lanes_->save(out);
  senses_->save(out);
  out.u64(assemblers_.size());
  for (const auto& [owner, assembler] : assemblers_) {
    out.text(owner.first);
    out.text(owner.second);
    assembler.save(out);
  }
  return out.seal(owner(), kStateVersion);
}

bool SourceScan::restore(std::string_view blob) {
  StateReader in(blob, owner(), kStateVersion);
  restored_ = {in.u64(), in.u64(), in.u64()};
  reader_->restore(in);
  lanes_->restore(in);
  if (!senses_->restore(in)) return false;
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
    std::string service(in.text());
    std::string lane(in.text());
    assemblers_[{std::move(service), std::move(lane)}].restore(in);
  }
  return in.ok() && in.at_end();
}

}  // namespace blip
