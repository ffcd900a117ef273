// heapUsedMb -> heap, used, mb -> memory of a collected heap; memory_quota -> a limit.

#include "rules/judge/metrics.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace blip {
namespace {
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  bool inside = false;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!letter(c)) {
      inside = false;
      continue;
    }
    const bool upper = c >= 'A' && c <= 'Z';
    if (!inside || (upper && name[i - 1] >= 'a' && name[i - 1] <= 'z')) words.emplace_back();
    words.back() += static_cast<char>(upper ? c - 'A' + 'a' : c);
    inside = true;
  }
  return words;
}

template <size_t N>
bool holds(const std::vector<std::string>& words, const std::array<std::string_view, N>& wanted) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::find(wanted.begin(), wanted.end(), word) != wanted.end();
  });
}
}  // namespace

MetricKind kind_of_metric(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kLimit = {"quota", "limit",    "max",
                                                             "cap",   "capacity", "ceiling"};
  static constexpr std::array<std::string_view, 9> kDelay = {
      "delay", "lag", "latency", "duration", "elapsed", "took", "pause", "ms", "wait"};
  static constexpr std::array<std::string_view, 4> kTotal = {"total", "cumulative", "sum", "count"};
  static constexpr std::array<std::string_view, 4> kHeap = {"heap", "alloc", "allocated", "gc"};
  static constexpr std::array<std::string_view, 9> kMemory = {
      "mem", "memory", "rss", "vsz", "pss", "swap", "resident", "footprint", "used"};
  const std::vector<std::string> words = words_of(name);
  if (holds(words, kLimit)) return MetricKind::limit;
  if (holds(words, kDelay)) return MetricKind::delay;
  if (holds(words, kTotal)) return MetricKind::total;
  if (holds(words, kHeap)) return MetricKind::heap;
  if (holds(words, kMemory)) return MetricKind::memory;
  // What was done, "queued 94", not what is held, "queue 94".
  if (std::any_of(words.begin(), words.end(), [](const std::string& word) {
        return word.size() > 4 && std::string_view(word).ends_with("ed");
      })) {
    return MetricKind::total;
  }
  return MetricKind::held;
}

}  // namespace blip
