// Reads a regex only as far as its certain text:
//
//   ^fatal error: (?P<reason>out of memory|stack overflow)   ->  "fatal error: "
//   worker (?P<pid>\d+) exited with code \d+\.?              ->  "worker ", " exited with code "
//
// Whether the regex is valid, and what it matches, is RE2's to say.

#include "rules/literal.h"

#include <algorithm>

namespace blip {
namespace {

constexpr int kMaxDepth = 64;  // groups within groups; deeper ones just give no runs

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

class Walker {
 public:
  explicit Walker(std::string_view regex) : rest_(regex) {}

  // One alternation, up to its ")" or the end. Its runs are certain only without a "|".
  std::vector<std::string> alternation(int depth) {
    std::vector<std::string> runs;
    std::string run;
    bool alternated = false;
    while (!rest_.empty() && rest_[0] != ')') {
      if (rest_[0] == '|') {
        alternated = true;
        next();
        continue;
      }
      atom(depth, run, runs);
    }
    flush(run, runs);
    if (alternated || lost_) runs.clear();
    return runs;
  }

 private:
  void next(size_t n = 1) { rest_.remove_prefix(std::min(n, rest_.size())); }

  static void flush(std::string& run, std::vector<std::string>& runs) {
    if (!run.empty()) runs.push_back(std::move(run));
    run.clear();
  }

  // One byte, class or group together with the repeats behind it.
  void atom(int depth, std::string& run, std::vector<std::string>& runs) {
    const char c = rest_[0];
    if (c == '(') {
      std::vector<std::string> inner = group(depth);
      const bool optional = repeats() == Repeat::optional;
      flush(run, runs);
      if (!optional) runs.insert(runs.end(), inner.begin(), inner.end());
      return;
    }
    std::string plain = c == '\\' ? escape() : c == '[' ? char_class() : single();
    const Repeat repeat = repeats();
    if (repeat == Repeat::optional) plain.clear();
    run += plain;
    if (plain.empty() || repeat != Repeat::once) flush(run, runs);
  }

  std::string single() {
    const char c = rest_[0];
    next();
    return c == '.' || c == '^' || c == '$' ? std::string() : std::string(1, c);
  }

  std::vector<std::string> group(int depth) {
    next();
    bool usable = depth < kMaxDepth;
    if (rest_.substr(0, 1) == "?") {
      const size_t end = rest_.find_first_of(":>)");
      const std::string_view flags = rest_.substr(0, end);
      const bool named = flags.substr(0, 2) == "?P" || flags.substr(0, 2) == "?<";
      // Case may change inside, or (without a ":") from here on.
      if (!named && flags.find('i') != std::string_view::npos) usable = false;
      if (end != std::string_view::npos && rest_[end] == ')') {
        lost_ |= !usable;
        next(end);  // the loop below takes the ")"
      } else {
        next(end == std::string_view::npos ? rest_.size() : end + 1);
      }
    }
    if (depth >= kMaxDepth) {
      lost_ = true;
      next(rest_.size());
      return {};
    }
    std::vector<std::string> runs = alternation(depth + 1);
    next();  // ")"
    return usable ? runs : std::vector<std::string>();
  }

  // "\." is a dot; "\d", "\x41", "\pL" are read over and give nothing.
  std::string escape() {
    next();
    if (rest_.empty()) return {};
    const char c = rest_[0];
    next();
    if (c == 'Q') lost_ = true;  // quoted to "\E": written by no one, so not worth the reading
    if (c == 'x' || c == 'p' || c == 'P') {
      const size_t brace = rest_.find('}');
      const size_t plain = c == 'x' ? 2 : 1;
      next(rest_.substr(0, 1) == "{" && brace != std::string_view::npos ? brace + 1 : plain);
    }
    if (c >= '0' && c <= '7') {
      while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '7') next();
    }
    return is_alnum(c) ? std::string() : std::string(1, c);
  }

  std::string char_class() {
    next();
    if (rest_.substr(0, 1) == "^") next();
    if (rest_.substr(0, 1) == "]") next();  // first of all: a bracket like any byte
    while (!rest_.empty() && rest_[0] != ']') {
      if (rest_[0] == '\\') {
        next(2);
      } else if (rest_.substr(0, 2) == "[:") {
        const size_t end = rest_.find(":]");
        next(end == std::string_view::npos ? 1 : end + 2);
      } else {
        next();
      }
    }
    next();
    return {};
  }

  enum class Repeat { once, many, optional };

  Repeat repeats() {
    Repeat repeat = Repeat::once;
    while (!rest_.empty()) {
      const char c = rest_[0];
      if (c == '+') {
        repeat = std::max(repeat, Repeat::many);
      } else if (c == '*' || c == '?') {
        // "+?" is a lazy plus, but to read it as optional only loses a run.
        repeat = Repeat::optional;
      } else if (c == '{' && rest_.size() > 1 && rest_[1] >= '0' && rest_[1] <= '9') {
        repeat = rest_[1] == '0' ? Repeat::optional : std::max(repeat, Repeat::many);
        next(rest_.find('}'));
      } else {
        break;
      }
      next();
    }
    return repeat;
  }

  std::string_view rest_;
  bool lost_ = false;  // met something that makes all text uncertain
};

}  // namespace

bool is_caseless(std::string_view regex) { return regex.substr(0, 4) == "(?i)"; }

std::vector<std::string> required_runs(std::string_view regex) {
  if (is_caseless(regex)) regex.remove_prefix(4);
  return Walker(regex).alternation(0);
}

bool is_literal_byte(char c) {
  return c >= ' ' && c <= '~' && std::string_view("\"\\/<>&").find(c) == std::string_view::npos;
}

std::string derive_literal(std::string_view regex) {
  std::string best, piece;
  for (const std::string& run : required_runs(regex)) {
    for (const char c : run + '\n') {
      if (is_literal_byte(c)) {
        piece += c;
        continue;
      }
      if (piece.size() > best.size()) best = piece;
      piece.clear();
    }
  }
  return best;
}

}  // namespace blip
