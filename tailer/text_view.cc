// UTF-16, 100 KiB long, asked for 10 bytes of text at 40,000:
//
//   places    {text 0, bytes 0}  {16,383, 32,768}  {32,767, 65,536}  ...   end {51,199, 102,400}
//   read      bytes 65,536 up to about 80,012 become text; its first 7,233 bytes are passed over
//
// When the places are many, every other one goes and the distance doubles: a file of any size
// costs 8 KiB of memory. What is known of a file is lost with blip; then it is read from the start.

#include "tailer/text_view.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace blip {
namespace {
constexpr uint64_t kAhead = 16 << 20;  // text counted ahead of what is wanted
constexpr size_t kBlock = 32 * 1024;   // bytes turned into text at once
constexpr uint64_t kStride = kBlock;   // of file between two places, at first
constexpr size_t kMostPlaces = 512;

// The bytes at an offset, as many as make at least one character or record, up to `end`.
class Blocks {
 public:
  Blocks(int fd, uint64_t end) : fd_(fd), end_(end) {}

  // Turns what stands at `at` into text, from one block on, as a whole record may need.
  Result<TextPart> next(TextForm form, uint64_t at, std::string& text) {
    for (size_t size = kBlock;; size = kTextUnit) {
      const uint64_t left = end_ - std::min(end_, at);
      bytes_.resize(static_cast<size_t>(std::min<uint64_t>(size, left)));
      const Result<size_t> got = read_at(fd_, at, bytes_.data(), bytes_.size());
      if (!got) return got.error();
      const TextPart part = to_text(form, at, {bytes_.data(), *got}, kBlock, text);
      const bool more = *got == size && size < kTextUnit;
      if (part.taken > 0 || part.damaged || !more) return part;
    }
  }

 private:
  int fd_;
  uint64_t end_;
  std::string bytes_;
};
}  // namespace

Result<size_t> read_at(int fd, uint64_t offset, char* to, size_t size) {
  size_t have = 0;
  while (have < size) {
    const ssize_t got = ::pread(fd, to + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{std::strerror(errno)};
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  return have;
}

uint64_t TextView::size(int fd, uint64_t bytes, uint64_t wanted) {
  if (form_ == TextForm::plain) return bytes;
  if (bytes < end_.bytes) *this = TextView();
  bytes_ = bytes;
  if (!form_) {
    char head[kTextHead];
    const Result<size_t> got =
        read_at(fd, 0, head, static_cast<size_t>(std::min<uint64_t>(bytes, sizeof head)));
    if (got) form_ = text_form({head, *got});
    if (plain()) return bytes;
    stride_ = kStride;
    places_ = {Place()};
  }
  go_on(fd, wanted + std::min(kAhead, UINT64_MAX - wanted));
  return end_.text;
}

void TextView::go_on(int fd, uint64_t wanted) {
  Blocks blocks(fd, bytes_);
  std::string text;
  while (!damaged_ && end_.bytes < bytes_ && end_.text < wanted) {
    text.clear();
    const Result<TextPart> part = blocks.next(*form_, end_.bytes, text);
    if (!part) return;  // reading it will say why
    end_ = {end_.text + text.size(), end_.bytes + part->taken};
    damaged_ = part->damaged;
    if (part->taken == 0) return;
    remember(end_);
  }
}

void TextView::remember(Place at) {
  if (at.bytes - places_.back().bytes < stride_) return;
  if (places_.size() == kMostPlaces) {
    for (size_t i = 0; i < kMostPlaces / 2; ++i) places_[i] = places_[2 * i];
    places_.resize(kMostPlaces / 2);
    stride_ *= 2;
  }
  places_.push_back(at);
}

const TextView::Place& TextView::place(uint64_t offset) const {
  const auto behind =
      std::upper_bound(places_.begin(), places_.end(), offset,
                       [](uint64_t value, const Place& one) { return value < one.text; });
  return *(behind - 1);
}

Result<size_t> TextView::read_text(int fd, uint64_t offset, char* to, size_t size) {
  go_on(fd, offset + size);
  if (offset >= end_.text) return size_t{0};
  size = static_cast<size_t>(std::min<uint64_t>(size, end_.text - offset));
  Place at = place(offset);
  Blocks blocks(fd, bytes_);  // what stands behind a character may tell what it is
  std::string text;
  size_t have = 0;
  while (have < size) {
    text.clear();
    const Result<TextPart> part = blocks.next(*form_, at.bytes, text);
    if (!part) return part.error();
    if (part->taken == 0) break;  // it is being changed
    at = {at.text + text.size(), at.bytes + part->taken};
    const uint64_t wanted = offset + have;
    if (at.text <= wanted) continue;
    const uint64_t left = at.text - wanted;
    const size_t step = static_cast<size_t>(std::min<uint64_t>(size - have, left));
    std::memcpy(to + have, text.data() + text.size() - left, step);
    have += step;
  }
  return have;
}

}  // namespace blip
