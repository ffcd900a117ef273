// 64 bytes at a time, each class of bytes as the bits of a word:
//
//   text       t o o k   1 2   m s   f o r   8 f 3 a \n
//   digits             1 1                   1   1
//   hex letters                          .     1   1          (x too)
//   letters    1 1 1 1         1 1     1 1                    (all others, _ and what is not ASCII)
//   values             1 1                   1 1 1 1
//   kept       1 1 1 1 1     1 1 1   1 1 1 1 1          1     the first byte of a value, as '#'
//
// What is kept is packed by a shuffle of eight bytes at a time.

#include "core/skeleton.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <random>

#include "core/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace blip {
namespace {
constexpr size_t kBlock = 64;
constexpr size_t kReach = 7;  // bytes between a letter and what decides about it

enum Class : uint8_t { kSign = 0, kDigit = 1, kHex = 2, kLetter = 4, kNewline = 8 };

constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (size_t c = 0; c < 256; ++c) {
    const size_t lower = c | 0x20;
    if (c >= '0' && c <= '9') {
      classes[c] = kDigit;
    } else if ((lower >= 'a' && lower <= 'f') || lower == 'x') {
      classes[c] = kHex;
    } else if ((lower >= 'g' && lower <= 'z') || c == '_' || c >= 0x80) {
      classes[c] = kLetter;
    } else if (c == '\n') {
      classes[c] = kNewline;
    }
  }
  return classes;
}();
uint8_t class_of(char c) { return kClasses[static_cast<unsigned char>(c)]; }

// Blocks are looked at in groups, so that what is known of them stays near.
constexpr size_t kGroup = 64;

// Of a group of blocks, bit i being byte i of its block; with the blocks before and behind it.
struct Masks {
  static constexpr size_t kRoom = kGroup + 6;  // find_values() looks at four blocks at once
  uint64_t digits[kRoom], hex[kRoom], letters[kRoom], newlines[kRoom];
};

// Four words at once; passed by reference, for a vector by value is passed otherwise where AVX is.
using Words [[gnu::vector_size(32)]] = uint64_t;

// From each seed up and down through `run`, as far as kReach bits.
[[gnu::always_inline]] inline void spread(const Words& seeds, const Words& run, Words& out) {
  Words up = seeds, down = seeds, runs_up = run, runs_down = run;
  for (size_t step = 1; step <= kReach; step *= 2) {
    up |= runs_up & (up << step);
    down |= runs_down & (down >> step);
    runs_up &= runs_up << step;
    runs_down &= runs_down >> step;
  }
  out = up | down;
}

[[gnu::always_inline]] inline void load(const uint64_t* from, Words& out) {
  std::memcpy(&out, from, sizeof out);
}

// Half of each of four blocks, with 16 bytes on either side: no value is decided by more.
[[gnu::always_inline]] inline void load_half(const uint64_t* part, bool high, Words& out) {
  Words here, beside;
  load(part + 1, here);
  load(high ? part + 2 : part, beside);
  out = high ? here >> 16 | beside << 48 : here << 16 | beside >> 48;
}

// values[i] of the blocks masks[i + 1], up to three more of them than asked for.
[[gnu::always_inline]] inline void find_values(const Masks& masks, size_t blocks,
                                               uint64_t* values) {
  for (size_t i = 0; i < blocks; i += 4) {
    Words both[2];
    for (const bool high : {false, true}) {
      Words digits, hex, letters, near_digit, near_letter;
      load_half(masks.digits + i, high, digits);
      load_half(masks.hex + i, high, hex);
      load_half(masks.letters + i, high, letters);
      const Words run = digits | hex;
      spread(digits, run, near_digit);
      spread(run & (letters << 1 | letters >> 1), run, near_letter);
      both[high] = (digits | (near_digit & ~near_letter)) >> 16 & UINT32_MAX;
    }
    const Words found = both[0] | both[1] << 32;
    std::memcpy(values + i, &found, sizeof found);
  }
}

// A hash that nobody who writes a log can foresee; it is never stored.
uint64_t secret() {
  static const uint64_t value = [] {
    std::random_device device;
    return uint64_t{device()} << 32 | device();
  }();
  return value;
}

