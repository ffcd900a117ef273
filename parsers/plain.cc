// Every other line. Most programs begin theirs with a time, then a level, a process and a logger,
// in some order and some punctuation:
//
//   2023-02-11 03:00:48,584 - shop.orders - INFO - order 42226 accepted
//   [2026-11-20 17:36:37 +0000] [17966] [INFO] Listening at: http://127.0.0.1:18101
//   2026/11/20 17:30:48 [notice] 10015#10015: start worker processes
//   [2021-03-28 00:30:07,521: INFO/7331] meter 37 reading
//   INFO:shop.orders:order 91957 accepted
//
// What is unmistakably such a prefix is taken off; the rest is the message. Doubt leaves the words
// where they are: "2024/04/01 05:00:02 error while reading" is prose. A line without any of it,
// like those of a stack trace, is its own message, blanks included.

#include "parsers/plain.h"

#include <algorithm>

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kMaxBracket = 80;    // bytes in one [...] of a prefix
constexpr size_t kMaxName = 64;       // of a logger
constexpr int kMaxItems = 6;          // of one prefix
constexpr size_t kStampSearch = 256;  // how far into a line a bracketed time is looked for

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_name_char(char c) {
  return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-' || c == '$' || c == '/';
}
bool all_upper(std::string_view text) { return std::all_of(text.begin(), text.end(), is_upper); }
bool all_lower(std::string_view text) { return std::all_of(text.begin(), text.end(), is_lower); }

