// Dispatches the lines of one source to the sensors of their units.

#include "rules/sense/senses.h"

#include <algorithm>
#include <optional>

#include "core/check.h"

namespace blip {
namespace {
constexpr Micros kSameMark = 30s;        // lines of one start lie within this
constexpr uint64_t kSameMarkLines = 20;  // or, without times, within so many lines

// The order of sensors: those that find marks first, each kind by name.
const std::vector<const SensorSpec*>& specs() {
  static const std::vector<const SensorSpec*> ordered = [] {
    std::vector<const SensorSpec*> all = all_sensors();
    std::stable_sort(all.begin(), all.end(), [](const SensorSpec* a, const SensorSpec* b) {
      return a->marks != b->marks ? a->marks : a->name < b->name;
    });
    return all;
  }();
  return ordered;
}

bool may_begin_a_life(SignalKind kind) {
  return kind == SignalKind::start_mark || kind == SignalKind::gap ||
         kind == SignalKind::instance_changed;
}
constexpr Micros kSampleEvery = 10s;

bool worth_reading(const Template& shape, Time now) {
  if (shape.watched) return true;
  if (!shape.gauges) return false;
  return !known(now) || !known(shape.sampled) || now < shape.sampled ||
         now - shape.sampled >= kSampleEvery;
}
}  // namespace

Signal Observation::signal(SignalKind kind) const {
  Signal out;
  out.kind = kind;
  out.at = at;
  out.service = service;
  out.instance = lane;
  out.time = time;
  out.since = previous;
  out.quality = quality;
  out.text = message().substr(0, kQuoteLimit);
  return out;
}

struct Senses::Unit : SignalSink {
  std::string service, lane;
  uint64_t ordinal = 0;
  uint64_t inside = 0;  // of those, the lines of blocks
  Time last = kNoTime;
  TimeQuality quality = TimeQuality::none;
  Anchor at;
  uint64_t mark = 0;
  Time mark_time = kNoTime;
  TemplateTable templates;
  RecentLines recent;
  std::vector<std::unique_ptr<Sensor>> sensors;
  struct Steady {
    Sensor* sensor = nullptr;
    std::string_view Record::*only_with = nullptr;
  };
  std::vector<Sensor*> all;    // the same
  std::vector<Steady> steady;  // those that want every line
  SignalSink* sink = nullptr;  // while a line is observed

  Unit() {
    for (const SensorSpec* spec : specs()) {
      sensors.push_back(spec->make());
      all.push_back(sensors.back().get());
      if (spec->every_line) steady.push_back({all.back(), spec->only_with});
    }
  }

  Template* latest = nullptr;  // of the latest line, if that had no hits; good until the next

  // One line on. Returns the time of the line before.
  Time step(const Anchor& where, Time time, TimeQuality how) {
    const Time previous = last;
    ++ordinal;
    at = where;
    if (known(time)) {
      last = time;
      quality = how;
    }
    recent.add({ordinal, at, time, previous});
    return previous;
  }

  Observation observation(const Record& record, Template& shape, Time time, TimeQuality how,
                          Time previous, const std::vector<uint32_t>& hits,
                          const SignatureSet& set) const {
    return {.record = record,
            .at = at,
            .service = service,
            .lane = lane,
            .ordinal = ordinal,
            .time = time,
            .quality = how,
            .previous = previous,
            .recent = &recent,
            .shape = &shape,
            .widened = templates.widened(),
            .hits = &hits,
            .set = &set};
  }

  // That of a dull line: all but what differs from line to line is there already.
  std::optional<Observation> dull_line;
  Observation& observation_of_dull(const Record& record, Template& shape, const SignatureSet& set) {
    static const std::vector<uint32_t> no_hits;
    if (!dull_line || &dull_line->record != &record) {
      dull_line.emplace(
          observation(record, shape, kNoTime, TimeQuality::none, kNoTime, no_hits, set));
    }
    dull_line->at = at;
    dull_line->ordinal = ordinal;
    dull_line->shape = &shape;
    dull_line->widened = templates.widened();
    return *dull_line;
  }

  // Marks pass by here on their way out.
  void emit(Signal signal) override {
    if (may_begin_a_life(signal.kind) && signal.service == service) {
      const bool same =
          mark > 0 && (known(signal.time) && known(mark_time) ? signal.time - mark_time <= kSameMark
                                                              : ordinal - mark <= kSameMarkLines);
      if (!same) {
        mark = ordinal;
        mark_time = signal.time;
      }
    }
    sink->emit(std::move(signal));
  }

  void match(Match match) override { sink->match(std::move(match)); }

