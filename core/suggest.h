// "did you mean": the known word that a mistyped one is nearest to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace blip {

// Letters to add, drop, change or swap with a neighbour.
size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of `known`, if it is near enough to be meant; else "".
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

// "; did you mean restarts?", or "". `quote` stands on both sides of the word: '"' where it is read
// in a file, "" where it is typed.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known,
                         std::string_view quote = "");

}  // namespace blip