uint64_t fold(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// `text` is followed by 16 readable bytes. Two chains, for each waits for its multiplications; what
// is left over is read with bytes before it once more, without a loop.
uint64_t hash_padded(const char* text, size_t size, uint64_t seed) {
  constexpr uint64_t kOdd = 0x9fb21c651e98df25ULL, kOther = 0xd6e8feb86659fd93ULL;
  const auto load = [](const char* at) {
    uint64_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
  };
  uint64_t a = seed ^ size ^ kOdd, b = seed ^ kOther;
  const auto take = [&](const char* one, const char* other) {
    a = fold(load(one) ^ a, load(one + 8) ^ kOdd) ^ a;
    b = fold(load(other) ^ b, load(other + 8) ^ kOther) ^ b;
  };
  const char* const end = text + size;
  if (size > 32) {
    for (; text + 32 < end; text += 32) take(text, text + 16);
    take(end - 32, end - 16);
  } else if (size >= 16) {
    take(text, end - 16);
  } else {
    const auto first = [](uint64_t value, size_t bytes) {
      return bytes == 0 ? 0 : value << (64 - 8 * std::min<size_t>(bytes, 8));
    };
    a ^= first(load(text), size);
    b ^= size > 8 ? first(load(text + 8), size - 8) : 0;
  }
  return fold(a ^ kOther, b ^ kOdd);
}

// What is done to many blocks at a time. `text` is read to the end of its last block.
struct Engine {
  unsigned bits;                                                    // of its vectors
  void (*classify)(const char* text, size_t blocks, Masks& masks);  // from masks[1] on
  void (*find_values)(const Masks& masks, size_t blocks, uint64_t* values);
  // Packs the kept bytes, values as '#', and notes where each block's end. May write up to 64 bytes
  // more than it says.
  char* (*pack)(const char* text, size_t blocks, const uint64_t* kept, const uint64_t* values,
                char* out, char** ends);
  // Skeletons::bytes_at(); of `kept` only the words from begin / 64 on are looked at.
  void (*bytes_at)(const uint64_t* kept, uint32_t begin, uint32_t end, const uint32_t* places,
                   size_t count, uint32_t* bytes);
};

void classify_plain(const char* text, size_t blocks, Masks& masks) {
  for (size_t block = 1; block <= blocks; ++block, text += kBlock) {
    uint64_t bits[4] = {};
    for (size_t i = 0; i < kBlock; ++i) {
      const uint64_t kind = class_of(text[i]);
      for (size_t k = 0; k < 4; ++k) bits[k] |= (kind >> k & 1) << i;
    }
    masks.digits[block] = bits[0];
    masks.hex[block] = bits[1];
    masks.letters[block] = bits[2];
    masks.newlines[block] = bits[3];
  }
}
void find_values_plain(const Masks& masks, size_t blocks, uint64_t* values) {
  find_values(masks, blocks, values);
}

char* pack_plain(const char* text, size_t blocks, const uint64_t* kept, const uint64_t* values,
                 char* out, char** ends) {
  for (size_t block = 0; block < blocks; ++block, text += kBlock) {
    for (uint64_t left = kept[block]; left != 0; left &= left - 1) {
      const int at = std::countr_zero(left);
      *out++ = values[block] >> at & 1 ? '#' : text[at];
    }
    ends[block] = out;
  }
  return out;
}

constexpr uint64_t kEach = 0x0101010101010101ULL, kTops = 0x80 * kEach;

// In byte i how many bits are set in bytes 0 to i.
uint64_t sums_of(uint64_t bits) {
  bits -= bits >> 1 & 0x55 * kEach;
  bits = (bits & 0x33 * kEach) + (bits >> 2 & 0x33 * kEach);
  return ((bits + (bits >> 4)) & 0x0f * kEach) * kEach;
}

// For each byte and n the place of its n-th bit.
constexpr std::array<std::array<uint8_t, 8>, 256> kBitOfByte = [] {
  std::array<std::array<uint8_t, 8>, 256> places{};
  for (size_t byte = 0; byte < 256; ++byte) {
    size_t n = 0;
    for (uint8_t bit = 0; bit < 8; ++bit) {
      if (byte >> bit & 1) places[byte][n++] = bit;
    }
  }
  return places;
}();

// The place of the n-th bit that is set, of which there are more than n (S. Vigna, "Broadword
// Implementation of Rank/Select Queries", 2008: bytes whose sum is not above n are left behind).
uint32_t select(uint64_t bits, uint64_t sums, uint32_t n) {
  const uint64_t left_behind = ((n * kEach | kTops) - sums) & kTops;
  const uint64_t shift = ((left_behind >> 7) * kEach >> 56) * 8;
  const auto before = static_cast<uint32_t>((sums << 8) >> shift & 255);
  return static_cast<uint32_t>(shift) + kBitOfByte[bits >> shift & 255][n - before];
}

void bytes_at_plain(const uint64_t* kept, uint32_t begin, uint32_t end, const uint32_t* places,
                    size_t count, uint32_t* bytes) {
  uint32_t word = begin / kBlock, before = 0;
  uint64_t bits = kept[word] & ~uint64_t{0} << (begin % kBlock);
  uint64_t sums = sums_of(bits);
  for (size_t i = 0; i < count; ++i) {
    while (places[i] - before >= sums >> 56) {
      before += static_cast<uint32_t>(sums >> 56);
      if (++word * kBlock >= end) {
        std::fill(bytes + i, bytes + count, end - begin);
        return;
      }
      bits = kept[word];
      sums = sums_of(bits);
    }
    const uint32_t at =
        word * static_cast<uint32_t>(kBlock) + select(bits, sums, places[i] - before);
    bytes[i] = std::min(at, end) - begin;
  }
}

#if defined(__x86_64__)
// A byte's class is the bits that the tables of its two halves share: 1 a digit, 2 and 4 hex
// letters, 8 to 64 other letters, 128 a newline.
[[gnu::target("avx2")]] void classify_avx2(const char* text, size_t blocks, Masks& masks) {
  constexpr char kNl = -128, kLow9 = 1 + 8 + 16 + 64, kOnes = 1 + 2 + 16 + 64, kLast = 8 + 64;
  const __m256i high_half = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(kNl, 0, 0, 1, 10, 52, 10, 20, 64, 64, 64, 64, 64, 64, 64, 64));
  const __m256i low_half = _mm256_broadcastsi128_si256(_mm_setr_epi8(
      1 + 16 + 64, kOnes, kOnes, kOnes, kOnes, kOnes, kOnes, kLow9, 1 + 4 + 8 + 64, kLow9,
      static_cast<char>(8 + 16 + 64 + 128), kLast, kLast, kLast, kLast, 8 + 32 + 64));
  const __m256i nibble = _mm256_set1_epi8(15), zero = _mm256_setzero_si256();
  const __m256i hex = _mm256_set1_epi8(2 + 4), letters = _mm256_set1_epi8(8 + 16 + 32 + 64);
  for (size_t block = 1; block <= blocks; ++block, text += kBlock) {
    uint64_t bits[4][2];
    for (int i = 0; i < 2; ++i) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32 * i));
      const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble);
      const __m256i low = _mm256_and_si256(bytes, nibble);
      const __m256i found = _mm256_and_si256(_mm256_shuffle_epi8(high_half, high),
                                             _mm256_shuffle_epi8(low_half, low));
      const __m256i no_hex = _mm256_cmpeq_epi8(_mm256_and_si256(found, hex), zero);
      const __m256i no_letter = _mm256_cmpeq_epi8(_mm256_and_si256(found, letters), zero);
      bits[0][i] = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_slli_epi16(found, 7)));
      bits[1][i] = static_cast<uint32_t>(~_mm256_movemask_epi8(no_hex));
      bits[2][i] = static_cast<uint32_t>(~_mm256_movemask_epi8(no_letter));
      bits[3][i] = static_cast<uint32_t>(_mm256_movemask_epi8(found));
    }
    masks.digits[block] = bits[0][0] | bits[0][1] << 32;
    masks.hex[block] = bits[1][0] | bits[1][1] << 32;
    masks.letters[block] = bits[2][0] | bits[2][1] << 32;
    masks.newlines[block] = bits[3][0] | bits[3][1] << 32;
  }
}

