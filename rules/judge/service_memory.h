// What the restart judge remembers of a service: the signals that may matter, and when and where it
// was heard. Bounded.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "core/signal.h"
#include "core/state.h"
#include "rules/judge/banners.h"
#include "rules/judge/candidates.h"
#include "rules/judge/gauge_falls.h"

namespace blip {

class ServiceMemory {
 public:
  static constexpr size_t kMaxFacts = 65536;  // signals remembered; the oldest go first

  void weigh(const Signal& signal);

  const std::deque<Signal>& facts() const { return facts_; }
  const Banners& banners() const { return banners_; }

  // Does the signal stand in a stream that carries the service's own, ordinary lines?
  bool own(const Signal& signal) const;
  // Is the candidate merely where the service was first met? That is never a restart.
  bool first_sight(const Candidate& candidate) const;
  // Do lines of the service go on after this exit?
  bool lived_on_after(const Signal& exit) const;
  // Do two pids speak by turns in this lane: a pool, or two instances side by side?
  bool pids_alternate(const std::string& lane) const;
  // Lines of the shorter of the two runs that this change of pids parts.
  uint64_t shorter_run(const Signal& instance_changed) const;

  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  struct Stream {
    uint64_t lines = 0;   // signs of life in it
    bool traces = false;  // most of it is stack traces: a stderr file
    uint64_t last_offset = 0;
  };
  struct Lane {
    Time first = kNoTime, last = kNoTime;
    Anchor head;  // its first line
    bool pids_alternate = false;
  };
  void heard(const Signal& progress);
  void remember(Signal fact);
  bool at_head(const Candidate& candidate) const;
  bool supervised_before(Time when) const;

  std::deque<Signal> facts_;
  std::map<std::string, Lane, std::less<>> lanes_;
  std::map<uint64_t, Stream> streams_;
  GaugeFalls falls_;
  Banners banners_;
};

}  // namespace blip
