// Templates: lines that differ only in their values are one. A masked hash of the whole message is
// looked up per line; only a hash never seen pays for tokens and a search among the templates
// (a tree of token count and first two tokens, then the most alike, as in Drain: He et al., ICWS
// 2017). Two purely alphabetic tokens never merge by likeness, but 12 siblings that differ in one
// such place do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/state.h"
#include "core/time.h"

namespace blip {

// One place of a template that holds a number, and what is known of its values.
struct Slot {
  double last = 0;
  Time last_time = kNoTime;
  uint64_t last_ordinal = 0;
  uint32_t rises = 0;  // since its last reset
  uint8_t falls = 0;   // that were no reset
  bool strict = true;  // still looks like a counter
  bool gauge = false;  // its name is one of something that processes hold
};

struct Template {
  uint64_t id = 0;     // hash of the masked text it began as: survives generalisation
  uint64_t count = 0;  // lines
  uint64_t last_ordinal = 0;
  bool watched = true;              // its numbers are worth reading
  bool common = false;              // said to be no longer rare
  std::vector<std::string> tokens;  // masked: "#" a value, "*" any word
  std::vector<Slot> slots;          // by place in read_numbers()
  std::string text() const;         // "order # shipped, total so far #"
};

class TemplateTable {
 public:
  static constexpr size_t kMaxTemplates = 2000;
  static constexpr size_t kMaxKeys = 16384;
  static constexpr size_t kMaxBytes = 256;  // of a message that are looked at

  // The template of this message, counted. Borrowed until the next call.
  Template& find(std::string_view message, uint64_t ordinal);
  size_t size() const { return templates_.size(); }

  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  uint32_t learn(std::string_view message, uint64_t ordinal);
  uint32_t add(std::vector<std::string> tokens);
  bool widen(const std::vector<std::string>& tokens, const std::vector<uint32_t>& group,
             uint32_t& found);
  void forget_oldest();
  void index();

  std::vector<Template> templates_;
  std::unordered_map<uint64_t, uint32_t> keys_;  // masked hash -> template
  std::unordered_map<uint64_t, std::vector<uint32_t>>
      tree_;  // count and first two tokens -> templates
};

// The hash of a message with every token that holds a digit blanked.
uint64_t masked_key(std::string_view message);

}  // namespace blip