[[gnu::target("avx2")]] void find_values_avx2(const Masks& masks, size_t blocks, uint64_t* values) {
  find_values(masks, blocks, values);
}

// For each set of eight bytes: where those that are kept come from.
constexpr std::array<std::array<uint8_t, 8>, 256> kPacking = [] {
  std::array<std::array<uint8_t, 8>, 256> packing{};
  for (size_t kept = 0; kept < 256; ++kept) {
    size_t to = 0;
    for (uint8_t from = 0; from < 8; ++from) {
      if (kept >> from & 1) packing[kept][to++] = from;
    }
    while (to < 8) packing[kept][to++] = 0x80;
  }
  return packing;
}();

[[gnu::target("avx2,popcnt")]] char* pack_avx2(const char* text, size_t blocks,
                                               const uint64_t* kept, const uint64_t* values,
                                               char* out, char** ends) {
  const __m256i which = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2,
                                         2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
  const __m256i own = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201ULL));
  const __m256i sign = _mm256_set1_epi8('#');
  for (size_t block = 0; block < blocks; ++block, text += kBlock) {
    alignas(32) char marked[kBlock];
    for (int i = 0; i < 2; ++i) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32 * i));
      const auto bits = static_cast<int>(values[block] >> (32 * i));
      const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32(bits), which);
      const __m256i value = _mm256_cmpeq_epi8(_mm256_and_si256(spread, own), own);
      _mm256_store_si256(reinterpret_cast<__m256i*>(marked + 32 * i),
                         _mm256_blendv_epi8(bytes, sign, value));
    }
    for (size_t i = 0; i < 8; ++i) {
      const auto eight = static_cast<uint8_t>(kept[block] >> (8 * i));
      const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(marked + 8 * i));
      const __m128i order = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(&kPacking[eight]));
      _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_shuffle_epi8(bytes, order));
      out += __builtin_popcount(eight);
    }
    ends[block] = out;
  }
  return out;
}

