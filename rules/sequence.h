// What a rule may ask for beyond one line: so many of them within a time, one after another, one
// that stays away. The sensor `signatures` tells such lines as signals of the kind `rule_line`; the
// judge `sequences` counts and pairs them. Between the two:
//
//   subject       "rule acme.login": a line of the rule; "next acme.login": of what is to follow it
//   detail        the terms of the rule (below): a signal is judged by the rule that told it
//   frame         the key: the values of `by`, joined by kKeyJoint
//   fingerprint   hash of the value of `distinct`, else 0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.h"
#include "core/time.h"

namespace blip {

struct Signature;

// What is to come after the lines of a rule.
enum class Follow : uint8_t {
  none,
  wanted,    // followed_by: told when it comes in time
  unwanted,  // not_followed_by: told when it does not
};

// The keys of a rule as they stand in its file, defaults filled in.
struct Sequence {
  uint64_t count = 1;           // lines; with `distinct`: different values
  Micros within{0};             // 0: not given, where nothing asks for it
  Micros cooldown{0};           // after an event no other of its key for so long
  std::vector<std::string> by;  // what is counted apart: groups, "pid", "instance", "service"
  std::string distinct;         // a group
  Follow next = Follow::none;
  std::string next_id;  // the rule whose line it is; empty: that of next_regex
  std::string next_regex, next_literal;
};

inline constexpr uint64_t kMostCount = 1000;       // of `count`: so many times a key may hold
inline constexpr Micros kMostWithin = 7 * 86400s;  // of `within`
inline constexpr Micros kMostCooldown = 30 * 86400s;
inline constexpr size_t kMostBy = 4;
inline constexpr size_t kKeyBytes = 64;  // of each value of a key; more is cut off
inline constexpr char kKeyJoint = '\x1f';

// At one line what follows ends the old before the rule's own begins the new: "next" sorts first.
inline constexpr std::string_view kNextOf = "next ";
inline constexpr std::string_view kLineOf = "rule ";

// As much of a rule as its judge must know.
struct Terms {
  uint64_t count = 1;
  Micros within{0}, cooldown{0};
  Follow next = Follow::none;
  bool itself = false;    // what is to follow is another line of the rule
  bool distinct = false;  // `count` is of different values
  Severity severity = Severity::warning;
  std::vector<std::string> by;
  std::string title;
};

// `rule`: one that has a sequence.
std::string terms_text(const Signature& rule);
// Empty: not what terms_text() writes.
std::optional<Terms> read_terms(std::string_view text);

// "5 lines within 10m by ip, then quiet for 10m": for people.
std::string sequence_text(const Signature& rule);

// "90s", "10m", "12h", "7d", "1w"; with nothing before the unit, another unit or more than 100
// years: empty.
std::optional<Micros> read_duration(std::string_view text);
// The other way about, of whole seconds: "10m".
std::string duration_words(Micros span);

}  // namespace blip