  void observe(Observation& line) {
    // A line of a common shape without a number or a known phrase interests few.
    const bool dull = line.shape->common && line.numbers == nullptr && line.hits->empty();
    const auto ask = [&](Sensor* sensor) {
      line.mark = mark;
      line.mark_time = mark_time;
      sensor->observe(line, *this);
    };
    if (!dull) {
      for (Sensor* sensor : all) ask(sensor);
      return;
    }
    for (const Steady& one : steady) {
      if (one.only_with == nullptr || !(line.record.*one.only_with).empty()) ask(one.sensor);
    }
  }
};

Senses::Senses(const SignatureSet& set) : set_(set) {}
Senses::~Senses() = default;
Senses::Senses(Senses&&) noexcept = default;

Senses::Unit* Senses::unit(std::string_view service, std::string_view lane) {
  std::pair<std::string, std::string> key(service, lane);
  auto found = units_.find(key);
  if (found == units_.end() && units_.size() >= kMaxUnits) found = std::prev(units_.end());
  if (found == units_.end()) {
    found = units_.emplace(std::move(key), std::make_unique<Unit>()).first;
    found->second->service = service;
    found->second->lane = lane;
  }
  return found->second.get();
}

void Senses::observe(const Record& record, const Anchor& at, Time time, TimeQuality quality,
                     const std::vector<uint32_t>& hits, bool inside, SignalSink& sink) {
  BLIP_CHECK(unit_ != nullptr, "turn_to() comes before observe()");
  Unit& unit = *unit_;
  unit.latest = nullptr;
  const Time previous = unit.step(at, time, quality);
  unit.inside += inside ? 1 : 0;
  if (inside) return;
  Template& shape = unit.templates.find(record.message, unit.ordinal);
  Observation line = unit.observation(record, shape, time, quality, previous, hits, set_);
  if (worth_reading(shape, time)) {
    shape.sampled = time;
    read_numbers(record, numbers_);
    line.numbers = &numbers_;
  }
  unit.sink = &sink;
  unit.observe(line);
  unit.sink = nullptr;
  if (hits.empty()) unit.latest = &shape;
}

std::optional<Senses::Dull> Senses::dull() const {
  const Template* const shape = unit_ == nullptr ? nullptr : unit_->latest;
  if (shape == nullptr || !shape->common || shape->watched) return std::nullopt;
  return Dull{unit_->templates.place_of(*unit_->latest), unit_->templates.generation()};
}

bool Senses::pass(const Dull& dull, const Record& record, const Unread& unread, const Anchor& at,
                  Time time, TimeQuality quality, SignalSink& sink) {
  Unit& unit = *unit_;
  if (unit.templates.generation() != dull.generation) return false;
  Template& shape = unit.templates.at(dull.place);
  if (!shape.common || worth_reading(shape, time)) return false;
  const Time previous = unit.step(at, time, quality);
  ++shape.count;
  shape.last_ordinal = unit.ordinal;
  Observation& line = unit.observation_of_dull(record, shape, set_);
  line.time = time;
  line.quality = quality;
  line.previous = previous;
  line.unread = &unread;
  unit.sink = &sink;
  unit.observe(line);
  unit.sink = nullptr;
  return true;
}

void Senses::pause(SignalSink& sink) {
  for (const auto& [key, unit] : units_) {
    if (unit->ordinal == 0) continue;
    Signal signal;
    signal.kind = SignalKind::progress;
    signal.at = unit->at;
    signal.service = unit->service;
    signal.instance = unit->lane;
    signal.time = unit->last;
    signal.quality = unit->quality;
    signal.count = unit->ordinal;
    signal.subject = "last";
    signal.before = static_cast<double>(unit->inside);
    sink.emit(std::move(signal));
    Signal names;
    names.service = unit->service;
    names.instance = unit->lane;
    names.count = unit->ordinal;
    for (const auto& sensor : unit->sensors) sensor->pause(names, sink);
  }
}

void Senses::save(StateWriter& out) const {
  out.u64(units_.size());
  for (const auto& [key, unit] : units_) {
    out.text(key.first);
    out.text(key.second);
    out.u64(unit->ordinal);
    out.u64(unit->inside);
    out.time(unit->last);
    out.u64(static_cast<uint64_t>(unit->quality));
    out.u64(unit->at.stream);
    out.u64(unit->at.offset);
    out.u64(unit->at.number);
    out.u64(unit->mark);
    out.time(unit->mark_time);
    unit->templates.save(out);
    unit->recent.save(out);
    for (size_t i = 0; i < specs().size(); ++i) {
      StateWriter own;
      unit->sensors[i]->save(own);
      out.text(own.seal(specs()[i]->name, specs()[i]->version));
    }
  }
}

bool Senses::restore(StateReader& in) {
  units_.clear();
  unit_ = nullptr;
  for (uint64_t n = in.count(); n > 0 && in.ok() && units_.size() < kMaxUnits; --n) {
    auto unit = std::make_unique<Unit>();
    unit->service = in.text();
    unit->lane = in.text();
    unit->ordinal = in.u64();
    unit->inside = in.u64();
    unit->last = in.time();
    unit->quality = static_cast<TimeQuality>(std::min<uint64_t>(in.u64(), 3));
    unit->at.stream = in.u64();
    unit->at.offset = in.u64();
    unit->at.number = in.u64();
    unit->mark = in.u64();
    unit->mark_time = in.time();
    unit->templates.restore(in);
    unit->recent.restore(in);
    for (size_t i = 0; i < specs().size(); ++i) {
      StateReader own(in.text(), specs()[i]->name, specs()[i]->version);
      unit->sensors[i]->restore(own);
      if (!own.ok()) return false;
    }
    std::pair<std::string, std::string> key(unit->service, unit->lane);
    units_.emplace(std::move(key), std::move(unit));
  }
  return in.ok();
}

}  // namespace blip
