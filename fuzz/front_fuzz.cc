// Any text in front of the real pack: Vectorscan over the whole and RE2 line by line must give the
// same hits, and so must the text cut into other chunks of whole lines. A byte 01 and two more
// stand for a literal of the pack, so that few mutations make many hits:
//
//   x 01 00 17 y   ->   xpanic: y     (or whichever literal is number 0x17)

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/check.h"
#include "fuzz/exact_bytes.h"
#include "rules/front.h"

namespace blip {
namespace {

std::string with_literals(std::string_view bytes) {
  constexpr size_t kEnough = 1 << 16;  // what would come of many escapes is slow, and says no more
  const std::vector<Signature>& pack = builtin_signatures();
  std::string text;
  for (size_t at = 0; at < bytes.size() && text.size() < kEnough; ++at) {
    if (bytes[at] != '\x01' || at + 2 >= bytes.size()) {
      text += bytes[at];
      continue;
    }
    const auto high = static_cast<unsigned char>(bytes[at + 1]);
    const auto low = static_cast<unsigned char>(bytes[at + 2]);
    std::string literal = pack[(size_t{high & 0x3fU} << 8 | low) % pack.size()].literal;
    if (high & 0x40) literal.pop_back();
    if (high & 0x80) {
      for (char& c : literal)
        c = static_cast<char>((c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? c ^ 0x20 : c);
    }
    text += literal;
    at += 2;
  }
  return text;
}

std::vector<Hit> scan(Front& front, std::string_view text) {
  const ExactBytes exact(text);
  std::vector<Hit> hits;
  front.scan(exact.view(), hits);
  return hits;
}

// Chunks of 1 + n, 2 + n, 3 + n ... lines, wherever that falls.
std::vector<Hit> scan_in_chunks(Front& front, std::string_view text, size_t n) {
  std::vector<Hit> all;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    for (size_t lines = 0; lines <= n && end < text.size(); ++lines) {
      end = std::min(text.find('\n', end), text.size() - 1) + 1;
    }
    for (Hit hit : scan(front, text.substr(at, end - at))) {
      hit.end += static_cast<uint32_t>(at);
      all.push_back(hit);
    }
    at = end;
    n = (n + 1) % 5;
  }
  return all;
}

}  // namespace
}  // namespace blip

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using blip::Front;
  static const auto vectorscan = Front::make(blip::builtin_signatures(), Front::Engine::vectorscan);
  static const auto portable = Front::make(blip::builtin_signatures(), Front::Engine::portable);
  const std::string text =
      blip::with_literals(std::string_view(reinterpret_cast<const char*>(data), size));
  const std::vector<blip::Hit> hits = blip::scan(*vectorscan, text);
  BLIP_CHECK(blip::scan(*portable, text) == hits, "two engines differ");
  BLIP_CHECK(blip::scan_in_chunks(*vectorscan, text, size % 5) == hits,
             "a cut changes Vectorscan's hits");
  BLIP_CHECK(blip::scan_in_chunks(*portable, text, 0) == hits, "a cut changes RE2's hits");
  return 0;
}
