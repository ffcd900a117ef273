// One stable 64-bit hash for ids and table keys: FNV-1a (Fowler, Noll, Vo; 64-bit offset basis and
// prime as published) with the 64-bit finaliser of MurmurHash3 behind it, so that short inputs
// spread over all bits. Ids in the store depend on it: it never changes.
#pragma once

#include <cstdint>
#include <string_view>

namespace blip {

class Hasher {
 public:
  Hasher& bytes(std::string_view text) {
    for (const char c : text) add(static_cast<unsigned char>(c));
    return *this;
  }
  Hasher& byte(char c) {
    add(static_cast<unsigned char>(c));
    return *this;
  }
  // A field: its bytes and its length, so that ("ab","c") and ("a","bc") differ.
  Hasher& field(std::string_view text) { return bytes(text).number(text.size()); }
  Hasher& number(uint64_t value) {
    for (int i = 0; i < 8; ++i) add(static_cast<unsigned char>(value >> (8 * i)));
    return *this;
  }
  uint64_t value() const {
    uint64_t h = state_;
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdULL;
    h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return h ^ (h >> 33);
  }

 private:
  void add(unsigned char byte) { state_ = (state_ ^ byte) * 0x100000001b3ULL; }
  uint64_t state_ = 0xcbf29ce484222325ULL;
};

inline uint64_t hash_of(std::string_view text) { return Hasher().bytes(text).value(); }

}  // namespace blip
