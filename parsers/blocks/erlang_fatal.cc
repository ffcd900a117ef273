// The Erlang VM ends, and with it the program:
//
//   {"init terminating in do_boot",{undef,[{orders,start,[],[]}]}}
//   init terminating in do_boot ({undef,[{orders,start,[],[]}]})
//   Runtime terminating during boot ({badarg,[...]})
//   Kernel pid terminated (application_controller) ({application_terminated,orders,shutdown})
//   eheap_alloc: Cannot allocate 1318267840 bytes of memory (of type "heap").
//
//   Crash dump is being written to: erl_crash.dump...done
//
// The dump's line alone is left to signatures: torn from its head it would tell of one death twice.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "erlang_fatal";
constexpr std::string_view kDump = "Crash dump is being written to: ";
constexpr std::string_view kHeads[] = {
    "{\"init terminating in do_boot\"", "init terminating in do_boot (",
    "Runtime terminating during boot (", "{\"Kernel pid terminated\"", "Kernel pid terminated ("};

bool is_out_of_memory(std::string_view message) {
  return contains(message, "_alloc: Cannot ") && contains(message, "allocate ") &&
         contains(message, " bytes of memory");
}

bool starts(std::string_view message) {
  return starts_with_any(message, kHeads) || is_out_of_memory(message);
}

Next next(BlockLines lines, std::string_view message) {
  if (is_abort_word(message)) return Next::last;
  if (lines.back().starts_with(kDump)) return Next::before;
  if (is_blank(message) || message.starts_with(kDump)) return Next::more;
  // Told twice: as a term, and in words.
  return starts(message) && lines.size() < 3 && lines[0].starts_with('{') ? Next::more
                                                                          : Next::before;
}

BlockSummary summarise(BlockLines lines) {
  BlockSummary summary = summary_of(kName, lines[0], FramePicker(), Fatality::yes);
  summary.out_of_memory = is_out_of_memory(lines[0]);
  return summary;
}
}  // namespace

extern const BlockSpec erlang_fatal_block = {
    .name = kName, .first = "{iRKbels", .starts = starts, .next = next, .summarise = summarise};
}  // namespace blip
