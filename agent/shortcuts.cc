// Where short cuts are kept: under the skeleton's key, or under that key and what was said.

#include "agent/shortcuts.h"

#include <algorithm>
#include <cstring>

namespace blip {

std::optional<Part> Part::of(std::string_view text, const Shape& shape) {
  if (text.empty()) return Part();
  const char* const begin = shape.line.data();
  if (text.data() < begin || text.data() + text.size() > begin + shape.line.size()) {
    return std::nullopt;
  }
  const auto from = static_cast<uint32_t>(text.data() - begin);
  const uint32_t first = shape.skeletons.place_of(shape.at, from);
  const uint32_t last =
      shape.skeletons.place_of(shape.at, from + static_cast<uint32_t>(text.size()));
  if (first >= kNone || last >= kNone) return std::nullopt;
  const bool fixed =
      shape.skeletons.skeleton_of(shape.at).substr(0, first).find('#') == std::string_view::npos;
  return Part{static_cast<uint16_t>(first), static_cast<uint16_t>(last), fixed};
}

uint64_t Shortcuts::way_of(uint64_t key, const Skeleton& skeleton, const Shape& shape) {
  const auto mix = [&key](uint64_t value) {
    key = (key ^ value) * 0x9fb21c651e98df25ULL;
    key ^= key >> 32;
  };
  for (const Part& part : skeleton.said) {
    const std::string_view text = part.in(shape);
    mix(text.size());
    for (size_t at = 0; at < text.size(); at += 8) {
      uint64_t value = 0;
      std::memcpy(&value, text.data() + at, std::min<size_t>(8, text.size() - at));
      mix(value);
    }
  }
  if (skeleton.message.present()) mix(skeleton.message.begin_in(shape));
  return key;
}

void Shortcuts::put(uint64_t key, const Shape& shape, const std::vector<Part>& said,
                    Shortcut shortcut) {
  if (full()) return;
  const bool by_prefix = shortcut.likeness == Likeness::by_prefix;
  const Skeleton skeleton{said, by_prefix ? shortcut.message : Part()};
  const bool direct = said.empty() && !by_prefix;
  const uint32_t* found = index_.find(key);
  if (found == nullptr) {
    index_.put(key, static_cast<uint32_t>(entries_.size()));
    entries_.push_back({direct, 0, 0, skeleton, direct ? shortcut : Shortcut()});
    if (direct) return;
  } else {
    Entry& known = entries_[*found];
    if (known.direct != direct || !(known.skeleton == skeleton)) return;
    if (direct) {
      known.way = std::move(shortcut);
      return;
    }
  }
  const uint64_t way = way_of(key, skeleton, shape);
  found = index_.find(way);
  if (found != nullptr) {
    entries_[*found].way = std::move(shortcut);
    return;
  }
  index_.put(way, static_cast<uint32_t>(entries_.size()));
  entries_.push_back({true, 0, 0, {}, std::move(shortcut)});
}

void Shortcuts::clear() {
  index_.clear();
  entries_.clear();
  texts_.clear();
}

uint32_t Shortcuts::number_of(std::string_view text) {
  auto found = std::find(texts_.begin(), texts_.end(), text);
  if (found == texts_.end()) found = texts_.emplace(found, text);
  return static_cast<uint32_t>(found - texts_.begin()) + 1;
}

}  // namespace blip
