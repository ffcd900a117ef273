// Reads, for example:
//
//   uptime 119s open handles 120            uptime=119, "open handles"=120
//   [feed] tick 69823 px=0.072 seq=1        tick, px, seq
//   order 13028 shipped, total so far 22    order, "total so far"
//
// and leaves alone 10.0.29.73, 2f10c6f5, 0x3a, 12:35:00, 1.4.2, sku-34523.

#include "rules/sense/numbers.h"

#include <algorithm>
#include <array>

namespace blip {
namespace {
bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool in_word(char c) { return letter(c) || digit(c); }

// Up to three words before `at`, without the signs between: "so far: 22" -> "so far".
std::string_view name_before(std::string_view text, size_t at) {
  size_t end = at;
  while (end > 0 && !in_word(text[end - 1])) {
    const char c = text[end - 1];
    if (c != ' ' && c != '=' && c != ':' && c != '"' && c != '\'' && c != '(') return {};
    --end;
  }
  const bool tight = end < at && text[end] != ' ';  // name=5, name: 5: one word is the whole name
  size_t begin = end;
  for (int words = 0; words < (tight ? 1 : 3); ++words) {
    size_t start = begin;
    if (words > 0) {
      if (start == 0 || text[start - 1] != ' ') break;
      --start;
    }
    size_t first = start;
    while (first > 0 && (in_word(text[first - 1]) || text[first - 1] == '.')) --first;
    if (first == start || digit(text[first])) break;
    // A word with digits in it is a value of its own: "119s open handles" is named "open handles".
    if (std::any_of(text.begin() + static_cast<long>(first),
                    text.begin() + static_cast<long>(start), digit)) {
      break;
    }
    begin = first;
  }
  return text.substr(begin, end - begin);
}

// The length of a quantity at text[at], or 0: digits, perhaps a fraction, perhaps a short unit.
size_t quantity(std::string_view text, size_t at, size_t& value_end) {
  size_t end = at;
  while (end < text.size() && digit(text[end])) ++end;
  if (end + 1 < text.size() && text[end] == '.' && digit(text[end + 1])) {
    ++end;
    while (end < text.size() && digit(text[end])) ++end;
  }
  value_end = end;
  const size_t unit = end;
  while (end < text.size() && letter(text[end])) ++end;
  if (end - unit > 3) return 0;
  // 1.4.2, 12:35:00, 2024-06-24, 8f3: part of something that is no quantity.
  if (end < text.size() && digit(text[end])) return 0;
  const bool goes_on =
      end + 1 < text.size() && digit(text[end + 1]) &&
      (text[end] == '.' || text[end] == ':' || text[end] == '-' || text[end] == '/');
  return goes_on ? 0 : end - at;
}

// "158.6" -> 158.6; stops at what is no digit. Good to 15 digits, which is more than a log's
// numbers carry, and ten times cheaper than strtod.
double decimal(std::string_view text) {
  double value = 0, unit = 1;
  size_t at = 0;
  for (; at < text.size() && digit(text[at]); ++at) value = value * 10 + (text[at] - '0');
  if (at == text.size() || text[at] != '.') return value;
  for (++at; at < text.size() && digit(text[at]); ++at) {
    value = value * 10 + (text[at] - '0');
    unit *= 10;
  }
  return value / unit;
}

void read_text(std::string_view text, std::vector<Number>& out) {
  for (size_t at = 0; at < text.size() && out.size() < kMaxNumbers;) {
    if (!digit(text[at])) {
      ++at;
      continue;
    }
    const char before = at > 0 ? text[at - 1] : ' ';
    const bool apart = !in_word(before) && before != '.' && before != '-' && before != '#' &&
                       !(before == ':' && at > 1 && digit(text[at - 2])) && before != '/';
    size_t value_end = at;
    const size_t size = apart ? quantity(text, at, value_end) : 0;
    if (size > 0 && value_end - at <= 20) {
      out.push_back({decimal(text.substr(at, value_end - at)), name_before(text, at)});
      at += size;
      continue;
    }
    while (at < text.size() && (in_word(text[at]) || text[at] == '.' || text[at] == ':')) ++at;
  }
}

bool is_any(std::string_view word, const auto& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Calls visit(word) for each lower-cased word of "heapUsedMb", "open handles", "rss_mb".
template <class Visit>
void each_word(std::string_view name, Visit&& visit) {
  std::string word;
  for (size_t i = 0; i <= name.size(); ++i) {
    const char c = i < name.size() ? name[i] : ' ';
    const bool upper = c >= 'A' && c <= 'Z';
    const bool small_before = i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if ((!letter(c) || c == '_' || (upper && small_before)) && !word.empty()) {
      visit(word);
      word.clear();
    }
    if (letter(c) && c != '_') word += static_cast<char>(upper ? c - 'A' + 'a' : c);
  }
}
}  // namespace

void read_numbers(const Record& record, std::vector<Number>& out) {
  out.clear();
  const char* const begin = record.message.data();
  const char* const end = begin + record.message.size();
  bool from_message = false;
  for (const Field& field : record.fields) {
    if (out.size() == kMaxNumbers) break;
    from_message |= field.value.data() >= begin && field.value.data() < end;
    const std::string_view value = field.value.substr(0, 20);
    if (!value.empty() && digit(value[0])) out.push_back({decimal(value), field.name});
  }
  if (!from_message) read_text(record.message.substr(0, 512), out);
}

bool names_a_gauge(std::string_view name) {
  static constexpr std::array<std::string_view, 41> kHeld = {
      "mem",         "memory",  "rss",      "heap",    "alloc",         "goroutine", "goroutines",
      "handle",      "handles", "fd",       "fds",     "descriptors",   "conn",      "conns",
      "connections", "thread",  "threads",  "queue",   "queued",        "backlog",   "delay",
      "lag",         "buffer",  "buffered", "cache",   "cgo",           "sockets",   "sessions",
      "objects",     "workers", "inflight", "pending", "used",          "vsz",       "pss",
      "swap",        "depth",   "watchers", "timers",  "subscriptions", "open"};
  bool found = false;
  each_word(name, [&](const std::string& word) { found |= is_any(word, kHeld); });
  return found;
}

bool names_an_uptime(std::string_view name) {
  static constexpr std::array<std::string_view, 3> kAge = {"uptime", "elapsed", "alive"};
  bool found = false;
  each_word(name, [&](const std::string& word) { found |= is_any(word, kAge); });
  return found;
}

}  // namespace blip
