// What the engines behind Front share. Only front*.cc include it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rules/front.h"

namespace blip {

// A literal and the signatures that ask for it.
struct Pattern {
  std::string text;
  bool caseless = false;
  std::vector<uint32_t> signatures;
};

inline void append_hits(const Pattern& pattern, size_t end, std::vector<Hit>& hits) {
  for (const uint32_t signature : pattern.signatures) {
    hits.push_back({signature, static_cast<uint32_t>(end)});
  }
}

// Puts the hits from index `from` on in the order that scan() promises.
void order_hits(std::vector<Hit>& hits, size_t from);

// Null when Vectorscan was not built in, or refuses this CPU or the patterns.
std::unique_ptr<Front> make_vectorscan(const std::vector<Pattern>& patterns);

}  // namespace blip
