// Death notes and stack traces that take several lines. A block spec is a small recogniser; the
// assembler (assembler.h) feeds it the messages of one lane in order and owns all memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace blip {

enum class Fatality : uint8_t {
  no,      // told by a living process: a recovered panic, a logged exception
  maybe,   // an exception that ends some processes and not others: what follows decides
  yes,     // the process is dead by the end of it
};

// What a spec makes of the next line while its block is open.
enum class Next : uint8_t {
  more,    // belongs to it
  last,    // belongs to it and ends it
  before,  // does not belong: the block had ended on the line before
};

struct BlockSummary {
  std::string message;      // "panic: assignment to entry in nil map", at most 256 bytes
  std::string frame;        // top application frame, "handler.go:88"; empty if there is none
  Fatality fatality = Fatality::maybe;
  bool out_of_memory = false;
  uint64_t fingerprint = 0;  // of kind, message and frame with numbers, addresses, ids blanked
};

struct BlockSpec {
  std::string_view name;  // "go_panic"; the subject of its signal
  // Is this message (prefix already taken off) the first line of such a block?
  bool (*starts)(std::string_view message) = nullptr;
  // `lines`: what the block holds so far (each at most 512 bytes), never empty.
  Next (*next)(const std::vector<std::string>& lines, std::string_view message) = nullptr;
  BlockSummary (*summarise)(const std::vector<std::string>& lines) = nullptr;
};

// Blanks what differs between two deaths of the same cause: digits, 0x addresses, hex ids, quotes'
// contents stay. For fingerprints.
std::string without_numbers(std::string_view text);

const std::vector<const BlockSpec*>& all_blocks();

}  // namespace blip
