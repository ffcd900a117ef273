// "one\ntwo\nthr" at offset 0: the chunk is "one\ntwo\n"; "thr" is read again when more has come,
// but `seen` = 3 says that only what is behind it must be searched for its newline. A line that
// grows by a byte a second to 5 GiB costs each byte once, and no memory: when its newline comes,
// its first MiB is read again and the rest counted.

#include "tailer/live_bytes.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/line.h"

namespace blip {
namespace {
constexpr uint64_t kMostAtOnce = 16 << 20;  // scanned for one newline in one call
constexpr size_t kNulBlock = 64 * 1024;
}  // namespace

char* ReadBuffer::room(size_t size) {
  if (size + kLinePadding > size_) {
    size_ = size + kLinePadding;
    bytes_ = std::make_unique_for_overwrite<char[]>(size_);
  }
  return bytes_.get();
}

namespace {
// `line` bytes from the offset on are one line without its newline; `behind` more bytes of whole
// lines follow it. All of it again, or its kept head.
Result<std::optional<Chunk>> read_again(const LiveRead& read, uint64_t line, size_t behind,
                                        bool ended, ReadBuffer& buffer) {
  const bool cut = line > kLineLimit;
  const size_t size = cut ? kLineLimit : static_cast<size_t>(line) + behind;
  char* const to = buffer.room(size);
  const Result<size_t> got = read.text->read(read.fd, read.offset, to, size);
  if (!got) return got.error();
  if (*got < size) return std::optional<Chunk>();  // it shrank meanwhile
  Chunk chunk{.text = {to, size}, .offset = read.offset, .lost = cut ? line - kLineLimit : 0};
  chunk.ended = ended;
  return std::optional(chunk);
}
}  // namespace

Result<std::optional<Chunk>> read_lines(const LiveRead& read, uint64_t& seen, uint64_t& cost,
                                        ReadBuffer& buffer) {
  for (uint64_t scanned = 0; scanned < kMostAtOnce;) {
    const uint64_t from = read.offset + seen;
    size_t got = 0;
    char* to = nullptr;
    if (from < read.limit) {
      const size_t ask = static_cast<size_t>(std::min<uint64_t>(read.ask, read.limit - from));
      to = buffer.room(ask);
      const Result<size_t> some = read.text->read(read.fd, from, to, ask);
      if (!some) return some.error();
      got = *some;
    }
    if (got == 0) {
      if (!read.last || seen == 0) return std::optional<Chunk>();
      return read_again(read, seen, 0, false, buffer);
    }
    scanned += got;
    cost += got;
    const void* const newline = ::memrchr(to, '\n', got);
    if (newline == nullptr) {
      seen += got;
      continue;
    }
    const size_t whole = static_cast<size_t>(static_cast<const char*>(newline) - to) + 1;
    if (seen == 0) return std::optional(Chunk{.text = {to, whole}, .offset = read.offset});
    const size_t first =
        static_cast<size_t>(static_cast<const char*>(std::memchr(to, '\n', whole)) - to);
    return read_again(read, seen + first, whole - first, true, buffer);
  }
  return std::optional<Chunk>();
}

uint64_t skip_nuls(int fd, TextView& view, uint64_t from, uint64_t size) {
  char block[kNulBlock];
  while (from < size) {
    if (view.plain()) {
      const off_t data = ::lseek(fd, static_cast<off_t>(from), SEEK_DATA);
      if (data < 0 && errno == ENXIO) return size;
      if (data > 0) from = std::max(from, static_cast<uint64_t>(data));
    }
    const Result<size_t> got =
        view.read(fd, from, block, static_cast<size_t>(std::min<uint64_t>(kNulBlock, size - from)));
    if (!got || *got == 0) return from;
    const std::string_view text(block, *got);
    const size_t at = text.find_first_not_of('\0');
    if (at != std::string_view::npos) return from + at;
    from += *got;
  }
  return std::min(from, size);
}

}  // namespace blip
