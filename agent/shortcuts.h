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

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/lanes.h"
#include "core/record.h"
#include "core/skeleton.h"
#include "rules/front.h"
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
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t begin = kNone, end = kNone;
  bool present() const { return begin != kNone; }
  bool operator==(const Part&) const = default;

  // Nothing where the text is no part of the line that has places at both its ends.
  static std::optional<Part> of(std::string_view text, const Shape& shape);
  std::string_view in(const Shape& shape) const;
};

// The parts of a line that are looked at each time, found together.
class Spots {
 public:
  static constexpr size_t kMost = 24;
  // One of the parts.
  struct Spot {
    uint8_t begin = UINT8_MAX, end = UINT8_MAX;  // of the places
    bool present() const { return begin != UINT8_MAX; }
    bool operator==(const Spot&) const = default;
  };
  // Where parts begin and end, in order.
  struct Layout {
    uint32_t count = 0;
    std::array<uint32_t, kMost> places{};
    // Of all that are present; nothing where there are too many.
    static std::optional<Layout> of(std::initializer_list<const Part*> parts,
                                    const std::vector<Part>& more);
    Spot find(const Part& part) const;  // one of them
    bool operator==(const Layout&) const = default;
  };

  void find(const Layout& layout, const Shape& shape) { find(layout, shape, own_.data()); }
  // `bytes`: where they are kept, room for kMost; borrowed.
  void find(const Layout& layout, const Shape& shape, uint32_t* bytes) {
    shape.skeletons.bytes_at(shape.at, layout.places.data(), layout.count, bytes);
    use(shape.line.data(), bytes);
    count_ = layout.count;
  }
  uint32_t count() const { return count_; }  // of bytes that find() found
  // As find() left them.
  void use(const char* line, const uint32_t* bytes) {
    line_ = line;
    bytes_ = bytes;
  }
  uint32_t begin_of(Spot spot) const { return bytes_[spot.begin]; }
  uint32_t end_of(Spot spot) const { return bytes_[spot.end]; }
  // Empty when not present.
  std::string_view operator[](Spot spot) const {
    if (!spot.present()) return {};
    return {line_ + begin_of(spot), end_of(spot) - begin_of(spot)};
  }

 private:
  const char* line_ = nullptr;
  const uint32_t* bytes_ = nullptr;
  uint32_t count_ = 0;
  std::array<uint32_t, kMost> own_;
};

struct Shortcut {
  bool undated = false;  // a `plain` line that is its own message and no more: nothing else is set
  Spots::Spot stamp, inner_stamp, pid, version, duration;
  Part message;
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
  static constexpr size_t kMost = 8192;            // then all are learned anew
  static constexpr size_t kMostBytes = 1024;       // of a line
  static constexpr size_t kSoon = 8, kSooner = 4;  // lines ahead, for soon() and sooner()

  // `traces`: of literals (rules/signature_set.h) that lines of one skeleton may hold or not;
  // borrowed.
  explicit Shortcuts(Front& traces) : traces_(traces) {}

  // Of a skeleton's hash, and of RecordReader's habit before the line.
  static uint64_t key_of(uint64_t skeleton, uint32_t habit) { return mixed(skeleton, habit); }
  // `key`: of the skeleton, and of all else that is known before the line is looked at. `spots`:
  // where the parts are, if there is a short cut.
  const Shortcut* find(uint64_t key, const Shape& shape, Spots& spots) {
    const uint32_t entry = find_entry(key, shape, spots, nullptr);
    return entry == kNone ? nullptr : &entries_[entry].way;
  }
  // A line of that key comes soon, and sooner: what find() will need is fetched meanwhile.
  void soon(uint64_t key) const { index_.prefetch(key); }
  void sooner(uint64_t key) const {
    const uint32_t* const skeleton = index_.find(key);
    if (skeleton == nullptr) return;
    const char* const entry = reinterpret_cast<const char*>(&entries_[*skeleton]);
    for (size_t at = 0; at < sizeof(Entry); at += kCacheLine) __builtin_prefetch(entry + at);
  }

