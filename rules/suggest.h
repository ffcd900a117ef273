// "did you mean": the known word nearest to one that is not known.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace blip {

// `; did you mean "regex"?` for "regexp" among `count` words, or "" when none is near.
std::string did_you_mean(std::string_view word, const std::string_view* known, size_t count);

}  // namespace blip
