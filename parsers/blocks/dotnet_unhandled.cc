// The last words of a .NET process:
//
//   Unhandled exception. System.InvalidOperationException: rates not loaded
//    ---> System.IO.IOException: closed
//      at Acme.Store.Read(String path) in /src/Store.cs:line 42
//      --- End of inner exception stack trace ---
//      at Acme.Program.Main(String[] args) in /src/Program.cs:line 10
//   Aborted (core dumped)
//
//   Unhandled Exception: System.NullReferenceException: ...      the framework before .NET Core 3
//   Process terminated. Out of memory.                            Environment.FailFast and the like
//   Fatal error. System.AccessViolationException: ...
//   Stack overflow.
//
// Each ends the process; but for the first two they are anybody's words without a frame behind
// them. An exception that a logger prints has no such head.

#include <algorithm>

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "dotnet_unhandled";
constexpr std::string_view kUnhandled[] = {"Unhandled exception. ", "Unhandled Exception: "};
constexpr std::string_view kOthers[] = {"Process terminated. ", "Fatal error. "};

bool is_unhandled(std::string_view message) { return starts_with_any(message, kUnhandled); }

// "System.InvalidOperationException: ...": with a namespace, as nothing else says it so.
bool names_class(std::string_view text) {
  const std::string_view name = text.substr(0, text.find_first_of(": "));
  return contains(name, ".") && name.find('/') == std::string_view::npos;
}

bool starts(std::string_view message) {
  if (is_unhandled(message)) return names_class(message.substr(kUnhandled[0].size()));
  return starts_with_any(message, kOthers) || message == "Stack overflow.";
}

bool is_frame(std::string_view message) {
  return is_indented(message) && trimmed(message).starts_with("at ");
}

Next next(BlockLines lines, std::string_view message) {
  if (is_abort_word(message)) return Next::last;
  if (is_frame(message)) return Next::more;
  const std::string_view text = trimmed(message);
  if (is_indented(message) && starts_with_any(text, {"--- End of ", "---> "})) return Next::more;
  if (text.starts_with("Repeat ") || text.starts_with("------")) return Next::more;
  if (starts(message) || is_blank(message)) return Next::before;
  // A message of several lines goes on, if at all, before the first frame.
  return is_frame(lines.back()) ? Next::before : is_indented(message) ? Next::unsure : Next::before;
}

Origin origin_of(std::string_view function) {
  if (starts_with_any(function, {"System.", "Interop."})) return Origin::runtime;
  return function.starts_with("Microsoft.") ? Origin::library : Origin::app;
}

// "   at Acme.Store.Read(String path) in /src/Store.cs:line 42"
void offer_frame(std::string_view line, FramePicker& top) {
  const std::string_view text = trimmed(line).substr(3);
  const std::string_view function = text.substr(0, text.find('('));
  const size_t in = text.rfind(") in "), at = text.rfind(":line ");
  if (in == std::string_view::npos || at == std::string_view::npos || at < in) return;
  const std::string_view number = text.substr(at + 6);
  if (!is_digits(number)) return;
  top.offer(origin_of(function), function, {text.substr(in + 5, at - in - 5), number});
}

BlockSummary summarise(BlockLines lines) {
  std::string_view message = lines[0];
  if (is_unhandled(message)) message.remove_prefix(kUnhandled[0].size());
  if (!is_unhandled(message) && std::none_of(lines.begin(), lines.end(), is_frame)) return {};
  FramePicker top;
  for (const std::string& line : lines) {
    if (!top.done() && is_frame(line)) offer_frame(line, top);
  }
  BlockSummary summary = summary_of(kName, message, top, Fatality::yes);
  for (const std::string& line : lines) {
    summary.out_of_memory |=
        contains(line, "System.OutOfMemoryException") || contains(line, "Out of memory.");
  }
  return summary;
}
}  // namespace

extern const BlockSpec dotnet_unhandled_block = {.name = kName,
                                                 .first = "UPFS",
                                                 .weak = true,
                                                 .starts = starts,
                                                 .next = next,
                                                 .summarise = summarise};
}  // namespace blip
