// The shared hands of the text formats. Terminal sequences look like this:
//
//   ESC [ 3 3 m  colour, up to its final byte        ESC ] 0 ; title BEL  up to BEL or ESC
//   backslash

#include "parsers/prefix.h"

#include <cstring>

#include "core/check.h"

namespace blip {

std::string& Scratch::take(size_t size) {
  BLIP_CHECK(used_ < kTexts, "a line took more scratch texts than formats can nest");
  std::string& text = texts_[used_++];
  if (text.capacity() > kKeepBytes) text = std::string();
  text.clear();
  text.reserve(size + kLinePadding);
  return text;
}

TimeQuality quality_of(const Stamp& stamp) {
  return stamp.has_zone ? TimeQuality::exact : TimeQuality::no_zone;
}

void set_time(const Stamp& stamp, Record& record) {
  record.time = stamp.time;
  record.stamp = stamp.text;
  record.quality = quality_of(stamp);
}

bool take_stamp(std::string_view& text, const TimeContext& context, Record& record) {
  const auto stamp = parse_stamp(text, context);
  if (!stamp) return false;
  set_time(*stamp, record);
  text.remove_prefix(stamp->length);
  return true;
}

bool is_pid(std::string_view text) {
  if (text.empty() || text.size() > 7 || text[0] == '0') return false;
  for (const char c : text) {
    if (!is_digit(c)) return false;
  }
  return true;
}

bool is_number(std::string_view text) {
  if (text.size() > 24) return false;
  if (!take(text, "-")) take(text, "+");
  const bool whole = !take_digits(text).empty();
  if (!whole) return false;
  if (take(text, ".") && take_digits(text).empty()) return false;
  if (take(text, "e") || take(text, "E")) {
    if (!take(text, "-")) take(text, "+");
    if (take_digits(text).empty()) return false;
  }
  return text.empty();
}

namespace {

// How many bytes the sequence at the start of `text` (which is ESC) takes. One that never ends
// loses its ESC only, so that nothing after it is hidden.
size_t escape_length(std::string_view text) {
  if (text.size() < 2) return 1;
  if (text[1] == '[') {
    for (size_t i = 2; i < text.size() && i < 64; ++i) {
      if (text[i] >= 0x40 && text[i] <= 0x7e) return i + 1;
      if (text[i] < 0x20) break;
    }
  }
  if (text[1] == ']') {
    for (size_t i = 2; i < text.size() && i < 256; ++i) {
      if (text[i] == '\a') return i + 1;
      if (text[i] == '\x1b') return text.substr(i + 1).starts_with('\\') ? i + 2 : i;
    }
  }
  return 1;
}

}  // namespace

std::string_view without_escapes(std::string_view text, Scratch& scratch) {
  constexpr char kEscape = '\x1b';
  size_t at = text.find(kEscape);
  if (at == std::string_view::npos) return text;
  std::string& clean = scratch.take(text.size());
  while (at != std::string_view::npos) {
    clean += text.substr(0, at);
    text.remove_prefix(at);
    text.remove_prefix(escape_length(text));
    at = text.find(kEscape);
  }
  clean += text;
  return clean;
}

Level level_of_severity(int severity) {
  static constexpr Level kLevels[] = {Level::fatal, Level::fatal,  Level::fatal, Level::error,
                                      Level::warn,  Level::notice, Level::info,  Level::debug};
  return severity >= 0 && severity <= 7 ? kLevels[severity] : Level::unknown;
}

}  // namespace blip
