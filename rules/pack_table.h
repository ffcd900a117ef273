// The built-in pack as the build made it of rules/pack/*.yaml (rules/pack/make_table.cc): to read
// 190 KB of YAML at every start would cost more than to scan 100 MB.
#pragma once

#include <cstddef>
#include <string_view>

#include "rules/signature.h"

namespace blip {

// A Signature (rules/signature.h) as constant data.
struct PackRow {
  std::string_view id, system, title;
  SignatureKind kind;
  Severity severity;
  std::string_view regex, unless, literal;
  bool worker, weak;
  std::string_view source, where;
  const std::string_view* samples;  // those that match, then those that must not
  size_t match, no_match;           // how many of each
};

struct PackTable {
  const PackRow* rows;
  size_t size;
};
PackTable pack_table();

}  // namespace blip
