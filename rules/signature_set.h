// Signatures ready for work: built once, shared by all streams.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "rules/front.h"
#include "rules/matcher.h"
#include "rules/signature.h"

namespace blip {

struct SignatureSet {
  // A line of one signature, for the sequence of a rule.
  struct Step {
    uint32_t rule = 0;  // index of the rule
    bool next = false;  // what is to follow, not the rule's own line
  };

  std::vector<Signature> signatures;     // as given; then those that only tell what is to follow
  size_t given = 0;                      // how many of them were given
  std::vector<Matcher> matchers;         // by the same index
  std::vector<std::vector<Step>> steps;  // by the same index; "next" before "rule"
  std::unique_ptr<Front> front;          // clone() it for each stream
  // Of the few whose literal holds a digit: where values are blanked they cannot be told apart.
  std::unique_ptr<Front> valued;

  explicit SignatureSet(std::vector<Signature> all) : signatures(std::move(all)) {
    given = signatures.size();
    plan();
    for (const Signature& one : signatures) matchers.emplace_back(one);
    front = Front::make(signatures);
    std::vector<Signature> with_digit;
    for (const Signature& one : signatures) {
      if (one.literal.find_first_of("0123456789") != one.literal.npos) with_digit.push_back(one);
    }
    valued = Front::make(with_digit);
  }

 private:
  // Which lines go into which sequence. A rule whose `next_id` is not there (switched off) is told
  // nothing of, rather than for ever missing it.
  void plan();
};

}  // namespace blip
