// The short way for the many: a line that differs from one already read in values alone, where that
// one held nothing of interest, need not be parsed again. It counts, and its time, pid and version
// are looked at; that is all the long way would have done.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/record.h"
#include "core/time.h"
#include "rules/sense/senses.h"

namespace blip {

// A part of a line of up to kMaskedLine bytes, as offset and size.
struct Part {
  uint8_t at = 0, size = 0;
  static Part of(std::string_view part, std::string_view line) {
    if (part.empty()) return {};
    return {static_cast<uint8_t>(part.data() - line.data()), static_cast<uint8_t>(part.size())};
  }
  std::string_view in(std::string_view line) const { return line.substr(at, size); }
};

struct Shortcut {
  uint64_t key = 0;              // of what follows the stamp, values blanked; 0: none
  const char* format = nullptr;  // name of its format, by identity
  Senses::Dull dull;
  uint32_t turn = 0;  // Lanes::Place::turn under which it was read
  Part pid, version, message;
  TimeQuality quality = TimeQuality::none;
  Level level = Level::unknown;
};

// Keyed by the whole line with its values blanked in place: two lines of one key have all their
// parts at the same offsets. Where its places are taken, a later line displaces an earlier one.
class Shortcuts {
 public:
  static constexpr size_t kSlots = 1 << 14;
  static constexpr size_t kNear = 4;  // slots in which a key may stand

  const Shortcut* find(uint64_t key) const {
    if (slots_.empty()) return nullptr;
    for (size_t i = 0; i < kNear; ++i) {
      const Shortcut& slot = slots_[(key + i) % kSlots];
      if (slot.key == key) return &slot;
    }
    return nullptr;
  }
  void put(const Shortcut& shortcut) {
    if (slots_.empty()) slots_.resize(kSlots);
    for (size_t i = 0; i < kNear; ++i) {
      Shortcut& slot = slots_[(shortcut.key + i) % kSlots];
      if (slot.key != 0 && slot.key != shortcut.key) continue;
      slot = shortcut;
      return;
    }
    slots_[shortcut.key % kSlots] = shortcut;
  }
  void clear() { slots_.clear(); }

 private:
  std::vector<Shortcut> slots_;
};

}  // namespace blip
