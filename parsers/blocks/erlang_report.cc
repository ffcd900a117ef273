// A process inside the Erlang VM ends; the VM and with it the program live on:
//
//   =CRASH REPORT==== 11-Mar-2024::08:40:02 ===
//     crasher:
//       initial call: orders:init/1
//       exception exit: {timeout,{gen_server,call,[db]}}
//
//   GenServer Orders terminating                              Elixir
//   ** (RuntimeError) out of stock
//       (orders 0.1.0) lib/orders.ex:12: Orders.handle_call/3
//   Last message (from #PID<0.110.0>): :go
//   State: %{}
//
// A supervisor starts such a process again, which is no restart of the service. The death of the VM
// itself is erlang_fatal's.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "erlang_report";
constexpr size_t kMostLines = 200;

// "=CRASH REPORT==== ..."; what only informs is an ordinary line.
bool is_report(std::string_view message) {
  return starts_with_any(message,
                         {"=ERROR REPORT==== ", "=CRASH REPORT==== ", "=SUPERVISOR REPORT==== "});
}

// "GenServer Orders terminating", "Task #PID<0.1.0> started from Orders terminating"
bool is_elixir(std::string_view message) {
  return starts_with_any(message, {"GenServer ", "Task #PID<", ":gen_statem ", "State machine ",
                                   "GenEvent handler "}) &&
         trimmed(message).ends_with(" terminating");
}

bool is_raised(std::string_view message) {
  return message.starts_with("Process #PID<") && contains(message, " raised an exception");
}

bool starts(std::string_view message) {
  return is_report(message) || is_elixir(message) || is_raised(message);
}

Next next(BlockLines lines, std::string_view message) {
  if (starts(message) || lines.size() >= kMostLines) return Next::before;
  if (is_report(lines[0])) {
    if (is_blank(message)) return Next::before;
    if (message.starts_with("** ") || is_indented(message)) return Next::more;
    return lines.size() == 1 && !message.starts_with('=') ? Next::unsure : Next::before;
  }
  if (message.starts_with("** (") || message.starts_with("Last message") ||
      message.starts_with("State: ") || message.starts_with("Function: ") ||
      message.starts_with("Args: ") || message.starts_with("Initial Call: ") ||
      message.starts_with("Ancestors: ")) {
    return Next::more;
  }
  return is_indented(message) ? Next::unsure : Next::before;
}

// "    (orders 0.1.0) lib/orders.ex:12: Orders.handle_call/3"
void offer_frame(std::string_view line, FramePicker& top) {
  std::string_view text = trimmed(line);
  Origin origin = Origin::app;
  if (text.starts_with('(')) {
    const size_t close = text.find(") ");
    if (close == std::string_view::npos) return;
    const std::string_view app = text.substr(1, close - 1);
    if (starts_with_any(app, {"stdlib ", "elixir ", "kernel ", "erts "})) origin = Origin::runtime;
    text.remove_prefix(close + 2);
  }
  const size_t end = text.find(": ");
  if (end == std::string_view::npos) return;
  const auto place = read_place(text.substr(0, end));
  if (place && !contains(place->file, " ")) top.offer(origin, text.substr(end + 2), *place);
}

BlockSummary summarise(BlockLines lines) {
  std::string_view message = lines[0];
  FramePicker top;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    const std::string_view text = trimmed(line);
    // What says why: better than a banner with a time in it.
    if (text.starts_with("** (") && !message.starts_with("** (")) message = text;
    if (is_report(message) &&
        starts_with_any(text, {"** ", "exception ", "Reason: ", "reason: "})) {
      message = text;
    }
    if (is_indented(line) && !top.done()) offer_frame(line, top);
  }
  if (is_report(message)) message = message.substr(0, message.find("===="));
  return summary_of(kName, message, top, Fatality::no);
}
}  // namespace

extern const BlockSpec erlang_report_block = {
    .name = kName, .first = "=GTP:S", .starts = starts, .next = next, .summarise = summarise};
}  // namespace blip
