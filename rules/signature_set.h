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
  // A line's skeleton (core/skeleton.h) shows most literals. Of a literal with a value in it it
  // shows a trace, to be looked for in skeletons; and of those that leave too little of one the
  // literals must be looked for in each line.
  std::unique_ptr<Front> traces, hidden;

  // `much`: more will be scanned than it takes to make a fast front, so that it is made at once.
  explicit SignatureSet(std::vector<Signature> all, bool much = false);

 private:
  // Which lines go into which sequence. A rule whose `next_id` is not there (switched off) is told
  // nothing of, rather than for ever missing it.
  void plan();
};

}  // namespace blip
