// Few skeletons have literals, and most of those have the same ones: lists are shared.

#include "agent/line_literals.h"

namespace blip {

const std::vector<uint32_t>& LineLiterals::of(const Shape& shape, bool hidden) {
  const uint64_t key = shape.at.hash;
  if (!hidden) {
    if (const uint32_t* const list = known_.find(key)) return lists_[*list];
  }
  ++looked_at_;
  all_.scan(shape.line, hits_);
  found_.clear();
  for (const Hit& hit : hits_) found_.push_back(hit.signature);
  if (hidden) return found_;
  traces_.scan(shape.skeletons.skeleton_of(shape.at), hits_);
  if (!hits_.empty()) return found_;
  if (lists_.size() >= kMostLists) {
    known_.clear();
    lists_.clear();
    numbers_.clear();
  }
  const auto [number, fresh] = numbers_.emplace(found_, static_cast<uint32_t>(lists_.size()));
  if (fresh) lists_.push_back(found_);
  known_.put(key, number->second);
  return found_;
}

}  // namespace blip
