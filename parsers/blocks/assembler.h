// Assembles blocks from the messages of one lane (one service's lines in one stream), however the
// reads were chunked. Bounded: of a longer block the first kBlockLines - 1 lines and the newest are
// kept, each cut to kBlockLineBytes; the rest is counted.
//
// Where a block ends, in this order:
//   1. its spec knows the line: Next::more and last belong to it, Next::before ended it;
//   2. the spec is unsure: the line belongs, unless it has a time and the line before it had none.
// So an ordinary dated line ends a bare trace, and a trace under Docker, of which every line is
// dated, holds together. Frames left over behind an interleaved line begin no second block.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/signal.h"
#include "core/state.h"
#include "core/time.h"
#include "parsers/blocks/block.h"

namespace blip {

inline constexpr size_t kBlockLines = 256;      // lines of one block kept
inline constexpr size_t kBlockLineBytes = 512;  // bytes of each kept
inline constexpr size_t kPooledLines = 16;      // kept as room for the lines of the next block

struct Block {
  std::string_view name;  // of its spec
  Anchor first, last;     // its first and last line
  Time time = kNoTime;    // of its first line, else of the dated line before it
  uint64_t lines = 0;     // all of them, kept or not
  std::string head;       // its first line, at most kQuoteLimit bytes
  BlockSummary summary;
};

class BlockAssembler {
 public:
  struct Outcome {
    Outcome() {}          // written out: the default one blanks all of `ended`, 12 ns on every line
    bool inside = false;  // this line belongs to a block: sensors leave it alone
    std::optional<Block> ended;  // a block that this line ended, by belonging to it or not
  };
  // `message`: without the line's prefix, but with its indentation. `dated`: the line has a time of
  // its own. `time`: that one, else of the dated line before it, else kNoTime.
  Outcome feed(std::string_view message, bool dated, const Anchor& at, Time time);
  // No more lines will come: what is open ends here.
  std::optional<Block> finish();
  bool open() const { return spec_ != nullptr; }

  void save(StateWriter& out) const;
  // Takes an open block up again, unless its spec is gone or the bytes make no sense: then none is
  // open.
  void restore(StateReader& in);

 private:
  bool belongs(Next next, bool dated) const;
  void begin(const BlockSpec& spec, std::string_view message, const Anchor& at, Time time);
  void add(std::string_view message, bool dated, const Anchor& at);
  std::optional<Block> end();
  BlockLines lines() const { return {pool_.data(), held_}; }

  const BlockSpec* spec_ = nullptr;
  std::vector<std::string> pool_;  // the block's lines, and strings for those to come
  size_t held_ = 0;                // of these the block's
  Block block_;
  bool dated_ = false;  // its newest line was
};

}  // namespace blip
