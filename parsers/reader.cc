// One stream's lines, of whatever formats it mixes:
//
//   {"log":"2014-06-24 19:50:53 info:76c0b38e ready\n","stream":"stdout","time":"2014-06-24T..."}
//   ^ envelope: docker_json, its time wins; the text in it is read again, by a body format: go_log,
//     whose level, build and fields are taken
//
// A steady stream costs one parse a layer: the format that last fitted is tried first. Only narrow
// formats are remembered; the traces and stray lines between them are read and forgotten. What a
// line means together with others (a trace, a run) is for those behind the sink.

#include "parsers/reader.h"

#include <algorithm>
#include <array>

#include "core/check.h"
#include "parsers/plain.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

// An envelope, one more inside it (Docker around syslog), and a body.
constexpr size_t kLayers = 3;
constexpr size_t kMaxJoined = 1 << 20;  // bytes of a line joined from pieces
constexpr size_t kMaxPieceStreams = 4;  // stdout and stderr; more is damage
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

const ParserSpec* find_parser(std::string_view name) {
  for (const ParserSpec* spec : all_parsers()) {
    if (spec->name == name) return spec;
  }
  return nullptr;
}

// Pieces of one line that wait for the next.
struct Waiting {
  std::string stream, time, text;
  std::string service, host;  // what the envelope said
  uint64_t offset = 0, next = 0, number = 0;
  Time at = kNoTime;
  TimeQuality quality = TimeQuality::none;
  std::string format;
  bool over = false;  // bytes beyond kMaxJoined were dropped
};

}  // namespace

struct RecordReader::State {
  explicit State(ReaderOptions given) : options(std::move(given)) {
    forced = find_parser(options.format);
    for (size_t layer = 0; layer < kLayers; ++layer) {
      for (const ParserSpec* spec : all_parsers()) {
        if (may_be(*spec, layer)) formats[layer].push_back(spec);
      }
      // Narrow ones first, the fallback last.
      std::stable_sort(
          formats[layer].begin(), formats[layer].end(),
          [](const ParserSpec* a, const ParserSpec* b) { return a->width < b->width; });
    }
  }

  ReaderOptions options;
  const ParserSpec* forced = nullptr;  // by configuration; null: any
  bool first_line = true;
  Time near = kNoTime;
  std::array<const ParserSpec*, kLayers> usual{};
  uint32_t habit = 0;  // those as one number; 0: not yet counted out
  std::array<std::vector<const ParserSpec*>, kLayers> formats;  // in the order in which to try
  std::vector<Waiting> waiting;

  Scratch scratch;
  std::array<Record, kLayers> records;  // one a layer; fields keep their capacity
  Piece piece;

  // From 1.
  static uint32_t number_of(const ParserSpec& spec) {
    const auto& all = all_parsers();
    return static_cast<uint32_t>(std::find(all.begin(), all.end(), &spec) - all.begin()) + 1;
  }

  bool may_be(const ParserSpec& spec, size_t layer) const {
    if (layer + 1 == kLayers && spec.layer == Layer::envelope) return false;
    if (forced == nullptr || spec.width == Width::fallback || &spec == forced) return true;
    // A body that was named may still arrive in an envelope; in one that was named, any body.
    return forced->layer == Layer::body ? spec.layer == Layer::envelope : layer > 0;
  }

  // The format that understands `text`; its record is records[layer].
  const ParserSpec& read_layer(std::string_view text, size_t layer, const Line& line) {
    const ParseContext context{
        {options.utc_offset, near, options.latest, options.zone.get()}, &scratch, &piece};
    Record& record = records[layer];
    record.clear();
    record.line = line;
    const ParserSpec* found = usual[layer];
    if (found == nullptr || !try_format(*found, text, context, record)) {
      found = search(text, layer, context);
    }
    record.format = found->name;
    // What the usual format refused for its values it may take with others.
    const bool refused = usual[layer] != nullptr && found->width == Width::fallback &&
                         !(usual[layer]->only_dated && never_dated(text));
    record.likeness = refused ? Likeness::none : found->likeness;
    if (found->width == Width::narrow && usual[layer] != found) {
      usual[layer] = found;
      habit = 0;
    }
    return *found;
  }

  const ParserSpec* search(std::string_view text, size_t layer, const ParseContext& context) {
    for (const ParserSpec* spec : formats[layer]) {
      if (spec != usual[layer] && try_format(*spec, text, context, records[layer])) return spec;
    }
    BLIP_CHECK(false, "the fallback format refused a line");
  }

