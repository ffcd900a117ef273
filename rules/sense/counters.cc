// Counters that only a new process can make fall. All numbers of a template are watched together,
// and the line votes:
//
//   METRICS: goroutines: 409, alloc: 9377040, totalAlloc: 54761416     alloc fell, totalAlloc rose:
//   METRICS: goroutines: 410, alloc: 7377040, totalAlloc: 54769999     alloc is a gauge, for good
//   METRICS: goroutines: 9, alloc: 176280, totalAlloc: 176392          all fell: a new life
//
// A number that falls time and again on its own is no counter and is left alone from then on, so
// the cost of this is paid for few templates. An uptime that falls is told apart (clock_fell).

#include <algorithm>
#include <cmath>

#include "rules/sense/sensor.h"

namespace blip {
namespace {
constexpr double kFallTo = 0.3;        // of its old value or less: a reset, not noise
constexpr uint32_t kHistory = 30;      // rises that make a counter one by itself
constexpr uint32_t kShortHistory = 6;  // enough where several numbers of the line agree
constexpr size_t kAgree = 3;
constexpr uint32_t kAgeHistory = 2;      // enough for an uptime, which is named so
constexpr uint32_t kElapsedHistory = 3;  // "elapsed" may also be how long a request took
constexpr double kAgeFallTo = 0.8;
constexpr int64_t kStandsOut = 4;    // times as long as the pause where the new life should begin
constexpr uint64_t kConstant = 256;  // lines of its template
constexpr uint8_t kMaxReshaped = 8;
constexpr uint8_t kMaxFalls = 6;  // without being a reset: it is no counter

class Counters : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    if (line.numbers == nullptr) return;
    Template& shape = *line.shape;
    const std::vector<Number>& numbers = *line.numbers;
    if (shape.slots.size() != numbers.size()) {
      // Numbers that come and go have no places that could be compared.
      if (!shape.slots.empty() && ++shape.reshaped > kMaxReshaped) {
        shape.watched = shape.gauges = false;
        return;
      }
      // The first line of this shape, or one with a field more: its places are counted anew.
      shape.slots.assign(numbers.size(), {});
      for (size_t i = 0; i < numbers.size(); ++i) {
        set(shape.slots[i], numbers[i].value, line);
        begin(shape.slots[i]);
        shape.slots[i].gauge = names_a_gauge(numbers[i].name);
        // A sampler writes down what is held, which rises and falls, and how old its holder is.
        if (line.record.sampled) shape.slots[i].strict = names_an_uptime(numbers[i].name);
      }
      return;
    }
    vote(shape, numbers, line, sink);
    shape.watched = shape.gauges = false;
    for (Slot& slot : shape.slots) {
      // What has not moved in so many lines is a constant.
      if (shape.count > kConstant && !slot.moved) slot.strict = false;
      shape.watched |= slot.strict;
      shape.gauges |= slot.gauge;
    }
  }
  void save(StateWriter& out) const override { out.u64(answered_); }
  void restore(StateReader& in) override { answered_ = in.u64(); }

 private:
  static void set(Slot& slot, double value, const Observation& line) {
    slot.last = value;
    slot.last_time = line.time;
    slot.last_ordinal = line.ordinal;
  }

  static void begin(Slot& slot) {
    slot.base = slot.last;
    slot.base_ordinal = slot.last_ordinal;
  }

  void vote(Template& shape, const std::vector<Number>& numbers, const Observation& line,
            SignalSink& sink) {
    size_t fell = 0, rose = 0, deep = 0;
    size_t age = SIZE_MAX;     // an uptime that fell
    size_t leader = SIZE_MAX;  // of the others that fell the one with the longest history
    size_t riser = SIZE_MAX;   // likewise of those that rose
    for (size_t i = 0; i < numbers.size(); ++i) {
      const Slot& slot = shape.slots[i];
      if (!slot.strict) continue;
      const double value = numbers[i].value;
      if (value > slot.last) {
        ++rose;
        if (riser == SIZE_MAX || slot.rises > shape.slots[riser].rises) riser = i;
      } else if (value < slot.last) {
        ++fell;
        deep += value <= kFallTo * slot.last;
        size_t& first = names_an_uptime(numbers[i].name) ? age : leader;
        if (first == SIZE_MAX || slot.rises > shape.slots[first].rises) first = i;
      }
    }
    // They fall in the same line and are two witnesses: an uptime is no count of work.
    const bool younger = rose == 0 && age != SIZE_MAX && fell_young(shape.slots[age], numbers[age]);
    const bool fewer =
        rose == 0 && leader != SIZE_MAX && believable(shape.slots[leader], fell, deep);
    const bool reset = younger || fewer;
    if (reset) {
      const size_t first = younger ? age : leader;
      const RecentLines::Entry place = first_line(
          shape.slots[first], younger ? numbers[age].value : 0, numbers[first].value, line);
      if (younger) tell_reset(shape, numbers, age, fell, place, line, sink);
      if (fewer) tell_reset(shape, numbers, leader, fell, place, line, sink);
    }
    if (fell == 0 && riser != SIZE_MAX && shape.slots[riser].rises >= kHistory) {
      tell_went_on(shape.slots[riser], numbers[riser], line, sink);
    }
    for (size_t i = 0; i < numbers.size(); ++i) {
      Slot& slot = shape.slots[i];
      if (!slot.strict) continue;
      if (numbers[i].value < slot.last) {
        // With others rising on the same line it was no new life; a lone fall may have been one.
        if (!reset && rose > 0 && shape.slots[riser].rises >= kShortHistory) slot.strict = false;
        if (!reset && ++slot.falls > kMaxFalls) slot.strict = false;
        slot.rises = 0;
      } else if (numbers[i].value > slot.last) {
        ++slot.rises;
        slot.moved = true;
      }
      set(slot, numbers[i].value, line);
      if (slot.rises == 0) begin(slot);
    }
  }

