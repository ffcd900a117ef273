// Whole lines of a file that may still grow, read where the caller says. Nothing is kept
// between two calls but one number: how far behind the offset there is no newline.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/result.h"
#include "tailer/chunk_reader.h"
#include "tailer/text_view.h"

namespace blip {

// Room that grows on demand and is shared by all files of a follower.
class ReadBuffer {
 public:
  char* room(size_t size);  // at least `size` and kLinePadding bytes; what stood there is gone
  void release() { bytes_.reset(), size_ = 0; }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
};

struct LiveRead {
  int fd = -1;
  TextView* text = nullptr;  // of that file
  uint64_t offset = 0;       // of the first byte not yet given: a line begins here
  uint64_t limit = 0;        // read no further
  size_t ask = 0;            // bytes a read asks for
  bool last = false;         // no more will come: give an unterminated line too
};

// The next chunk, as ChunkReader would cut it; nothing where no whole line is there. `seen`: bytes
// behind `offset` known to hold no newline; kept by the caller, 0 after a chunk. `cost` grows by
// the bytes read. Gives up, to be called again, after 16 MiB without a newline. The chunk lives in
// `buffer`.
Result<std::optional<Chunk>> read_lines(const LiveRead& read, uint64_t& seen, uint64_t& cost,
                                        ReadBuffer& buffer);

// Where a file's text begins, looked for from `from`: behind the NULs that a writer without
// O_APPEND leaves when its file is truncated below it. `size`: there is nothing but NULs.
uint64_t skip_nuls(int fd, TextView& text, uint64_t from, uint64_t size);

// How far the stream moves on by a chunk.
inline uint64_t bytes_of(const Chunk& chunk) {
  return chunk.text.size() + chunk.lost + (chunk.lost > 0 && chunk.ended ? 1 : 0);
}

}  // namespace blip
