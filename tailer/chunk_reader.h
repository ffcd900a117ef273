// Cuts the bytes of one file into chunks of whole lines. What comes out depends on the bytes alone,
// never on how many a read happened to give.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/result.h"
#include "tailer/byte_source.h"

namespace blip {

inline constexpr size_t kLineLimit = 1
                                     << 20;  // bytes of one line kept; the rest is skipped, counted

// Borrowed until the next call of next(), or who reads files by a follower: until its take() is
// over. Followed by kLinePadding readable bytes.
struct Chunk {
  std::string_view text;  // whole lines, each with its '\n', but for the two cases below
  uint64_t offset = 0;    // of its first byte in the unpacked stream
  uint64_t lost = 0;      // bytes skipped behind it: its only line was over the limit
  bool ended = true;      // false: the file ended without '\n'
  bool stays = false;     // a follower's: longer than that, see FollowOptions
};

class ChunkReader {
 public:
  // `ask`: bytes a read asks for. `offset`: where the source stands in its stream.
  ChunkReader(std::unique_ptr<ByteSource> source, size_t ask, uint64_t offset = 0);

  // The next chunk; nothing at the end. After an error everything readable has been given.
  Result<std::optional<Chunk>> next();
  uint64_t taken() const { return source_->taken(); }

 private:
  Result<std::optional<Chunk>> finish();
  Chunk give(size_t size);
  Result<Chunk> skip_long_line();
  Result<bool> fill();  // false: the end
  void make_room();

  std::unique_ptr<ByteSource> source_;
  size_t ask_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_;
  size_t begin_ = 0, end_ = 0;  // bytes not yet given
  size_t seen_ = 0;             // bytes of those known to hold no newline
  uint64_t offset_;             // of begin_
  std::optional<Error> error_;  // told after what came before it
  bool at_end_ = false;
};

}  // namespace blip
