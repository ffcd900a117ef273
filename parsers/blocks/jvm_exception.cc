// A Java exception with its stack and causes:
//
//   Exception in thread "main" java.lang.IllegalStateException: rates not loaded
//           at com.acme.billing.Ledger.total(Ledger.java:46)
//           at java.base/java.lang.Thread.run(Thread.java:829) ~[?:?]
//           Suppressed: java.io.IOException: closed
//   Caused by: java.lang.NullPointerException: Cannot invoke "java.util.Map.get(Object)"
//           ... 12 more
//
// With that head the thread has died; if it was main, the process may have. A bare exception was
// printed by whoever caught it, and what follows decides; behind words of a logger it was only
// logged. Class names without a package are left to js_stack, crashes of the JVM itself and its
// exit on OutOfMemoryError to jvm_fatal. A thread dump (kill -3) is no death.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "jvm_exception";
constexpr std::string_view kThread = "Exception in thread \"";

bool starts(std::string_view message) {
  if (message.starts_with(kThread)) return true;
  const auto error = find_error_name(message);
  return error && error->dotted &&
         !starts_with_any(
             message, {"Caused by: ", "Terminating due to ", "Aborting due to ", "# ", " ---> "});
}

// "\t... 12 more", "\t... 12 common frames omitted"
bool is_elision(std::string_view message) {
  return is_indented(message) && trimmed(message).starts_with("... ");
}

Next next(BlockLines lines, std::string_view message) {
  if (is_blank(message) || message.starts_with(kThread)) return Next::before;
  if (read_at_frame(message) || is_elision(message)) return Next::more;
  if (message.starts_with("Caused by: ")) return Next::more;
  if (is_indented(message)) return Next::unsure;  // "Suppressed:", or a message's second line
  // Unindented text is a message that goes on, if at all, before the first frame.
  const bool strong = lines[0].starts_with(kThread) && lines.size() < 3;
  return strong && !read_at_frame(lines.back()) ? Next::unsure : Next::before;
}

// Frames between the application and the JVM: "com.x.Cls.m" behind "java.base/" or "app//".
Origin origin_of(std::string_view function) {
  if (const size_t module = function.rfind('/'); module != std::string_view::npos) {
    function.remove_prefix(module + 1);
  }
  if (starts_with_any(function, {"java.", "javax.", "jdk.", "sun.", "com.sun."})) {
    return Origin::runtime;
  }
  const bool library = starts_with_any(
      function, {"org.springframework.", "org.apache.", "org.hibernate.", "org.eclipse.",
                 "org.postgresql.", "com.mysql.", "com.fasterxml.", "com.google.", "com.zaxxer.",
                 "io.netty.", "io.undertow.", "reactor.", "kotlin.", "kotlinx.", "scala.", "akka.",
                 "jakarta.", "org.jboss.", "org.junit."});
  return library ? Origin::library : Origin::app;
}

FramePicker pick_frame(BlockLines lines, bool& any) {
  FramePicker top;
  for (size_t i = 1; i < lines.size() && !top.done(); ++i) {
    const auto frame = read_at_frame(lines[i]);
    any |= frame.has_value();
    if (!frame) continue;
    if (const auto place = read_place(frame->place)) {
      top.offer(origin_of(frame->function), frame->function, *place);
    }
  }
  return top;
}

BlockSummary summarise(BlockLines lines) {
  std::string_view message = lines[0];
  bool stack = false;
  const FramePicker top = pick_frame(lines, stack);
  Fatality fatality = Fatality::maybe;
  if (message.starts_with(kThread)) {
    const size_t close = message.find("\" ", kThread.size());
    const std::string_view thread = message.substr(0, close).substr(kThread.size());
    if (thread != "main") fatality = Fatality::no;
    if (close != std::string_view::npos) message.remove_prefix(close + 2);
  } else {
    const auto error = find_error_name(message);
    if (!stack || !error) return {};  // an ordinary line that names an exception
    if (error->begin > 0) fatality = Fatality::no;
    message.remove_prefix(error->begin);
  }
  BlockSummary summary = summary_of(kName, message, top, fatality);
  for (const std::string& line : lines) {
    summary.out_of_memory |= contains(line, "java.lang.OutOfMemoryError");
  }
  return summary;
}
}  // namespace

extern const BlockSpec jvm_exception_block = {.name = kName,
                                              .first = "E",
                                              .names_error = true,
                                              .weak = true,
                                              .starts = starts,
                                              .next = next,
                                              .summarise = summarise};
}  // namespace blip
