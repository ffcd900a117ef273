// Any bytes as a configuration: values or an error, never an exception; what was taken can be
// shown.

#include <cstdint>
#include <string_view>

#include "agent/config.h"
#include "core/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  blip::Config config;
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  const blip::Status status = blip::merge_config(yaml, "fuzz.yaml", config);
  if (!status) BLIP_CHECK(!status.error().text.empty(), "an error without a word");
  (void)blip::config_rows(config);
  return 0;
}