  // A format that refuses leaves the record as it was, and here the scratch.
  bool try_format(const ParserSpec& spec, std::string_view text, const ParseContext& context,
                  Record& record) {
    const size_t used = scratch.used();
    if (spec.parse(text, context, record)) return true;
    scratch.reset(used);
    return false;
  }

  // Reads what records[layer], an envelope's, wraps, and adds it there.
  void unwrap(size_t layer) {
    Record& outer = records[layer];
    const std::string_view text = without_escapes(outer.message, scratch);
    const ParserSpec& spec = read_layer(text, layer + 1, outer.line);
    if (spec.layer == Layer::envelope) unwrap(layer + 1);
    Record& inner = records[layer + 1];
    outer.body = inner.body.empty() ? text : inner.body;
    if (!known(outer.time)) {
      outer.time = inner.time;
      outer.quality = inner.quality;
      outer.stamp = inner.stamp;
      outer.inner_stamp = inner.inner_stamp;
    } else if (inner.inner_stamp.empty()) {
      outer.inner_stamp = inner.stamp;
    } else {
      outer.likeness = Likeness::none;  // one stamp too many to look at
    }
    outer.likeness = std::min(outer.likeness, inner.likeness);
    for (size_t i = 0; i < inner.said.count; ++i) {
      outer.said.add(i < Record::Said::kMost ? inner.said.texts[i] : std::string_view());
    }
    if (inner.level != Level::unknown) outer.level = inner.level;
    if (spec.width != Width::fallback) outer.format = inner.format;
    if (outer.service.empty()) outer.service = inner.service;
    if (outer.host.empty()) outer.host = inner.host;
    if (outer.pid.empty()) outer.pid = inner.pid;
    outer.version = inner.version;
    outer.message = inner.message;
    outer.fields.swap(inner.fields);
  }

  void give(RecordSink& sink) {
    Record& record = records[0];
    if (known(record.time)) near = record.time;
    record.message = without_escapes(record.message, scratch);
    sink.on_record(record);
  }

  std::vector<Waiting>::iterator find_waiting(std::string_view stream) {
    return std::find_if(waiting.begin(), waiting.end(),
                        [&](const Waiting& held) { return held.stream == stream; });
  }

  // Gives what waits in `held` as the record of a line that was never finished.
  void give_cut(std::vector<Waiting>::iterator held, RecordSink& sink) {
    const Waiting cut = std::move(*held);
    waiting.erase(held);
    scratch.reset();
    std::string& text = scratch.take(cut.text.size());
    text = cut.text;
    give_joined(cut, text, true, sink);
  }

  void give_joined(const Waiting& held, std::string_view text, bool cut, RecordSink& sink) {
    Record& record = records[0];
    record.clear();
    record.line = {text, held.offset, held.next, held.number, cut};
    record.time = held.at;
    record.quality = held.quality;
    record.service = held.service;
    record.host = held.host;
    record.format = held.format;
    record.message = text;
    unwrap(0);
    give(sink);
  }

  void hold(const Record& record, const Line& line, std::vector<Waiting>::iterator held) {
    if (held == waiting.end()) {
      waiting.push_back({std::string(piece.stream), std::string(piece.time), "",
                         std::string(record.service), std::string(record.host), line.offset,
                         line.next, line.number, record.time, record.quality,
                         std::string(record.format), false});
      held = waiting.end() - 1;
    }
    const size_t room = kMaxJoined - held->text.size();
    held->over |= record.message.size() > room;
    held->text += record.message.substr(0, room);
    held->next = line.next;
  }

  // The envelope in records[0] was a piece, or may be the last of several. True: it was dealt with.
  bool join(const Line& line, RecordSink& sink) {
    const auto held = find_waiting(piece.stream);
    if (held == waiting.end() && !piece.partial) return false;
    hold(records[0], line, held);
    if (piece.partial) return true;
    const auto whole = find_waiting(piece.stream);
    const Waiting joined = std::move(*whole);
    waiting.erase(whole);
    // The text moves to the scratch, which keeps readable bytes behind it.
    std::string& text = scratch.take(joined.text.size());
    text = joined.text;
    give_joined(joined, text, joined.over || line.cut, sink);
    return true;
  }

