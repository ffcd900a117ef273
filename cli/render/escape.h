// What a log says, made safe for where it is shown. Everything that was read from a log goes
// through one of these before it reaches a person; JSON has its own (agent/event_json.h).
#pragma once

#include <string>
#include <string_view>

namespace blip {

// For terminals and plain text, on one line: control characters, escape sequences, bidirectional
// and invisible marks and bytes that are no UTF-8 become visible: \t \n \x1b \u202e \xff.
// A backslash stays itself: this is for reading, not for reading back.
std::string visible(std::string_view text);

// As visible(), for a cell of a Markdown table: no markup, HTML or cell border takes effect.
std::string markdown_cell(std::string_view text);

// As visible(), quoted where RFC 4180 asks for it; a spreadsheet does not take it for a formula.
std::string csv_cell(std::string_view text);

// As csv_cell(), but line breaks and tabs stay what they are, within quotes: for whole values.
std::string csv_lines_cell(std::string_view text);

}  // namespace blip
