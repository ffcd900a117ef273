// The last words of a Go process, and the stacks behind them:
//
//   panic: runtime error: invalid memory address or nil pointer dereference
//   [signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4ba802]
//
//   goroutine 99 [running]:
//   main.(*backend).dial(...)
//           /srv/app/svc.go:169
//   created by main.dispatch
//           /srv/app/svc.go:179 +0x30c
//   exit status 2                            said by `go run`, and the end
//
// Also "fatal error: ...", "throw: ..." (before Go 1.4), "SIGQUIT: quit" and the runtime's words
// that come before those. net/http recovers from a handler's panic and prints the same goroutine
// behind "http: panic serving PEER: ...": the process lives. A dump without a head
// (debug.PrintStack, or what an interleaved line left over) is swallowed and tells nothing. GC and
// scheduler traces are ordinary lines.

#include <algorithm>

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "go_panic";
constexpr std::string_view kServing = "http: panic serving ";

// The signals that the runtime itself prints a dump for. "SIGTERM: ..." is the program's own word.
bool is_signal(std::string_view message) {
  return starts_with_any(
      message, {"SIGQUIT: quit", "SIGABRT: abort", "SIGSEGV: segmentation", "SIGBUS: bus error",
                "SIGILL: illegal instruction", "SIGFPE: floating-point", "SIGTRAP: trace trap",
                "SIGSYS: bad system call"});
}

// "goroutine 1 [running]:", "goroutine 1 gp=0xc0000061c0 m=0 mp=0x5a7d00 [running]:"
bool is_goroutine(std::string_view message) {
  constexpr std::string_view kWord = "goroutine ";
  return message.starts_with(kWord) && message.size() > kWord.size() &&
         is_digit(message[kWord.size()]) && contains(message, " [") &&
         trimmed(message).ends_with("]:");
}

// What the runtime prints before the fatal error itself.
bool is_prelude(std::string_view message) {
  return starts_with_any(message, {"runtime: goroutine stack exceeds ", "runtime: out of memory: ",
                                   "runtime: program exceeds ", "runtime: failed to create new OS",
                                   "unexpected fault address 0x", "[signal SIG", "[signal 0x"});
}

bool is_death(std::string_view message) {
  return starts_with_any(message, {"panic: ", "fatal error: ", "throw: "}) || is_signal(message);
}

bool starts(std::string_view message) {
  return is_death(message) || message.starts_with(kServing) || is_prelude(message) ||
         is_goroutine(message);
}

// "main.(*backend).dial(...)", "panic({0x4c8f60?, 0x53c430?})": no space before the arguments.
bool is_call(std::string_view message) {
  const size_t open = message.find('(');
  return open != std::string_view::npos && open > 0 && trimmed(message).ends_with(')') &&
         message.find(' ') > open;
}

// A register of a fatal signal: "rax    0x0", "PC=0x45e0a1 m=0 sigcode=0".
bool is_register(std::string_view message) {
  const size_t space = message.find(' ');
  return message.starts_with("PC=0x") ||
         (space <= 6 && trimmed(message.substr(space)).starts_with("0x"));
}

bool any(BlockLines lines, bool (*is)(std::string_view)) {
  return std::any_of(lines.begin(), lines.end(), is);
}

Next next(BlockLines lines, std::string_view message) {
  if (is_blank(message) || message[0] == '\t' || is_goroutine(message)) return Next::more;
  if (message.starts_with("exit status ")) return Next::last;
  if (message.starts_with("[signal ")) return any(lines, is_goroutine) ? Next::before : Next::more;
  // A prelude announces one death; what comes after that is the next life's.
  if (message.starts_with("fatal error: ") || is_prelude(message)) {
    return is_prelude(lines[0]) && !any(lines, is_death) ? Next::more : Next::before;
  }
  if (is_death(message) || message.starts_with(kServing)) return Next::before;
  if (starts_with_any(message, {"created by ", "runtime: ", "runtime stack:", "[originating from ",
                                "signal arrived during ", "..."}) ||
      is_register(message)) {
    return Next::more;
  }
  return is_call(message) ? Next::unsure : Next::before;
}

// The head, or what it announced: "fatal error: stack overflow" behind "runtime: goroutine stack
// exceeds ...". A bare dump has none, nor has a prelude torn from what it announced.
std::string_view message_of(BlockLines lines) {
  if (lines[0].starts_with(kServing)) return lines[0];
  for (const std::string& line : lines) {
    if (is_goroutine(line)) break;
    if (is_death(line)) return line;
  }
  return {};
}

// GOROOT is ".../go/src/" or ".../go-1.19/src/", as is a GOPATH; but packages of the latter begin
// with a host name, or are main.
Origin origin_of(std::string_view function, std::string_view file) {
  if (file.starts_with('<') || file.starts_with("_cgo_")) return Origin::runtime;
  const size_t src = file.rfind("/src/");
  if (src != std::string_view::npos && !function.starts_with("main.")) {
    const std::string_view root = base_name(file.substr(0, src));
    const std::string_view package = file.substr(src + 5);
    const bool hosted = contains(package.substr(0, package.find('/')), ".");
    if (root.starts_with("go") && !hosted) return Origin::runtime;
  }
  return contains(file, "/pkg/mod/") || contains(file, "/vendor/") ? Origin::library : Origin::app;
}

FramePicker pick_frame(BlockLines lines) {
  FramePicker top;
  for (size_t i = 1; i < lines.size() && !top.done(); ++i) {
    std::string_view path = lines[i];
    if (!path.starts_with('\t')) continue;
    path = trimmed(path);
    path = path.substr(0, path.rfind(" +0x"));
    const auto place = read_place(path);
    if (!place || !contains(place->file, ".")) continue;  // "\tpanic: code 7:3"
    std::string_view function = lines[i - 1];
    if (function.starts_with("created by ")) function.remove_prefix(11);
    function = function.substr(0, function.find(" in goroutine "));
    // The arguments are the last parentheses; "(*backend)" before them is a receiver.
    if (function.ends_with(')')) function = function.substr(0, function.rfind('('));
    top.offer(origin_of(function, place->file), function, *place);
  }
  return top;
}

BlockSummary summarise(BlockLines lines) {
  const std::string_view message = message_of(lines);
  // A program may log a line "panic: ..." and live; the runtime goes on after it.
  Fatality fatality = lines.size() > 1 ? Fatality::yes : Fatality::maybe;
  if (message.starts_with(kServing)) fatality = Fatality::no;
  BlockSummary summary = summary_of(kName, message, pick_frame(lines), fatality);
  summary.out_of_memory =
      contains(message, "out of memory") || contains(message, "cannot allocate memory");
  return summary;
}
}  // namespace

extern const BlockSpec go_panic_block = {
    .name = kName, .first = "pfthrgu[S", .starts = starts, .next = next, .summarise = summarise};
}  // namespace blip
