// pino, Node's other JSON logger: begins with a numeric level and the time, as a rule in epoch
// milliseconds:
//
//   {"level":30,"time":1531171074631,"pid":657,"hostname":"web-1","msg":"hello world"}
//   {"level":50,"time":1531171074631,"pid":657,"hostname":"web-1","name":"api","err":{"message":"x"},"msg":"y"}

#include "core/record.h"
#include "parsers/json_object.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  std::string_view rest = text;
  if (!take(rest, "{\"level\":") || take_digits(rest).empty()) return false;
  if (!take(rest, ",\"time\":")) return false;
  const auto object = read_json_object(text, context, record.fields);
  if (!object) return false;
  fill_record(*object, text, context, record);
  record.service = object->name.text;
  return true;
}
}  // namespace

extern const ParserSpec pino_parser = {"pino", Layer::body, Width::narrow, parse,
                                       Likeness::by_syntax};
}  // namespace blip
