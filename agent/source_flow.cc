// The flow for one source (app.log.2.gz, app.log.1, app.log), whoever pumps it:
//
//   chunk of whole lines -> front: which lines hold a literal of a signature
//         -> each line -> record(s) -> whose is it -> part of a block? -> sensors -> signals
//
// Everything learned goes on from file to file. State moves only at a line, so where chunks, reads
// or runs of blip end never matters to what is found.

#include "agent/source_flow.h"

#include <algorithm>

#include "core/check.h"
#include "parsers/prefix.h"
#include "tailer/lines.h"

namespace blip {
namespace {
constexpr uint32_t kStateVersion = 6;
constexpr uint64_t kLinesOfAChunk = 6;  // looked at alone take as long as a chunk of so many

// For the ledger: what is gone, and what to do about it.
std::string title_of(const Lost& lost) {
  const std::string bytes = lost.at_least > 0 ? std::to_string(lost.at_least) + " bytes" : "";
  switch (lost.why) {
    case Lost::Why::truncated:
      return "cut to nothing in place (copytruncate)" +
             (bytes.empty() ? ": what was written meanwhile, if anything, is gone"
                            : "; at least " + bytes + " are gone") +
             "; logrotate's `create` loses nothing";
    case Lost::Why::rewritten:
      return "cut back to a part of it" +
             (bytes.empty() ? "" : "; at least " + bytes + " are gone");
    case Lost::Why::deleted:
      return "removed before it was read" + (bytes.empty() ? "" : ": " + bytes + " are gone");
    case Lost::Why::unreadable:
      return "damaged: the rest of it could not be unpacked";
    case Lost::Why::hole:
      return "a hole of NULs: its writer does not append (O_APPEND); no line is lost by it";
  }
  return {};
}
class UnreadPart : public Unread {
 public:
  UnreadPart(const Part& part, const Shape& shape) : part_(part), shape_(shape) {}
  std::string_view message() const override { return part_.in(shape_); }