[[gnu::target("bmi,bmi2,popcnt")]] void bytes_at_bmi2(const uint64_t* kept, uint32_t begin,
                                                      uint32_t end, const uint32_t* places,
                                                      size_t count, uint32_t* bytes) {
  uint32_t word = begin / kBlock, before = 0;
  uint64_t bits = kept[word] & ~uint64_t{0} << (begin % kBlock);
  auto here = static_cast<uint32_t>(__builtin_popcountll(bits));
  for (size_t i = 0; i < count; ++i) {
    while (places[i] - before >= here) {
      before += here;
      if (++word * kBlock >= end) {
        std::fill(bytes + i, bytes + count, end - begin);
        return;
      }
      bits = kept[word];
      here = static_cast<uint32_t>(__builtin_popcountll(bits));
    }
    const uint64_t one = _pdep_u64(uint64_t{1} << (places[i] - before), bits);
    const auto at = static_cast<uint32_t>(word * kBlock + _tzcnt_u64(one));
    bytes[i] = std::min(at, end) - begin;
  }
}

#define BLIP_AVX512 "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,popcnt"

[[gnu::target(BLIP_AVX512)]] void classify_avx512(const char* text, size_t blocks, Masks& masks) {
  const __m512i low = _mm512_loadu_si512(kClasses.data());
  const __m512i high = _mm512_loadu_si512(kClasses.data() + 64);
  const __m512i digit = _mm512_set1_epi8(kDigit), hex = _mm512_set1_epi8(kHex);
  const __m512i letter = _mm512_set1_epi8(kLetter), newline = _mm512_set1_epi8('\n');
  for (size_t block = 1; block <= blocks; ++block, text += kBlock) {
    const __m512i bytes = _mm512_loadu_si512(text);
    const __mmask64 beyond = _mm512_movepi8_mask(bytes);  // not ASCII
    const __m512i classes = _mm512_maskz_permutex2var_epi8(_knot_mask64(beyond), low, bytes, high);
    masks.digits[block] = _mm512_test_epi8_mask(classes, digit);
    masks.hex[block] = _mm512_test_epi8_mask(classes, hex);
    masks.letters[block] = _mm512_test_epi8_mask(classes, letter) | beyond;
    masks.newlines[block] = _mm512_cmpeq_epi8_mask(bytes, newline);
  }
}

[[gnu::target(BLIP_AVX512)]] void find_values_avx512(const Masks& masks, size_t blocks,
                                                     uint64_t* values) {
  find_values(masks, blocks, values);
}

