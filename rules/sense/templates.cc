// "order 87278 shipped, total so far 36" and "order 9 shipped, total so far 37" are one template:
//
//   tokens   order | # | shipped | , | total | so | far | #

#include "rules/sense/templates.h"

#include <algorithm>
#include <array>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace blip {
namespace {
constexpr double kAlike = 0.5;    // share of equal literals needed to join a template
constexpr size_t kSiblings = 12;  // templates apart in one word only, before it is a wildcard
constexpr size_t kMaxTokens = 64;
constexpr uint8_t kBreak = 0, kLetter = 1, kDigit = 2;

constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    classes[static_cast<size_t>(c)] = letter ? kLetter : c >= '0' && c <= '9' ? kDigit : kBreak;
  }
  return classes;
}
constexpr std::array<uint8_t, 256> kClass = make_classes();

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
    const uint8_t kind = kClass[static_cast<unsigned char>(text[i])];
    digits |= uint64_t{kind == kDigit} << i;
    words |= uint64_t{kind != kBreak} << i;
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

// Calls visit(token) for words, "#" for words that hold a digit, and each sign but the space.
template <class Visit>
void each_token(std::string_view text, Visit&& visit) {
  size_t tokens = 0;
  for (size_t at = 0; at < text.size() && tokens < kMaxTokens;) {
    size_t end = at;
    uint8_t seen = 0;
    while (end < text.size() && kClass[static_cast<unsigned char>(text[end])] != kBreak) {
      seen |= kClass[static_cast<unsigned char>(text[end++])];
    }
    if (end > at) {
      visit(seen & kDigit ? std::string_view("#") : text.substr(at, end - at));
      ++tokens;
    } else {
      if (text[at] != ' ' && text[at] != '\t') visit(text.substr(at, 1)), ++tokens;
      end = at + 1;
    }
    at = end;
  }
}

bool is_word(const std::string& token) {
  return !token.empty() && kClass[static_cast<unsigned char>(token[0])] == kLetter;
}
bool is_value(const std::string& token) { return token == "#" || token == "*"; }

uint64_t branch(const std::vector<std::string>& tokens) {
  uint64_t hash = mix(1, tokens.size());
  for (size_t i = 0; i < std::min<size_t>(2, tokens.size()); ++i) {
    hash = mix(hash, hash_of(is_value(tokens[i]) ? "#" : std::string_view(tokens[i])));
  }
  return hash;
}
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

std::string Template::text() const {
  std::string out;
  bool after_word = false;
  for (const std::string& token : tokens) {
    const bool word = is_value(token) || is_word(token);
    if (word && after_word) out += ' ';
    out += token;
    after_word = word || token == "," || token == ":" || token == ";" || token == ")";
  }
  return out;
}

Template& TemplateTable::find(std::string_view message, uint64_t ordinal) {
  const uint64_t key = masked_key(message);
  const uint32_t* const known = keys_.find(key);
  const uint32_t at = known != nullptr ? *known : learn(message, ordinal);
  if (known == nullptr) keys_.put(key, at);
  Template& found = templates_[at];
  ++found.count;
  found.last_ordinal = ordinal;
  return found;
}

uint32_t TemplateTable::learn(std::string_view message, uint64_t ordinal) {
  std::vector<std::string> tokens;
  each_token(message.substr(0, kMaxBytes),
             [&](std::string_view token) { tokens.emplace_back(token); });
  if (templates_.size() >= kMaxTemplates) forget_oldest();
  const std::vector<uint32_t>& group = tree_[branch(tokens)];
  double best = 0;
  uint32_t found = 0;
  for (const uint32_t candidate : group) {
    const std::vector<std::string>& other = templates_[candidate].tokens;
    size_t literals = 0, equal = 0;
    bool words_differ = false;
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (other[i] == "*") continue;
      ++literals;
      equal += other[i] == tokens[i];
      words_differ |= other[i] != tokens[i] && is_word(other[i]) && is_word(tokens[i]);
    }
    const double alike =
        literals == 0 ? 1 : static_cast<double>(equal) / static_cast<double>(literals);
    if (!words_differ && alike >= kAlike && alike > best) {
      best = alike;
      found = candidate;
    }
  }
  if (best > 0) {
    std::vector<std::string>& mine = templates_[found].tokens;
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (mine[i] != tokens[i]) mine[i] = "*";
    }
    return found;
  }
  if (widen(tokens, group, found)) return found;
  const uint32_t added = add(std::move(tokens));
  templates_[added].last_ordinal = ordinal;
  return added;
}

