// syslog as daemons write it to files and journalctl exports it, with or without a priority:
//
//   Jun 24 12:35:00 web-01 app[77]: ready
//   <30>Jun 24 12:35:00 web-01 kernel: [96545.702534] init: app main process (77) terminated ...
//   2013-09-01T06:00:37.003564+00:00 web-01 app[77]: ready                  rsyslog, short-iso
//   <34>1 2003-10-11T22:14:15.003Z web-01 su 77 ID47 [x@1 a="b"] message     RFC 5424
//
// The program's tag is the service. What follows the tag is the program's own line and is read
// again by the body formats. Lines of Heroku's router that look alike are logplex's.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kMaxHost = 255, kMaxTag = 64;

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > kMaxHost || text.back() == ':') return false;
  for (const char c : text) {
    if (!is_letter(c) && !is_digit(c) && c != '.' && c != '-' && c != '_' && c != ':') return false;
  }
  // "2014-06-24T19:50:53Z ERROR db: lost" is a program's own line.
  return level_from_name(text) == Level::unknown || text.size() == 1;
}

struct Tag {
  std::string_view name, inside, pid;
  bool bracketed = false;  // "app[...]", which prose does not write
};

// "app[77]: ", "kernel: ", "su(pam_unix)[3]: ", "systemd[user]: ".
bool take_tag(std::string_view& text, Tag& tag) {
  size_t end = 0;
  while (end < text.size() && end < kMaxTag && text[end] > ' ' && text[end] != ':' &&
         text[end] != '[') {
    ++end;
  }
  if (end == 0 || end >= text.size()) return false;
  std::string_view rest = text.substr(end);
  if (take(rest, "[")) {
    const size_t close = rest.find(']');
    if (close == std::string_view::npos || close > kMaxTag) return false;
    const std::string_view inside = rest.substr(0, close);
    tag.inside = inside;
    if (is_pid(inside)) tag.pid = inside;
    tag.bracketed = true;
    rest.remove_prefix(close + 1);
  }
  if (!take(rest, ":") || (!rest.empty() && !take(rest, " "))) return false;
  tag.name = text.substr(0, end);
  text = rest;
  return true;
}

// "[96545.702534] ", the kernel's own clock.
void skip_uptime(std::string_view& message) {
  std::string_view rest = message;
  if (!take(rest, "[")) return;
  skip_spaces(rest);
  if (take_digits(rest).empty() || !take(rest, ".") || take_digits(rest).empty()) return;
  if (take(rest, "] ")) message = rest;
}

// "<134>" -> 134; -1 if there is none.
int take_priority(std::string_view& text) {
  std::string_view rest = text;
  take_digits(rest);  // the length that frames a message sent over TCP: "83 <40>1 ..."
  if (rest.size() != text.size() && !take(rest, " ")) return -1;
  if (!take(rest, "<")) return -1;
  const std::string_view digits = take_digits(rest);
  if (digits.empty() || digits.size() > 3 || !take(rest, ">")) return -1;
  int priority = 0;
  for (const char c : digits) priority = priority * 10 + (c - '0');
  if (priority > 191) return -1;
  text = rest;
  return priority;
}

// "[id a=\"b\"][id2 ...]" or "-"; quotes may hold brackets, and escapes quotes.
bool take_structured_data(std::string_view& text) {
  if (take(text, "-")) return text.empty() || text[0] == ' ';
  if (!text.starts_with('[')) return false;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == ']' && !text.substr(i + 1).starts_with('[')) {
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

// What follows "<34>1 ".
bool parse_rfc5424(std::string_view text, const ParseContext& context, Record& record) {
  const auto stamp = parse_stamp(text, context.time);
  if (!stamp) return false;
  std::string_view rest = text.substr(stamp->length);
  if (!take(rest, " ")) return false;
  const std::string_view host = take_until(rest, ' '), app = take_until(rest, ' ');
  const std::string_view pid = take_until(rest, ' '), id = take_until(rest, ' ');
  if (app.empty() || pid.empty() || id.empty() || !take_structured_data(rest)) return false;
  take(rest, " ");
  take(rest, "\xef\xbb\xbf");  // a BOM says that the message is UTF-8
  set_time(*stamp, record);
  if (host != "-") record.host = host;
  if (app != "-") record.service = app;
  if (is_pid(pid)) {
    record.pid = pid;
  } else {
    record.said.add(pid);
  }
  record.message = rest;
  return true;
}

bool parse_classic(std::string_view text, const ParseContext& context, Record& record) {
  if (text.size() < 16) return false;
  const bool month_first = is_upper(text[0]) && text[6] == ' ' && text[9] == ':';
  if (!month_first && (!is_digit(text[0]) || text[10] != 'T')) return false;
  const auto stamp = parse_stamp(text, context.time);
  if (!stamp || (!month_first && !stamp->has_zone)) return false;
  std::string_view rest = text.substr(stamp->length);
  if (!take(rest, " ")) return false;
  const std::string_view host = take_until(rest, ' ');
  Tag tag;
  if (!is_host(host) || !take_tag(rest, tag)) return false;
  // "…Z some words: more" is prose after a stamp; rsyslog writes its zone in digits.
  const bool sure = month_first || tag.bracketed || text[stamp->length - 1] != 'Z';
  if (!sure && tag.name != "kernel") return false;
  set_time(*stamp, record);
  record.host = host;
  record.service = tag.name;
  record.pid = tag.pid;
  if (tag.pid.empty()) record.said.add(tag.inside);
  record.message = rest;
  return true;
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.empty() || (text[0] != '<' && !is_digit(text[0]) && !is_upper(text[0]))) return false;
  std::string_view rest = text;
  const int priority = take_priority(rest);
  const bool modern = priority >= 0 && take(rest, "1 ");
  if (!(modern ? parse_rfc5424 : parse_classic)(rest, context, record)) return false;
  if (priority >= 0) {
    record.level = level_of_severity(priority & 7);
    record.said.add(text.substr(0, text.find('>')));
  }
  if (record.service == "kernel") skip_uptime(record.message);
  return true;
}
}  // namespace

extern const ParserSpec syslog_parser = {"syslog", Layer::envelope, Width::narrow, parse,
                                         Likeness::by_syntax};
}  // namespace blip
