// blip rules new --from '2024-01-02 03:04:05 FATAL broker b1 unreachable for 30s'
//
//   # ...
//   - id: mine.broker_unreachable_for
//     title: "broker b1 unreachable for 30s"
//     severity: error
//     regex: 'broker b\d+ unreachable for \d+s'
//     match: ['2024-01-02 03:04:05 FATAL broker b1 unreachable for 30s']
//     no_match: ['a line like it that means something else']
//
// A first draft, valid as it stands: what varies from line to line is made a class, all else is
// taken word for word. What the line means only its owner knows.

#include <algorithm>

#include "cli/print.h"
#include "cli/rules_verbs.h"
#include "parsers/reader.h"
#include "rules/signature.h"

namespace blip {
namespace {
constexpr size_t kRegexOf = 120;  // bytes of the message that the regex is made of
constexpr size_t kIdWords = 3;
constexpr size_t kLeastHex = 6;  // digits and a to f alone, and so many: an id
constexpr std::string_view kOther = "a line like it that means something else";

struct Read : RecordSink {
  std::string message;
  Level level = Level::unknown;
  void on_record(const Record& record) override {
    message = record.message;
    level = record.level;
  }
};

Read read_line(const std::string& text) {
  std::string padded = text;
  padded.append(kLinePadding, '\0');
  const std::string_view line = std::string_view(padded).substr(0, text.size());
  RecordReader reader(ReaderOptions{});
  Read read;
  reader.read(Line{.text = line, .next = line.size(), .number = 1}, read);
  reader.finish(read);
  return read;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || c == '-'; }

// An id at `at`: hex digits and dashes with at least one digit, and no word around them.
size_t id_length(std::string_view text, size_t at) {
  if (at > 0 && (is_letter(text[at - 1]) || is_digit(text[at - 1]))) return 0;
  size_t end = at;
  bool digit = false;
  while (end < text.size() && is_hex(text[end])) digit |= is_digit(text[end++]);
  const bool word = end < text.size() && (is_letter(text[end]) || text[end] == '_');
  const bool number = text.substr(at, end - at).find_first_not_of("0123456789") == text.npos;
  return digit && !word && !number && end - at >= kLeastHex ? end - at : 0;
}

std::string regex_of(std::string_view message) {
  if (message.size() > kRegexOf) {
    const size_t space = message.rfind(' ', kRegexOf);
    message = message.substr(0, space == message.npos ? kRegexOf : space);
  }
  std::string regex;
  for (size_t at = 0; at < message.size();) {
    const char c = message[at];
    const size_t close = c == '"' ? message.find('"', at + 1) : message.npos;
    if (const size_t id = id_length(message, at); id > 0) {
      regex += "[0-9a-f-]+";
      at += id;
    } else if (is_digit(c)) {
      regex += "\\d+";
      while (at < message.size() && is_digit(message[at])) ++at;
    } else if (close != message.npos) {
      regex += "\"[^\"]*\"";
      at = close + 1;
    } else {
      if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) regex += '\\';
      regex += c == '\t' ? std::string("\\t") : std::string(1, c);
      ++at;
    }
  }
  return regex;
}

// "broker b1 unreachable for 30s" -> "mine.broker_unreachable_for"
std::string id_of(std::string_view message) {
  std::string id = "mine.", word;
  size_t words = 0;
  for (size_t at = 0; at <= message.size() && words < kIdWords; ++at) {
    const char c = at < message.size() ? message[at] : ' ';
    if (is_letter(c) || is_digit(c)) {
      word += static_cast<char>(is_letter(c) ? c | 0x20 : c);
      continue;
    }
    if (word.size() > 1 && std::none_of(word.begin(), word.end(), is_digit)) {
      id.append(words++ == 0 ? "" : "_").append(word);
    }
    word.clear();
  }
  return words == 0 ? "mine.line" : id;
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

std::string_view severity_of(Level level) {
  if (level >= Level::error) return "error";
  return level == Level::warn ? "warning" : "info";
}
}  // namespace

int new_rule(const Arguments& arguments, const View&) {
  if (arguments.from.empty()) {
    return fail(kUsage, Error{"rules new takes the line: blip rules new --from 'LINE'"});
  }
  const Read read = read_line(arguments.from);
  std::string rule = "- id: " + id_of(read.message) + "\n";
  rule += "  title: " + quoted(read.message) + "\n";
  rule += "  kind: match\n  severity: " + std::string(severity_of(read.level)) + "\n";
  rule += "  regex: " + quoted(regex_of(read.message)) + "\n";
  rule += "  match: [" + quoted(arguments.from) + "]\n";
  rule += "  no_match: [" + quoted(kOther) + "]\n";
  if (const auto valid = read_signatures(rule, "the draft"); !valid) {
    return fail(kUsage, Error{"no rule can be made of that line: " + valid.error().text});
  }
  // Only a hint, and so no part of what was checked above.
  rule +=
      "# To be told of several lines, not of each (docs/rules.md):\n"
      "#  count: 5\n#  within: 10m\n#  by: GROUP            # a group (?P<GROUP>...) of the regex\n"
      "#  cooldown: 1h\n#  followed_by: 'REGEX'  # or not_followed_by: with within\n";
  print(
      "# A draft. Say what the line means (kind: match tells of each line; crash, start, exit, "
      "...\n"
      "# count as evidence), name what varies and matters ((?P<code>\\d+)), and give as no_match\n"
      "# the nearest line that means something else. Then: blip rules try 'REGEX' FILE\n" +
      rule);
  return kDone;
}

}  // namespace blip
