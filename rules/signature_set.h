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
  // Of the few whose literal holds a digit: where values are blanked they cannot be told apart.
  std::unique_ptr<Front> valued;

  explicit SignatureSet(std::vector<Signature> all) : signatures(std::move(all)) {
    for (const Signature& one : signatures) matchers.emplace_back(one);
    front = Front::make(signatures);
    std::vector<Signature> with_digit;
    for (const Signature& one : signatures) {
      if (one.literal.find_first_of("0123456789") != one.literal.npos) with_digit.push_back(one);
    }
    valued = Front::make(with_digit);
  }
};

}  // namespace blip