 private:
  const Part& part_;
  const Shape& shape_;
};
}  // namespace

SourceFlow::SourceFlow(std::string source, const std::string& path, FlowOptions options,
                       const SignatureSet& set, Fronts& fronts, ReadReport& report)
    : source_(std::move(source)),
      path_(path),
      options_(std::move(options)),
      set_(set),
      fronts_(fronts),
      report_(report),
      shortcuts_(*fronts.traces),
      literals_(*fronts.all, *fronts.traces) {
  undated_.format = "plain";
  reset();
}

void SourceFlow::reset() {
  reader_.emplace(ReaderOptions{options_.format, options_.utc_offset, kNoTime, options_.zone});
  lanes_.emplace(options_.service, service_from_path(path_));
  assemblers_.clear();
  survived_.clear();
  owners_.clear();
  owner_ = {};
  place_ = UINT32_MAX;
  shortcuts_.clear();
  senses_.emplace(set_);
  readings_.clear();
  at_ = nullptr;
  hits_.clear();
}

Status SourceFlow::turn_to(const Checkpoint& at, Time mtime) {
  const uint64_t key = at.stream.key;
  const Time latest = options_.latest ? options_.latest(mtime) : mtime;
  const auto [found, fresh] = readings_.try_emplace(key);
  Reading& reading = found->second;
  const bool other = at_ != &reading;
  at_ = &reading;
  if (reading.stream.source.empty()) {  // new, or only its position was restored
    reading.stream = at.stream;
    reading.dated = known(at.stream.first);
    if (fresh) reading.number = at.number;
    ++report_.files;
  }
  reading.stream.path = at.stream.path;
  reading.offset = at.offset;
  reading.gone = false;
  if (fresh && at.number == 0) {
    reader_->next_file(latest);
  } else {
    reader_->written(latest);
  }
  if (other) format_.clear();
  stamps_.forget();  // a missing year may be another now
  inner_stamps_.forget();
  moved_.insert(key);
  return Done{};
}

// Literals are looked for in the whole chunk at once; but where most lines are like others, whose
// literals are known, it is cheaper to look at the rest alone. That is tried when most took the
// short cut, and again a while after it was not so. The way never matters to what is found.
Status SourceFlow::take(const Chunk& chunk) {
  shortcuts_.put_off(false);
  skeletons_.read(chunk.text);
  return take_lines(chunk, skeletons_, nullptr);
}

void SourceFlow::look_ahead(ReadyChunk& ready, uint32_t habit,
                            const std::function<bool()>& enough) {
  shortcuts_.look_ahead(ready.chunk.text, ready.skeletons, habit, enough, ready.ahead);
}

Status SourceFlow::take(const ReadyChunk& ready) {
  shortcuts_.put_off(true);
  return take_lines(ready.chunk, ready.skeletons, &ready.ahead);
}

uint32_t SourceFlow::habit() const { return reader_->habit(); }

Status SourceFlow::take_lines(const Chunk& chunk, const Skeletons& skeletons,
                              const Shortcuts::Ahead* ahead) {
  BLIP_CHECK(at_ != nullptr, "turn_to() comes before take()");
  const bool line_by_line = chunks_before_lines_ == 0;
  const uint64_t looked_at = literals_.looked_at();
  (line_by_line ? fronts_.hidden : fronts_.all)->scan(chunk.text, chunk_hits_);
  auto hit = chunk_hits_.begin();
  const std::vector<Skeletons::Line>& all = skeletons.lines();
  const size_t looked_up = ahead == nullptr ? 0 : ahead->found.size();
  size_t next = 0;  // of them
  const char* const base = chunk.text.data();
  uint64_t short_cuts = 0;
  const auto end_of_line = [&](const char*) { return base + all[next].end; };
  uint32_t habit = reader_->habit();
  report_.lost_bytes += for_each_line(chunk, at_->number, end_of_line, [&](const Line& line) {
    if (next >= looked_up && next + Shortcuts::kSoon < all.size()) {
      shortcuts_.soon(Shortcuts::key_of(all[next + Shortcuts::kSoon].hash, habit));
      shortcuts_.sooner(Shortcuts::key_of(all[next + Shortcuts::kSooner].hash, habit));
    }
    const auto line_end = static_cast<uint32_t>(line.text.data() - base) + line.text.size();
    const bool waiting = !hits_.empty();  // those of a piece that waits for its rest
    bool found = false;
    for (; hit != chunk_hits_.end() && hit->end <= line_end; ++hit) {
      found = true;
      if (!line_by_line) hits_.push_back(hit->signature);
    }
    const size_t number = next++;
    // Not a copy of line.text: the two halves of that were stored just now, and would be waited
    // for.
    const Shape shape{{base + all[number].begin, line.text.size()}, skeletons, all[number]};
    const bool plain = options_.shortcuts && !waiting && !found && !line.cut &&
                       line.text.size() <= Shortcuts::kMostBytes;
    shape_ = &shape;
    key_ = plain && habit != 0 ? Shortcuts::key_of(shape.at.hash, habit) : 0;
    const Shortcut* way = nullptr;
    if (key_ != 0) {
      way = ahead == nullptr ? shortcuts_.find(key_, shape, spots_)
                             : shortcuts_.find(*ahead, number, key_, shape, habit, spots_);
    }
    if (way != nullptr && take_shortcut(*way, line, habit)) {
      ++short_cuts;
    } else {
      if (line_by_line) {
        const std::vector<uint32_t>& literals = literals_.of(shape, found);
        hits_.insert(hits_.end(), literals.begin(), literals.end());
      }
      if (!hits_.empty()) key_ = 0;
      delivered_ = false;
      reader_->read(line, *this);
      if (delivered_) hits_.clear();
      habit = reader_->habit();
    }
    at_->offset = line.next;
  });
  shape_ = nullptr;
  key_ = 0;
  if (line_by_line) {
    const bool few = kLinesOfAChunk * (literals_.looked_at() - looked_at) <= next;
    if (!few) chunks_before_lines_ = kChunksBetween;
  } else if (2 * short_cuts > next) {
    --chunks_before_lines_;
  }
  report_.lines += next;
  report_.bytes += chunk.text.size() + chunk.lost;
  unsaved_ += chunk.text.size() + chunk.lost;
  moved_.insert(at_->stream.key);
  return Done{};
}

bool SourceFlow::take_shortcut(const Shortcut& way, const Line& line, uint32_t& habit) {
  if (way.undated) {
    pass_undated(line);
    return true;
  }
  if (!at_->dated || !lanes_->leads(way.route, line.text)) return false;
  if (at_->stream.format.empty() && way.route.format != "plain") return false;
  const Owner& owner = owners_[way.route.place];
  if (owner.assembler->open()) return false;
  const TimeContext context = reader_->time_context();
  const auto stamp = [&](Spots::Spot spot, StampMemory& memory) -> std::optional<Stamp> {
    const uint32_t begin = spots_.begin_of(spot);
    std::string_view text = line.text;
    text.remove_prefix(begin);
    std::optional<Stamp> found = memory.read(text, context);
    if (found && begin + found->length != spots_.end_of(spot)) found.reset();
    return found;
  };
  const std::optional<Stamp> written = stamp(way.stamp, stamps_);
  if (!written || quality_of(*written) != way.quality) return false;
  const Time time = written->time;
  if (way.inner_stamp.present() && !stamp(way.inner_stamp, inner_stamps_)) return false;
  passing_.pid = spots_[way.pid];
  if (way.pid.present() && !is_pid(passing_.pid)) return false;
  passing_.version = way.constant_version != 0
                         ? std::string_view(shortcuts_.text(way.constant_version))
                         : spots_[way.version];
  passing_.level = way.level;
  passing_.format = way.route.format;
  passing_.fields.resize(way.duration_name != 0 ? 1 : 0);
  if (way.duration_name != 0) {
    Field& duration = passing_.fields[0];
    duration.name = shortcuts_.text(way.duration_name);
    duration.value = spots_[way.duration];
    if (way.duration.present() && !is_number(duration.value)) return false;
  }
  const Anchor at{at_->stream.key, line.offset, line.number};
  senses_->turn_to(owner.unit);
  const UnreadPart unread(way.message, *shape_);
  if (!senses_->pass(way.dull, passing_, unread, at, time, way.quality, *this)) {
    senses_->turn_to(owner_.unit);
    return false;
  }
  place_ = way.route.place;
  owner_ = owner;
  reader_->passed(time, way.habit);
  habit = way.habit;
  lanes_->passed(way.route, time);
  at_->stream.last = time;
  return true;
}

// It is only not read: where it belongs depends on the lines before it.
void SourceFlow::pass_undated(const Line& line) {
  key_ = 0;
  undated_.line = line;
  undated_.message = line.text;
  on_record(undated_);
}

// After a line went the long way: may those like it take the short one? `in_block`: it is a
// block's, or ended one.
void SourceFlow::learn_shortcut(const Record& record, bool in_block) {
  if (!known(record.time)) return shortcuts_.learn_undated(key_, *shape_, record);
  if (in_block) return;
  const std::optional<Senses::Dull> dull = senses_->dull();
  const std::optional<Lanes::Route> route = lanes_->route(record);
  if (dull && route) shortcuts_.learn(key_, *shape_, record, {reader_->habit(), *route, *dull});
}

void SourceFlow::turn_to(uint32_t place, std::string_view service, std::string_view lane) {
  const bool own = place + 1 < Lanes::kMaxPlaces;  // the last number is that of many
  if (place == place_ && own) return;
  place_ = place;
  if (place >= owners_.size()) owners_.resize(place + 1);
  Owner& owner = owners_[place];
  if (owner.unit == nullptr || !own) {
    std::pair<std::string, std::string> key(service, lane);
    owner.unit = senses_->unit(service, lane);
    // The many share an assembler: a log may name services without end.
    if (owner.assembler == nullptr) owner.assembler = &assemblers_[std::move(key)];
  }
  owner_ = owner;
  senses_->turn_to(owner.unit);
}

void SourceFlow::on_record(const Record& record) {
  delivered_ = true;
  const Lanes::Place place = lanes_->place(record);
  if (known(record.time)) {
    if (!known(at_->stream.first)) at_->stream.first = record.time;
    at_->stream.last = record.time;
    at_->dated = true;
  }
  if (record.format != format_) {
    format_ = record.format;
    report_.formats.insert(format_);
    if (at_->stream.format.empty() && format_ != "plain") at_->stream.format = format_;
  }
  const Anchor at{at_->stream.key, record.line.offset, record.line.number};
  // Only a line of its own: what a program in a container wrote stands in an envelope.
  if (record.format == "blip_lost" && !record.line.cut && record.line.text == record.message) {
    return driver_lost(record, at, place.service);
  }
  turn_to(place.number, place.service, place.lane);
  const BlockAssembler::Outcome outcome =
      owner_.assembler->feed(record.message, known(record.time), at, place.time);
  if (outcome.ended) block_ended(*outcome.ended, place.service, place.lane);
  if (!known(record.time) && record.format == "plain" && !outcome.inside &&
      record.level == Level::unknown && record.pid.empty()) {
    ++report_.unparsed;
    if (report_.unparsed_samples.size() < ReadReport::kSamples && !record.line.text.empty()) {
      report_.unparsed_samples.emplace_back(record.line.text.substr(0, kQuoteLimit));
    }
  }
  if (hits_.size() > 1) std::sort(hits_.begin(), hits_.end());
  senses_->observe(record, at, place.time, place.quality, hits_, outcome.inside, *this);
  if (key_ != 0) learn_shortcut(record, outcome.ended || owner_.assembler->open());
}

void SourceFlow::emit(Signal signal) {
  const auto tell = [this](Signal one) { signals_.push_back(std::move(one)); };
  const bool survivable = signal.kind == SignalKind::death_note && signal.before != 0;
  if (survivable) return survived_.add(std::move(signal), tell);
  if (SurvivedNotes::ends_a_life(signal.kind)) survived_.let_go(tell);
  tell(std::move(signal));
}

void SourceFlow::match(Match match) {
  Event event;
  event.kind = EventKind::match;
  event.at = match.line.at;
  event.id = event_id(event.at, event.kind, match.rule->id);
  event.service = match.line.service;
  event.time = match.line.time;
  event.quality = match.line.quality;
  event.severity = match.rule->severity;
  event.title = match.rule->title;
  event.attributes["rule"] = match.rule->id;
  for (auto& [name, value] : match.captures) event.attributes[name] = std::move(value);
  event.evidence.push_back({.signal = "match",
                            .weight = 0,
                            .at = event.at,
                            .file = {},
                            .time = event.time,
                            .text = std::move(match.line.text)});
  facts_.push_back(std::move(event));
}

// blip-docker-driver had to drop these lines, because nobody took them from it fast enough.
void SourceFlow::driver_lost(const Record& record, const Anchor& at, std::string_view service) {
  std::string lines, bytes;
  for (const Field& field : record.fields) {
    if (field.name == "lines") lines = field.value.substr(0, 18);
    if (field.name == "bytes") bytes = field.value.substr(0, 18);
  }
  Event event;
  event.at = at;
  event.service = service;
  event.time = record.time;
  event.quality = record.quality;
  event.cause = "dropped";
  event.severity = Severity::warning;
  event.attributes["at_least"] = static_cast<int64_t>(std::atoll(bytes.c_str()));
  event.attributes["lines"] = static_cast<int64_t>(std::atoll(lines.c_str()));
  event.title = lines == "0" ? "the log driver met " + bytes + " bytes that were no log frames"
                             : "the log driver dropped " + lines + " lines (" + bytes +
                                   " bytes): its spool could not be written fast enough";
  tell_loss(std::move(event));
}

void SourceFlow::block_ended(const Block& block, std::string_view service, std::string_view lane) {
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

Status SourceFlow::let_go(bool) {
  BLIP_CHECK(at_ != nullptr, "turn_to() comes before let_go()");
  at_->gone = true;
  moved_.insert(at_->stream.key);
  must_save_ = true;
  return Done{};
}

Status SourceFlow::lost(const Lost& lost) {
  BLIP_CHECK(at_ != nullptr, "turn_to() comes before lost()");
  Event event;
  event.at = {at_->stream.key, at_->offset, at_->number};
  event.service = options_.service.empty() ? service_from_path(path_) : options_.service;
  event.time = at_->stream.last;
  event.quality = known(event.time) ? TimeQuality::estimated : TimeQuality::none;
  event.cause = why_name(lost.why);
  event.severity = lost.at_least > 0 ? Severity::warning : Severity::info;
  event.attributes["at_least"] = static_cast<int64_t>(lost.at_least);
  if (lost.at_most) event.attributes["at_most"] = static_cast<int64_t>(*lost.at_most);
  event.title = title_of(lost);
  tell_loss(std::move(event));
  return Done{};
}

// `event`: all that one loss has of its own.
void SourceFlow::tell_loss(Event event) {
  event.kind = EventKind::loss;
  event.id = event_id(event.at, event.kind, event.cause);
  event.evidence.push_back({.signal = "loss",
                            .weight = 0,
                            .at = event.at,
                            .file = {},
                            .time = event.time,
                            .text = event.title});
  facts_.push_back(std::move(event));
}

Status SourceFlow::moved(const Checkpoint& at) {
  if (readings_.count(at.stream.key) > 0) {
    moved_.insert(at.stream.key);
  } else {
    relocated_.push_back(at);
  }
  return Done{};
}

void SourceFlow::note(const InputNote& note) { report_.notes.push_back(note); }

std::map<uint64_t, SourceFlow::Position> SourceFlow::positions() const {
  std::map<uint64_t, Position> all;
  for (const auto& [key, reading] : readings_) {
    if (!reading.gone) all[key] = {reading.offset, reading.number};
  }
  return all;
}

void SourceFlow::drain(const Follower& follower, Batch& batch) {
  std::move(signals_.begin(), signals_.end(), std::back_inserter(batch.signals));
  std::move(facts_.begin(), facts_.end(), std::back_inserter(batch.facts));
  signals_.clear();
  facts_.clear();
  // First: what was found in another file and has been read there since stands behind it below.
  std::move(relocated_.begin(), relocated_.end(), std::back_inserter(batch.checkpoints));
  relocated_.clear();
  for (const uint64_t key : moved_) {
    const auto found = readings_.find(key);
    if (found == readings_.end()) continue;
    Reading& reading = found->second;
    Checkpoint point = follower.position(key);
    point.stream.format = reading.stream.format;
    point.stream.first = reading.stream.first;
    point.stream.last = reading.stream.last;
    point.number = reading.number;
    const auto widen = [this](Time time) {
      if (!known(time)) return;
      if (!known(report_.first) || time < report_.first) report_.first = time;
      report_.last = std::max(report_.last, time);
    };
    widen(reading.stream.first);
    widen(reading.stream.last);
    last_time_ = std::max(last_time_, reading.stream.last);
    if (reading.gone) {
      if (!reading.dated) report_.timeless.push_back(reading.stream.path);
      if (at_ == &reading) at_ = nullptr;
      readings_.erase(found);
    }
    batch.checkpoints.push_back(std::move(point));
  }
  moved_.clear();
}

std::vector<Signal> SourceFlow::say_last() {
  std::vector<Signal> said = std::move(signals_);
  signals_.clear();
  reader_->finish(*this);
  for (auto& [owner, assembler] : assemblers_) {
    if (const std::optional<Block> block = assembler.finish())
      block_ended(*block, owner.first, owner.second);
  }
  survived_.let_go([this](Signal one) { signals_.push_back(std::move(one)); });
  senses_->pause(*this);
  std::swap(said, signals_);
  return said;
}

std::vector<Signal> SourceFlow::finish() { return say_last(); }

bool SourceFlow::waiting() const {
  return reader_->waiting() || std::any_of(assemblers_.begin(), assemblers_.end(),
                                           [](const auto& one) { return one.second.open(); });
}

std::vector<Signal> SourceFlow::if_no_more() {
  if (!waiting()) {
    std::vector<Signal> said = std::move(signals_);
    signals_.clear();
    survived_.show([this](Signal one) { signals_.push_back(std::move(one)); });
    senses_->pause(*this);
    std::swap(said, signals_);
    return said;
  }
  const uint64_t unsaved = unsaved_;
  const bool must_save = must_save_;
  const std::string before = state();  // not kept: what is unsaved stays so
  const size_t facts = facts_.size();
  const std::map<uint64_t, Reading> readings = readings_;
  const std::optional<uint64_t> at = at_ ? std::optional(at_->stream.key) : std::nullopt;
  std::vector<Signal> said = say_last();
  facts_.resize(facts);
  BLIP_CHECK(restore(before), "a state that was just saved can be restored");
  unsaved_ = unsaved;
  must_save_ = must_save;
  readings_ = readings;
  at_ = at ? &readings_[*at] : nullptr;
  return said;
}

std::string SourceFlow::state() {
  StateWriter out;
  const std::map<uint64_t, Position> all = positions();
  out.u64(all.size());
  for (const auto& [key, position] : all) {
    for (const uint64_t part : {key, position.offset, position.number}) out.u64(part);
  }
  out.time(last_time_);
  out.u64(hits_.size());
  for (const uint32_t hit : hits_) out.text(set_.signatures[hit].id);
  reader_->save(out);
  lanes_->save(out);
  senses_->save(out);
  survived_.save(out);
  const auto open = [](const auto& one) { return one.second.open(); };
  out.u64(static_cast<uint64_t>(std::count_if(assemblers_.begin(), assemblers_.end(), open)));
  for (const auto& [owner, assembler] : assemblers_) {
    if (!assembler.open()) continue;
    out.text(owner.first);
    out.text(owner.second);
    assembler.save(out);
  }
  unsaved_ = 0;
  must_save_ = false;
  return out.seal(owner(), kStateVersion);
}

bool SourceFlow::restore(std::string_view blob) {
  reset();
  StateReader in(blob, owner(), kStateVersion);
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
    const uint64_t key = in.u64();
    Reading& reading = readings_[key];
    reading.stream.key = key;
    reading.offset = in.u64();
    reading.number = in.u64();
  }
  last_time_ = in.time();
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
    const std::string_view id = in.text();
    for (uint32_t i = 0; i < set_.signatures.size(); ++i) {
      if (set_.signatures[i].id == id) hits_.push_back(i);
    }
  }
  reader_->restore(in);
  lanes_->restore(in);
  bool sound = senses_->restore(in);
  survived_.restore(in);
  for (uint64_t n = in.count(); sound && n > 0 && in.ok(); --n) {
    std::string service(in.text());
    std::string lane(in.text());
    assemblers_[{std::move(service), std::move(lane)}].restore(in);
  }
  sound = sound && in.ok() && in.at_end();
  if (!sound) reset();
  return sound;
}

}  // namespace blip
