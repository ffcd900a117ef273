// What blip's own log driver writes where it had to drop lines of a container:
//
//   {"blip":"lost","lines":12,"bytes":3400,"attrs":{"blip.service":"api"},"time":"2026-11-20T..Z"}
//
// The flow makes an event of it (agent/source_flow.cc). Bytes without lines are bytes that were no
// frames of dockerd's.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr size_t kMaxName = 128;

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  std::string_view rest = text;
  if (!take(rest, "{\"blip\":\"lost\",\"lines\":") || !rest.ends_with("\"}")) return false;
  const std::string_view lines = take_digits(rest);
  if (lines.empty() || !take(rest, ",\"bytes\":")) return false;
  const std::string_view bytes = take_digits(rest);
  if (bytes.empty()) return false;
  std::string_view service;
  if (take(rest, ",\"attrs\":{\"blip.service\":\"")) {
    service = take_until(rest, '"');
    if (service.size() > kMaxName || !take(rest, "}")) return false;
  }
  if (!take(rest, ",\"time\":\"")) return false;
  const auto stamp = parse_stamp(rest, context.time);
  if (!stamp || stamp->length + 2 != rest.size()) return false;
  set_time(*stamp, record);
  record.service = service;
  record.level = Level::error;
  record.message = text;
  record.fields.push_back({"lines", lines});
  record.fields.push_back({"bytes", bytes});
  return true;
}
}  // namespace

extern const ParserSpec blip_lost_parser = {"blip_lost", Layer::body, Width::narrow, parse};
}  // namespace blip
