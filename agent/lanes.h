// Says whose a record is: the service, the lane in it, and the time it counts as. Lines that do not
// say it themselves (stack traces, continuation lines) go with the line before them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/record.h"
#include "core/state.h"

namespace blip {

class Lanes {
 public:
  static constexpr uint32_t kMaxPlaces = 4096;  // of one source; later ones share the last's number

  // `forced`: the configured service, for all lines; else `fallback` for lines that name none.
  Lanes(std::string forced, std::string fallback)
      : forced_(std::move(forced)), fallback_(std::move(fallback)) {}

  struct Place {
    std::string_view service, lane;  // valid until the next call
    uint32_t number = 0;             // of service and lane, from 0 in order of appearance
    Time time = kNoTime;
    TimeQuality quality = TimeQuality::none;
  };
  Place place(const Record& record);

  // How the latest record found its place, for a line that is like it.
  struct Route {
    uint32_t place = 0;
    std::string_view format;  // one of the parsers' names
    uint32_t names = 0;       // names_ then
    bool by_name = false, by_shape = false;
  };
  std::optional<Route> route(const Record& record) const;
  // Would a dated line of that kind go to route.place now?
  bool leads(const Route& route, std::string_view line);
  // Such a line went by.
  void passed(const Route& route, Time time);

  void save(StateWriter& out);
  void restore(StateReader& in);

 private:
  using Owner = std::pair<std::string, std::string>;  // service and lane

  bool same_as_before(const Record& record, bool dated) const;
  bool goes_along(const Record& record, bool dated) const;
  void name(std::string_view service);
  void catch_up();
  const std::string& service_now() const;
  void find_place();

  std::string forced_, fallback_;
  std::string named_;  // the latest service that a line named
  Owner owner_;        // of the line before
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t place_ = kNone;         // its number
  std::string_view passed_;        // format of the line before, if that went by; the rest waits
  uint32_t latest_named_ = kNone;  // place of the latest that named its service, of those
  uint32_t names_ = 0;             // grows when another service is named
  bool by_name_ = false;           // the line before named its service
  bool dated_ = false;             // and had a time: it told its lane itself
  Time time_ = kNoTime;
  std::string format_;                 // of the line before
  const char* format_name_ = nullptr;  // the same, by identity
  std::map<Owner, uint32_t> numbers_;
  std::vector<const Owner*> owners_;  // by number
  std::string shape_;                 // working memory
};

}  // namespace blip
