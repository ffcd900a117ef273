// A JavaScript error with its stack, printed by the program itself:
//
//   checkout failed TypeError: Cannot read properties of undefined (reading 'reduce')
//       at priceOf (/srv/app/server.js:75:46)
//       at async /srv/app/routes/cart.mjs:12:5
//       at process.processImmediate (node:internal/timers:483:21) {
//     code: 'ECONNREFUSED'
//   }
//
// Some programs exit after that and some live on. When Node itself ends the process, it prints the
// source line first and "Node.js v20.20.2" last: node_uncaught; if another process's line tore that
// in two, its second half is ours, and the version still tells of the death. Class names with a
// package before them are Java's: jvm_exception.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "js_stack";
constexpr std::string_view kVersion = "Node.js v";

bool starts(std::string_view message) {
  const auto error = find_error_name(message);
  return error && !error->dotted &&
         !starts_with_any(message, {"Caused by: ", "PHP ", "Fatal error: Uncaught "});
}

Next next(BlockLines lines, std::string_view message) {
  if (message.starts_with(kVersion)) return lines.size() > 1 ? Next::last : Next::before;
  // Java's frames are indented by a tab, ours by spaces; its class may lack a package as well.
  const bool frame = !message.starts_with('\t') && read_at_frame(message);
  if (lines.size() == 1)
    return frame ? Next::more : is_indented(message) ? Next::unsure : Next::before;
  if (frame) return Next::more;
  if (is_indented(message) || is_blank(message)) return Next::unsure;  // the error's own fields
  if (starts_with_any(message, {"}", "]", "Emitted 'error' event", "Caused by: "})) {
    return Next::more;
  }
  return Next::before;
}

Origin origin_of(std::string_view file) {
  if (starts_with_any(file, {"node:", "internal/", "<"})) return Origin::runtime;
  if (!contains(file, "/") && !contains(file, "\\")) return Origin::runtime;  // old: "net.js:1051"
  return contains(file, "node_modules") ? Origin::library : Origin::app;
}

BlockSummary summarise(BlockLines lines) {
  const FramePicker top = pick_js_frame(lines);
  bool stack = false;
  for (const std::string& line : lines) stack = stack || read_at_frame(line);
  if (!stack) return {};  // an ordinary error line
  const auto error = find_error_name(lines[0]);
  const std::string_view message = std::string_view(lines[0]).substr(error ? error->begin : 0);
  const bool dead = lines.back().starts_with(kVersion);
  return summary_of(kName, message, top, dead ? Fatality::yes : Fatality::maybe);
}
}  // namespace

namespace blocks {
FramePicker pick_js_frame(BlockLines lines) {
  FramePicker top;
  for (const std::string& line : lines) {
    if (top.done()) break;
    const auto frame = read_at_frame(line);
    if (!frame) continue;
    if (const auto place = read_place(frame->place)) {
      top.offer(origin_of(place->file), frame->function, *place);
    }
  }
  return top;
}
}  // namespace blocks

extern const BlockSpec js_stack_block = {.name = kName,
                                         .names_error = true,
                                         .weak = true,
                                         .starts = starts,
                                         .next = next,
                                         .summarise = summarise};
}  // namespace blip
