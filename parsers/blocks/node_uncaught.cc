// An exception nobody caught, by which Node.js ends the process:
//
//   /srv/app/server.js:75                        or node:events:502, events.js:72, file:///...
//   function priceOf(order) { return order.lines.reduce((a, b) => a + b.price, 0); }
//                                                ^
//   (blank)                                      not in old versions
//   TypeError: Cannot read properties of undefined (reading 'reduce')
//       at priceOf (/srv/app/server.js:75:46)
//   (blank)
//   Node.js v20.20.2                             since Node 17; then it is the end
//
// The first line is a mere shape; without source and caret behind it there was no block. Errors
// that a program prints itself have no such head: js_stack. A full heap is v8_fatal's.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "node_uncaught";
constexpr std::string_view kVersion = "Node.js v";
constexpr size_t kHead = 3;          // lines up to the caret
constexpr size_t kMessageLines = 8;  // of an error; what comes then is another's

// "/srv/app/server.js:75", "node:events:502", "evalmachine.<anonymous>:1", "[eval]:3"
bool starts(std::string_view message) {
  size_t number = message.size();  // lines that end with a number are many, ":75" are few
  while (number > 0 && is_digit(message[number - 1])) --number;
  if (number < 2 || number == message.size() || message[number - 1] != ':') return false;
  const std::string_view file = message.substr(0, number - 1);
  if (contains(file, " ")) return false;
  return starts_with_any(file, {"/", "node:", "file://", "internal/", "[eval]", "[stdin]",
                                "evalmachine.", "undefined"}) ||
         file.ends_with("js") || contains(file, ":\\");
}

bool is_caret(std::string_view line) {
  const std::string_view mark = trimmed(line);
  return !mark.empty() && mark.find_first_not_of('^') == std::string_view::npos;
}

bool is_frame_seen(BlockLines lines) {
  for (const std::string& line : lines) {
    if (read_at_frame(line)) return true;
  }
  return false;
}

Next next(BlockLines lines, std::string_view message) {
  if (lines.size() == 1) return Next::unsure;  // the source line: any text
  if (lines.size() == 2) return is_caret(message) ? Next::more : Next::before;
  if (message.starts_with(kVersion)) return Next::last;
  if (is_blank(message) || read_at_frame(message) ||
      starts_with_any(message,
                      {"}", "]", "Emitted 'error' event", "Thrown at:", "(Use `node --trace-"})) {
    return Next::more;
  }
  if (is_indented(message)) return Next::unsure;
  // Free text is the message, which comes before the frames and may be anything that was thrown.
  return lines.size() < kHead + kMessageLines && !is_frame_seen(lines) ? Next::unsure
                                                                       : Next::before;
}

// The line that names the error: the first one with a class name, else the first with any text.
std::string_view thrown(BlockLines lines) {
  std::string_view any;
  for (size_t i = kHead; i < lines.size() && !read_at_frame(lines[i]); ++i) {
    const std::string_view line = trimmed(lines[i]);
    if (line.starts_with(kVersion) || line.starts_with("(Use `node")) continue;
    if (const auto error = find_error_name(line)) return line.substr(error->begin);
    if (any.empty() && line != "Uncaught:") any = line;
  }
  return any;
}

BlockSummary summarise(BlockLines lines) {
  if (lines.size() <= kHead) return {};
  FramePicker top = pick_js_frame(lines);
  // A syntax error has only the loader's frames; where it is, the first line says.
  if (const auto place = read_place(lines[0]); place && contains(place->file, "/")) {
    const bool own = !place->file.starts_with("node:") && !place->file.starts_with("internal/");
    const bool library = contains(place->file, "node_modules");
    if (own) top.offer(library ? Origin::library : Origin::app, "", *place);
  }
  return summary_of(kName, thrown(lines), top, Fatality::yes);
}
}  // namespace

extern const BlockSpec node_uncaught_block = {.name = kName,
                                              .last = "0123456789",
                                              .weak = true,
                                              .starts = starts,
                                              .next = next,
                                              .summarise = summarise};
}  // namespace blip
