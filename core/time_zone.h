// The offset from UTC that clocks of a place showed at some instant, for logs whose stamps name no
// zone. Read from the system's tz database into an immutable table: no environment variable, no
// global state, safe from any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"

namespace blip {

inline constexpr const char* kZoneFolder = "/usr/share/zoneinfo";

class TimeZone {
 public:
  TimeZone() = default;  // UTC

  // "UTC", "Z", "+02:00", "-0530", or a name of the tz database ("Europe/Berlin"), read from
  // `folder`. The error says what would be a zone.
  static Result<TimeZone> named(std::string_view name, const std::string& folder = kZoneFolder);

  const std::string& name() const { return name_; }
  bool fixed() const { return changes_.empty(); }

  // Local time = UTC + offset, at an instant.
  std::chrono::seconds offset_at(Time instant) const;
  // The same for what a clock of the place shows, written as if it were UTC. An hour that came
  // twice is taken for the first, one that was left out is moved on.
  std::chrono::seconds offset_of_local(Time local) const;

 private:
  struct Change {
    int64_t at = 0;      // seconds since 1970, UTC
    int32_t offset = 0;  // seconds, from then on
  };
  std::string name_ = "UTC";
  int32_t first_ = 0;  // seconds: before any change
  std::vector<Change> changes_;

  friend class ZoneFile;
};

}  // namespace blip
