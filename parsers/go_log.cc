// Go services that use the standard "log" package behind a small wrapper:
//
//   2014-06-24 19:50:53 info:76c0b38e METRICS: goroutines: 9, cgo: 40, alloc: 7377040
//   ^ time              ^ level ^ build ^ message, and in it "name: number" pairs
//
// The time carries no zone; a host that logs in local time says so in its source settings. Pairs
// become fields only after a "METRICS:" tag, because prose also contains "word: 12". Panics and
// goroutine dumps have no time and are not ours: see blocks/.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

constexpr std::string_view kMetricsTag = "METRICS: ";
constexpr size_t kMinBuild = 6, kMaxBuild = 40;  // an abbreviated to a whole git hash
constexpr size_t kMaxMetrics = 32;

// "goroutines: 9, cgo: 40" -> {goroutines, 9}, {cgo, 40}; stops at what is no pair.
void append_metrics(std::string_view text, std::vector<Field>& fields) {
  while (fields.size() < kMaxMetrics) {
    const std::string_view name = take_while(
        text, [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '.'; });
    if (name.empty() || !take(text, ": ")) return;
    const std::string_view value = text.substr(0, text.find(','));
    if (!is_number(value)) return;
    fields.push_back({name, value});
    text.remove_prefix(value.size());
    if (!take(text, ", ")) return;
  }
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  const auto stamp = parse_stamp(text, context.time);
  if (!stamp || stamp->length < 19 || !is_digit(text[0])) return false;
  std::string_view rest = text.substr(stamp->length);
  if (!take(rest, " ")) return false;
  const Level level = level_from_name(take_while(rest, is_lower));
  if (level == Level::unknown || !take(rest, ":")) return false;
  const std::string_view build = take_while(rest, is_hex);
  if (build.size() < kMinBuild || build.size() > kMaxBuild || !take(rest, " ")) return false;
  set_time(*stamp, record);
  record.level = level;
  record.version = build;
  record.said.add(build);
  record.message = rest;
  if (take(rest, kMetricsTag)) {
    // In a line cut by a crash the last number may lack digits: 40 reads as 4.
    if (record.line.cut) rest = rest.substr(0, rest.rfind(',') + 1);
    append_metrics(rest, record.fields);
  }
  return true;
}
}  // namespace

extern const ParserSpec go_log_parser = {"go_log", Layer::body,         Width::narrow,
                                         parse,    Likeness::by_syntax, true};
}  // namespace blip