std::string_view trimmed(std::string_view text) {
  skip_spaces(text);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Blanks, and the ':', '-', '|' or ',' that programs put between the parts of a prefix.
void skip_separators(std::string_view& text) {
  skip_spaces(text);
  if (text.empty() || std::string_view(":-|,").find(text[0]) == std::string_view::npos) return;
  if (text.size() > 1 && !is_blank(text[1])) return;
  text.remove_prefix(1);
  skip_spaces(text);
}

// Reads the parts of one prefix into a record.
class Prefix {
 public:
  Prefix(std::string_view text, const TimeContext& context, Record& record)
      : rest_(text), context_(context), record_(record) {}

  // The message that is left.
  std::string_view read() {
    const std::string_view text = rest_;
    if (!take_leading_stamp(rest_) && !take_level_then_stamp() && !take_clock() &&
        !take_unstamped_level()) {
      find_bracketed_stamp(text);
      return text;
    }
    skip_separators(rest_);
    for (int i = 0; i < kMaxItems && (take_item(rest_) || take_name_then_item()); ++i) {
    }
    return rest_;
  }

 private:
  // A stamp, bare or as (the first part of) a bracket.
  bool take_leading_stamp(std::string_view& text) {
    if (text.empty()) return false;
    const size_t kind = std::string_view("[(<").find(text[0]);
    if (kind == std::string_view::npos) return take_bare_stamp(text);
    std::string_view rest = text.substr(1);
    take(rest, "UTC ");  // monit: "[UTC Mar 11 08:15:02]"
    const auto stamp = parse_stamp(rest, context_);
    if (!stamp) return false;
    rest.remove_prefix(stamp->length);
    const size_t close = rest.substr(0, kMaxBracket).find("])>"[kind]);
    if (close == std::string_view::npos) return false;
    std::string_view inside = rest.substr(0, close);  // ": INFO/7331", " #12"
    skip_separators(inside);
    set_time(*stamp, record_);
    if (!classify(trimmed(inside))) note_level_and_name(trimmed(inside));
    text = rest.substr(close + 1);
    return true;
  }

  // env_logger's "INFO  orders::db" behind the time.
  void note_level_and_name(std::string_view inside) {
    const std::string_view word = take_while(inside, is_upper);
    if (word.size() > 2 && inside.starts_with(' ')) record_.level = level_from_name(word);
  }

  // A time of day alone, "08:40:00.123 [main] INFO ...", "8:40AM INF ...": no time without a date,
  // but a prefix, if a bracket or a level follows.
  bool take_clock() {
    std::string_view ahead = rest_;
    const size_t hour = take_digits(ahead).size();
    if (hour == 0 || hour > 2 || !take(ahead, ":") || take_digits(ahead).size() != 2) return false;
    if (!take(ahead, "AM ") && !take(ahead, "PM ")) {
      if (!take(ahead, ":") || take_digits(ahead).size() != 2) return false;
      if ((take(ahead, ".") || take(ahead, ",")) && take_digits(ahead).empty()) return false;
      if (!take(ahead, " ")) return false;
    }
    std::string_view next = ahead;
    const std::string_view before = rest_;
    rest_ = ahead;
    if (take_bracket(next) || take_level(next)) {
      rest_ = next;
      return true;
    }
    if (take_name_then_item()) return true;
    rest_ = before;
    return false;
  }

  bool take_bare_stamp(std::string_view& text) {
    const auto stamp = parse_stamp(text, context_);
    if (!stamp) return false;
    const std::string_view rest = text.substr(stamp->length);
    if (!rest.empty() && std::string_view(" \t:,|;-[]").find(rest[0]) == std::string_view::npos) {
      return false;
    }
    set_time(*stamp, record_);
    text = rest;
    return true;
  }

  // "INFO 2014-06-24 19:50:53 ...", "[WARN] [2014-...] ...", "ERROR: 2014-... "
  bool take_level_then_stamp() {
    std::string_view ahead = rest_;
    std::string_view word;
    if (take(ahead, "[") || take(ahead, "<")) {
      word = take_while(ahead, is_letter);
      if (!take(ahead, "]") && !take(ahead, ">")) return false;
    } else {
      word = take_while(ahead, is_letter);
    }
    const Level level = level_from_name(word);
    if (level == Level::unknown) return false;
    skip_separators(ahead);
    if (ahead.size() == rest_.size() || !take_leading_stamp(ahead)) return false;
    record_.level = level;
    rest_ = ahead;
    return true;
  }

  // Without a time only a bracketed level and "LEVEL:" are taken off. Other words tell the level
  // and stay: "Error: no such file" is how many a death note begins.
  bool take_unstamped_level() {
    std::string_view ahead = rest_;
    if (take_bracket(ahead)) {
      if (record_.level == Level::unknown) return false;
      rest_ = ahead;
      return true;
    }
    const std::string_view word = take_while(ahead, is_letter);
    if (word.size() < 3) return false;
    const Level level = level_from_name(word);
    if (level == Level::unknown) return note_bracket_after_name(ahead);
    const bool upper = all_upper(word);
    if (upper && take_elapsed(ahead)) {
      record_.level = level;
      rest_ = ahead;
      return true;
    }
    if (!take(ahead, ":")) {
      if (upper && word.size() > 3 && ahead.starts_with(' ')) record_.level = level;
      return false;
    }
    if (upper || level >= Level::warn) record_.level = level;
    if (!upper) return false;
    take_python_logger(ahead);
    rest_ = ahead;
    return true;
  }

  // "nginx: [emerg] bind() failed"
  bool note_bracket_after_name(std::string_view ahead) {
    if (!take(ahead, ": [")) return false;
    record_.level = level_from_name(ahead.substr(0, ahead.substr(0, kMaxBracket).find(']')));
    return false;
  }

  // The "shop.orders:" of "INFO:shop.orders:order 91957 accepted".
  static void take_python_logger(std::string_view& text) {
    std::string_view ahead = text;
    const std::string_view name = take_while(ahead, is_name_char);
    if (!name.empty() && name.size() <= kMaxName && take(ahead, ":")) text = ahead;
  }

  // The "[0012]" of "INFO[0012] message", seconds since the start.
  static bool take_elapsed(std::string_view& text) {
    std::string_view ahead = text;
    if (!take(ahead, "[") || take_digits(ahead).empty() || !take(ahead, "]")) return false;
    text = ahead;
    return true;
  }

  // One part of the prefix, with what separates it from the next.
  bool take_item(std::string_view& text) {
    if (!take_bracket(text) && !take_pid_and_thread(text) && !take_level(text) &&
        !take_program(text) && !take_spring_process(text)) {
      return false;
    }
    skip_separators(text);
    return true;
  }

  // "[INFO]", "(5625)", "<info>", "[8388:8388]", "[core:notice]", "[pid 12:tid 13]", "[-]"
  bool take_bracket(std::string_view& text) {
    if (text.empty()) return false;
    const size_t kind = std::string_view("[(<").find(text[0]);
    if (kind == std::string_view::npos) return false;
    const size_t close = text.substr(0, kMaxBracket).find("])>"[kind]);
    if (close == std::string_view::npos) return false;
    if (!classify(trimmed(text.substr(1, close - 1)))) return false;
    text.remove_prefix(close + 1);
    return true;
  }

  // Keeps what stood in a bracket; false if it is nothing that a prefix holds, or already known.
  bool classify(std::string_view text) {
    if (text.empty() || text.size() > kMaxBracket) return false;
    const bool in_prefix = known(record_.time) || record_.level != Level::unknown;
    if (text == "-") return in_prefix;
    std::string_view rest = text;
    if (!take(rest, "pid ") && !take(rest, "pid:")) take(rest, "#");
    skip_spaces(rest);
    const std::string_view number = take_digits(rest);
    if (!number.empty()) {
      // "8388:8388" and "12:tid 13": process and thread.
      const bool alone = rest.empty() || rest[0] == ':' || rest[0] == '#';
      record_.said.add(number);
      if (!in_prefix || !alone || !record_.pid.empty() || !is_pid(number)) return false;
      --record_.said.count;
      record_.pid = number;
      return true;
    }
    return classify_level(text);
  }

  bool classify_level(std::string_view text) {
    if (record_.level != Level::unknown) return false;
    const size_t slash = text.find('/'), colon = text.rfind(':');
    std::string_view word = text.substr(0, slash);  // "INFO/7331"
    if (slash == std::string_view::npos && colon != std::string_view::npos) {
      word = text.substr(colon + 1);  // "core:notice"
    }
    const Level level = level_from_name(word);
    if (level == Level::unknown || (word.size() == 1 && !is_upper(word[0]))) return false;
    record_.level = level;
    if (slash != std::string_view::npos && is_pid(text.substr(slash + 1))) {
      record_.pid = text.substr(slash + 1);
    }
    return true;
  }

  // nginx: "10015#10015: "
  bool take_pid_and_thread(std::string_view& text) {
    std::string_view ahead = text;
    const std::string_view pid = take_digits(ahead);
    if (!record_.pid.empty() || !is_pid(pid) || !take(ahead, "#")) return false;
    if (take_digits(ahead).empty() || !ahead.starts_with(':')) return false;
    record_.pid = pid;
    text = ahead;
    return true;
  }

  // A bare level: "INFO ", "info:", "error    : ", "\tinfo\t"; not the "error" of a sentence.
  bool take_level(std::string_view& text) {
    if (record_.level != Level::unknown) return false;
    std::string_view ahead = text;
    const bool after_tab = text.data() != record_.message.data() && text.data()[-1] == '\t';
    const std::string_view word = take_while(ahead, is_letter);
    if (word.size() < 3) return false;
    const Level level = level_from_name(word);
    if (level == Level::unknown) return false;
    std::string_view beyond = ahead;
    skip_spaces(beyond);
    if (all_upper(word) && word != "LOG") {
      const bool ends =
          ahead.empty() || std::string_view(" \t:|[],-").find(ahead[0]) < std::string_view::npos;
      if (!ends) return false;
    } else if (beyond.starts_with(':')) {
      // "panic: ..." and "Error: ..." belong to what is said.
      const bool plain_word =
          word == "LOG" || (all_lower(word) && word != "panic" && word != "log" && word != "note" &&
                            word != "fine" && word != "config" && word != "alert");
      if (!plain_word) {
        record_.level = level;
        return false;
      }
    } else if (!(after_tab && ahead.starts_with('\t')) && !beyond.starts_with("- ") &&
               !beyond.starts_with("| ")) {
      return false;
    }
    record_.level = level;
    text = ahead;
    return true;
  }

  // "relayd[8363]: " after a time
  bool take_program(std::string_view& text) {
    std::string_view ahead = text;
    const std::string_view name = take_while(ahead, is_name_char);
    if (name.empty() || name.size() > kMaxName || !record_.pid.empty() || !take(ahead, "[")) {
      return false;
    }
    const std::string_view pid = take_digits(ahead);
    if (!is_pid(pid) || !take(ahead, "]") || !ahead.starts_with(':')) return false;
    record_.pid = pid;
    text = ahead;
    return true;
  }

  // Spring Boot, after its level: "12345 --- [           main] c.a.Application    : "
  bool take_spring_process(std::string_view& text) {
    std::string_view ahead = text;
    const std::string_view pid = take_digits(ahead);
    if (!record_.pid.empty() || !is_pid(pid) || !take(ahead, " --- [")) return false;
    const size_t close = ahead.substr(0, kMaxBracket).find("] ");
    if (close == std::string_view::npos) return false;
    ahead.remove_prefix(close + 2);
    const size_t colon = ahead.substr(0, 2 * kMaxName).find(" : ");
    if (colon == std::string_view::npos) return false;
    record_.pid = pid;
    text = ahead.substr(colon + 3);
    return true;
  }

  // A logger's or thread's name is known for one only by the level behind it.
  bool take_name_then_item() {
    if (record_.level != Level::unknown) return take_thread();
    std::string_view ahead = rest_;
    for (int names = 0; names < 2; ++names) {
      const std::string_view before = ahead;
      const std::string_view name = take_name(ahead);
      if (name.empty()) return false;
      const bool bracket_next = !ahead.empty() && !is_upper(ahead[0]);
      if (take_level(ahead) || take_bracket(ahead)) {
        if (record_.level == Level::unknown) return false;
        // MySQL's number before "[Note]" is a thread; before a bare level it is the process.
        if (!bracket_next && record_.pid.empty() && is_pid(name)) record_.pid = name;
        rest_ = ahead;
        skip_separators(rest_);
        return true;
      }
      if (before.size() == ahead.size()) return false;
    }
    return false;
  }

  // "[main] ", "shop.orders - ", "10388 ", "production." of "production.ERROR:"
  static std::string_view take_name(std::string_view& text) {
    std::string_view ahead = text;
    std::string_view name;
    if (take(ahead, "[")) {
      const size_t close = ahead.substr(0, kMaxBracket).find(']');
      if (close == std::string_view::npos || close == 0) return {};
      name = ahead.substr(0, close);
      ahead.remove_prefix(close + 1);
    } else {
      name = take_while(ahead, is_name_char);
      const size_t dot = name.rfind('.');
      if (dot != std::string_view::npos && dot > 0 && ahead.starts_with(':') &&
          all_upper(name.substr(dot + 1))) {
        text.remove_prefix(dot + 1);
        return name.substr(0, dot);
      }
      const bool number = std::all_of(name.begin(), name.end(), is_digit);
      const bool dotted = dot != std::string_view::npos;
      std::string_view after = ahead;
      skip_spaces(after);
      if (!number && !dotted && !after.starts_with("- ") && !after.starts_with(": ")) return {};
    }
    if (name.empty() || name.size() > kMaxName || ahead.empty() || !is_blank(ahead[0])) {
      if (name.empty() || name.size() > kMaxName || !ahead.starts_with(": ")) return {};
    }
    skip_separators(ahead);
    text = ahead;
    return name;
  }

  // "[RecvWorker:3] - " behind the level
  bool take_thread() {
    std::string_view ahead = rest_;
    if (!take(ahead, "[")) return false;
    const size_t close = ahead.substr(0, 2 * kMaxBracket).find(']');
    if (close == std::string_view::npos) return false;
    ahead.remove_prefix(close + 1);
    if (!take(ahead, " - ")) return false;
    rest_ = ahead;
    return true;
  }

  // "10.0.0.1 () {40 vars} [Mon May  1 10:00:00 2023] GET / => ...": the time, wherever it stands.
  void find_bracketed_stamp(std::string_view text) {
    const std::string_view front = text.substr(0, kStampSearch);
    size_t open = front.find('[');
    for (int tries = 0; tries < 4 && open != std::string_view::npos; ++tries) {
      const std::string_view rest = text.substr(open + 1);
      const auto stamp = parse_stamp(rest, context_);
      if (stamp && rest.substr(stamp->length).starts_with(']')) {
        set_time(*stamp, record_);
        return;
      }
      open = front.find('[', open + 1);
    }
  }

  std::string_view rest_;
  const TimeContext& context_;
  Record& record_;
};

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  record.message = text;
  record.message = Prefix(text, context.time, record).read();
  return true;
}

