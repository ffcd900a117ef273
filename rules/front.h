// The front: finds, in a text of whole lines, the few that are worth a signature's regex.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "rules/signature.h"

namespace blip {

// A signature's literal stands in the text. The line that holds byte end - 1 is a candidate for it.
struct Hit {
  uint32_t signature = 0;  // index into the vector given to make()
  uint32_t end = 0;        // offset in the text just past the literal
  bool operator==(const Hit&) const = default;
};

// One for each thread: a front holds working memory. clone() is cheap and shares the patterns; it
// may be called while other clones scan, not while this one does.
class Front {
 public:
  enum class Engine {
    adaptive,    // portable, until so much was scanned that compiling for Vectorscan pays
    vectorscan,  // from the start; portable where it was not built in or the CPU lacks what it
                 // needs
    portable,    // RE2, line by line: the same hits, ten times slower
  };
  static std::unique_ptr<Front> make(const std::vector<Signature>& signatures,
                                     Engine engine = Engine::adaptive);
  virtual ~Front() = default;
  virtual std::unique_ptr<Front> clone() const = 0;

  // Replaces `hits` by every place of every literal in the text (less than 4 GiB), in order of
  // end, then signature. A literal spans no newline, so the hits of a line are the same whichever
  // text of whole lines it comes in. A literal that stands twice in a line gives two hits.
  virtual void scan(std::string_view text, std::vector<Hit>& hits) = 0;
};

}  // namespace blip
