// What a message is made of, as templates compare it: words, names, signs, and values that are
// blanked.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace blip {

inline constexpr size_t kMaxTokens = 64;  // of a message; what follows is left out

// "#" stands for a value: whatever holds a digit, with its unit; a hex id; a date in words; what
// empty brackets or quotes hold. Values with commas between them are one. A name is several words
// that signs join ("www.example.com", "/srv/app/a.log"): one token, for names of one kind have any
// number of parts. All other signs but spaces are tokens of their own.
std::vector<std::string> tokens_of(std::string_view message);

// In a template "*" stands for any word.
inline bool is_value(std::string_view token) { return token == "#" || token == "*"; }
bool is_word(std::string_view token);  // names are words too
bool is_name(std::string_view token);

}  // namespace blip
