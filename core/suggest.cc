// "restrats" -> "restarts", "--sicne" -> "--since", "regexp" -> "regex", "--db-file" -> nothing: a
// wild guess helps nobody. Words are short, so the whole table of distances costs nothing.

#include "core/suggest.h"

#include <algorithm>

namespace blip {

// The restricted Damerau-Levenshtein distance: two letters swapped count once.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known) {
  static constexpr size_t kLongestWord = 40;  // a longer one is no slip of the finger
  if (word.size() > kLongestWord) return {};
  std::string_view best;
  size_t least = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const size_t distance = edit_distance(word, candidate);
    if (distance >= least) continue;
    least = distance;
    best = candidate;
  }
  if (!best.empty() || word.size() < 3) return best;
  // "crash" for "crashes", "--conf" for "--confidence"
  for (const std::string_view candidate : known) {
    if (candidate.starts_with(word)) return candidate;
  }
  return {};
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known,
                         std::string_view quote) {
  const std::string_view best = nearest(word, known);
  if (best.empty()) return "";
  return "; did you mean " + std::string(quote) + std::string(best) + std::string(quote) + "?";
}

}  // namespace blip
