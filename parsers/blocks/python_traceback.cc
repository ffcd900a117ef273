// A Python exception with its traceback, innermost frame last, and all exceptions it is chained to:
//
//   Traceback (most recent call last):
//     File "/srv/app/service.py", line 220, in <module>
//       main()
//     File "/srv/app/service.py", line 129, in die
//       def compute_total(order): return sum(i['price'] for i in order['cart'])
//                                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
//   TypeError: 'NoneType' object is not iterable
//   (blank)
//   During handling of the above exception, another exception occurred:
//   (blank)
//   Traceback (most recent call last): ...
//
// The last exception is the one that counts. If another process's line tore the chain, the half
// that ends or begins with "During handling ..." tells nothing, so that one death is told once.
// Also groups (every line begins with "  |" or "  +") and "Fatal Python error: ..." with its thread
// stacks, by which the interpreter aborts. A thread, a destructor or a task that failed says so in
// a line before; then the process lives. What logging writes before a traceback is an ordinary
// line.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "python_traceback";
constexpr std::string_view kTraceback = "Traceback (most recent call last):";
constexpr std::string_view kGroup = "  + Exception Group Traceback (most recent call last):";
constexpr std::string_view kFatal = "Fatal Python error: ";

// "Exception in thread Thread-1 (run):"; with a quote after "thread " it is Java's.
bool is_living(std::string_view message) {
  return (message.starts_with("Exception in thread ") && message.ends_with(':') &&
          !contains(message, "\"")) ||
         starts_with_any(message, {"Exception ignored in: ", "Exception ignored in thread ",
                                   "Task exception was never retrieved",
                                   "Future exception was never retrieved"});
}

bool is_chain(std::string_view message) {
  return starts_with_any(message,
                         {"During handling of the above exception, another exception occurred:",
                          "The above exception was the direct cause of the following exception:"});
}

bool starts(std::string_view message) {
  return starts_with_any(message, {kTraceback, kGroup, kFatal}) || is_living(message) ||
         is_chain(message);
}

// "KeyError: 'cart'", "MemoryError", "__main__.f.<locals>.Stop: now"
bool is_exception(std::string_view message) {
  const std::string_view name = message.substr(0, message.find(": "));
  return !name.empty() && !is_digit(name[0]) &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
             "0123456789_.<>") == std::string_view::npos;
}

bool is_header(std::string_view line) {
  return line.starts_with(kTraceback) || is_chain(line) || is_living(line) ||
         line.starts_with("future: ");
}

// Has the newest traceback come to its exception?
bool is_told(BlockLines lines) {
  for (size_t i = lines.size(); i-- > 0;) {
    if (is_header(lines[i])) return false;
    if (!is_indented(lines[i]) && !is_blank(lines[i])) return true;
  }
  return false;
}

// Is a traceback due, after "During handling ..." and a blank line?
bool is_announced(BlockLines lines) {
  size_t i = lines.size() - 1;
  while (i > 0 && is_blank(lines[i])) --i;
  return is_header(lines[i]) && !lines[i].starts_with(kTraceback);
}

Next next_fatal(std::string_view message) {
  if (is_abort_word(message)) return Next::last;
  const bool known = is_blank(message) || is_indented(message) ||
                     starts_with_any(message, {"Python runtime state: ", "Current thread 0x",
                                               "Thread 0x", "Extension modules: "});
  return known ? Next::more : Next::before;
}

Next next(BlockLines lines, std::string_view message) {
  if (lines[0].starts_with(kFatal)) return next_fatal(message);
  if (message.starts_with(kGroup)) return is_announced(lines) ? Next::more : Next::before;
  if (lines[0].starts_with(kGroup)) return is_indented(message) ? Next::more : Next::before;
  if (message.starts_with(kTraceback)) return is_announced(lines) ? Next::more : Next::before;
  const bool told = is_told(lines);
  if (is_blank(message)) return told || is_announced(lines) ? Next::more : Next::before;
  if (!told) {
    if (is_indented(message) || message.starts_with("future: ")) return Next::more;
    return is_exception(message) && !is_announced(lines) ? Next::unsure : Next::before;
  }
  if (is_chain(message)) return Next::more;
  // Further lines of the message. Bare words are not taken: the next life begins with such.
  const bool goes_on = is_indented(message) || starts_with_any(message, {"(", "[SQL: ", "^", "}"});
  return goes_on ? Next::unsure : Next::before;
}

// `  File "/srv/app/service.py", line 220, in <module>`; false if the line is none.
bool offer_frame(std::string_view line, FramePicker& top) {
  line.remove_prefix(std::min(line.find_first_not_of(" |+-"), line.size()));
  constexpr std::string_view kFile = "File \"";
  const size_t close = line.find("\", line ");
  if (!line.starts_with(kFile) || close == std::string_view::npos) return false;
  const std::string_view path = line.substr(kFile.size(), close - kFile.size());
  const std::string_view rest = line.substr(close + 8);
  const std::string_view number = rest.substr(0, rest.find_first_not_of("0123456789"));
  const size_t in = rest.find("in ");
  const std::string_view function = in == std::string_view::npos ? "" : rest.substr(in + 3);
  Origin origin = Origin::app;
  if (contains(path, "-packages/") || contains(path, "/lib/python")) origin = Origin::library;
  if (path.starts_with('<')) origin = Origin::runtime;  // "<frozen importlib._bootstrap>"
  top.offer(origin, function, {path, number});
  return true;
}

struct Last {
  std::string_view exception;
  bool frames = false;
  FramePicker top;
};

// The last traceback that has frames, read backwards: its innermost frame stands last.
Last read_last(BlockLines lines) {
  Last last;
  for (size_t i = lines.size(); i-- > 0;) {
    const std::string_view line = lines[i];
    if (line.starts_with(kTraceback)) {
      if (last.frames || !last.exception.empty()) break;
    } else if (offer_frame(line, last.top)) {
      last.frames = true;
    } else if (!is_indented(line) && is_exception(line)) {
      last.exception = line;
    }
  }
  return last;
}

// "  | ExceptionGroup: unhandled errors (2 sub-exceptions)": the first such line of a group.
std::string_view exception_of_group(BlockLines lines) {
  for (const std::string& line : lines) {
    const size_t text = line.find_first_not_of(" |");
    if (line.starts_with("  | ") && text == 4 && is_exception(line.substr(4))) {
      return std::string_view(line).substr(4);
    }
  }
  return {};
}

BlockSummary summarise(BlockLines lines) {
  const std::string_view head = lines[0];
  if (is_chain(head) || is_announced(lines)) return {};
  Fatality fatality = is_living(head) ? Fatality::no : Fatality::maybe;
  Last last;
  if (head.starts_with(kFatal)) {  // its stacks name the most recent call first
    fatality = Fatality::yes;
    last.exception = head;
    for (const std::string& line : lines) offer_frame(line, last.top);
  } else {
    last = read_last(lines);
    if (head.starts_with(kGroup)) last.exception = exception_of_group(lines);
    if (last.exception.empty() && last.frames) last.exception = "Traceback without its end";
  }
  BlockSummary summary = summary_of(kName, last.exception, last.top, fatality);
  summary.out_of_memory =
      contains(last.exception.substr(0, last.exception.find(": ")), "MemoryError");
  return summary;
}
}  // namespace

extern const BlockSpec python_traceback_block = {
    .name = kName, .first = "T EFD", .starts = starts, .next = next, .summarise = summarise};
}  // namespace blip
