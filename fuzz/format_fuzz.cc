// Any lines, each offered to every format by itself: none may crash or read past the padding, and
// one that refuses a line must leave the record alone.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "core/hash.h"
#include "fuzz/exact_bytes.h"
#include "parsers/reader.h"

namespace blip {
namespace {

// Touches every byte that a record shows.
uint64_t digest(const Record& record) {
  Hasher hasher;
  hasher.number(static_cast<uint64_t>(to_us(record.time)));
  hasher.number(static_cast<uint64_t>(record.quality)).field(level_name(record.level));
  hasher.field(record.service).field(record.host).field(record.pid).field(record.version);
  hasher.field(record.message);
  for (const Field& field : record.fields) hasher.field(field.name).field(field.value);
  return hasher.value();
}

void offer(std::string_view text, bool cut) {
  static Scratch scratch;
  const ExactBytes line(text, kLinePadding);
  Record blank;
  blank.line = {.text = line.view(), .cut = cut};
  const uint64_t untouched = digest(blank);
  for (const ParserSpec* spec : all_parsers()) {
    scratch.reset();
    Piece piece;
    const ParseContext context{.scratch = &scratch, .piece = &piece};
    Record record;
    record.line = blank.line;
    const bool taken = spec->parse(line.view(), context, record);
    const uint64_t after = digest(record);
    BLIP_CHECK(taken || after == untouched, "a format that refused a line left a trace");
  }
}

}  // namespace
}  // namespace blip

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  for (size_t at = 0; at < size;) {
    const size_t end = std::min(all.find('\n', at), size);
    blip::offer(all.substr(at, end - at), end == size);
    at = end + 1;
  }
  return 0;
}
