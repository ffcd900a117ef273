// A packed file is known by its content: its first line, and the bytes before the offset where a
// known stream stands. Both are met on the way to where reading goes on, so that it is unpacked
// once.

#include "tailer/unpacked_bytes.h"

#include <algorithm>
#include <cstring>

#include "core/checkpoint.h"

namespace blip {
namespace {
constexpr size_t kBlock = 64 * 1024;
}

bool UnpackedBytes::fetch() {
  if (at_end_) return false;
  head_.erase(0, begin_);
  begin_ = 0;
  const size_t have = head_.size();
  head_.resize(have + kBlock);
  const Result<size_t> got = source_->read(head_.data() + have, kBlock);
  head_.resize(have + (got ? *got : 0));
  if (!got) error_ = got.error();
  at_end_ = !got || *got == 0;
  return !at_end_;
}

std::string_view UnpackedBytes::head(size_t size) {
  while (head_.size() - begin_ < size && fetch()) continue;
  return std::string_view(head_).substr(begin_);
}

std::string_view UnpackedBytes::first_line(size_t most) {
  for (;;) {
    const std::string_view have = std::string_view(head_).substr(begin_);
    const size_t newline = have.find('\n');
    if (newline != std::string_view::npos) return have.substr(0, std::min(newline + 1, most));
    if (have.size() >= most) return have.substr(0, most);
    if (!fetch()) return std::string_view(head_).substr(begin_);  // fetching has moved it
  }
}

bool UnpackedBytes::skip_to(uint64_t offset) {
  while (offset_ < offset) {
    if (begin_ == head_.size() && !fetch()) return false;
    const size_t step =
        static_cast<size_t>(std::min<uint64_t>(offset - offset_, head_.size() - begin_));
    passed_.append(head_, begin_, step);
    if (passed_.size() > kMarkerBytes) passed_.erase(0, passed_.size() - kMarkerBytes);
    begin_ += step;
    offset_ += step;
  }
  return true;
}

uint64_t UnpackedBytes::skip_nuls() {
  uint64_t nuls = 0;
  for (;;) {
    const std::string_view have = std::string_view(head_).substr(begin_);
    const size_t at = std::min(have.find_first_not_of('\0'), have.size());
    nuls += at;
    offset_ += at;
    begin_ += at;
    if (at < have.size() || !fetch()) return nuls;
  }
}

Result<size_t> UnpackedBytes::read(char* to, size_t size) {
  if (begin_ < head_.size()) {
    const size_t step = std::min(size, head_.size() - begin_);
    std::memcpy(to, head_.data() + begin_, step);
    begin_ += step;
    offset_ += step;
    return step;
  }
  if (!head_.empty()) std::string().swap(head_), begin_ = 0;
  if (error_) return *error_;
  if (at_end_) return size_t{0};
  Result<size_t> got = source_->read(to, size);
  if (got) offset_ += *got;
  return got;
}

}  // namespace blip