// As parse_stamp() sees it: "2014", "@4000", "Jun ", "Wed, ".
bool may_begin_stamp(std::string_view text) {
  if (text.empty()) return false;
  // A value in hexadecimal letters ("dead12") may be one in digits alone in the next line.
  const std::string_view run = text.substr(0, text.find_first_not_of("0123456789abcdefABCDEFxX"));
  if (text[0] == '@' || std::any_of(run.begin(), run.end(), is_digit)) return true;
  return text.size() > 3 && (text[3] == ' ' || text[3] == ',') &&
         std::all_of(text.begin(), text.begin() + 3, is_letter);
}
}  // namespace

bool never_dated(std::string_view line) {
  if (line.empty()) return true;
  if (std::string_view("[(<").find(line[0]) != line.npos || may_begin_stamp(line)) return false;
  std::string_view rest = line;
  if (level_from_name(take_while(rest, is_letter)) != Level::unknown) return false;
  const std::string_view front = line.substr(0, kStampSearch);
  for (size_t open = front.find('['); open != front.npos; open = front.find('[', open + 1)) {
    if (may_begin_stamp(line.substr(open + 1))) return false;
  }
  return true;
}

extern const ParserSpec plain_parser = {"plain", Layer::body, Width::fallback, parse,
                                        Likeness::by_prefix};
}  // namespace blip
