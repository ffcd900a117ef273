// What people have seen: "I know of that one, do not show it to me again".
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/result.h"
#include "core/time.h"

namespace blip {

struct Ack {
  uint64_t event = 0;
  std::string note;  // "" or what they had to say
  Time at = kNoTime;
};

inline constexpr size_t kAckNoteLimit = 1'000;  // bytes

// Acknowledges an event of the store at `db_path`, or says something else of it, through a
// connection of its own, beside an agent that writes there. Stays when the event is revised, and
// while it is not claimed. The error says what to do.
Status add_ack(const std::string& db_path, const Ack& ack,
               std::chrono::milliseconds patience = std::chrono::seconds(5));

// Takes it back; false: it had none.
Result<bool> remove_ack(const std::string& db_path, uint64_t event,
                        std::chrono::milliseconds patience = std::chrono::seconds(5));

}  // namespace blip
