// "order 87278 shipped, total so far 36" and "order 9 shipped, total so far 37" are one template:
//
//   tokens   order | # | shipped | , | total | so | far | #       (tokens.h)

#include "rules/sense/templates.h"

#include <algorithm>
#include <array>

#include "rules/sense/failure_words.h"
#include "rules/sense/tokens.h"

namespace blip {
namespace {
constexpr double kAlike = 0.5;  // share of equal literals needed to join a template
// Templates apart in one word only, before it is a wildcard; less of a name, which is one thing of
// many.
constexpr size_t kSiblings = 6, kNamedSiblings = 3;

// Not the same place of one template: two words, or a plain word where now a value stands. A word
// where values stood before may be a value: ids need not hold a digit.
bool differs(const std::string& known, const std::string& token) {
  return is_word(known) && (is_word(token) || (token == "#" && !is_name(known)));
}

uint64_t branch(const std::vector<std::string>& tokens) {
  Hasher hasher;
  hasher.number(tokens.size());
  if (!tokens.empty()) {
    const bool any = is_value(tokens[0]) || is_name(tokens[0]);
    hasher.field(any ? std::string_view("#") : std::string_view(tokens[0]));
  }
  return hasher.value();
}
}  // namespace

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
  const uint64_t key = skeleton_hash(message);
  const uint32_t* const known = keys_.find(key);
  const uint32_t at = known != nullptr ? *known : learn(message, ordinal);
  if (known == nullptr) keys_.put(key, at);
  Template& found = templates_[at];
  ++found.count;
  found.last_ordinal = ordinal;
  return found;
}

uint32_t TemplateTable::learn(std::string_view message, uint64_t ordinal) {
  std::vector<std::string> tokens = tokens_of(message.substr(0, kMaxBytes));
  if (templates_.size() >= kMaxTemplates) forget_oldest();
  const std::vector<uint32_t>& group = tree_[branch(tokens)];
  double best = 0;
  size_t fewest = 0;
  uint32_t found = 0;
  for (const uint32_t candidate : group) {
    const std::vector<std::string>& other = templates_[candidate].tokens;
    size_t literals = 0, equal = 0;
    bool words_differ = false;
    for (size_t i = 0; i < tokens.size() && !words_differ; ++i) {
      if (other[i] == "*") continue;
      ++literals;
      equal += other[i] == tokens[i];
      words_differ = other[i] != tokens[i] && differs(other[i], tokens[i]);
    }
    const double alike =
        literals == 0 ? 1 : static_cast<double>(equal) / static_cast<double>(literals);
    // Of two as like the one that says less: its siblings were to fade.
    if (words_differ || alike < kAlike || alike < best) continue;
    if (alike > best || literals < fewest) {
      best = alike;
      fewest = literals;
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
  bool kin = false;
  if (widen(tokens, group, found, kin)) return found;
  const uint32_t added = add(std::move(tokens));
  templates_[added].kin = kin;
  templates_[added].last_ordinal = ordinal;
  return added;
}

// Six templates that are one but for a single word ("accepted for alice", "... for bob"): the
// word is a value. The oldest becomes the template of all; its siblings fade by disuse.
bool TemplateTable::widen(const std::vector<std::string>& tokens,
                          const std::vector<uint32_t>& group, uint32_t& found, bool& kin) {
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
    kin = true;
    if (siblings[where]++ == 0) oldest[where] = candidate;
    const size_t enough = is_name(tokens[where]) ? kNamedSiblings : kSiblings;
    if (siblings[where] + 1 < enough) continue;
    found = oldest[where];
    templates_[found].tokens[where] = "*";
    keys_.clear();  // its siblings' lines find it from now on
    ++widened_;
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
  fresh.failing = tells_failure(fresh.tokens);
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
  out.u64(widened_);
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
    out.flag(one.kin);
    out.flag(one.failing);
    out.u64(static_cast<uint64_t>(one.rhythm));
    out.u64(one.tokens.size());
    for (const std::string& token : one.tokens) out.text(token);
    out.u64(one.slots.size());
    for (const Slot& slot : one.slots) {
      out.f64(slot.last);
      out.time(slot.last_time);
      out.u64(slot.last_ordinal);
      out.f64(slot.base);
      out.u64(slot.base_ordinal);
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
  widened_ = in.u64();
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
    one.kin = in.flag();
    one.failing = in.flag();
    one.rhythm = static_cast<Rhythm>(std::min<uint64_t>(in.u64(), 2));
    for (uint64_t tokens = in.count(); tokens > 0 && in.ok(); --tokens) {
      one.tokens.emplace_back(in.text());
    }
    for (uint64_t slots = in.count(); slots > 0 && in.ok(); --slots) {
      Slot slot;
      slot.last = in.f64();
      slot.last_time = in.time();
      slot.last_ordinal = in.u64();
      slot.base = in.f64();
      slot.base_ordinal = in.u64();
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
