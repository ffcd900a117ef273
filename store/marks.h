// What people say beforehand: "this service is about to be restarted".
#pragma once

#include <chrono>
#include <string>

#include "core/result.h"
#include "core/time.h"

namespace blip {

struct Mark {
  std::string service;  // a name, or a GLOB over names
  std::string text;     // why: "deploy 1.4.2"
  Time from = kNoTime;  // it covers [from, until]
  Time until = kNoTime;

  bool covers(const std::string& name, Time when) const;
};

inline constexpr size_t kMarkTextLimit = 1'000;  // bytes, of the service as of the text

// Adds a mark to the store at `db_path` through a connection of its own, beside an agent that
// writes there. Never makes a store: what would read the mark? The error says what to do.
Status add_mark(const std::string& db_path, const Mark& mark,
                std::chrono::milliseconds patience = std::chrono::seconds(5));

}  // namespace blip
