// What a judge is: the sparse half. It sees the signals of one service in their order, however they
// came, remembers within bounds, and at settling writes what it claims into the docket. It can be
// slow and clever; it reads no clock and no log. To add one, add a file that defines
// `extern const JudgeSpec NAME_judge`.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.h"
#include "core/run.h"
#include "core/signal.h"
#include "core/state.h"
#include "rules/judge/outside.h"

namespace blip {

// A restart that was found, with what the judges after it need: one life ended, another began.
struct Turn {
  size_t event = 0;          // index in Docket::events
  std::string instance;      // lane of its leading signal
  Anchor first;              // first line of the new life
  Time begun = kNoTime;      // of the new life
  Time died = kNoTime;       // latest sign of the old one, or the fact of its end
  std::vector<Signal> ends;  // death notes, exits, stop notices that belong to it
};

// One or more samples of a gauge, next to each other.
struct GaugePoint {
  Time from = kNoTime, to = kNoTime;
  GaugeLife value;
};

// A gauge over all lives of a service.
struct Series {
  std::string metric, instance;    // lane it was read in
  Anchor head;                     // of its first sample
  std::vector<GaugePoint> points;  // in order of time, all dated
};

// One service's case: filled by its judges, stage after stage.
struct Docket {
  std::string service;
  std::vector<Time> reboots;  // of the host, when known: set before judging
  // From when to when each source of logs spoke, others' as well: set before judging, borrowed.
  std::span<const Interval> watched;
  // What all services' logs say of others' failures: set before judging, borrowed.
  std::span<const SymptomSeries> outside;
  std::vector<Event> events;
  std::vector<Run> runs;
  std::vector<Turn> turns;     // in order
  std::vector<Signal> notes;   // death notes and exits that no restart took
  std::vector<Series> series;  // its gauges; stage 1 writes them
  // If nothing comes of the service until then, it is to be judged again; kNoTime: it need not be.
  Time due = kNoTime;

  // Until when others went on after a last sign of life; kNoTime: nothing tells that time passed.
  Time went_on_until(Time last) const;
  // Has that time come? If not, asks to be judged again when it has.
  bool has_come(Time time, Time last);
};

class Judge {
 public:
  virtual ~Judge() = default;
  virtual void weigh(const Signal& signal) = 0;
  virtual void settle(Docket& docket) = 0;
  virtual void save(StateWriter& out) const = 0;
  virtual void restore(StateReader& in) = 0;
};

struct JudgeSpec {
  std::string_view name;
  uint32_t version = 1;  // of its state
  int stage = 0;         // judges of a later stage see what earlier ones wrote
  std::unique_ptr<Judge> (*make)() = nullptr;
};

const std::vector<const JudgeSpec*>& all_judges();

// All judges of one service.
class Bench {
 public:
  explicit Bench(std::string service);
  void weigh(const Signal& signal);
  // Events in order of (time, id), each with its confidence from its evidence.
  Docket settle(std::vector<Time> reboots, std::span<const Interval> watched = {},
                std::span<const SymptomSeries> outside = {});

  std::string save() const;
  bool restore(std::string_view blob);

 private:
  std::string service_;
  std::vector<const JudgeSpec*> specs_;
  std::vector<std::unique_ptr<Judge>> judges_;
};

// Signals as state: for judges that remember some.
void save_signal(const Signal& signal, StateWriter& out);
Signal restore_signal(StateReader& in);

}  // namespace blip
