// A log line that is one JSON object, read in one pass for what every JSON logger says under one
// name or another. The formats (bunyan, pino, json_lines) only decide whether the object is theirs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/record.h"
#include "parsers/parser.h"

namespace blip {

// Borrowed from the text, or from the scratch where decoding was needed.
struct JsonText {
  std::string_view text = {};
  bool number = false;  // not quoted
  uint8_t rank = 255;   // of the name it stood under, best 0
  bool present() const { return rank != 255; }
};

struct JsonObject {
  JsonText time, level, message, error, pid, service, name, host, version, schema;
};

// Members in any order; numbers that are no id, code or other role become `fields`, those of nested
// objects as "metrics.rss". nullopt unless all of `text` is one object. A byte that is not UTF-8
// loses itself, not the line.
std::optional<JsonObject> read_json_object(std::string_view text, const ParseContext& context,
                                           std::vector<Field>& fields);

// Everything but record.service and record.format. With no message the text itself is it.
void fill_record(const JsonObject& object, std::string_view text, const ParseContext& context,
                 Record& record);

// Appends the text of a JSON string, given with its quotes and followed by kLinePadding readable
// bytes. False, and nothing appended, if it is none.
bool decode_json_string(std::string_view quoted, std::string& out);

}  // namespace blip
