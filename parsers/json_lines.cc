// Any other line that is one JSON object, whatever its logger calls things:
//
//   {"timestamp": "2026-11-20T17:26:21.099Z", "level": "INFO", "logger": "boot", "message":
//   "ready"}
//   {"level":"error","ts":1687163.123,"msg":"failed","error":"dial tcp: refused"}
//   {"level":"error","message":"Script restart attempt #1"}
//
// A `logger` is a part of a program, not a service; so is a `name`, unless the object also says
// which process on which host wrote it. The table of names is in json_object.cc.

#include "core/record.h"
#include "parsers/json_object.h"

namespace blip {
namespace {

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (!text.starts_with('{')) return false;
  const auto object = read_json_object(text, context, record.fields);
  if (!object) return false;
  fill_record(*object, text, context, record);
  record.service = object->service.text;
  const bool process = object->host.present() && object->pid.present();
  if (record.service.empty() && process) record.service = object->name.text;
  return true;
}
}  // namespace

extern const ParserSpec json_lines_parser = {"json_lines", Layer::body, Width::wide, parse,
                                             Likeness::by_syntax};
}  // namespace blip
