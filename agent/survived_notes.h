// Exceptions that may have ended a process and may not. One that a death follows is its cause; a
// service that prints one a second and lives on says nothing by it, and would drown the store:
//
//   12:00:01 TypeError  12:00:02 TypeError  (3,000 more)  12:47:10 TypeError  server started
//   the first 32 are told as they come      not told      the last 2
//
// Of a unit the first of each ten minutes are told as they come. Of more only the last are kept,
// until a line may begin a new life, or no more come.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/signal.h"
#include "core/state.h"

namespace blip {

class SurvivedNotes {
 public:
  static constexpr uint64_t kFreely = 32;  // a unit, in
  static constexpr Micros kSpan{600'000'000};
  static constexpr size_t kKept = 2;
  static constexpr size_t kMaxUnits = 1024;  // later ones' are all told

  using Tell = std::function<void(Signal)>;

  void add(Signal note, const Tell& tell);
  // After a signal that may speak of a death or a start.
  static bool ends_a_life(SignalKind kind);
  void let_go(const Tell& tell);
  // Likewise, but they are still kept.
  void show(const Tell& tell) const;

  void clear() { units_.clear(); }
  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  struct Unit {
    Time since = kNoTime;  // of the span
    uint64_t told = 0;     // in it
    std::vector<Signal> kept;
  };
  std::map<std::pair<std::string, std::string>, Unit> units_;  // by service and lane
  size_t kept_ = 0;                                            // by all
};

}  // namespace blip
