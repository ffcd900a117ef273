// Death notes and stack traces that take several lines. A block spec is a small recogniser; the
// assembler (assembler.h) feeds it the messages of one lane in order and owns all memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace blip {

enum class Fatality : uint8_t {
  no,     // told by a living process: a recovered panic, a logged exception
  maybe,  // an exception that ends some processes and not others: what follows decides
  yes,    // the process is dead by the end of it
};

// What a spec makes of the next line while its block is open. Content decides, a time does not:
// behind an envelope (Docker, syslog) every line of a trace has one. Only where content could be
// anything, as in the second line of a message, does the assembler ask for the time.
enum class Next : uint8_t {
  more,    // belongs to it
  last,    // belongs to it and ends it
  before,  // does not belong: the block had ended on the line before
  unsure,  // belongs, unless it has a time of its own and the line before it had none
};

struct BlockSummary {
  std::string message;  // "panic: assignment to entry in nil map", at most 256 bytes; empty:
                        // it was no block after all, and nobody hears of it
  std::string frame;    // top application frame, "handler.go:88"; empty if there is none
  Fatality fatality = Fatality::maybe;
  bool out_of_memory = false;
  uint64_t fingerprint = 0;  // of kind, message and frame with numbers, addresses, ids blanked;
                             // 0 where nobody dies, and so nobody asks
};

// What a block holds so far, never empty, each line at most kBlockLineBytes. Of a block longer than
// kBlockLines the first ones and, as back(), the newest. Borrowed.
using BlockLines = std::span<const std::string>;

struct BlockSpec {
  std::string_view name;  // "go_panic"; the subject of its signal
  // starts() is asked about a line that begins with one of the bytes `first`, or ends with one of
  // `last`, or, if `names_error`, holds the class name of an error; of others nothing else is read.
  std::string_view first = {}, last = {};
  bool names_error = false;
  // starts() goes by a shape that ordinary lines have too ("TypeError: ..." with no stack behind
  // it): sensors see the first line all the same.
  bool weak = false;
  // Is this message (prefix already taken off) the first line of such a block?
  bool (*starts)(std::string_view message) = nullptr;
  Next (*next)(BlockLines lines, std::string_view message) = nullptr;
  BlockSummary (*summarise)(BlockLines lines) = nullptr;
};

// Blanks what differs between two deaths of the same cause: numbers, 0x addresses, hex ids, UUIDs
// become '#'; the contents of quotes stay. For fingerprints.
std::string without_numbers(std::string_view text);

const std::vector<const BlockSpec*>& all_blocks();

}  // namespace blip
