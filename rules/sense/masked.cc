// A line's shape as one number, at a few nanoseconds: 64 bytes are looked at all at once, words
// that hold a digit are blanked in place, and what is left is hashed.
//
//   took 12 ms for 8f3a   and   took 47 ms for 00c1   ->   took ## ms for ####

#include "rules/sense/masked.h"

#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace blip {
namespace {
uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9fb21c651e98df25ULL;  // an odd constant with well spread bits
  return hash ^ (hash >> 32);
}

// Bytes of words that hold a digit, of 64 bytes looked at all at once (bit i is byte i): from each
// digit, fill up and down through its word, as far as 7 bytes: ids have digits all over.
[[gnu::always_inline]] inline uint64_t words_with_digits(uint64_t words, uint64_t digits) {
  uint64_t up = digits, down = digits, runs_up = words, runs_down = words;
  for (int step = 1; step < 8; step *= 2) {
    up |= runs_up & (up << step);
    down |= runs_down & (down >> step);
    runs_up &= runs_up << step;
    runs_down &= runs_down >> step;
  }
  return up | down;
}

// Hashes 64 readable bytes: those of `valid`, words that hold a digit blanked.
#ifdef __SSE2__
// x in [low, low + size): max(x - low, size - 1) == size - 1, unsigned.
[[gnu::always_inline]] inline __m128i within(__m128i x, char low, char size) {
  const __m128i limit = _mm_set1_epi8(static_cast<char>(size - 1));
  return _mm_cmpeq_epi8(_mm_max_epu8(_mm_sub_epi8(x, _mm_set1_epi8(low)), limit), limit);
}
[[gnu::always_inline]] inline uint64_t bits(__m128i mask) {
  return static_cast<uint64_t>(_mm_movemask_epi8(mask));
}

// Sixteen bits as sixteen bytes of all ones or none.
[[gnu::always_inline]] inline __m128i bytes_of(uint64_t mask) {
  const __m128i own = _mm_set_epi8(-128, 64, 32, 16, 8, 4, 2, 1, -128, 64, 32, 16, 8, 4, 2, 1);
  const __m128i spread = _mm_unpacklo_epi64(_mm_set1_epi8(static_cast<char>(mask)),
                                            _mm_set1_epi8(static_cast<char>(mask >> 8)));
  return _mm_cmpeq_epi8(_mm_and_si128(spread, own), own);
}

[[gnu::always_inline]] inline uint64_t masked_vectors(const char* text, uint64_t valid) {
  __m128i part[4];
  uint64_t words = 0, digits = 0;
  for (int i = 0; i < 4; ++i) {
    part[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + 16 * i));
    const __m128i digit = within(part[i], '0', 10);
    const __m128i letter = within(_mm_or_si128(part[i], _mm_set1_epi8(0x20)), 'a', 26);
    const __m128i underscore = _mm_cmpeq_epi8(part[i], _mm_set1_epi8('_'));
    const __m128i word = _mm_or_si128(_mm_or_si128(digit, letter), underscore);
    digits |= bits(digit) << (16 * i);
    words |= bits(_mm_or_si128(word, part[i])) << (16 * i);  // the high bit: not ASCII, a letter
  }
  const uint64_t values = words_with_digits(words & valid, digits & valid);
  uint64_t lanes[4];
  for (int i = 0; i < 4; ++i) {
    const __m128i value = bytes_of(values >> (16 * i));
    const __m128i kept = bytes_of((valid & ~values) >> (16 * i));
    const __m128i blanked =
        _mm_or_si128(_mm_and_si128(kept, part[i]), _mm_and_si128(value, _mm_set1_epi8('#')));
    const auto low = static_cast<uint64_t>(_mm_cvtsi128_si64(blanked));
    const auto high =
        static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(blanked, blanked)));
    lanes[i] = mix(mix(static_cast<uint64_t>(i) + 1, low), high);
  }
  return mix(mix(lanes[0], lanes[1]), mix(lanes[2], lanes[3]));
}

// The same instructions in their newer encoding take a fifth less time.
[[gnu::target("avx2")]] uint64_t masked_avx2(const char* text, uint64_t valid) {
  return masked_vectors(text, valid);
}
uint64_t masked_sse2(const char* text, uint64_t valid) { return masked_vectors(text, valid); }

uint64_t masked_block(const char* text, uint64_t valid) {
  static const bool newer = __builtin_cpu_supports("avx2") != 0;
  return newer ? masked_avx2(text, valid) : masked_sse2(text, valid);
}
#else
uint64_t masked_block(const char* text, uint64_t valid) {
  uint64_t words = 0, digits = 0;
  for (int i = 0; i < 64; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool digit = byte >= '0' && byte <= '9';
    const bool letter =
        ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || byte == '_' || byte >= 0x80;
    digits |= uint64_t{digit} << i;
    words |= uint64_t{digit || letter} << i;
  }
  const uint64_t values = words_with_digits(words & valid, digits & valid);
  uint64_t lanes[4];
  for (int i = 0; i < 4; ++i) {
    uint64_t halves[2] = {0, 0};
    for (int j = 0; j < 16; ++j) {
      const int at = 16 * i + j;
      const bool value = (values >> at) & 1, kept = (valid >> at) & 1;
      const uint64_t byte = value ? '#' : kept ? static_cast<unsigned char>(text[at]) : 0;
      halves[j / 8] |= byte << (8 * (j % 8));
    }
    lanes[i] = mix(mix(static_cast<uint64_t>(i) + 1, halves[0]), halves[1]);
  }
  return mix(mix(lanes[0], lanes[1]), mix(lanes[2], lanes[3]));
}
#endif

}  // namespace

uint64_t masked_key(std::string_view message) {
  if (message.size() >= 64) return masked_block(message.data(), ~uint64_t{0});
  char head[64] = {};
  std::memcpy(head, message.data(), message.size());
  return masked_block(head, (uint64_t{1} << message.size()) - 1);
}

uint64_t masked_line(std::string_view line) {
  if (line.size() > kMaskedLine) return 0;
  uint64_t hash = line.size();
  size_t at = 0;
  for (; at + 64 <= line.size(); at += 64)
    hash = mix(hash, masked_block(line.data() + at, ~uint64_t{0}));
  const size_t rest = line.size() - at;
  return rest == 0 ? hash : mix(hash, masked_block(line.data() + at, (uint64_t{1} << rest) - 1));
}

}  // namespace blip
