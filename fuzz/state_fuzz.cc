// Any bytes as saved state, behind a right header and sum so that its body is looked at: refused or
// taken, never a crash, and never more memory than the bytes could fill.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/hash.h"
#include "parsers/blocks/assembler.h"
#include "parsers/reader.h"
#include "rules/sense/senses.h"

namespace {
void append_number(std::string& out, uint64_t value) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i));
}

// As StateWriter::seal("", 1) would write a body of these bytes.
std::string sealed(std::string_view body) {
  std::string out;
  append_number(out, 0);
  append_number(out, 1);
  append_number(out, body.size());
  out += body;
  append_number(out, blip::hash_of(out));
  return out;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const blip::SignatureSet set({});
  const std::string blob = sealed({reinterpret_cast<const char*>(data), size});
  blip::StateReader for_senses(blob, "", 1), for_reader(blob, "", 1), for_blocks(blob, "", 1);
  blip::Senses senses(set);
  (void)senses.restore(for_senses);
  blip::RecordReader reader{blip::ReaderOptions{}};
  reader.restore(for_reader);
  blip::BlockAssembler assembler;
  assembler.restore(for_blocks);
  return 0;
}
