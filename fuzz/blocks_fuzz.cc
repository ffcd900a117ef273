// Any lines as messages of one lane: no block spec may crash, a block stays within its bounds, and
// an assembler that was saved and restored at every line says the same. Each spec also gets lines
// that the assembler would have kept from it.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/check.h"
#include "core/hash.h"
#include "fuzz/exact_bytes.h"
#include "parsers/blocks/assembler.h"
#include "parsers/blocks/text.h"

namespace blip {
namespace {

void look_at(const BlockSummary& summary) {
  BLIP_CHECK(summary.message.size() <= blocks::kMessageBytes, "a summary's message is too long");
  BLIP_CHECK(summary.frame.size() <= blocks::kFrameBytes, "a summary's frame is too long");
}

void add(const std::optional<Block>& block, Hasher& digest) {
  if (!block) return;
  look_at(block->summary);
  BLIP_CHECK(!block->summary.message.empty(), "a block that was none is told");
  BLIP_CHECK(block->lines > 0 && block->first.number + block->lines - 1 == block->last.number,
             "a block's lines do not add up");
  BLIP_CHECK(block->head.size() <= kQuoteLimit, "a block's head is too long");
  digest.field(block->name).field(block->head).number(block->lines);
  digest.number(block->first.offset).number(block->last.offset);
  digest.number(static_cast<uint64_t>(to_us(block->time)));
  digest.field(block->summary.message).field(block->summary.frame);
  digest.number(static_cast<uint64_t>(block->summary.fatality));
  digest.number(block->summary.out_of_memory).number(block->summary.fingerprint);
}

enum class Dates { none, all, some };
bool is_dated(Dates dates, std::string_view line) {
  return dates == Dates::all || (dates == Dates::some && line.size() % 3 == 0);
}

uint64_t assemble(const std::vector<ExactBytes>& lines, Dates dates, bool restoring) {
  BlockAssembler assembler;
  Hasher digest;
  Anchor at{1, 0, 1};
  for (const ExactBytes& line : lines) {
    const Time time = time_from_us(static_cast<int64_t>(at.number) * 1000000);
    const auto outcome = assembler.feed(line.view(), is_dated(dates, line.view()), at, time);
    add(outcome.ended, digest);
    digest.number(outcome.inside);
    at.offset += line.view().size() + 1;
    ++at.number;
    if (!restoring) continue;
    StateWriter out;
    assembler.save(out);
    const std::string blob = out.seal("fuzz", 1);
    StateReader in(blob, "fuzz", 1);
    assembler.restore(in);
    BLIP_CHECK(in.ok() && in.at_end(), "what was saved is not what is restored");
  }
  add(assembler.finish(), digest);
  return digest.value();
}

void ask_directly(const std::vector<ExactBytes>& lines) {
  for (const BlockSpec* spec : all_blocks()) {
    std::vector<std::string> held;
    for (const ExactBytes& line : lines) {
      const std::string_view message = line.view();
      if (held.empty()) {
        if (message.empty() || !spec->starts(message)) continue;
      } else {
        (void)spec->next(held, message);  // taken in whatever it says
      }
      if (held.size() < kBlockLines) held.emplace_back();
      held.back() = blocks::clip(message, kBlockLineBytes);
    }
    if (!held.empty()) look_at(spec->summarise(held));
  }
}

}  // namespace
}  // namespace blip

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace blip;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  std::vector<ExactBytes> lines;
  for (size_t at = 0; at < size;) {
    const size_t end = std::min(all.find('\n', at), size);
    lines.emplace_back(all.substr(at, end - at));
    at = end + 1;
  }
  for (const Dates dates : {Dates::none, Dates::all, Dates::some}) {
    BLIP_CHECK(assemble(lines, dates, false) == assemble(lines, dates, true),
               "a restored assembler went on differently");
  }
  ask_directly(lines);
  return 0;
}
