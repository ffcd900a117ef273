// "regexp" -> "regex", "criticl" -> "critical"; "banana" -> nothing: a wild guess helps nobody.

#include "rules/suggest.h"

#include <algorithm>
#include <vector>

namespace blip {
namespace {

constexpr size_t kLongestWord = 32;  // a longer one is no misspelt key
constexpr size_t kTooFar = 4;        // edits

// Bytes to change, add or leave out to make one word of the other (Levenshtein).
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above + 1, row[j - 1] + 1, changed});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::string_view* known, size_t count) {
  if (word.size() > kLongestWord) return "";
  std::string_view best;
  size_t least = kTooFar;
  for (size_t i = 0; i < count; ++i) {
    const size_t distance = edit_distance(word, known[i]);
    if (distance >= least || distance * 2 > std::max(word.size(), known[i].size())) continue;
    least = distance;
    best = known[i];
  }
  return best.empty() ? "" : "; did you mean \"" + std::string(best) + "\"?";
}

}  // namespace blip
