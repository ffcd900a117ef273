// node-bunyan, one object a line; core members always present, `v` (its schema, 0) always last:
//
//   {"name":"api","hostname":"web-1","pid":4711,"level":30,"msg":"hi","time":"2015-03-01T10:00:00.000Z","v":0}
//
// `name` is the service, further numbers ("latency":17) are fields. See json_object.cc for how the
// members are read, json_lines.cc for objects of other loggers.

#include "core/record.h"
#include "parsers/json_object.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (!text.starts_with('{') || !text.ends_with("\"v\":0}")) return false;
  const auto object = read_json_object(text, context, record.fields);
  if (!object) return false;
  const bool ours = object->name.present() && object->host.present() && object->pid.number &&
                    object->level.number && object->message.present() && object->time.present();
  if (!ours) {
    record.fields.clear();
    return false;
  }
  fill_record(*object, text, context, record);
  record.service = object->name.text;
  return true;
}
}  // namespace

extern const ParserSpec bunyan_parser = {"bunyan", Layer::body, Width::narrow, parse,
                                         Likeness::by_syntax};
}  // namespace blip
