// The last lines of a unit: where they stand and when they came. Answers where, within an interval,
// an unseen restart was: after the longest pause, or where an uptime says.
#pragma once

#include <array>
#include <cstdint>

#include "core/signal.h"
#include "core/state.h"
#include "core/time.h"

namespace blip {

class RecentLines {
 public:
  static constexpr size_t kLines = 256;

  struct Entry {
    uint64_t ordinal = 0;  // 0: none
    Anchor at;
    Time time = kNoTime, previous = kNoTime;  // of the line, and of the unit's line before it
  };

  void add(const Entry& entry) { ring_[entry.ordinal % kLines] = entry; }

  // The line after the longest pause among those later than `ordinal`, up to `now`; ordinal 0 when
  // none of them has a time or the interval is older than what is remembered.
  Entry after_longest_pause(uint64_t ordinal, uint64_t now) const {
    Entry best;
    Micros longest{-1};
    if (now - ordinal >= kLines) return best;
    for (uint64_t i = ordinal + 1; i <= now; ++i) {
      const Entry& entry = ring_[i % kLines];
      if (entry.ordinal != i || !known(entry.time) || !known(entry.previous)) continue;
      if (entry.time - entry.previous <= longest) continue;
      longest = entry.time - entry.previous;
      best = entry;
    }
    return best;
  }

  // The first line at or after `time` among those later than `ordinal`, up to `now`; likewise.
  Entry first_since(Time time, uint64_t ordinal, uint64_t now) const {
    if (now - ordinal >= kLines) return {};
    for (uint64_t i = ordinal + 1; i <= now; ++i) {
      const Entry& entry = ring_[i % kLines];
      if (entry.ordinal == i && known(entry.time) && entry.time >= time) return entry;
    }
    return {};
  }

  void save(StateWriter& out) const {
    for (const Entry& entry : ring_) {
      out.u64(entry.ordinal);
      for (const uint64_t part : {entry.at.stream, entry.at.offset, entry.at.number}) out.u64(part);
      out.time(entry.time);
      out.time(entry.previous);
    }
  }
  void restore(StateReader& in) {
    for (Entry& entry : ring_) {
      entry.ordinal = in.u64();
      entry.at = {in.u64(), in.u64(), in.u64()};
      entry.time = in.time();
      entry.previous = in.time();
    }
  }

 private:
  std::array<Entry, kLines> ring_{};
};

}  // namespace blip