// Twelve templates that are one but for a single word ("accepted for alice", "... for bob"): the
// word is a value. The oldest becomes the template of all; its siblings fade by disuse.
bool TemplateTable::widen(const std::vector<std::string>& tokens,
                          const std::vector<uint32_t>& group, uint32_t& found) {
  std::array<size_t, kMaxTokens + 1> siblings{};
  std::array<uint32_t, kMaxTokens + 1> oldest{};
  for (const uint32_t candidate : group) {
    const std::vector<std::string>& other = templates_[candidate].tokens;
    size_t differ = 0, where = 0;
    for (size_t i = 0; i < tokens.size() && differ < 2; ++i) {
      if (other[i] == tokens[i] || is_value(other[i])) continue;
      ++differ;
      where = i;
    }
    if (differ != 1 || !is_word(tokens[where])) continue;
    if (siblings[where]++ == 0) oldest[where] = candidate;
    if (siblings[where] + 1 < kSiblings) continue;
    found = oldest[where];
    templates_[found].tokens[where] = "*";
    keys_.clear();  // its siblings' lines find it from now on
    return true;
  }
  return false;
}

uint32_t TemplateTable::add(std::vector<std::string> tokens) {
  const auto at = static_cast<uint32_t>(templates_.size());
  tree_[branch(tokens)].push_back(at);
  Template fresh;
  fresh.tokens = std::move(tokens);
  fresh.id = hash_of(fresh.text());
  templates_.push_back(std::move(fresh));
  return at;
}

void TemplateTable::forget_oldest() {
  // An eighth at once, so that a stream of ever new lines does not pay for this at each.
  std::vector<uint64_t> seen;
  for (const Template& one : templates_) seen.push_back(one.last_ordinal);
  std::nth_element(seen.begin(), seen.begin() + kMaxTemplates / 8, seen.end());
  const uint64_t limit = seen[kMaxTemplates / 8];
  std::erase_if(templates_, [&](const Template& one) { return one.last_ordinal <= limit; });
  index();
}

void TemplateTable::index() {
  ++generation_;
  keys_.clear();
  tree_.clear();
  for (uint32_t i = 0; i < templates_.size(); ++i) tree_[branch(templates_[i].tokens)].push_back(i);
}

void TemplateTable::save(StateWriter& out) const {
  out.u64(templates_.size());
  for (const Template& one : templates_) {
    out.u64(one.id);
    out.u64(one.count);
    out.u64(one.last_ordinal);
    out.flag(one.watched);
    out.flag(one.gauges);
    out.u64(one.reshaped);
    out.time(one.sampled);
    out.flag(one.common);
    out.u64(one.tokens.size());
    for (const std::string& token : one.tokens) out.text(token);
    out.u64(one.slots.size());
    for (const Slot& slot : one.slots) {
      out.f64(slot.last);
      out.time(slot.last_time);
      out.u64(slot.last_ordinal);
      out.u64(slot.rises);
      out.u64(slot.falls);
      out.flag(slot.strict);
      out.flag(slot.moved);
      out.flag(slot.gauge);
    }
  }
  // Which key goes to which template depends on what was known when it came: part of the state.
  out.u64(keys_.size());
  keys_.each([&](uint64_t key, uint32_t at) {
    out.u64(key);
    out.u64(at);
  });
}

void TemplateTable::restore(StateReader& in) {
  templates_.clear();
  for (uint64_t n = in.count(); n > 0 && in.ok() && templates_.size() < kMaxTemplates; --n) {
    Template one;
    one.id = in.u64();
    one.count = in.u64();
    one.last_ordinal = in.u64();
    one.watched = in.flag();
    one.gauges = in.flag();
    one.reshaped = static_cast<uint8_t>(in.u64());
    one.sampled = in.time();
    one.common = in.flag();
    for (uint64_t tokens = in.count(); tokens > 0 && in.ok(); --tokens) {
      one.tokens.emplace_back(in.text());
    }
    for (uint64_t slots = in.count(); slots > 0 && in.ok(); --slots) {
      Slot slot;
      slot.last = in.f64();
      slot.last_time = in.time();
      slot.last_ordinal = in.u64();
      slot.rises = static_cast<uint32_t>(in.u64());
      slot.falls = static_cast<uint8_t>(in.u64());
      slot.strict = in.flag();
      slot.moved = in.flag();
      slot.gauge = in.flag();
      one.slots.push_back(slot);
    }
    templates_.push_back(std::move(one));
  }
  index();
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
    const uint64_t key = in.u64();
    const uint64_t at = in.u64();
    if (at < templates_.size()) keys_.put(key, static_cast<uint32_t>(at));
  }
}

}  // namespace blip
