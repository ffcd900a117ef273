// Cuts a message where its writer put a value in:
//
//   connection to db-1.example.com:5432 (10.0.0.7) closed after 12 ms, 3.1 KB sent
//   connection | to | # | ( | # | ) | closed | after | # | , | # | sent

#include "rules/sense/tokens.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace blip {
namespace {
constexpr uint8_t kBreak = 0, kLetter = 1, kDigit = 2, kJoin = 3;

constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    classes[static_cast<size_t>(c)] = letter ? kLetter : c >= '0' && c <= '9' ? kDigit : kBreak;
  }
  for (const char c : std::string_view(".-/\\@+~$")) classes[static_cast<size_t>(c)] = kJoin;
  return classes;
}
constexpr std::array<uint8_t, 256> kClass = make_classes();

uint8_t class_of(char c) { return kClass[static_cast<unsigned char>(c)]; }
bool is_digit(char c) { return class_of(c) == kDigit; }
bool in_word(char c) { return class_of(c) == kLetter || class_of(c) == kDigit; }
bool joins(char c) { return class_of(c) == kJoin; }
bool is_space(char c) { return c == ' ' || c == '\t'; }
bool is_hex_letter(char c) { return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_hex(char c) { return is_digit(c) || is_hex_letter(c); }

// "cdaafcac" is an id that happens to hold no digit.
bool is_hex_id(std::string_view word) {
  constexpr size_t kShortest = 8;
  return word.size() >= kShortest && std::all_of(word.begin(), word.end(), is_hex_letter);
}

template <size_t N>
bool has(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// "12 KB" today is "3 MB" tomorrow.
bool is_unit(std::string_view word) {
  constexpr std::array<std::string_view, 18> kUnits = {
      "B",   "kB", "KB", "MB", "GB", "TB",  "KiB",  "MiB",   "GiB",
      "TiB", "ns", "us", "ms", "s",  "sec", "secs", "bytes", "hours"};
  return has(kUnits, word);
}

// "Sun Jul 10"
bool names_a_date(std::string_view word) {
  constexpr std::array<std::string_view, 19> kNames = {
      "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Jan", "Feb", "Mar",
      "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return has(kNames, word);
}

size_t skip(std::string_view text, size_t at, bool (*of)(char)) {
  while (at < text.size() && of(text[at])) ++at;
  return at;
}

// "5c:50:15:4c:18:13", "fe80::21b:77ff:fe8b:1a": where the address that begins at `at` ends; `at`
// itself if none does.
size_t end_of_address(std::string_view text, size_t at) {
  constexpr size_t kGroup = 4, kColons = 3;  // digits of a group at most; colons at least
  size_t end = at, colons = 0;
  for (;;) {
    const size_t group = skip(text, end, is_hex);
    if (group > end + kGroup) return at;
    end = group;
    if (end + 1 >= text.size() || text[end] != ':') break;
    if (text[end + 1] != ':' && !is_hex(text[end + 1])) break;
    ++end;
    ++colons;
  }
  return colons >= kColons && (end == text.size() || !in_word(text[end])) ? end : at;
}

// Where the word or name that begins at `at` ends; `at` itself if none does.
size_t end_of_name(std::string_view text, const size_t begin) {
  size_t at = skip(text, begin, joins);  // of "-12", "/srv"
  if (at == text.size() || !in_word(text[at])) return begin;
  bool dotted = false;
  for (;;) {
    at = skip(text, at, in_word);
    const size_t next = skip(text, at, joins);
    dotted = dotted || text.substr(at, next - at).find('.') != std::string_view::npos;
    if (next > at && next < text.size() && in_word(text[next])) {
      at = next;
      continue;
    }
    if (text.substr(at).starts_with("://")) {
      at = skip(text, at + 3, joins);
      if (at < text.size() && in_word(text[at])) continue;
      return at;
    }
    // A time of day, an address and its port; but not "jobs:12".
    const bool number = at + 1 < text.size() && text[at] == ':' && is_digit(text[at + 1]);
    if (!number || !(dotted || is_digit(text[at - 1]))) {
      return next > at && text[at] == '/' ? at + 1 : at;  // "/srv/app/"
    }
    ++at;
  }
}

class Tokens {
 public:
  bool full() const { return all_.size() == kMaxTokens; }
  void add(std::string_view token) {
    if (token == "," && value_) {
      comma_ = true;  // and a value behind it?
      return;
    }
    if (comma_ && token != "#") put(",");
    if (!(comma_ && token == "#")) put(token);
    comma_ = false;
    value_ = token == "#";
  }
  std::vector<std::string> take() {
    if (comma_) put(",");
    return std::move(all_);
  }

 private:
  void put(std::string_view token) {
    if (!full()) all_.emplace_back(token);
  }
  std::vector<std::string> all_;
  bool value_ = false, comma_ = false;  // the token before is a value; a comma stands behind it
};

// The unit behind a number that ends at `at` belongs to it.
size_t end_of_unit(std::string_view text, size_t at) {
  const size_t unit = skip(text, at, is_space);
  const size_t end = skip(text, unit, in_word);
  return unit > at && is_digit(text[at - 1]) && is_unit(text.substr(unit, end - unit)) ? end : at;
}

// A day or month is one beside a number or another of them only: "May" is a word too.
bool is_in_a_date(std::string_view word, std::string_view behind) {
  if (!names_a_date(word)) return false;
  behind.remove_prefix(skip(behind, 0, [](char c) { return is_space(c) || c == ','; }));
  if (behind.empty()) return false;
  return is_digit(behind[0]) || names_a_date(behind.substr(0, skip(behind, 0, in_word)));
}

// "()", "[]", "{}", "\"\"" at `at`, but for those of "main()".
bool is_empty_pair(std::string_view text, size_t at) {
  constexpr std::array<std::string_view, 4> kPairs = {"()", "[]", "{}", "\"\""};
  return (at == 0 || !in_word(text[at - 1])) && has(kPairs, text.substr(at, 2));
}
}  // namespace

std::vector<std::string> tokens_of(std::string_view message) {
  Tokens tokens;
  for (size_t at = 0; at < message.size() && !tokens.full();) {
    if (is_space(message[at])) {
      ++at;
      continue;
    }
    if (const size_t end = end_of_address(message, at); end > at) {
      tokens.add("#");
      at = end;
      continue;
    }
    const size_t end = end_of_name(message, at);
    if (end == at) {
      tokens.add(message.substr(at, 1));
      if (is_empty_pair(message, at)) tokens.add("#");
      ++at;
      continue;
    }
    const std::string_view word = message.substr(at, end - at);
    at = end;
    if (std::any_of(word.begin(), word.end(), is_digit) || is_hex_id(word)) {
      tokens.add("#");
      at = end_of_unit(message, end);
    } else {
      tokens.add(is_in_a_date(word, message.substr(end)) ? std::string_view("#") : word);
    }
  }
  return tokens.take();
}

bool is_word(std::string_view token) {
  return !is_value(token) && (token.size() > 1 || (token.size() == 1 && in_word(token[0])));
}

bool is_name(std::string_view token) {
  return token.size() > 1 && std::any_of(token.begin(), token.end(), joins);
}

}  // namespace blip
