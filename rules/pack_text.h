// The built-in pack as it was at build time: the text of each rules/pack/*.yaml.
#pragma once

#include <string_view>
#include <vector>

namespace blip {

struct PackText {
  std::string_view name, yaml;
};
const std::vector<PackText>& pack_texts();

}  // namespace blip
