// A rule that waits for another line wants both looked for:
//
//   acme.backup   regex 'backup started'   followed_by 'backup done'
//       -> signatures: acme.backup, "acme.backup next"    steps: {{acme.backup, rule}},
//                                                                {{acme.backup, next}}
//
// What follows by a regex becomes a signature of its own that nobody else sees; what follows by id
// is told beside whatever that rule says itself.

#include "rules/signature_set.h"

#include <algorithm>

#include "core/skeleton.h"

namespace blip {
namespace {
constexpr size_t kLeastTrace = 4;  // bytes; a shorter one stands in too many lines
}  // namespace

SignatureSet::SignatureSet(std::vector<Signature> all, bool much)
    : signatures(std::move(all)), given(signatures.size()) {
  plan();
  std::vector<Signature> traced, untraced;
  for (const Signature& one : signatures) {
    matchers.emplace_back(one);
    std::string shown = certain_skeleton(one.literal);
    // Where a skeleton has '#', the line may have a value.
    if (shown == one.literal && shown.find('#') == shown.npos) continue;
    const bool enough = shown.size() >= kLeastTrace;
    (enough ? traced : untraced).push_back(one);
    if (enough) traced.back().literal = std::move(shown);
  }
  const Front::Engine engine = much ? Front::Engine::vectorscan : Front::Engine::adaptive;
  front = Front::make(signatures, engine);
  traces = Front::make(traced);
  hidden = Front::make(untraced, engine);
}

void SignatureSet::plan() {
  const auto place_of = [this](const std::string& id) {
    const auto end = signatures.begin() + static_cast<std::ptrdiff_t>(given);
    return static_cast<size_t>(
        std::find_if(signatures.begin(), end, [&](const Signature& one) { return one.id == id; }) -
        signatures.begin());
  };
  steps.resize(given);
  for (uint32_t i = 0; i < given; ++i) {
    if (!signatures[i].sequence) continue;
    const Sequence sequence = *signatures[i].sequence;
    if (sequence.next != Follow::none && sequence.next_id != signatures[i].id) {
      size_t place = signatures.size();
      if (!sequence.next_id.empty()) {
        place = place_of(sequence.next_id);
        if (place == given) continue;
      } else {
        Signature next;
        next.id = signatures[i].id + " next";
        next.system = signatures[i].system;
        next.regex = sequence.next_regex;
        next.literal = sequence.next_literal;
        next.where = signatures[i].where;
        signatures.push_back(std::move(next));
        steps.emplace_back();
      }
      steps[place].push_back({i, true});
    }
    steps[i].push_back({i, false});
  }
}

}  // namespace blip
