// OpenTelemetry's log data as JSON, one export a line, as the collector's file exporter writes it:
//
//   {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},
//     "scopeLogs":[{"logRecords":[{"timeUnixNano":"1710146500000000000","severityNumber":17,
//     "body":{"stringValue":"lost the broker"}, ...}]}]}]}
//
// Of an export of several records the first is read: a line is one record here. Exporters that feed
// files write them one by one.

#include <simdjson.h>

#include <optional>
#include <string>

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

namespace dom = simdjson::dom;
constexpr std::string_view kHead = "{\"resourceLogs\":[";
constexpr int kMaxAttributes = 64;
constexpr size_t kKeptTexts = 4;  // of the scratch's: service, host, pid or version, message

// Its texts are gone with the next line.
dom::parser& parser() {
  static thread_local dom::parser instance;
  return instance;
}

std::string_view kept(std::string_view text, const ParseContext& context) {
  std::string& own = context.scratch->take(text.size());
  own = text;
  return own;
}

// {"stringValue":"cart"}, {"intValue":"77"}, {"intValue":77}
std::string value_text(dom::element value) {
  dom::object members;
  if (value.get_object().get(members) != simdjson::SUCCESS) return {};
  for (const dom::key_value_pair member : members) {
    std::string_view text;
    int64_t number = 0;
    if (member.value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
    if (member.value.get_int64().get(number) == simdjson::SUCCESS) return std::to_string(number);
    return {};
  }
  return {};
}

void read_resource(dom::element log, const ParseContext& context, Record& record) {
  dom::array attributes;
  if (log["resource"]["attributes"].get_array().get(attributes) != simdjson::SUCCESS) return;
  int left = kMaxAttributes;
  size_t found = 0;
  for (const dom::element attribute : attributes) {
    std::string_view key;
    dom::element value;
    if (--left < 0 || found == kKeptTexts) return;
    if (attribute["key"].get_string().get(key) != simdjson::SUCCESS) continue;
    std::string_view Record::*member = key == "service.name"      ? &Record::service
                                       : key == "host.name"       ? &Record::host
                                       : key == "process.pid"     ? &Record::pid
                                       : key == "service.version" ? &Record::version
                                                                  : nullptr;
    if (member == nullptr || attribute["value"].get(value) != simdjson::SUCCESS) continue;
    const std::string text = value_text(value);
    if (text.empty() || (key == "process.pid" && !is_pid(text))) continue;
    record.*member = kept(text, context);
    ++found;
  }
}

// 1 to 4 trace, 5 to 8 debug, info, warn, error, 21 to 24 fatal.
Level level_of_number(int64_t number) {
  static constexpr Level kLevels[] = {Level::trace, Level::debug, Level::info,
                                      Level::warn,  Level::error, Level::fatal};
  return number >= 1 && number <= 24 ? kLevels[(number - 1) / 4] : Level::unknown;
}

// "1710146500000000000", quoted as JSON has no such numbers; some leave the quotes out.
std::optional<Stamp> time_of(dom::element log, const char* name, const ParseContext& context) {
  std::string_view text;
  uint64_t number = 0;
  if (log[name].get_string().get(text) == simdjson::SUCCESS) return parse_stamp(text, context.time);
  if (log[name].get_uint64().get(number) != simdjson::SUCCESS) return std::nullopt;
  return parse_stamp(std::to_string(number), context.time);
}

void read_log_record(dom::element log, const ParseContext& context, Record& record) {
  auto stamp = time_of(log, "timeUnixNano", context);
  if (!stamp) stamp = time_of(log, "observedTimeUnixNano", context);
  if (stamp) set_time(*stamp, record);
  int64_t number = 0;
  if (log["severityNumber"].get_int64().get(number) == simdjson::SUCCESS) {
    record.level = level_of_number(number);
  }
  std::string_view word;
  if (record.level == Level::unknown &&
      log["severityText"].get_string().get(word) == simdjson::SUCCESS) {
    record.level = level_from_name(word);
  }
  dom::element body;
  if (log["body"].get(body) == simdjson::SUCCESS) record.message = kept(value_text(body), context);
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (!text.starts_with(kHead) || !text.ends_with('}')) return false;
  static_assert(kLinePadding >= simdjson::SIMDJSON_PADDING, "simdjson reads past the line");
  dom::element document, log, one;
  if (parser().parse(text.data(), text.size(), false).get(document) != simdjson::SUCCESS) {
    return false;
  }
  if (document["resourceLogs"].at(0).get(log) == simdjson::SUCCESS) {
    read_resource(log, context, record);
    if (log["scopeLogs"].at(0)["logRecords"].at(0).get(one) == simdjson::SUCCESS) {
      read_log_record(one, context, record);
    }
  }
  if (record.message.empty()) record.message = text;
  return true;
}
}  // namespace

extern const ParserSpec otlp_parser = {"otlp", Layer::body, Width::narrow, parse};
}  // namespace blip