[[gnu::target(BLIP_AVX512)]] char* pack_avx512(const char* text, size_t blocks,
                                               const uint64_t* kept, const uint64_t* values,
                                               char* out, char** ends) {
  const __m512i sign = _mm512_set1_epi8('#');
  for (size_t block = 0; block < blocks; ++block, text += kBlock) {
    const __m512i bytes = _mm512_loadu_si512(text);
    const __m512i marked = _mm512_mask_mov_epi8(bytes, values[block], sign);
    // Packed in a register: packing into memory is slow on Zen 4.
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(kept[block], marked));
    out += __builtin_popcountll(kept[block]);
    ends[block] = out;
  }
  return out;
}
#endif

// The fastest one that this processor has with vectors of at most so many bits.
Engine engine_of(unsigned bits) {
#if defined(__x86_64__)
  // Zen and Zen 2 have pdep, but find a bit with it more slowly than without.
  const bool pdep = __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("bmi") &&
                    !__builtin_cpu_is("znver1") && !__builtin_cpu_is("znver2");
  const auto bytes_at = pdep ? bytes_at_bmi2 : bytes_at_plain;
  if (bits >= 512 && __builtin_cpu_supports("avx512vbmi2") &&
      __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("popcnt")) {
    return {512, classify_avx512, find_values_avx512, pack_avx512, bytes_at};
  }
  if (bits >= 256 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt")) {
    return {256, classify_avx2, find_values_avx2, pack_avx2, bytes_at};
  }
#endif
  return {0, classify_plain, find_values_plain, pack_plain, bytes_at_plain};
}

Engine& engine() {
  static Engine value = engine_of(512);
  return value;
}

// Calls visit(block, kept, newlines, end of its skeleton) for each block, until that says false.
// `out` has room for 64 bytes more than the text.
template <class Visit>
void each_block(std::string_view text, const Engine& engine, char* out, Visit&& visit) {
  const size_t blocks = (text.size() + kBlock - 1) / kBlock;
  Masks masks;
  uint64_t kept[kGroup], values[kGroup];
  char* ends[kGroup];
  uint64_t ended_in_value = 0;
  for (size_t first = 0; first < blocks; first += kGroup) {
    const size_t count = std::min(kGroup, blocks - first);
    const size_t known = std::min(count + 1, blocks - first);
    for (uint64_t* part : {masks.digits, masks.hex, masks.letters, masks.newlines}) {
      part[0] = first == 0 ? 0 : part[kGroup];
    }
    engine.classify(text.data() + kBlock * first, known, masks);
    const size_t left = text.size() - kBlock * (first + known - 1);
    const uint64_t in_text = left < kBlock ? (uint64_t{1} << left) - 1 : ~uint64_t{0};
    for (uint64_t* part : {masks.digits, masks.hex, masks.letters, masks.newlines}) {
      part[known] &= in_text;
      std::fill(part + known + 1, part + known + 5, 0);
    }
    engine.find_values(masks, count, values);
    for (size_t i = 0; i < count; ++i) {
      kept[i] = ~(values[i] & (values[i] << 1 | ended_in_value));
      ended_in_value = values[i] >> 63;
    }
    if (first + count == blocks) kept[count - 1] &= in_text;
    out = engine.pack(text.data() + kBlock * first, count, kept, values, out, ends);
    for (size_t i = 0; i < count; ++i) {
      if (!visit(first + i, kept[i], masks.newlines[i + 1], ends[i])) return;
    }
  }
}

}  // namespace

unsigned limit_vectors(unsigned bits) {
  engine() = engine_of(bits);
  return engine().bits;
}

void Skeletons::read(std::string_view text) {
  BLIP_CHECK(text.size() < UINT32_MAX, "a chunk is less than 4 GiB");
  lines_.clear();
  const size_t blocks = (text.size() + kBlock - 1) / kBlock;
  if (kept_.size() < blocks) kept_.resize(blocks);
  if (skeleton_.size() < text.size() + 2 * kBlock) skeleton_.resize(text.size() + 2 * kBlock);
  const char* const base = skeleton_.data();
  const uint64_t seed = secret();
  uint32_t begin = 0, skeleton = 0, packed = 0;
  const auto end_line = [&](uint32_t end, uint32_t skeleton_end) {
    lines_.push_back({begin, end, skeleton, skeleton_end - skeleton,
                      hash_padded(base + skeleton, skeleton_end - skeleton, seed)});
    begin = end + 1;
    skeleton = skeleton_end + 1;
  };
  each_block(text, engine(), skeleton_.data(),
             [&](size_t block, uint64_t kept, uint64_t newlines, const char* end) {
               kept_[block] = kept;
               for (; newlines != 0; newlines &= newlines - 1) {
                 const auto at = static_cast<uint32_t>(std::countr_zero(newlines));
                 const uint64_t below = kept & ((uint64_t{1} << at) - 1);
                 end_line(static_cast<uint32_t>(kBlock * block) + at,
                          packed + static_cast<uint32_t>(std::popcount(below)));
               }
               packed = static_cast<uint32_t>(end - base);
               return true;
             });
  if (begin < text.size()) end_line(static_cast<uint32_t>(text.size()), packed);
}

