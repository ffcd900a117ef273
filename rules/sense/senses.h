// The sensors of one source: every unit in it has its own set. State is the source's and moves only
// at a line; it can be saved and restored at any line.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/sense/sensor.h"
#include "rules/signature_set.h"

namespace blip {

// Is a field of this name the time that a request took?
bool is_duration(std::string_view field);

class Senses {
 public:
  static constexpr uint32_t kStateVersion = 1;
  static constexpr size_t kMaxUnits = 4096;  // of one source; lines of later ones share the last

  // `set` is borrowed for life.
  explicit Senses(const SignatureSet& set);
  ~Senses();
  Senses(Senses&&) noexcept;

  // A service's lines of one lane; stays where it is until restore().
  struct Unit;
  Unit* unit(std::string_view service, std::string_view lane);
  // From here on the lines are of this unit, until told otherwise.
  void turn_to(Unit* unit) { unit_ = unit; }
  // One record, in order. `hits`: signatures whose literal stands in its line. `time`: the record's
  // own, else of the dated line before it. `inside`: the line belongs to a block, which speaks for
  // itself: it counts as a sign of life and no more.
  void observe(const Record& record, const Anchor& at, Time time, TimeQuality quality,
               const std::vector<uint32_t>& hits, bool inside, SignalSink& sink);
  // Was the latest line dull: of a common template, without anything that a sensor asks for on each
  // line? One that differs from it in values alone may then be passed by this handle.
  struct Dull {
    uint32_t place = 0;       // of its template
    uint32_t generation = 0;  // of its unit's table of templates
  };
  std::optional<Dull> dull() const;
  // As observe() of such a line; only pid, version, level and the first of the fields that is a
  // duration, or else the first, are read from `record`.
  // False, and nothing done, when the handle is of no more use.
  bool pass(const Dull& dull, const Record& record, const Unread& unread, const Anchor& at,
            Time time, TimeQuality quality, SignalSink& sink);
  // No more lines for now: tells how far each unit has come.
  void pause(SignalSink& sink);

  void save(StateWriter& out) const;
  bool restore(StateReader& in);

 private:
  const SignatureSet& set_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Unit>, std::less<>> units_;
  Unit* unit_ = nullptr;  // whose turn it is
  std::vector<Number> numbers_;
};

}  // namespace blip