  static bool fell_young(const Slot& slot, const Number& number) {
    const bool elapsed = number.name.find("lapsed") != std::string_view::npos;
    return slot.rises >= (elapsed ? kElapsedHistory : kAgeHistory) &&
           number.value <= kAgeFallTo * slot.last;
  }

  // A single number must have risen long and fallen deep; several of one line that fell at once,
  // some of them deep, vouch for each other (a runtime's base heap keeps memory from falling deep).
  static bool believable(const Slot& slot, size_t fell, size_t deep) {
    if (slot.rises >= kHistory && deep == fell) return true;
    return fell >= kAgree && deep > 0 && slot.rises >= kShortHistory;
  }

  // The likeliest first line of the new life: as old as its uptime, in whatever unit fits between
  // the two lines; as many lines back as usual for what it has counted so far; or after the longest
  // pause, where that stands out.
  static RecentLines::Entry first_line(const Slot& before, double age, double value,
                                       const Observation& line) {
    constexpr Micros kTruncated = 1s;
    if (age > 0 && known(line.time) && known(before.last_time)) {
      const double between = seconds_of(line.time - before.last_time);
      for (const double unit : {1.0, 1e-3}) {
        if (age * unit > between) continue;
        const Time begun = line.time - Micros(static_cast<int64_t>(age * unit * 1e6)) - kTruncated;
        return line.recent->first_since(begun, before.last_ordinal, line.ordinal);
      }
    }
    const RecentLines& recent = *line.recent;
    const RecentLines::Entry longest =
        recent.after_longest_pause(before.last_ordinal, line.ordinal);
    const double counted = before.last - before.base;
    if (counted <= 0 || longest.ordinal == 0) return longest;
    const double lines =
        value / counted * static_cast<double>(before.last_ordinal - before.base_ordinal);
    const double spread = std::max(1.0, std::sqrt(lines) / 2);
    const double between = static_cast<double>(line.ordinal - before.last_ordinal);
    if (lines + spread + 1 >= between) return longest;
    const auto from = line.ordinal - static_cast<uint64_t>(std::lround(lines + spread + 1));
    const auto to =
        line.ordinal - static_cast<uint64_t>(std::lround(std::max(0.0, lines - spread)));
    const RecentLines::Entry counted_back = recent.after_longest_pause(from, to);
    const bool stands_out =
        counted_back.ordinal == 0 ||
        longest.time - longest.previous > kStandsOut * (counted_back.time - counted_back.previous);
    return stands_out ? longest : counted_back;
  }

  void tell_reset(const Template& shape, const std::vector<Number>& numbers, size_t leader,
                  size_t fell, const RecentLines::Entry& first, const Observation& line,
                  SignalSink& sink) {
    const Slot& slot = shape.slots[leader];
    const bool age = names_an_uptime(numbers[leader].name);
    Signal signal = line.signal(age ? SignalKind::clock_fell : SignalKind::counter_reset);
    signal.subject = numbers[leader].name.empty() ? "a counter" : std::string(numbers[leader].name);
    signal.detail = std::to_string(fell);
    signal.since = slot.last_time;
    signal.before = slot.last;
    signal.after = numbers[leader].value;
    signal.count = slot.rises;
    if (first.ordinal != 0) {
      Signal place = line.signal(SignalKind::pause);
      place.at = first.at;
      place.time = first.time;
      place.since = first.previous;
      place.subject = signal.subject;
      sink.emit(std::move(place));
    }
    sink.emit(std::move(signal));
  }

  void tell_went_on(const Slot& slot, const Number& number, const Observation& line,
                    SignalSink& sink) {
    if (line.mark <= slot.last_ordinal || answered_ == line.mark) return;
    answered_ = line.mark;
    Signal signal = line.signal(SignalKind::counter_went_on);
    signal.subject = number.name.empty() ? "a counter" : std::string(number.name);
    signal.since = slot.last_time;
    signal.before = slot.last;
    signal.after = number.value;
    signal.count = slot.rises;
    sink.emit(std::move(signal));
  }

  uint64_t answered_ = 0;  // the mark already told to be crossed
};
}  // namespace

extern const SensorSpec counters_sensor = {"counters", 2,
                                           [] { return std::unique_ptr<Sensor>(new Counters); }};
}  // namespace blip
