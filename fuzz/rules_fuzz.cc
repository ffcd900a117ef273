// Any bytes as a rule file: a list of rules or an error, never an exception.

#include <cstdint>
#include <string_view>

#include "rules/signature.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)blip::read_signatures(std::string_view(reinterpret_cast<const char*>(data), size),
                              "fuzz.yaml");
  return 0;
}
