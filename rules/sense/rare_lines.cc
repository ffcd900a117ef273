// Lines of templates that this unit seldom prints. A start prints the same few of them each time,
// whatever their words: the judge learns such a group as the unit's banner. Errors are no banner,
// and a template that turns out to be common is taken back once.

#include <algorithm>
#include <charconv>

#include "rules/sense/sensor.h"

namespace blip {
namespace {
constexpr uint64_t kRareCount = 12;   // lines of a template that are rare in any unit
constexpr uint64_t kRareShare = 100;  // or one line in this many, as long as they are few ...
constexpr uint64_t kFew = 256;
constexpr uint64_t kRarestShare = 1000;  // ... and one in this many, however long the log
constexpr uint64_t kMaxCount = 4096;     // of one template ever told: bounds what is stored

uint64_t rare_until(uint64_t lines) {
  const uint64_t few = std::min(kFew, lines / kRareShare);
  return std::min(kMaxCount, std::max({kRareCount, few, lines / kRarestShare}));
}

class RareLines : public Sensor {
 public:
  void observe(const Observation& line, SignalSink& sink) override {
    Template& shape = *line.shape;
    if (shape.common || line.record.level >= Level::error) return;
    shape.common = shape.count > rare_until(line.ordinal);
    if (line.record.sampled) return;  // not the service's own words
    Signal signal = line.signal(SignalKind::rare_line);
    char id[17] = {};
    std::to_chars(id, id + 16, shape.id, 16);
    signal.subject = id;
    signal.detail = shape.text().substr(0, 160);
    signal.count = shape.count;
    signal.before = static_cast<double>(line.ordinal);
    signal.after = shape.common ? 1 : 0;
    sink.emit(std::move(signal));
  }
  void save(StateWriter&) const override {}  // its state is the templates'
  void restore(StateReader&) override {}
};
}  // namespace

extern const SensorSpec rare_lines_sensor = {"rare_lines", 1,
                                             [] { return std::unique_ptr<Sensor>(new RareLines); }};
}  // namespace blip
