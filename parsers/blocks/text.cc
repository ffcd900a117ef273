// Helpers of the block specs. They know what traces of several languages have in common:
//
//   ... at priceOf (/srv/app/server.js:75:46)     a function and a place
//   ... /srv/app/svc.go:169 +0x5b                 a place: file, line, perhaps a column
//   ... java.io.IOException: stream closed        the class name of an error, and its message
//
// What only one language prints (goroutines, carets, "Caused by") is in that block's file.

#include "parsers/blocks/text.h"

#include <algorithm>
#include <cstring>

#include "core/hash.h"

namespace blip {
namespace {

using blocks::is_digit;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// How many bytes of `text` are an id: 0x and hex digits, a UUID, or a word of at least six hex
// digits with a decimal one among them ("76c0b38e", not "decade").
size_t id_length(std::string_view text) {
  if (text.size() > 2 && text[0] == '0' && text[1] == 'x' && is_hex(text[2])) {
    size_t end = 2;
    while (end < text.size() && is_hex(text[end])) ++end;
    return end;
  }
  constexpr size_t kUuid = 36;  // 8-4-4-4-12
  size_t end = 0;
  while (end < text.size() && end < kUuid &&
         (end == 8 || end == 13 || end == 18 || end == 23 ? text[end] == '-' : is_hex(text[end]))) {
    ++end;
  }
  if (end == kUuid) return kUuid;

  bool decimal = false;
  for (end = 0; end < text.size() && is_hex(text[end]); ++end) decimal |= is_digit(text[end]);
  const bool whole = end == text.size() || !(is_letter(text[end]) || text[end] == '_');
  return whole && decimal && end >= 6 ? end : 0;
}

// Calls byte(c) for each byte of the text with its numbers blanked.
template <class Byte>
void blank_numbers(std::string_view text, Byte&& byte) {
  bool in_word = false;  // an id is a word of its own, a number need not be ("func1", "25ms")
  for (size_t i = 0; i < text.size();) {
    size_t length = in_word || !is_hex(text[i]) ? 0 : id_length(text.substr(i));
    if (length == 0) {
      while (i + length < text.size() && is_digit(text[i + length])) ++length;
    }
    if (length > 0) {
      byte('#');
      in_word = true;
      i += length;
      continue;
    }
    in_word = is_letter(text[i]) || text[i] == '_';
    byte(text[i++]);
  }
}

// As hasher.field(without_numbers(text)).
void add_without_numbers(std::string_view text, Hasher& hasher) {
  uint64_t size = 0;
  blank_numbers(text, [&](char c) {
    hasher.byte(c);
    ++size;
  });
  hasher.number(size);
}

}  // namespace

std::string without_numbers(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  blank_numbers(text, [&](char c) { out += c; });
  return out;
}

namespace blocks {

bool is_blank(std::string_view text) { return std::all_of(text.begin(), text.end(), is_space); }

bool is_indented(std::string_view text) {
  return !text.empty() && (text[0] == ' ' || text[0] == '\t') && !is_blank(text);
}

bool is_digits(std::string_view text) {
  for (const char c : text) {
    if (!is_digit(c)) return false;
  }
  return !text.empty();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_abort_word(std::string_view text) {
  return text == "Aborted" || text == "Aborted (core dumped)";
}

std::string_view clip(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  size_t end = limit;
  // At most three bytes of a character may lie behind its first; more is no UTF-8, cut anywhere.
  for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80; ++i) {
    --end;
  }
  return text.substr(0, end);
}

std::string_view base_name(std::string_view path) {
  const size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::optional<Place> read_place(std::string_view text) {
  Place place;
  for (int numbers = 0; numbers < 2; ++numbers) {
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || !is_digits(text.substr(colon + 1))) break;
    place.line = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  if (place.line.empty() || text.empty()) return std::nullopt;
  place.file = text;
  return place;
}

std::optional<AtFrame> read_at_frame(std::string_view message) {
  std::string_view text = trimmed(message);
  if (!text.starts_with("at ")) return std::nullopt;
  text.remove_prefix(3);
  if (text.ends_with(" {")) text.remove_suffix(2);  // Node shows an error's own fields after it
  // Behind the parentheses loggers name the jar: "~[app.jar:1.0]".
  const size_t open = text.rfind('(');
  const size_t close = text.find(')', std::min(open, text.size()));
  if (close != std::string_view::npos) {
    return AtFrame{trimmed(text.substr(0, open)), text.substr(open + 1, close - open - 1)};
  }
  if (text.starts_with("async ")) text.remove_prefix(6);
  if (!read_place(text) && !text.starts_with('<')) return std::nullopt;  // "at the end", prose
  return AtFrame{{}, text};
}

std::optional<ErrorName> find_error_name(std::string_view message) {
  constexpr size_t kSearched = 128;  // the name stands early, and this runs on every line
  const char* const begin = message.data();
  const char* const end = begin + std::min(message.size(), kSearched);
  for (const char* at = begin; at < end; ++at) {
    at = static_cast<const char*>(std::memchr(at, 'E', static_cast<size_t>(end - at)));
    if (at == nullptr) break;
    std::string_view rest(at, static_cast<size_t>(begin + message.size() - at));
    if (rest.starts_with("Error")) {
      rest.remove_prefix(5);
    } else if (rest.starts_with("Exception")) {
      rest.remove_prefix(9);
    } else {
      continue;
    }
    if (!(rest.empty() || rest.starts_with(": ") || rest == ":" || rest.starts_with(" [")))
      continue;
    const char* name = at;
    ErrorName found;
    while (name > begin && (is_letter(name[-1]) || is_digit(name[-1]) || name[-1] == '_' ||
                            name[-1] == '$' || name[-1] == '.')) {
      found.dotted |= *--name == '.';
    }
    if (name != begin && name[-1] != ' ') continue;
    found.begin = static_cast<size_t>(name - begin);
    return found;
  }
  return std::nullopt;
}

void FramePicker::offer(Origin origin, std::string_view function, const Place& place) {
  if (origin >= best_) return;
  best_ = origin;
  frame_ = clip(base_name(place.file), kFrameBytes - 12);
  frame_ += ':';
  frame_ += clip(place.line, 11);
  function_ = function;
}

void FramePicker::offer_name(std::string_view name) {
  if (!name.empty() && !done()) frame_ = clip(name, kFrameBytes);
}

BlockSummary summary_of(std::string_view name, std::string_view message, const FramePicker& top,
                        Fatality fatality) {
  BlockSummary summary;
  summary.message = clip(trimmed(message), kMessageBytes);
  summary.frame = top.frame();
  summary.fatality = fatality;
  if (fatality == Fatality::no) return summary;
  // The function too: two places of one file that fail alike are two causes.
  Hasher hasher;
  hasher.field(name);
  add_without_numbers(summary.message, hasher);
  add_without_numbers(top.function(), hasher);
  add_without_numbers(summary.frame, hasher);
  summary.fingerprint = hasher.value();
  return summary;
}

}  // namespace blocks
}  // namespace blip
