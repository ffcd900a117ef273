// Signatures ready for work: built once, shared by all streams.
#pragma once

#include <memory>
#include <vector>

#include "rules/front.h"
#include "rules/matcher.h"
#include "rules/signature.h"

namespace blip {

struct SignatureSet {
  std::vector<Signature> signatures;
  std::vector<Matcher> matchers;  // by the same index
  std::unique_ptr<Front> front;   // clone() it for each stream

  explicit SignatureSet(std::vector<Signature> all) : signatures(std::move(all)) {
    for (const Signature& one : signatures) matchers.emplace_back(one);
    front = Front::make(signatures);
  }
};

}  // namespace blip
