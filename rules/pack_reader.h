// The strict reader behind read_signatures() and builtin_signatures() (rules/signature.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/signature.h"

namespace blip {

// Who wrote the text: its users' rules are checked to the last sample; the built-in pack was
// checked when it was built (tests/rules/pack_test.cc), and to compile each of its regexes again at
// every start would cost more than all else that is read.
enum class PackOrigin { user, built_in };

Result<std::vector<Signature>> read_pack(std::string_view yaml, const std::string& name,
                                         PackOrigin origin);

// The regex with "%{version}", the one piece there is, written out.
std::string with_pieces(std::string regex);

}  // namespace blip
