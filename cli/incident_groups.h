// Which events are one story. Grouped when asked for, from events as they are stored: nothing is
// remembered, and a better rule is at once true of the past.
#pragma once

#include <string>
#include <vector>

#include "core/event.h"

namespace blip {

inline constexpr auto kSameServiceWithin = std::chrono::minutes(15);
inline constexpr auto kAfterBootWithin = std::chrono::minutes(5);
inline constexpr auto kSymptomWithin = std::chrono::seconds(60);
inline constexpr auto kClosedAfter = std::chrono::minutes(30);

struct Incident {
  std::vector<const Event*> events;  // in order of time, at least one
  const Event* headline = nullptr;   // the worst; of equals the first
  Severity severity = Severity::info;
  Time from = kNoTime, to = kNoTime;  // unknown: of events without a time
  std::vector<std::string> services;  // by first appearance
  std::string chain;                  // "oom, crash, restart x3": kinds and causes in order
  // Leaks and drifts that drive restarts in it; each is an incident of its own as well.
  std::vector<const Event*> driven_by;

  bool open(Time now) const { return known(to) && now - to < kClosedAfter; }
};

// Events of one host join when they are
//   of one service and within 15 min of one another,
//   a boot of the host and the restarts within 5 min after it,
//   a symptom (what a balancer or client saw) and a restart within 60 s of it.
// A leak or a drift lasts for days: it is an incident by itself, and named by those it drives.
// What blip says of itself (loss, health) is none. Newest first. The events must outlive the
// result.
std::vector<Incident> incidents_of(const std::vector<Event>& events);

}  // namespace blip
