// Which signatures' literals stand in a line? A skeleton shows nearly all of them
// (core/skeleton.h), so what was found in one line is remembered for those like it:
//
//   2014-06-24 19:50:53 error:9e37 http: panic serving 10.0.0.23: runtime error: ...     looked at
//   2014-06-24 19:51:07 error:9e37 http: panic serving 10.9.1.7: runtime error: ...      known
//
// Not where the skeleton leaves open whether a literal with a value in it stands there.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "agent/shortcuts.h"
#include "rules/front.h"
#include "rules/sense/templates.h"

namespace blip {

class LineLiterals {
 public:
  static constexpr size_t kMostLists = 1024;  // then all are learned anew

  // `all`: of every literal; `traces`: of those that skeletons show in part (signature_set.h).
  // Both are borrowed.
  LineLiterals(Front& all, Front& traces) : all_(all), traces_(traces) {}

  // Signatures, one for each place of a literal; good until the next call. `hidden`: the line holds
  // a literal that no skeleton shows.
  const std::vector<uint32_t>& of(const Shape& shape, bool hidden);
  uint64_t looked_at() const { return looked_at_; }  // lines so far, those that were not known

 private:
  Front& all_;
  Front& traces_;
  KeyTable known_;  // hash of a skeleton -> its list
  std::vector<std::vector<uint32_t>> lists_;
  std::map<std::vector<uint32_t>, uint32_t> numbers_;  // of the lists
  std::vector<Hit> hits_;                              // working memory
  std::vector<uint32_t> found_;                        // of a line that had to be looked at
  uint64_t looked_at_ = 0;
};

}  // namespace blip
