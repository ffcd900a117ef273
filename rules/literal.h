// The plain text that every match of a regex must hold: what a fast literal search can look for
// before the regex is tried.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace blip {

// A shorter literal would ask for too many lines.
inline constexpr size_t kMinLiteral = 4;

// A leading "(?i)": the whole regex, and so its literal, takes either case.
bool is_caseless(std::string_view regex);

// Runs of bytes that stand in every text the regex matches, in order. A run ends at whatever may
// vary (class, group, repeat, assertion); what stands in an alternation or is optional is in none.
// May miss runs, never invents one. The regex must be one that RE2 takes.
std::vector<std::string> required_runs(std::string_view regex);

// True for a byte that stands for itself in plain text and in JSON however it is written.
bool is_literal_byte(char c);

// The longest piece of those runs made of literal bytes alone; "" when there is none.
std::string derive_literal(std::string_view regex);

}  // namespace blip
