// A Rust thread panics:
//
//   thread 'main' panicked at src/main.rs:4:13:                       since Rust 1.73
//   index out of bounds: the len is 0 but the index is 5
//   stack backtrace:
//      0: rust_begin_unwind
//                at /rustc/79e9716c98/library/std/src/panicking.rs:597:5
//   note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
//
//   thread 'worker' panicked at 'queue closed', src/queue.rs:88:9     before
//
// Of main, or followed by an abort, it is the end of the process; another thread may die alone.
// Overflowed stacks and failed allocations end it too. What a panic hook logs in the program's own
// format is ordinary.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "rust_panic";
constexpr std::string_view kPanicked = " panicked at ";

// The runtime's words when it ends the process.
bool is_abort(std::string_view message) {
  return starts_with_any(message, {"fatal runtime error: ", "thread caused non-unwinding panic",
                                   "thread panicked while processing panic"}) ||
         (message.starts_with("memory allocation of ") && contains(message, " bytes failed"));
}

bool is_overflow(std::string_view message) {
  return message.starts_with("thread '") && contains(message, " has overflowed its stack");
}

// Aborts that always follow another head are none: torn from it, they would tell of it twice.
bool starts(std::string_view message) {
  if (message.starts_with("thread '")) return is_overflow(message) || contains(message, kPanicked);
  return is_abort(message) && !message.starts_with("thread ") &&
         !message.starts_with("fatal runtime error: stack overflow");
}

Next next(BlockLines lines, std::string_view message) {
  if (is_abort_word(message)) return Next::last;
  if (is_abort(message)) return is_abort(lines[0]) ? Next::before : Next::more;
  if (starts(message)) return Next::before;
  if (starts_with_any(message, {"note: ", "stack backtrace:"})) return Next::more;
  if (is_indented(message)) return Next::unsure;  // frames; the two sides of an assertion
  if (is_blank(message)) return Next::before;
  // The head ends with a colon when its message is still to come.
  return lines.size() == 1 && lines[0].ends_with(':') ? Next::unsure : Next::before;
}

struct Head {
  std::string_view thread, reason, place;
};

Head read_head(std::string_view line) {
  Head head;
  const size_t at = line.find(kPanicked);
  if (!line.starts_with("thread '") || at == std::string_view::npos) return head;
  head.thread = line.substr(8, line.find('\'', 8) - 8);
  std::string_view rest = line.substr(at + kPanicked.size());
  if (rest.starts_with('\'')) {
    const size_t close = rest.rfind("', ");
    head.reason = rest.substr(1, close == std::string_view::npos ? close : close - 1);
    rest = close == std::string_view::npos ? std::string_view() : rest.substr(close + 3);
  }
  if (rest.ends_with(':')) rest.remove_suffix(1);
  head.place = rest;
  return head;
}

Origin origin_of(std::string_view file) {
  if (contains(file, "/rustc/") || contains(file, "/library/std/")) return Origin::runtime;
  return contains(file, ".cargo/registry/") || contains(file, ".cargo/git/") ? Origin::library
                                                                             : Origin::app;
}

// Where it panicked, and if that is the library's own unwrap(), the frames below.
FramePicker pick_frame(const Head& head, BlockLines lines) {
  FramePicker top;
  if (const auto place = read_place(head.place)) top.offer(origin_of(place->file), "", *place);
  for (const std::string& line : lines) {
    const auto frame = top.done() ? std::nullopt : read_at_frame(line);
    if (!frame) continue;
    if (const auto place = read_place(frame->place)) top.offer(origin_of(place->file), "", *place);
  }
  return top;
}

BlockSummary summarise(BlockLines lines) {
  const Head head = read_head(lines[0]);
  std::string_view message = lines[0];
  if (!head.reason.empty()) message = head.reason;
  const bool told = head.place.empty() ? false : head.reason.empty() && lines.size() > 1;
  if (told && !starts_with_any(lines[1], {"note: ", "stack backtrace:"})) message = lines[1];
  Fatality fatality = head.thread == "main" ? Fatality::yes : Fatality::maybe;
  bool out_of_memory = false;
  for (const std::string& line : lines) {
    if (is_abort(line) || is_overflow(line) || is_abort_word(line)) fatality = Fatality::yes;
    out_of_memory |= line.starts_with("memory allocation of ");
  }
  BlockSummary summary = summary_of(kName, message, pick_frame(head, lines), fatality);
  summary.out_of_memory = out_of_memory;
  return summary;
}
}  // namespace

extern const BlockSpec rust_panic_block = {
    .name = kName, .first = "tfm", .starts = starts, .next = next, .summarise = summarise};
}  // namespace blip
