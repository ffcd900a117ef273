// "a\nb\nc" read as "a\nb", "\nc": chunks "a\n", "b\n", and at the end "c" (not ended).
//
// A line over kLineLimit comes alone, cut; its rest is skipped up to the newline and counted, so a
// file that is one endless line costs a buffer, not the memory.

#include "tailer/chunk_reader.h"

#include <algorithm>
#include <cstring>

#include "core/line.h"

namespace blip {
namespace {
constexpr size_t kCheapMove = 16 * 1024;
}

ChunkReader::ChunkReader(std::unique_ptr<ByteSource> source, size_t ask, uint64_t offset)
    : source_(std::move(source)),
      ask_(std::max<size_t>(ask, 1)),
      capacity_(kLineLimit + ask_),
      offset_(offset) {
  buffer_ = std::make_unique_for_overwrite<char[]>(capacity_ + kLinePadding);
}

void ChunkReader::make_room() {
  // A short rest goes to the front, so that all reads go through the same, cached, bytes.
  const bool cheap = begin_ >= ask_ && end_ - begin_ <= kCheapMove;
  if (!cheap && capacity_ - end_ >= ask_) return;
  std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

Result<bool> ChunkReader::fill() {
  if (at_end_) return false;
  make_room();
  const Result<size_t> got = source_->read(buffer_.get() + end_, std::min(ask_, capacity_ - end_));
  if (!got || *got == 0) {
    if (!got) error_ = got.error();
    at_end_ = true;
    return false;
  }
  end_ += *got;
  return true;
}

Chunk ChunkReader::give(size_t size) {
  Chunk chunk{.text = {buffer_.get() + begin_, size}, .offset = offset_};
  begin_ += size;
  offset_ += size;
  seen_ = 0;
  return chunk;
}

Result<std::optional<Chunk>> ChunkReader::next() {
  for (;;) {
    const char* from = buffer_.get() + begin_;
    const size_t have = end_ - begin_;
    const void* last = have > seen_ ? ::memrchr(from + seen_, '\n', have - seen_) : nullptr;
    if (last != nullptr) {
      const size_t whole = static_cast<size_t>(static_cast<const char*>(last) - from) + 1;
      const void* first = std::memchr(from, '\n', whole);
      const size_t line = static_cast<size_t>(static_cast<const char*>(first) - from);
      if (line <= kLineLimit) return std::optional(give(whole));
    }
    seen_ = have;
    if (last != nullptr || have > kLineLimit) {
      const Result<Chunk> cut = skip_long_line();
      if (!cut) return cut.error();
      return std::optional(*cut);
    }
    const Result<bool> more = fill();
    if (!more) return more.error();
    if (!*more) return finish();
  }
}

Result<Chunk> ChunkReader::skip_long_line() {
  // The kept head stays where it is while the rest of the line runs through the space behind it.
  Chunk chunk{.text = {buffer_.get() + begin_, kLineLimit}, .offset = offset_};
  std::string head(chunk.text);
  uint64_t skipped = 0;
  begin_ += kLineLimit;
  seen_ = 0;
  for (bool ended = false; !ended;) {
    const void* newline = std::memchr(buffer_.get() + begin_, '\n', end_ - begin_);
    const char* stop = newline ? static_cast<const char*>(newline) : buffer_.get() + end_;
    skipped += static_cast<uint64_t>(stop - (buffer_.get() + begin_));
    begin_ = static_cast<size_t>(stop - buffer_.get());
    if (newline != nullptr) {
      ++begin_;
      break;
    }
    const Result<bool> more = fill();
    if (!more) return more.error();
    ended = !*more;
    chunk.ended = !ended;
  }
  offset_ += kLineLimit + skipped + (chunk.ended ? 1 : 0);
  // The head goes back in front of what is still unread, in space that its line has left free.
  if (begin_ < head.size()) {
    std::memmove(buffer_.get() + head.size(), buffer_.get() + begin_, end_ - begin_);
    end_ = head.size() + (end_ - begin_);
    begin_ = head.size();
  }
  std::memcpy(buffer_.get() + begin_ - head.size(), head.data(), head.size());
  chunk.text = {buffer_.get() + begin_ - head.size(), head.size()};
  chunk.lost = skipped;
  return chunk;
}

Result<std::optional<Chunk>> ChunkReader::finish() {
  if (begin_ < end_) {
    Chunk chunk = give(end_ - begin_);
    chunk.ended = false;
    return std::optional(chunk);
  }
  if (error_) {
    Error error = *error_;
    error_.reset();
    return error;
  }
  return std::optional<Chunk>();
}

}  // namespace blip
