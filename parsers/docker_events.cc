// What dockerd tells of its containers, as its API and `docker events --format '{{json .}}'` write
// it, and as `docker events` alone does:
//
//   {"status":"die","id":"72d5..","from":"bb:1","Type":"container","Action":"die","Actor":{"ID":
//   "72d5..","Attributes":{"exitCode":"2","image":"bb:1","name":"api"}},"scope":"local","time":
//   1795194390,"timeNano":1795194390379095600}
//   2026-11-20T17:06:30.379095600Z container die 72d5.. (exitCode=2, image=bb:1, name=api)
//
// Both become the words that rules/pack/docker.yaml knows: "container api died, exit code 2". The
// service is the daemon; whose end it was stands in the words. Labels are attributes too, and one
// of them may rename the container: blip.service, else compose's name of the service.

#include <array>
#include <cstdlib>

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kMaxName = 128;

// The attributes by name, in either spelling.
struct Attributes {
  std::string_view text;
  bool json = false;

  std::string_view get(std::string_view name) const {
    // Quotes inside a JSON string are escaped: what looks like a name there is one.
    const std::string_view before = json ? "\"" : "";
    const std::string_view after = json ? "\":\"" : "=";
    for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
      const std::string_view left = text.substr(0, at), right = text.substr(at + name.size());
      const bool begins = json ? left.ends_with(before) : left.empty() || left.ends_with(", ");
      if (!begins || !right.starts_with(after)) continue;
      const std::string_view value = right.substr(after.size());
      return value.substr(0, json ? value.find('"') : value.find(", "));
    }
    return {};
  }
};

bool is_name(std::string_view name) {
  for (const char c : name) {
    if (!is_letter(c) && !is_digit(c) && c != '.' && c != '_' && c != '-') return false;
  }
  return !name.empty() && name.size() <= kMaxName;
}

std::string_view name_of(const Attributes& attributes, std::string_view id) {
  for (const std::string_view one : {"blip.service", "com.docker.compose.service", "name"}) {
    if (const std::string_view name = attributes.get(one); is_name(name)) return name;
  }
  return id.substr(0, 12);
}

void say(std::string_view action, const Attributes& attributes, std::string_view id,
         Scratch& scratch, Record& record) {
  std::string& text = scratch.take(action.size() + 2 * kMaxName);
  text = "container ";
  text += name_of(attributes, id);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kWords = {{
      {"start", " started"},
      {"stop", " was stopped"},
      {"restart", " was restarted"},
      {"oom", " ran out of memory"},
      {"health_status: unhealthy", " is unhealthy"},
      {"health_status: healthy", " is healthy"},
      // These three are blip's own findings, see agent/docker_events.h.
      {"found_started", " was started while nobody looked"},
      {"daemon_restarted", " was started again by a new daemon"},
      {"stayed_down", " stayed down although it should be restarted"},
  }};
  record.level = Level::info;
  for (const auto& [word, words] : kWords) {
    if (action == word) {
      text += words;
      if (action == "oom" || action == "stayed_down") record.level = Level::error;
      if (action == "health_status: unhealthy") record.level = Level::warn;
      record.message = text;
      return;
    }
  }
  if (action == "die") {
    const std::string_view code = attributes.get("exitCode");
    (text += " died, exit code ") += code.size() > 3 ? "unknown" : code;
    if (code != "0") record.level = Level::error;
  } else if (action == "kill") {
    (text += " was sent signal ") += attributes.get("signal").substr(0, 3);
  } else {
    (text += ": ") += action.substr(0, kMaxName);
    record.level = Level::debug;
  }
  record.message = text;
}

bool parse_json(std::string_view text, const ParseContext& context, Record& record) {
  constexpr std::string_view kHead = "\"Type\":\"container\",\"Action\":\"",
                             kActor = ",\"Actor\":{\"ID\":\"", kAttributes = ",\"Attributes\":{",
                             kTime = ",\"timeNano\":";
  const size_t head = text.find(kHead);
  if (head == std::string_view::npos || text.back() != '}') return false;
  std::string_view rest = text.substr(head + kHead.size());
  const std::string_view action = take_until(rest, '"');
  if (!take(rest, kActor)) return false;
  const std::string_view id = take_until(rest, '"');
  if (!take(rest, kAttributes)) return false;
  const size_t time_at = rest.rfind(kTime);
  if (time_at == std::string_view::npos) return false;
  std::string_view digits = rest.substr(time_at + kTime.size());
  digits = take_digits(digits);
  if (digits.size() != 19) return false;
  int64_t us = 0;
  for (const char c : digits.substr(0, 16)) us = us * 10 + (c - '0');
  record.time = time_from_us(us);
  record.quality = TimeQuality::exact;
  record.service = "dockerd";
  say(action, {rest.substr(0, time_at), true}, id, *context.scratch, record);
  return true;
}

bool parse_text(std::string_view text, const ParseContext& context, Record& record) {
  const size_t at = text.find(" container ");
  if (at == std::string_view::npos || at > 40 || !text.ends_with(')')) return false;
  const auto stamp = parse_stamp(text, context.time);
  if (!stamp || !stamp->has_zone || stamp->length != at) return false;
  std::string_view rest = text.substr(at + 11);
  const size_t open = rest.find(" (");
  if (open == std::string_view::npos || open < 66) return false;
  const std::string_view id = rest.substr(open - 64, 64);
  for (const char c : id) {
    if (!is_hex(c)) return false;
  }
  const std::string_view action = rest.substr(0, open - 65);
  set_time(*stamp, record);
  record.service = "dockerd";
  say(action, {rest.substr(open + 2, rest.size() - open - 3), false}, id, *context.scratch, record);
  return true;
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.starts_with("{\"status\":\"") || text.starts_with("{\"Type\":\"container\"")) {
    return parse_json(text, context, record);
  }
  return !text.empty() && is_digit(text.front()) && parse_text(text, context, record);
}
}  // namespace

extern const ParserSpec docker_events_parser = {"docker_events", Layer::body, Width::narrow, parse};
}  // namespace blip
