// Times as a person reads them: in one zone, with no more of the date than the page needs, and the
// zone told once.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"

namespace blip {

struct Zone {
  enum class Kind { local, fixed };  // local: the TZ of who asks
  Kind kind = Kind::local;
  std::chrono::seconds offset{0};  // fixed: local time = UTC + offset
};

// "+02:00", "-0530", "+2", "Z", "UTC"; at most 14 hours either way.
std::optional<std::chrono::seconds> parse_offset(std::string_view text);

class Clock {
 public:
  explicit Clock(Zone zone) : zone_(zone) {}

  // Says that `time` will be shown: when all times of a page share a year, it is told once.
  void cover(Time time);

  std::string text(Time time) const;   // "06-24 19:50:53", "2014-06-24 19:50:53"; unknown: "-"
  std::string exact(Time time) const;  // "2014-06-24 19:50:53.412"
  std::string note() const;            // "times are UTC, 2014"; "" if no time was covered

  // The instant at which a clock of this zone shows what `civil` shows as UTC; and the opposite.
  Time from_civil(Time civil) const;
  Time to_civil(Time time) const;

 private:
  Zone zone_;
  Time first_ = kNoTime, last_ = kNoTime;
  int first_year_ = 0, last_year_ = 0;  // of those, as tm_year
};

}  // namespace blip
