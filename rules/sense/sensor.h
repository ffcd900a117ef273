// What a sensor is: the dense half's view of one unit. A unit is what is learned about apart from
// everything else: the lines of one service that share a format within one source ("lane").
//
// A sensor sees every ordinary line of its unit, in order, and says sparse things. It reads no
// clock, does no I/O, holds bounded state and can save and restore it: a kill must not change what
// it says next. To add one, add a file that defines `extern const SensorSpec NAME_sensor`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/record.h"
#include "core/signal.h"
#include "core/state.h"
#include "rules/sense/numbers.h"
#include "rules/sense/recent_lines.h"
#include "rules/sense/templates.h"

namespace blip {

struct Signature;
struct SignatureSet;

// A line that a user's own rule of kind `match` asked for: an event as it is, no judge sees it.
struct Match {
  Signal line;  // kind symptom, unused; where, when, whose and the text
  const Signature* rule = nullptr;
  std::vector<std::pair<std::string, std::string>> captures;  // named groups, raw bytes
};

class SignalSink {
 public:
  virtual ~SignalSink() = default;
  virtual void emit(Signal signal) = 0;
  virtual void match(Match match) = 0;
};

// A line that was not read: what it says is looked up when somebody asks.
class Unread {
 public:
  virtual ~Unread() = default;
  virtual std::string_view message() const = 0;
};

// One line as its unit's sensors see it.
struct Observation {
  const Record& record;
  Anchor at;
  std::string_view service, lane;
  uint64_t ordinal = 0;  // among the unit's lines, from 1, over all files of its source
  Time time = kNoTime;   // its own, else of the dated line before it in the stream
  TimeQuality quality = TimeQuality::none;
  Time previous = kNoTime;              // of the unit's line before
  const RecentLines* recent = nullptr;  // of the unit, up to this line
  Template* shape = nullptr;            // of its message; never null
  uint64_t widened = 0;                 // TemplateTable::widened()
  // The numbers in it, in order; empty when its template is known to hold none of interest.
  const std::vector<Number>* numbers = nullptr;
  // Signatures whose literal stands in the line, in order; not yet confirmed.
  const std::vector<uint32_t>* hits = nullptr;
  const SignatureSet* set = nullptr;
  // The unit's latest line that may begin a new life, as its ordinal and time; 0: none so far.
  uint64_t mark = 0;
  Time mark_time = kNoTime;
  const Unread* unread = nullptr;

  std::string_view message() const { return unread ? unread->message() : record.message; }
  // A signal of this line with all but its meaning filled in.
  Signal signal(SignalKind kind) const;
};

class Sensor {
 public:
  virtual ~Sensor() = default;
  virtual void observe(const Observation& line, SignalSink& sink) = 0;
  // What it would tell if no more came. `unit`: its names, and its lines as
  // count.
  virtual void pause(const Signal& unit, SignalSink& sink) const { (void)unit, (void)sink; }
  virtual void save(StateWriter& out) const = 0;
  virtual void restore(StateReader& in) = 0;
};

struct SensorSpec {
  std::string_view name;
  uint32_t version = 1;  // of its state
  std::unique_ptr<Sensor> (*make)() = nullptr;
  bool marks = false;  // finds lines that may begin a life: sees a line before those that do not
  // Wants dull lines as well: of a common template, without numbers of interest or known phrases.
  bool every_line = false;
  // But, of those, only such as have this.
  std::string_view Record::*only_with = nullptr;
};

const std::vector<const SensorSpec*>& all_sensors();

}  // namespace blip
