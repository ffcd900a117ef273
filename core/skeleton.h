// The skeleton of a text: its bytes with each value as one '#'. Texts that differ in values alone,
// of whatever length, have one skeleton.
//
//   took 12 ms for 8f3a at 10.0.0.7 by w31b   and   took 7 ms for c0 at 10.1.20.3 by w4b
//   both:  took # ms for # at #.#.#.# by w#b
//
// A value is a run of digits; or a word of hexadecimal letters (and x) that holds a digit. Letters
// further than 7 bytes from the digit, and those within 7 bytes of a letter that is none of these,
// stay. So words that somebody may look for show in it, and certain_skeleton() says what of others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace blip {

// The skeletons of all lines of a text, found in one pass over it.
class Skeletons {
 public:
  struct Line {
    uint32_t begin = 0, end = 0;      // in the text, without its newline
    uint32_t skeleton = 0, size = 0;  // its skeleton's place and size
    uint64_t hash = 0;                // of its skeleton
  };

  // `text` (less than 4 GiB) is borrowed while lines are asked about, and followed by kLinePadding
  // readable bytes.
  void read(std::string_view text);
  const std::vector<Line>& lines() const { return lines_; }

  // Where a byte of the line stands in its skeleton, and the other way about; both from the line's
  // begin. A byte within a value that does not begin it has no place: kNone. The line's end has
  // one.
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t place_of(const Line& line, uint32_t byte) const;
  uint32_t byte_at(const Line& line, uint32_t place) const;
  // byte_at() of `count` ascending places, in one walk.
  void bytes_at(const Line& line, const uint32_t* places, size_t count, uint32_t* bytes) const;
  std::string_view skeleton_of(const Line& line) const {
    return {skeleton_.data() + line.skeleton, line.size};
  }

 private:
  std::vector<char> skeleton_;
  std::vector<uint64_t> kept_;  // bit i of word n: byte 64 n + i is in the skeleton
  std::vector<Line> lines_;
};

// The hash of the first kHead bytes of a text's skeleton.
inline constexpr size_t kHead = 128;
uint64_t skeleton_hash(std::string_view text);

// What stands in the skeleton of every text that holds `piece` in a line, whatever is beside it:
// "exit status 137" gives "exit status #", "[31merror" "[#merror", "dead: " only ": ", for it may
// be the end of a value.
std::string certain_skeleton(std::string_view piece);

// From here on no wider vectors than these are used: 512 bits, 256 or 0, which is no wider than any
// processor's. Returns those that are. All find the same; for tests, before threads run.
unsigned limit_vectors(unsigned bits);

}  // namespace blip