uint32_t Skeletons::place_of(const Line& line, uint32_t byte) const {
  const uint32_t at = line.begin + byte;
  if (at >= line.end) return at == line.end ? line.size : kNone;
  if ((kept_[at / kBlock] >> (at % kBlock) & 1) == 0) return kNone;
  uint32_t place = 0;
  for (uint32_t word = line.begin / kBlock; word <= at / kBlock; ++word) {
    uint64_t bits = kept_[word];
    if (word == line.begin / kBlock) bits &= ~uint64_t{0} << (line.begin % kBlock);
    if (word == at / kBlock) bits &= (uint64_t{1} << (at % kBlock)) - 1;
    place += static_cast<uint32_t>(std::popcount(bits));
  }
  return place;
}

uint32_t Skeletons::byte_at(const Line& line, uint32_t place) const {
  if (place >= line.size) return line.end - line.begin;
  uint32_t byte = 0;
  bytes_at(line, &place, 1, &byte);
  return byte;
}

void Skeletons::bytes_at(const Line& line, const uint32_t* places, size_t count,
                         uint32_t* bytes) const {
  engine().bytes_at(kept_.data(), line.begin, line.end, places, count, bytes);
}

uint64_t skeleton_hash(std::string_view text) {
  if (text.empty()) return 0;
  // Of a copy, which has readable bytes behind it. Only of values without end does more matter.
  constexpr size_t kMost = 1024;
  char copy[kMost + kBlock], skeleton[kMost + 2 * kBlock];
  const size_t size = std::min(text.size(), kMost);
  std::memcpy(copy, text.data(), size);
  size_t packed = 0;
  each_block({copy, size}, engine(), skeleton, [&](size_t, uint64_t, uint64_t, const char* end) {
    packed = static_cast<size_t>(end - skeleton);
    return packed < kHead;
  });
  return hash_padded(skeleton, std::min(packed, kHead), 0);
}

// What becomes of a byte is decided by its run of digits and hexadecimal letters and what bounds
// that. At the ends of the piece one bound is not known: letters that are near enough to one on the
// other side stay, and digits are values wherever they stand.
std::string certain_skeleton(std::string_view piece) {
  const auto in_run = [](char c) { return (class_of(c) & (kDigit | kHex)) != 0; };
  size_t begin = 0, end = piece.size();
  while (begin < end && in_run(piece[begin])) ++begin;
  if (begin == end) return {};
  while (in_run(piece[end - 1])) --end;
  const auto end_of_value = [](std::string_view text, size_t at) {
    while (at < text.size() && class_of(text[at]) == kDigit) ++at;
    return at;
  };
  const auto with_values = [&](std::string_view letters) {
    std::string shown;
    for (size_t at = 0; at < letters.size();) {
      const size_t after = end_of_value(letters, at);
      shown += after > at ? '#' : letters[at];
      at = std::max(after, at + 1);
    }
    return shown;
  };
  const std::string_view before = piece.substr(0, begin), behind = piece.substr(end);
  std::string shown;
  if (class_of(piece[begin]) == kLetter) {
    shown = with_values(before.substr(before.size() - std::min(before.size(), kReach)));
  } else if (!before.empty() && class_of(before.back()) == kDigit) {
    shown = "#";
  }
  std::string padded(piece.substr(begin, end - begin));
  const size_t size = padded.size();
  padded.append(kBlock, '\n');
  Skeletons skeletons;
  skeletons.read({padded.data(), size});
  shown += skeletons.skeleton_of(skeletons.lines()[0]);
  if (class_of(piece[end - 1]) == kLetter) {
    shown += with_values(behind.substr(0, kReach));
  } else if (end_of_value(behind, 0) > 0) {
    shown += '#';
  }
  return shown;
}

}  // namespace blip
