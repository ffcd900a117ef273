// The short way for the many: a line that differs from one already read in values alone, where that
// one held nothing of interest, need not be parsed again. It counts, and its time, pid, version and
// duration are looked at; that is all the long way would have done.
//
//   {"level":30,"time":"2014-06-24T19:50:53.026Z","pid":2101,"msg":"request finished","took":22}
//   {"level":#,"time":"#-#-#T#:#:#.#Z","pid":#,"msg":"request finished","took":#}     its skeleton
//             said    stamp                 pid     message                     duration
//
// A skeleton leads to where its values are. Those that had a say in how the line was read (here
// 30) are then looked at, and lead to one of several short cuts of that skeleton.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/lanes.h"
#include "core/record.h"
#include "core/skeleton.h"
#include "rules/sense/senses.h"
#include "rules/sense/templates.h"

namespace blip {

// A line and its skeleton.
struct Shape {
  std::string_view line;
  const Skeletons& skeletons;
  const Skeletons::Line& at;
};

// A part of all lines of one skeleton, as places in that.
struct Part {
  static constexpr uint16_t kNone = UINT16_MAX;
  uint16_t begin = kNone, end = kNone;
  bool fixed = false;  // no value stands before its begin: that is the same byte in all lines
  bool present() const { return begin != kNone; }
  bool operator==(const Part&) const = default;

  // Nothing where the text is no part of the line that has places at both its ends.
  static std::optional<Part> of(std::string_view text, const Shape& shape);
  uint32_t begin_in(const Shape& shape) const {
    return fixed ? begin : shape.skeletons.byte_at(shape.at, begin);
  }
  uint32_t end_in(const Shape& shape) const { return shape.skeletons.byte_at(shape.at, end); }
  std::string_view in(const Shape& shape) const {
    const uint32_t from = begin_in(shape);
    return shape.line.substr(from, end_in(shape) - from);
  }
};

struct Shortcut {
  Part stamp, inner_stamp, pid, version, message, duration;
  Likeness likeness = Likeness::none;
  TimeQuality quality = TimeQuality::none;
  Level level = Level::unknown;
  uint32_t habit = 0;             // RecordReader's, behind such a line
  uint32_t duration_name = 0;     // a text; 0: there is none
  uint32_t constant_version = 0;  // a text, where all such lines have that version
  Lanes::Route route;
  Senses::Dull dull;
};

class Shortcuts {
 public:
  static constexpr size_t kMost = 8192;       // then all are learned anew
  static constexpr size_t kMostBytes = 1024;  // of a line

  // `key`: of the skeleton, and of all else that is known before the line is looked at.
  const Shortcut* find(uint64_t key, const Shape& shape) {
    const uint32_t* const skeleton = index_.find(key);
    if (skeleton == nullptr) return nullptr;
    Entry& entry = entries_[*skeleton];
    if (entry.direct) return &entry.way;
    const uint64_t said = way_of(key, entry.skeleton, shape);
    if (entry.latest_key != said) {
      const uint32_t* const way = index_.find(said);
      if (way == nullptr) return nullptr;
      entry.latest_key = said;
      entry.latest = *way;
    }
    return &entries_[entry.latest].way;
  }
  // A line of that key comes soon, and sooner: what find() will need is fetched meanwhile.
  void soon(uint64_t key) const { index_.prefetch(key); }
  void sooner(uint64_t key) const {
    const uint32_t* const skeleton = index_.find(key);
    if (skeleton != nullptr) __builtin_prefetch(&entries_[*skeleton]);
  }
  // `said`: the values that had a say, within the line. Not kept where other lines of that skeleton
  // had them elsewhere, or when full.
  void put(uint64_t key, const Shape& shape, const std::vector<Part>& said, Shortcut shortcut);
  void clear();
  bool full() const { return entries_.size() + 2 > kMost || texts_.size() >= kMost; }

  // A text that short cuts name by number, from 1.
  uint32_t number_of(std::string_view text);
  const std::string& text(uint32_t number) const { return texts_[number - 1]; }

 private:
  struct Skeleton {
    std::vector<Part> said;
    Part message;  // whose begin had a say too, if present
    bool operator==(const Skeleton&) const = default;
  };
  struct Entry {
    bool direct = false;      // `way` is that of all lines of the skeleton
    uint32_t latest = 0;      // else the entry of the way that was found last
    uint64_t latest_key = 0;  // and its key; 0: none
    Skeleton skeleton;
    Shortcut way;
  };
  static uint64_t way_of(uint64_t key, const Skeleton& skeleton, const Shape& shape);

  KeyTable index_;  // of skeletons, and of ways from a skeleton
  std::vector<Entry> entries_;
  std::vector<std::string> texts_;
};

}  // namespace blip
