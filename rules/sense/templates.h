// Templates: lines that differ only in their values are one. The hash of a message's skeleton is
// looked up per line; only a hash never seen pays for tokens and a search among the templates
// (a tree of token count and first token, then the most alike, as in Drain: He et al., ICWS 2017).
// Two words never merge by likeness, but 6 siblings that differ in one such place do, and 3 where
// it holds names (tokens.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/skeleton.h"
#include "core/state.h"
#include "core/time.h"

namespace blip {

// One place of a template that holds a number, and what is known of its values.
struct Slot {
  double last = 0;
  Time last_time = kNoTime;
  uint64_t last_ordinal = 0;
  double base = 0;  // its value when it began to rise, and the line of that
  uint64_t base_ordinal = 0;
  uint32_t rises = 0;  // since its last reset
  uint8_t falls = 0;   // that were no reset
  bool strict = true;  // still looks like a counter
  bool moved = false;  // has ever risen
  bool gauge = false;  // its name is one of something that processes hold
};

// Do its lines come at even times? Kept by the sensor of heartbeats.
enum class Rhythm : uint8_t { untold, none, even };

struct Template {
  uint64_t id = 0;     // hash of the masked text it began as: survives generalisation
  uint64_t count = 0;  // lines
  uint64_t last_ordinal = 0;
  bool watched = true;     // some number may still be a counter: they are read on every line
  bool gauges = false;     // some number is a gauge: they are read now and then
  uint8_t reshaped = 0;    // times that its lines came with more or fewer numbers
  Time sampled = kNoTime;  // when they last were
  bool common = false;     // said to be no longer rare
  bool kin = false;        // when it was new another was there that differs from it in one word
  bool failing = false;    // its words are those of a failure (failure_words.h)
  Rhythm rhythm = Rhythm::untold;
  std::vector<std::string> tokens;  // masked: "#" a value, "*" any word
  std::vector<Slot> slots;          // by place in read_numbers()
  std::string text() const;         // "order # shipped, total so far #"
};

// Hash of a skeleton -> template, in one flat array probed in line, which grows with its keys. At
// kMaxKeys it begins anew: keys are learned again, templates stay.
class KeyTable {
 public:
  static constexpr size_t kMaxKeys = 16384;

  void prefetch(uint64_t key) const { __builtin_prefetch(&slots_[key & (slots_.size() - 1)]); }
  const uint32_t* find(uint64_t key) const {
    const Slot& slot = slots_[place(key)];
    return slot.at == kNone ? nullptr : &slot.at;
  }
  void put(uint64_t key, uint32_t at) {
    if (size_ >= kMaxKeys) clear();
    if (2 * size_ >= slots_.size()) grow();
    Slot& slot = slots_[place(key)];
    size_ += slot.at == kNone;
    slot = {key, at};
  }
  void clear() {
    slots_.assign(kFewSlots, Slot());
    size_ = 0;
    ++cleared_;
  }
  size_t size() const { return size_; }
  uint32_t cleared() const { return cleared_; }  // how often
  template <class Visit>
  void each(Visit&& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.at != kNone) visit(slot.key, slot.at);
    }
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kFewSlots = 256;  // a power of two, as all sizes are
  struct Slot {
    uint64_t key = 0;
    uint32_t at = kNone;
  };
  // Of the key, or of the free slot where it would go.
  size_t place(uint64_t key) const {
    const size_t mask = slots_.size() - 1;
    size_t at = key & mask;
    while (slots_[at].at != kNone && slots_[at].key != key) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.at != kNone) slots_[place(slot.key)] = slot;
    }
  }
  std::vector<Slot> slots_ = std::vector<Slot>(kFewSlots);
  size_t size_ = 0;
  uint32_t cleared_ = 0;
};

class TemplateTable {
 public:
  static constexpr size_t kMaxTemplates = 2000;
  static constexpr size_t kMaxBytes = 256;  // of a message that are looked at

  // The template of this message, counted. Borrowed until the next call.
  Template& find(std::string_view message, uint64_t ordinal);
  size_t size() const { return templates_.size(); }
  // Where a template that find() gave stands; good while generation() stays.
  uint32_t place_of(const Template& found) const {
    return static_cast<uint32_t>(&found - templates_.data());
  }
  Template& at(uint32_t place) { return templates_[place]; }
  // Grows whenever a line might find another template than the same line did before.
  // Grows when lines of several templates become those of one.
  uint64_t widened() const { return widened_; }
  uint32_t generation() const { return generation_ + keys_.cleared(); }

  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  uint32_t learn(std::string_view message, uint64_t ordinal);
  uint32_t add(std::vector<std::string> tokens);
  bool widen(const std::vector<std::string>& tokens, const std::vector<uint32_t>& group,
             uint32_t& found, bool& kin);
  void forget_oldest();
  void index();

  std::vector<Template> templates_;
  KeyTable keys_;
  uint32_t generation_ = 0;
  uint64_t widened_ = 0;
  std::unordered_map<uint64_t, std::vector<uint32_t>> tree_;  // count and first token -> templates
};

}  // namespace blip
