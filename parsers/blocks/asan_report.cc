// Reports of the sanitizers that a C, C++ or Rust program was built with:
//
//   ==4711==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x4f1b2c
//   READ of size 4 at 0x602000000010 thread T0
//       #0 0x4f1b2b in Book::best(int) /src/feed/book.cc:88:12
//   SUMMARY: AddressSanitizer: heap-use-after-free /src/feed/book.cc:88:12 in Book::best(int)
//   ==4711==ABORTING
//
// AddressSanitizer and MemorySanitizer end the process at their first report. LeakSanitizer reports
// as a process ends, ThreadSanitizer while it lives. UndefinedBehaviorSanitizer's single line
// ("book.cc:88:12: runtime error: ...") is ordinary: the program goes on.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "asan_report";

// "==4711==ERROR: AddressSanitizer: SEGV on unknown address" -> "AddressSanitizer: SEGV on ..."
std::string_view finding(std::string_view message) {
  if (message.starts_with("WARNING: ThreadSanitizer: ")) return message.substr(9);
  if (!message.starts_with("==")) return {};
  const size_t close = message.find("==", 2);
  if (close == std::string_view::npos || !is_digits(message.substr(2, close - 2))) return {};
  std::string_view text = message.substr(close + 2);
  if (!text.starts_with("ERROR: ") && !text.starts_with("WARNING: ")) return {};
  text.remove_prefix(text.find(' ') + 1);
  return contains(text.substr(0, text.find(':')), "Sanitizer") ? text : std::string_view();
}

bool starts(std::string_view message) { return !finding(message).empty(); }

Next next(BlockLines, std::string_view message) {
  if (is_abort_word(message)) return Next::last;
  if (message.starts_with("==") && message.ends_with("==ABORTING")) return Next::last;
  if (starts(message)) return Next::before;
  const bool known = is_blank(message) || is_indented(message) ||
                     starts_with_any(message, {"==",
                                               "=>0x",
                                               "0x",
                                               "READ of size ",
                                               "WRITE of size ",
                                               "freed by thread ",
                                               "previously allocated by ",
                                               "allocated by thread ",
                                               "Thread T",
                                               "Direct leak of ",
                                               "Indirect leak of ",
                                               "SUMMARY: ",
                                               "Shadow byte",
                                               "Address 0x",
                                               "HINT: ",
                                               "AddressSanitizer can not provide",
                                               "Register values:",
                                               "Uninitialized value was ",
                                               "The signal is caused by",
                                               "--------"});
  return known ? Next::more : Next::before;
}

// "    #0 0x4f1b2b in Book::best(int) /src/feed/book.cc:88:12"
void offer_frame(std::string_view line, FramePicker& top) {
  line = trimmed(line);
  const size_t in = line.find(" in ");
  const size_t space = line.rfind(' ');
  if (!line.starts_with('#') || in == std::string_view::npos || space < in + 4) return;
  const auto place = read_place(line.substr(space + 1));
  if (!place) return;
  const bool runtime =
      contains(place->file, "libsanitizer") || contains(place->file, "compiler-rt");
  top.offer(runtime ? Origin::runtime : Origin::app, line.substr(in + 4, space - in - 4), *place);
}

BlockSummary summarise(BlockLines lines) {
  FramePicker top;
  for (const std::string& line : lines) {
    if (!top.done()) offer_frame(line, top);
  }
  const std::string_view message = finding(lines[0]);
  Fatality fatality = Fatality::yes;
  if (message.starts_with("LeakSanitizer")) fatality = Fatality::maybe;
  if (message.starts_with("ThreadSanitizer")) fatality = Fatality::no;
  BlockSummary summary = summary_of(kName, message, top, fatality);
  summary.out_of_memory = contains(message, ": out-of-memory") || contains(message, ": rss-limit");
  return summary;
}
}  // namespace

extern const BlockSpec asan_report_block = {
    .name = kName, .first = "=W", .starts = starts, .next = next, .summarise = summarise};
}  // namespace blip
