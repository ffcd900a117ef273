// What blip's own host probe writes of each unit it samples:
//
//   blip_probe=1 time=2026-11-21T07:00:00.000Z service=nginx group=/system.slice/nginx.service
//     cache_kb=10240 about=unit pid=812 uptime_s=8100.20 mem_kb=5120 threads=5 fds=61
//
// (one line each). Behind about= stand the numbers to measure, and they are the message; before it
// stands what is for people, the service's name and the boot's id.

#include "core/record.h"
#include "parsers/json_object.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr std::string_view kHead = "blip_probe=1 time=";
constexpr size_t kMaxFields = 32;

// Takes one `key=value` or `key="value"` and the space after it.
bool take_pair(std::string_view& text, std::string_view& key, std::string_view& value) {
  key = take_while(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  if (key.empty() || !take(text, "=")) return false;
  if (!text.starts_with('"')) {
    value = take_while(text, [](char c) { return c != ' '; });
  } else {
    size_t end = 1;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    if (end >= text.size()) return false;
    value = text.substr(0, end + 1);  // with its quotes
    text.remove_prefix(end + 1);
  }
  return text.empty() || take(text, " ");
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (!text.starts_with(kHead)) return false;
  std::string_view rest = text.substr(kHead.size());
  const auto stamp = parse_stamp(take_until(rest, ' '), context.time);
  std::string_view key, value, service, boot;
  if (!stamp || !rest.starts_with("service=")) return false;
  std::string_view message = rest;
  bool measured = false;
  while (!measured && take_pair(rest, key, value)) {
    if (key == "service") service = value;
    if (key == "boot") boot = value;
    measured = key == "about" && !value.empty();
    if (!measured) message = rest;
  }
  if (!measured) return false;
  if (service.starts_with('"')) {
    std::string& name = context.scratch->take(service.size());
    if (!decode_json_string(service, name)) return false;
    service = name;
  }
  if (service.empty()) return false;
  set_time(*stamp, record);
  record.level = Level::info;
  record.service = service;
  record.boot = boot;
  record.sampled = true;
  record.message = message;
  while (take_pair(rest, key, value)) {
    if (key == "pid") {
      if (is_pid(value)) record.pid = value;
    } else if (is_number(value) && record.fields.size() < kMaxFields) {
      record.fields.push_back({key, value});
    }
  }
  return true;
}
}  // namespace

extern const ParserSpec blip_probe_parser = {"blip_probe", Layer::body, Width::narrow, parse};
}  // namespace blip
