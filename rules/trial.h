// One regex tried on its own, outside of any rule: where it matches, and what its groups hold.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace blip {

// A piece of the text that was tried. `name` is the group's, its number where it has none, and ""
// of the whole match. A group that took no part has no data().
struct TrialMatch {
  std::string_view name, text;
};

class Trial {
 public:
  // The error says what RE2 has against it. "%{version}" is known as in rule files.
  static Result<Trial> make(const std::string& regex);
  ~Trial();
  Trial(Trial&&) noexcept;
  Trial& operator=(Trial&&) noexcept;

  // The whole match and then each group, in order of number; empty where the regex is not found.
  // Views into `text` and into this.
  std::vector<TrialMatch> match(std::string_view text) const;

 private:
  struct Compiled;
  explicit Trial(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

// The regex in the words that RE2, Rust (ripgrep), PCRE and Go share: groups without names, no
// escape that is not needed, braces that repeat nothing escaped. It matches what it matched.
std::string portable_regex(std::string_view regex);

}  // namespace blip
