// Do the words of a line tell of something that failed? For the many logs whose lines have no
// level. Wrong words cost little: what counts them looks for far more than usual.
#pragma once

#include <string>
#include <vector>

namespace blip {

// `tokens` as of a template: words, signs, "#" for values.
bool tells_failure(const std::vector<std::string>& tokens);

}  // namespace blip
