// The Java virtual machine dies, and draws a box of "#" lines on stdout first:
//
//   # A fatal error has been detected by the Java Runtime Environment:
//   #
//   #  SIGSEGV (0xb) at pc=0x00007fdb72f25f14, pid=3717, tid=3717
//   #
//   # Problematic frame:
//   # C  [libc.so.6+0x85f14]
//   #
//   # /var/lib/app/hs_err_pid3717.log
//
// "# There is insufficient memory for the Java Runtime Environment to continue." is its box for the
// host's memory; "Terminating due to java.lang.OutOfMemoryError: Java heap space" the one line that
// -XX:+ExitOnOutOfMemoryError prints for its own. The hs_err file is not read here, nor are
// exceptions of the program: jvm_exception.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "jvm_fatal";

// "Terminating due to java.lang.OutOfMemoryError: ...", "Aborting due to ...", and the head of the
// commands that -XX:OnOutOfMemoryError runs.
bool is_heap_exit(std::string_view message) {
  return starts_with_any(
      message, {"Terminating due to java.lang.OutOfMemoryError",
                "Aborting due to java.lang.OutOfMemoryError", "# java.lang.OutOfMemoryError: "});
}

bool is_no_memory(std::string_view message) {
  return message.starts_with("# There is insufficient memory for the Java Runtime");
}

bool starts(std::string_view message) {
  return starts_with_any(message, {"# A fatal error has been detected by ",
                                   "# An unexpected error has been detected by "}) ||
         is_no_memory(message) || is_heap_exit(message);
}

Next next(BlockLines lines, std::string_view message) {
  if (is_abort_word(message)) return Next::last;
  // "Aborting due to ..." is followed by the box of the same death.
  if (starts(message))
    return lines[0].starts_with("Aborting ") && lines.size() < 3 ? Next::more : Next::before;
  const bool box = is_blank(message) || message[0] == '#' ||
                   starts_with_any(message, {"[error occurred during error reporting", "[thread "});
  return box ? Next::more : Next::before;
}

// What a line of the box holds: "#  Internal Error (debug.cpp:362)" -> "Internal Error (debug...".
std::string_view content(std::string_view line) {
  return line.starts_with('#') ? trimmed(line.substr(1)) : std::string_view();
}

// Of a crash, the first words below the head: the signal, or the internal error.
std::string_view message_of(BlockLines lines) {
  if (is_heap_exit(lines[0])) return lines[0][0] == '#' ? content(lines[0]) : lines[0];
  if (is_no_memory(lines[0])) return content(lines[0]);
  for (size_t i = 1; i < lines.size(); ++i) {
    if (!content(lines[i]).empty()) return content(lines[i]);
  }
  return content(lines[0]);
}

// "# C  [libc.so.6+0x85f14]" -> "libc.so.6+0x85f14"; "# J 83 c2 Ledger.total()I (12 bytes) ..." ->
// "Ledger.total()I". Not FILE:LINE: the JVM knows none.
std::string_view frame_of(BlockLines lines) {
  for (size_t i = 1; i < lines.size(); ++i) {
    if (!content(lines[i - 1]).starts_with("Problematic frame:")) continue;
    std::string_view frame = content(lines[i]);
    if (const size_t open = frame.find('['); open != std::string_view::npos) {
      frame.remove_prefix(open + 1);
      return frame.substr(0, frame.find(']'));
    }
    // The method is the first word with a dot; before it stand kind, id and compiler.
    while (!frame.empty()) {
      const std::string_view word = frame.substr(0, frame.find(' '));
      if (contains(word, ".")) return word;
      frame = trimmed(frame.substr(word.size()));
    }
  }
  return {};
}

BlockSummary summarise(BlockLines lines) {
  FramePicker top;
  top.offer_name(frame_of(lines));
  BlockSummary summary = summary_of(kName, message_of(lines), top, Fatality::yes);
  summary.out_of_memory = is_no_memory(lines[0]) || is_heap_exit(lines[0]);
  return summary;
}
}  // namespace

extern const BlockSpec jvm_fatal_block = {
    .name = kName, .first = "#TA", .starts = starts, .next = next, .summarise = summarise};
}  // namespace blip
