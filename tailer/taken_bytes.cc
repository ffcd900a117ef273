// The last KiB as it is, and markers of earlier places: 1 KiB apart at first; when there are 16,
// every other one goes and the distance doubles. So a file of any length that is cut back in place
// is known again up to a sixteenth of its length.

#include "tailer/taken_bytes.h"

#include <algorithm>

#include "core/hash.h"

namespace blip {
namespace {
constexpr size_t kMostMarks = 16;
}

Marker marker_of(std::string_view tail) {
  if (tail.size() > kMarkerBytes) tail.remove_prefix(tail.size() - kMarkerBytes);
  return tail.empty() ? Marker{} : Marker{static_cast<uint32_t>(tail.size()), hash_of(tail)};
}

Marker TakenBytes::marker() const { return marker_of(tail_); }

void TakenBytes::take(std::string_view text, uint64_t end) {
  end_ = end;
  if (text.size() >= kMarkerBytes) {
    tail_.assign(text.substr(text.size() - kMarkerBytes));
    return;
  }
  const size_t room = kMarkerBytes - text.size();
  if (tail_.size() > room) tail_.erase(0, tail_.size() - room);
  tail_.append(text);
}

void TakenBytes::mark(std::string_view text) {
  const uint64_t begin = end_ - text.size();
  for (;;) {
    const uint64_t at = std::max(next_mark(), begin + kMarkerBytes);
    if (at > end_) break;
    add(at, marker_of(text.substr(at - begin - kMarkerBytes, kMarkerBytes)));
  }
  if (tail_.size() == kMarkerBytes && end_ >= next_mark()) add(end_, marker());
}

void TakenBytes::add(uint64_t end, Marker marker) {
  if (marks_.size() == kMostMarks) {
    for (size_t i = 0; i < kMostMarks / 2; ++i) marks_[i] = marks_[2 * i + 1];
    marks_.resize(kMostMarks / 2);
    stride_ *= 2;
  }
  marks_.push_back({end, marker});
}

void TakenBytes::set(std::string_view tail, uint64_t end) {
  tail_ = tail;
  end_ = end;
}

void TakenBytes::forget() { std::string().swap(tail_); }

}  // namespace blip
