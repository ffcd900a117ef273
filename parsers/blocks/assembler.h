// Assembles blocks from the messages of one lane (one service's lines in one stream), however the
// reads were chunked. Bounded: kBlockLines lines of kBlockLineBytes are kept, the rest is counted.
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
    bool inside = false;          // this line belongs to a block: sensors leave it alone
    std::optional<Block> ended;   // a block that this line ended, by belonging to it or not
  };
  // `dated`: the line carries a time of its own; a trace's lines mostly do not, so a dated line
  // of an ordinary kind ends blocks whose lines have none.
  Outcome feed(std::string_view message, bool dated, const Anchor& at, Time time);
  // No more lines will come: what is open ends here.
  std::optional<Block> finish();
  bool open() const { return spec_ != nullptr; }

  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  Block end();
  const BlockSpec* spec_ = nullptr;
  std::vector<std::string> lines_;
  Block block_;
  bool dated_ = false;  // its first line was
};

}  // namespace blip
