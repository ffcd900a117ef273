// The kernel's own crash report, and its report of memory that ran out:
//
//   BUG: kernel NULL pointer dereference, address: 0000000000000008
//   Oops: 0000 [#1] SMP PTI
//   CPU: 1 PID: 4711 Comm: app Tainted: G           O      5.10.0-23-amd64 #1
//   RIP: 0010:foo_ioctl+0x12/0x40 [foo]
//   Call Trace:
//    do_vfs_ioctl+0x405/0x660
//   ---[ end trace 0000000000000000 ]---
//
//   java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0
//   Mem-Info:
//   [ pid ]   uid  tgid total_vm      rss ...
//
// The kernel lives on. Who was killed ("Killed process 7134 (java)"), and that it panicked, are
// lines of their own which end the report: signatures know them.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "kernel_oops";
constexpr std::string_view kHeads[] = {
    "BUG: unable to handle ",   "BUG: kernel NULL pointer dereference",
    "Unable to handle kernel ", "kernel BUG at ",
    "general protection fault", "Internal error: Oops"};
// What reports are made of, beside frames and tables.
constexpr std::string_view kParts[] = {"#PF: ",
                                       "PGD ",
                                       "Oops: ",
                                       "Internal error: ",
                                       "invalid opcode: ",
                                       "CPU: ",
                                       "Hardware name: ",
                                       "RIP: ",
                                       "RSP: ",
                                       "RAX: ",
                                       "RDX: ",
                                       "RBP: ",
                                       "R10: ",
                                       "R13: ",
                                       "FS: ",
                                       "CS: ",
                                       "CR2: ",
                                       "DR0: ",
                                       "DR3: ",
                                       "PKRU: ",
                                       "Code: ",
                                       "Call Trace:",
                                       "Call trace:",
                                       "Modules linked in:",
                                       "Stack:",
                                       "---[ end trace",
                                       "---[ cut here",
                                       "pc : ",
                                       "lr : ",
                                       "sp : ",
                                       "pstate: ",
                                       "x29: ",
                                       "Workqueue: ",
                                       "Process ",
                                       "Tainted: ",
                                       "EIP: ",
                                       "EAX: ",
                                       "ESI: ",
                                       "Mem-Info:",
                                       "active_anon:",
                                       "memory: usage ",
                                       "swap: usage ",
                                       "memory+swap: usage ",
                                       "kmem: usage ",
                                       "Memory cgroup stats",
                                       "Node ",
                                       "lowmem_reserve[]:",
                                       "Swap cache stats:",
                                       "Free swap ",
                                       "Total swap ",
                                       "Task in ",
                                       "Tasks state ",
                                       "Mem-info:",
                                       "DMA",
                                       "Normal"};

// "java invoked oom-killer: gfp_mask=..., oom_score_adj=0"
bool is_oom(std::string_view message) { return contains(message, " invoked oom-killer: "); }

bool starts(std::string_view message) {
  if (!message.empty() && is_digit(message.back())) {
    size_t end = message.size();
    while (end > 0 && is_digit(message[end - 1])) --end;
    if (message.substr(0, end).ends_with('-')) --end;
    const std::string_view before = message.substr(0, end);
    if (before.ends_with("oom_score_adj=") || before.ends_with("oom_adj=")) return is_oom(message);
  }
  return starts_with_any(message, kHeads);
}

// " do_vfs_ioctl+0x405/0x660", "? page_fault+0x39/0x50", "[<ffffffff8150a5d4>] ? x+0x1/0x2"
bool is_frame(std::string_view message) {
  return contains(message, "+0x") || message.starts_with("[<") || trimmed(message) == "<TASK>" ||
         trimmed(message) == "</TASK>" || trimmed(message) == "<IRQ>" ||
         trimmed(message) == "</IRQ>";
}

// "[ pid ]   uid  tgid total_vm ...", "[ 7134]     0  7134  1232236 ..."
bool is_task_row(std::string_view message) {
  return message.starts_with("[ ") && contains(message, "]  ");
}

Next next(BlockLines lines, std::string_view message) {
  if (message.starts_with("---[ end trace")) return Next::last;
  if (is_frame(message) || is_task_row(message)) return Next::more;
  // "Memory cgroup out of memory: Killed process 7134 (java)" begins with "Mem" as well.
  if (contains(message, "Killed process ") || contains(message, "Kill process ")) {
    return Next::before;
  }
  if (is_oom(message)) return Next::before;
  if (starts_with_any(message, kParts)) return Next::more;
  if (starts(message)) return lines.size() < 3 && !is_oom(lines[0]) ? Next::more : Next::before;
  const bool count = is_oom(lines[0]) && !message.empty() && is_digit(message[0]);
  return count || is_indented(message) ? Next::unsure : Next::before;
}

BlockSummary summarise(BlockLines lines) {
  FramePicker top;
  for (const std::string& line : lines) {
    // "RIP: 0010:foo_ioctl+0x12/0x40 [foo]"
    const size_t colon = line.rfind(':');
    if (!line.starts_with("RIP: ") || colon == std::string::npos || top.done()) continue;
    top.offer_name(trimmed(std::string_view(line).substr(colon + 1)));
  }
  return summary_of(kName, lines[0], top, Fatality::no);
}
}  // namespace

extern const BlockSpec kernel_oops_block = {.name = kName,
                                            .first = "BUkgI",
                                            .last = "0123456789",
                                            .weak = true,
                                            .starts = starts,
                                            .next = next,
                                            .summarise = summarise};
}  // namespace blip
