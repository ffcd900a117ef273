// YAML texts of which one document is read. Only readers of YAML include it: the rest never see
// yaml-cpp.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string_view>

namespace blip {

// Throws YAML::Exception where a second document begins. YAML::LoadAll would tell too, but over
// some broken texts ("{a: b}\n:") it finds empty documents for ever, until the memory is gone.
void expect_one_document(std::string_view yaml);

}  // namespace blip