  // find() of lines of a text, before they are read. What one thread finds ahead may be used by
  // another, which reads the lines and learns from them, as long as that one
  // puts off what it learns, and takes it in while nobody looks ahead.
  struct Ahead {
    struct Found {
      uint32_t entry = kNone;  // kNone: there is no short cut
      uint32_t bytes = 0;      // where its spots begin in `bytes`
      uint32_t habit = 0;      // the guess that it rests on
    };
    std::vector<Found> found;  // by line, of the first ones
    std::vector<uint32_t> bytes;
    uint32_t habit = 0;  // behind the last of them, as far as that is known
    uint32_t forgotten = 0;
  };
  // `habit`: RecordReader's before the first line, or a guess. `enough`: asked now and then.
  void look_ahead(std::string_view text, const Skeletons& skeletons, uint32_t habit,
                  const std::function<bool()>& enough, Ahead& ahead);
  // find() of the line of that number, whether it was looked up ahead or not; without an entry's
  // latest way, which belongs to who looks ahead.
  const Shortcut* find(const Ahead& ahead, size_t line, uint64_t key, const Shape& shape,
                       uint32_t habit, Spots& spots) const {
    if (line < ahead.found.size() && ahead.forgotten == forgotten_) {
      const Ahead::Found& one = ahead.found[line];
      if (one.entry != kNone && one.habit == habit) {
        spots.use(shape.line.data(), ahead.bytes.data() + one.bytes);
        return &entries_[one.entry].way;
      }
    }
    const uint32_t* const skeleton = index_.find(key);
    if (skeleton == nullptr) return nullptr;
    const Entry& entry = entries_[*skeleton];
    spots.find(entry.skeleton.layout, shape);
    if (entry.direct) return &entry.way;
    const uint32_t* const way = index_.find(way_of(key, entry.skeleton, spots));
    return way == nullptr ? nullptr : &entries_[*way].way;
  }
  void put_off(bool lessons) { put_off_ = lessons; }
  size_t lessons() const { return lessons_.size(); }
  void take_in();

  // That `record`, read from a line of that key, stands for those like it, if it can: where all
  // that was read from it stands in the line, so that it is found again, and at the same places as
  // in other lines of its skeleton.
  struct Learned {
    uint32_t habit = 0;  // RecordReader's, behind the line; 0: that learned nothing of it
    Lanes::Route route;
    Senses::Dull dull;
  };
  void learn(uint64_t key, const Shape& shape, const Record& record, const Learned& learned);
  // Of a line without a time, as they stand in stack traces: that reading it gives nothing else.
  void learn_undated(uint64_t key, const Shape& shape, const Record& record);
  void clear();

  // A text that a short cut names.
  const std::string& text(uint32_t number) const { return texts_[number - 1]; }

 private:
  static constexpr size_t kCacheLine = 64;
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Skeleton {
    Spots::Layout layout;
    std::vector<Spots::Spot> said;
    Spots::Spot prefix;  // whose size had a say too, if present
    bool operator==(const Skeleton&) const = default;
  };
  struct Entry {
    bool direct = false;      // `way` is that of all lines of the skeleton
    uint32_t latest = 0;      // else the entry of the way that was found last
    uint64_t latest_key = 0;  // and its key; 0: none
    Skeleton skeleton;
    Shortcut way;
  };
  // What is to be put into the table.
  struct Lesson {
    uint64_t key = 0, way_key = 0;
    bool direct = false;
    Skeleton skeleton;
    Shortcut way;
    std::string duration_name, constant_version;
  };
  // Of a line that was read: the values that had a say in how, and those that are looked at.
  struct Parts {
    std::vector<Part> said;
    Part stamp, inner_stamp, pid, version, duration;
    Part prefix;  // what stands before the message and counts
  };
  uint32_t find_entry(uint64_t key, const Shape& shape, Spots& spots, uint32_t* bytes) {
    const uint32_t* const skeleton = index_.find(key);
    if (skeleton == nullptr) return kNone;
    Entry& entry = entries_[*skeleton];
    if (bytes == nullptr) {
      spots.find(entry.skeleton.layout, shape);
    } else {
      spots.find(entry.skeleton.layout, shape, bytes);
    }
    if (entry.direct) return *skeleton;
    const uint64_t said = way_of(key, entry.skeleton, spots);
    if (entry.latest_key != said) {
      const uint32_t* const way = index_.find(said);
      if (way == nullptr) return kNone;
      entry.latest_key = said;
      entry.latest = *way;
    }
    return entry.latest;
  }
  void learn(Lesson lesson);
  void put(Lesson lesson);
  void forget();
  uint32_t number_of(std::string_view text);
  bool may_hold_literal(const Shape& shape);
  static uint64_t mixed(uint64_t key, uint64_t value) {
    key = (key ^ value) * 0x9fb21c651e98df25ULL;
    return key ^ key >> 32;
  }
  static uint64_t way_of(uint64_t key, const Skeleton& skeleton, const Spots& spots);

  Front& traces_;
  std::vector<Hit> hits_;  // working memory
  KeyTable index_;         // of skeletons, and of ways from a skeleton
  std::vector<Entry> entries_;
  std::vector<std::string> texts_;
  uint32_t forgotten_ = 0;  // how often
  bool put_off_ = false;
  std::vector<Lesson> lessons_;
};

}  // namespace blip
