// Says whose a record is: the service, the lane in it, and the time it counts as. Lines that do not
// say it themselves (stack traces, continuation lines) go with the line before them.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/record.h"
#include "core/state.h"

namespace blip {

class Lanes {
 public:
  // `forced`: the configured service, for all lines; else `fallback` for lines that name none.
  Lanes(std::string forced, std::string fallback)
      : forced_(std::move(forced)), fallback_(std::move(fallback)) {}

  struct Place {
    std::string_view service, lane;  // valid until the next call
    uint32_t turn = 0;               // grows when service or lane differ from the line before
    Time time = kNoTime;
    TimeQuality quality = TimeQuality::none;
  };
  Place place(const Record& record);
  // A dated line of the same place as the one before went by.
  void passed(Time time) { time_ = time; }

  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  bool same_as_before(const Record& record, bool dated) const;

  std::string forced_, fallback_;
  std::string named_;    // the latest service that a line named
  std::string service_;  // of the line before
  std::string lane_;
  Time time_ = kNoTime;
  uint32_t turn_ = 0;
  std::string format_;                          // of the line before
  std::pair<std::string, std::string> before_;  // service and lane of it
};

}  // namespace blip
