// Any text in lines: a line's skeleton is the same wherever the line stands, every byte that is
// kept leads to its place and back, and two texts of one skeleton have one hash.

#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "core/line.h"
#include "core/skeleton.h"
#include "fuzz/exact_bytes.h"

namespace blip {
namespace {

void look(std::string_view text) {
  const ExactBytes exact(text, kLinePadding);
  Skeletons all, alone;
  all.read(exact.view());
  size_t bytes = 0;
  for (const Skeletons::Line& line : all.lines()) {
    const std::string_view own = text.substr(line.begin, line.end - line.begin);
    bytes += own.size() + 1;
    BLIP_CHECK(own.find('\n') == own.npos, "a line ends at its newline");
    const std::string_view skeleton = all.skeleton_of(line);
    BLIP_CHECK(skeleton.size() <= own.size(), "a skeleton is no longer than its line");
    uint32_t places = 0;
    for (uint32_t byte = 0; byte <= own.size(); ++byte) {
      const uint32_t place = all.place_of(line, byte);
      if (place == Skeletons::kNone) continue;
      BLIP_CHECK(place == places++, "places are in order");
      BLIP_CHECK(all.byte_at(line, place) == byte, "a place leads back to its byte");
    }
    BLIP_CHECK(places == skeleton.size() + 1, "each byte of the skeleton has a place, and its end");
    uint32_t ends[2];
    const uint32_t places_of_ends[] = {static_cast<uint32_t>(skeleton.size() / 2), line.size};
    all.bytes_at(line, places_of_ends, 2, ends);
    BLIP_CHECK(ends[0] == all.byte_at(line, places_of_ends[0]) && ends[1] == own.size(),
               "places are found together as alone");
    if (own.empty()) continue;
    const std::string_view piece = own.substr(own.size() / 4, own.size() / 2);
    BLIP_CHECK(skeleton.find(certain_skeleton(piece)) != skeleton.npos,
               "what is certain of a piece is in the skeleton");
    const ExactBytes copy(own, kLinePadding);
    alone.read(copy.view());
    BLIP_CHECK(alone.lines().size() == 1 && alone.lines()[0].hash == line.hash &&
                   alone.skeleton_of(alone.lines()[0]) == skeleton,
               "a skeleton is the line's own");
  }
  const bool ended = text.empty() || text.back() == '\n';
  BLIP_CHECK(bytes == text.size() + (ended ? 0 : 1), "every byte is of one line");
  skeleton_hash(text);
}

}  // namespace
}  // namespace blip

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  blip::look({reinterpret_cast<const char*>(data), size});
  return 0;
}
