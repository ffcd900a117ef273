// key=value lines, as Go kit, logrus and Heroku's router write them:
//
//   ts=2026-11-20T17:27:38.830Z caller=main.go:180 level=info msg="Starting" version="1.5.0"
//   time="2015-03-26T01:27:38-04:00" level=debug msg="Started" walrus=1
//   at=info method=GET path="/" dyno=web.1 connect=1ms service=18ms status=200 bytes=13
//   source=web.1 dyno=heroku.7 sample#memory_total=21.00MB sample#memory_pgpgin=5pages
//
// Every word must be a pair: prose that mentions "a=b" stays plain. Without msg= the message is
// what follows the time.

#include "core/record.h"
#include "parsers/json_object.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kMaxFields = 32;
constexpr size_t kMinPairs = 2;       // with a key that we know,
constexpr size_t kMinOtherPairs = 3;  // and without

struct Pair {
  std::string_view key, value;  // value: without its quotes, not yet decoded
  std::string_view quoted;      // with them; empty if it has none
};

bool take_quoted(std::string_view& text, Pair& pair) {
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      pair.quoted = text.substr(0, i + 1);
      pair.value = text.substr(1, i - 1);
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

bool take_pair(std::string_view& text, Pair& pair) {
  pair = {};
  pair.key = take_while(text, [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-' || c == '#' || c == '@';
  });
  if (pair.key.empty() || !take(text, "=")) return false;
  if (text.starts_with('"')) {
    if (!take_quoted(text, pair)) return false;
  } else {
    pair.value = take_while(text, [](char c) { return c != ' '; });
  }
  if (!text.empty() && !text.starts_with(' ')) return false;
  skip_spaces(text);
  return true;
}

std::string_view decoded(const Pair& pair, Scratch& scratch) {
  if (pair.value.find('\\') == std::string_view::npos) return pair.value;
  std::string& text = scratch.take(pair.quoted.size());
  return decode_json_string(pair.quoted, text) ? std::string_view(text) : pair.value;
}

// "18", "18ms", "21.00MB": units that a program does not vary from line to line.
std::string_view measured(std::string_view value) {
  for (const std::string_view unit : {"ms", "MB", "pages"}) {
    if (value.ends_with(unit)) value.remove_suffix(unit.size());
  }
  return is_number(value) ? value : std::string_view();
}

bool is_code(std::string_view key) {
  return key == "status" || key == "code" || key == "port" || key == "id" || key.ends_with("_id") ||
         key == "line";
}

void note(const Pair& pair, const ParseContext& context, Record& record) {
  const std::string_view key = pair.key;
  if (key == "msg" || key == "message") {
    if (record.message.empty()) record.message = decoded(pair, *context.scratch);
  } else if (key == "level" || key == "lvl" || key == "severity" || key == "at") {
    record.level = level_from_name(pair.value);
  } else if (key == "ts" || key == "time" || key == "timestamp" || key == "t") {
    if (const auto stamp = parse_stamp(pair.value, context.time)) set_time(*stamp, record);
  } else if (key == "pid") {
    if (is_pid(pair.value)) {
      record.pid = pair.value;
    } else {
      record.said.add(pair.value);
    }
  } else if (key == "version") {
    record.version = pair.value;
  } else {
    // Heroku's router calls a duration "service".
    const std::string_view number = measured(pair.value);
    if (!number.empty() && !is_code(key) && record.fields.size() < kMaxFields) {
      record.fields.push_back({key, number});
    } else if (key == "service" || key == "app") {
      record.service = pair.value;
    }
  }
}

// Whether all of `text` is pairs, and enough of them; looked at before anything is kept.
bool is_logfmt(std::string_view text) {
  Pair pair;
  size_t pairs = 0;
  bool known_key = false;
  for (; !text.empty(); ++pairs) {
    if (!take_pair(text, pair)) return false;
    known_key |= pair.key == "msg" || pair.key == "level" || pair.key == "ts" ||
                 pair.key == "time" || pair.key == "lvl" || pair.key == "at";
  }
  return pairs >= (known_key ? kMinPairs : kMinOtherPairs);
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.empty() || !is_letter(text[0]) || !is_logfmt(text)) return false;
  std::string_view rest = text, after_time = text;
  Pair pair;
  bool has_message = false;
  while (!rest.empty() && take_pair(rest, pair)) {
    note(pair, context, record);
    has_message |= pair.key == "msg" || pair.key == "message";
    if (pair.key.data() == text.data() && known(record.time)) after_time = rest;
  }
  if (!has_message) record.message = after_time;
  return true;
}
}  // namespace

extern const ParserSpec logfmt_parser = {"logfmt", Layer::body, Width::wide, parse,
                                         Likeness::by_syntax};
}  // namespace blip