  // A dead process's unfinished line must not be glued to the next run's first: the pieces of one
  // line carry one time. Gives what must go before the line at hand; true if that was anything.
  bool give_what_died(RecordSink& sink) {
    const auto held = find_waiting(piece.stream);
    if (held != waiting.end() && held->time != piece.time) {
      give_cut(held, sink);
      return true;
    }
    if (held == waiting.end() && piece.partial && waiting.size() >= kMaxPieceStreams) {
      give_cut(waiting.begin(), sink);
      return true;
    }
    return false;
  }

  void read(const Line& line, RecordSink& sink) {
    std::string_view text = line.text;
    if (first_line && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    first_line = false;
    // Again if a piece that waited had to go first: giving it used the records and the scratch.
    do {
      scratch.reset();
      piece = {};
      const ParserSpec& spec = read_layer(without_escapes(text, scratch), 0, line);
      if (spec.layer == Layer::body) return give(sink);
    } while (!piece.stream.empty() && give_what_died(sink));
    if (!piece.stream.empty() && join(line, sink)) return;
    unwrap(0);
    give(sink);
  }
};

RecordReader::RecordReader(ReaderOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
RecordReader::~RecordReader() = default;
RecordReader::RecordReader(RecordReader&&) noexcept = default;

void RecordReader::read(const Line& line, RecordSink& sink) { state_->read(line, sink); }

void RecordReader::finish(RecordSink& sink) {
  while (!state_->waiting.empty()) state_->give_cut(state_->waiting.begin(), sink);
}

void RecordReader::next_file(Time latest) {
  state_->options.latest = latest;
  state_->first_line = true;
}

bool RecordReader::waiting() const { return !state_->waiting.empty(); }

void RecordReader::written(Time latest) { state_->options.latest = latest; }

void RecordReader::save(StateWriter& out) const {
  out.flag(state_->first_line);
  out.time(state_->near);
  out.time(state_->options.latest);
  for (const ParserSpec* spec : state_->usual) {
    out.text(spec == nullptr ? std::string_view() : spec->name);
  }
  out.u64(state_->waiting.size());
  for (const Waiting& held : state_->waiting) {
    for (const std::string* text :
         {&held.stream, &held.time, &held.text, &held.service, &held.host, &held.format}) {
      out.text(*text);
    }
    for (const uint64_t number : {held.offset, held.next, held.number}) out.u64(number);
    out.time(held.at);
    out.u64(static_cast<uint64_t>(held.quality));
    out.flag(held.over);
  }
}

void RecordReader::restore(StateReader& in) {
  State fresh(state_->options);
  fresh.first_line = in.flag();
  fresh.near = in.time();
  fresh.options.latest = in.time();
  for (size_t layer = 0; layer < kLayers; ++layer) {
    const ParserSpec* spec = find_parser(in.text());
    const bool fits = spec != nullptr && spec->width == Width::narrow && fresh.may_be(*spec, layer);
    fresh.usual[layer] = fits ? spec : nullptr;
  }
  const uint64_t count = in.count();
  for (uint64_t i = 0; i < count && i < kMaxPieceStreams; ++i) {
    Waiting held;
    for (std::string* text :
         {&held.stream, &held.time, &held.text, &held.service, &held.host, &held.format}) {
      *text = std::string(in.text());
    }
    for (uint64_t* number : {&held.offset, &held.next, &held.number}) *number = in.u64();
    held.at = in.time();
    held.quality = static_cast<TimeQuality>(std::min<uint64_t>(in.u64(), 3));
    held.over = in.flag();
    if (held.text.size() > kMaxJoined) held.text.resize(kMaxJoined);
    fresh.waiting.push_back(std::move(held));
  }
  if (in.ok() && count <= kMaxPieceStreams) *state_ = std::move(fresh);
}

uint32_t RecordReader::habit() const {
  if (!state_->waiting.empty() || state_->first_line) return 0;
  if (state_->habit == 0) {
    state_->habit = 1;
    for (const ParserSpec* spec : state_->usual) {
      state_->habit = state_->habit << 8 | (spec == nullptr ? 0 : State::number_of(*spec));
    }
  }
  return state_->habit;
}

TimeContext RecordReader::time_context() const {
  return {state_->options.utc_offset, state_->near, state_->options.latest,
          state_->options.zone.get()};
}

void RecordReader::passed(Time time, uint32_t habit) {
  state_->near = time;
  if (habit == state_->habit) return;
  state_->habit = habit;
  for (size_t layer = kLayers; layer-- > 0; habit >>= 8) {
    const uint32_t number = habit & 255;
    state_->usual[layer] = number == 0 ? nullptr : all_parsers()[number - 1];
  }
}

}  // namespace blip
