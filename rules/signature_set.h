// Signatures ready for work: built once, shared by all streams.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/skeleton.h"
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
  // Of the few whose literal a skeleton may hide (core/skeleton.h).
  std::unique_ptr<Front> hidden;

  // `much`: more will be scanned than it takes to make a fast front, so that it is made at once.
  explicit SignatureSet(std::vector<Signature> all, bool much = false)
      : signatures(std::move(all)) {
    const Front::Engine engine = much ? Front::Engine::vectorscan : Front::Engine::adaptive;
    given = signatures.size();
    plan();
    for (const Signature& one : signatures) matchers.emplace_back(one);
    front = Front::make(signatures, engine);
    std::vector<Signature> few;
    for (const Signature& one : signatures) {
      if (hides(one.literal)) few.push_back(one);
    }
    hidden = Front::make(few, engine);
  }

 private:
  // Which lines go into which sequence. A rule whose `next_id` is not there (switched off) is told
  // nothing of, rather than for ever missing it.
  void plan();
};

}  // namespace blip
