// The last words of a C or C++ process: an exception nobody caught, a heap that glibc found broken,
// a failed assertion.
//
//   terminate called after throwing an instance of 'std::out_of_range'
//     what():  order book: level out of range
//
//   free(): double free detected in tcache 2
//
//   *** Error in `./feed': double free or corruption (fasttop): 0x0000000001a4f010 ***
//   ======= Backtrace: =========
//   /lib/x86_64-linux-gnu/libc.so.6(+0x777e5)[0x7f1e7c5a77e5]
//
//   feed: book.cc:88: void Book::add(int): Assertion `level < kLevels' failed.
//
// Each ends with abort(). "Segmentation fault" is a shell's or the kernel's word and is matched as
// a signature; reports of sanitizers are asan_report's.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "cpp_terminate";
constexpr std::string_view kThrowing = "terminate called after throwing an instance of '";
constexpr std::string_view kFailed = "' failed.";

constexpr std::string_view kHeads[] = {
    "terminate called", "libc++abi: terminating", "libc++abi.dylib: terminating",
    "pure virtual method called",
    // glibc, with and without its stars
    "*** Error in `", "*** glibc detected *** ", "*** stack smashing detected ***",
    "*** buffer overflow detected ***", "double free or corruption (",
    "free(): ", "malloc(): ", "malloc_consolidate(): ", "realloc(): invalid ",
    "munmap_chunk(): ", "corrupted double-linked list", "corrupted size vs. prev_size"};

bool is_assertion(std::string_view message) {
  return message.ends_with(kFailed) && contains(message, ": Assertion `");
}

bool starts(std::string_view message) {
  return starts_with_any(message, kHeads) || is_assertion(message);
}

// Of old glibc's report: "./feed(main+0x1b)[0x4005bb]", "00400000-00401000 r-xp 00000000 08:01 ..."
bool is_report(std::string_view message) {
  if (message.starts_with("=====")) return true;
  if (message.ends_with(']') && contains(message, "[0x")) return true;
  const size_t dash = message.find('-');
  return dash != std::string_view::npos && dash >= 8 &&
         message.substr(0, dash).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Next next(BlockLines lines, std::string_view message) {
  if (is_abort_word(message)) return Next::last;
  if (message.starts_with("  what():  ")) return Next::more;
  if (message.starts_with("terminate called") && lines[0].starts_with("pure virtual")) {
    return Next::more;
  }
  if (message.starts_with("terminate called recursively")) return Next::more;
  return lines[0].starts_with("***") && is_report(message) ? Next::more : Next::before;
}

// "*** Error in `./feed': free(): invalid pointer: 0x... ***" -> "free(): invalid pointer: 0x..."
std::string_view without_stars(std::string_view message) {
  if (!message.starts_with("*** ")) return message;
  message.remove_prefix(4);
  if (const size_t end = message.rfind(" ***"); end != std::string_view::npos) {
    message = message.substr(0, end);
  }
  if (const size_t program = message.find("': "); program != std::string_view::npos) {
    message.remove_prefix(program + 3);
  }
  return message;
}

std::string message_of(BlockLines lines) {
  const std::string_view head = lines[0];
  if (!head.starts_with(kThrowing)) return std::string(without_stars(head));
  const size_t close = head.rfind('\'');
  std::string message(head.substr(0, close).substr(std::min(kThrowing.size(), close)));
  for (const std::string& line : lines) {
    if (line.starts_with("  what():  ")) message += ": " + line.substr(11);
  }
  return message;
}

// "feed: book.cc:88: void Book::add(int): Assertion ..." names the place.
FramePicker pick_frame(std::string_view head) {
  FramePicker top;
  if (!is_assertion(head)) return top;
  std::string_view rest = head;
  for (int words = 0; words < 2; ++words) {  // the program's name may be missing
    const size_t colon = rest.find(": ");
    if (colon == std::string_view::npos) break;
    if (const auto place = read_place(rest.substr(0, colon))) {
      top.offer(Origin::app, "", *place);
      break;
    }
    rest.remove_prefix(colon + 2);
  }
  return top;
}

BlockSummary summarise(BlockLines lines) {
  const std::string message = message_of(lines);
  BlockSummary summary = summary_of(kName, message, pick_frame(lines[0]), Fatality::yes);
  summary.out_of_memory = message.starts_with("std::bad_alloc");
  return summary;
}
}  // namespace

extern const BlockSpec cpp_terminate_block = {.name = kName,
                                              .first = "tlp*dfmrc",
                                              .last = ".",
                                              .starts = starts,
                                              .next = next,
                                              .summarise = summarise};
}  // namespace blip
