// V8 gives up: the heap is full, or an assertion of its own failed. Node.js prints before it
// aborts:
//
//   <--- Last few GCs --->
//   (blank)
//   [23529:0x6513ce0]  65 ms: Mark-Compact 33.4 (67.8) -> 33.3 (67.3) MB, 1.25 / 0.00 ms ...
//   <--- JS stacktrace --->
//   FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
//    1: 0xb090e0 node::Abort() [node]
//   Aborted (core dumped)                         said by a shell, and the end
//
// or "#" lines: "# Fatal error in , line 0", "# Check failed: ...". GC lines outside of it are a
// running process's trace and ordinary. The GC lines go to stdout, the error to stderr: where these
// are two files, each half is told. Exceptions are node_uncaught's. It has no frame: the stack is
// native, and the function that asked for the last byte is seldom the one that kept the rest.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "v8_fatal";
constexpr std::string_view kLastGcs = "<--- Last few GCs --->";
constexpr std::string_view kError = "FATAL ERROR: ";

bool starts(std::string_view message) {
  return starts_with_any(message, {kLastGcs, "<--- JS stacktrace --->", kError, "# Fatal error in ",
                                   "# Fatal process ", "# Fatal JavaScript "});
}

// " 1: 0xb090e0 node::Abort() [node]"; from the tenth on without the space.
bool is_native_frame(std::string_view message) {
  const size_t colon = message.find(": 0x");
  return colon != std::string_view::npos && is_digits(trimmed(message.substr(0, colon)));
}

Next next(BlockLines lines, std::string_view message) {
  if (is_abort_word(message)) return Next::last;
  if (starts_with_any(message, {kLastGcs, "# Fatal "})) return Next::before;  // the next life's
  if (message.starts_with(kError)) return lines[0][0] == '<' ? Next::more : Next::before;
  if (is_blank(message) || is_indented(message) || is_native_frame(message) ||
      starts_with_any(message, {"<--- JS", "-----", "=====", "#",
                                "Security context: ", "Cannot get stack trace in GC",
                                "Writing Node.js report to ", "Node.js report completed"})) {
    return Next::more;
  }
  const bool gc = message[0] == '[' && contains(message, " ms: ") && contains(message, " MB");
  return gc ? Next::more : Next::before;
}

BlockSummary summarise(BlockLines lines) {
  std::string_view message = lines[0];
  if (message.starts_with("<--- JS")) message = {};  // the rest of what another line tore
  for (const std::string& line : lines) {
    if (line.starts_with(kError)) message = line;
    // "# Fatal error in , line 0" says nothing; the next line of the box does.
    if (message.starts_with("# Fatal error in ") && line.starts_with("# ")) message = line;
  }
  if (message.starts_with("# ")) message.remove_prefix(2);
  BlockSummary summary = summary_of(kName, message, {}, Fatality::yes);
  summary.out_of_memory = lines[0][0] == '<' || contains(message, "out of memory") ||
                          contains(message, "Allocation failed");
  return summary;
}
}  // namespace

extern const BlockSpec v8_fatal_block = {
    .name = kName, .first = "<F#", .starts = starts, .next = next, .summarise = summarise};
}  // namespace blip
