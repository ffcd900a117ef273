// A user's test of rules: logs, and what blip must (and must not) claim of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event.h"
#include "core/result.h"
#include "core/time.h"

namespace blip {

// What an event must be; what is not named may be anything.
struct Expected {
  std::optional<EventKind> kind;
  std::optional<uint64_t> line;                   // of the event
  std::optional<std::optional<bool>> planned;     // the inner one empty: not known ("null")
  std::optional<Micros> at, end;                  // of the event, since kTestBegin
  std::string service, cause, rule;               // rule: id of one that the event rests on
  std::map<std::string, std::string> attributes;  // as text
  std::string where;                              // "acme.test.yaml:5"
};

// When the clock of a test that brings its own lines begins. Nothing else ever moves it.
inline constexpr Time kTestBegin = std::chrono::sys_days(std::chrono::year(2026) / 1 / 5);

// A line that a test brings along.
struct TestLine {
  Micros at{0};  // since kTestBegin
  std::string text;
};

// A test has logs, lines or both.
struct RuleTest {
  std::string name, where;
  std::vector<std::pair<std::string, std::string>> logs;             // service, path as written
  std::vector<std::pair<std::string, std::vector<TestLine>>> lines;  // of each service
  Micros until{0};  // so far the clock goes on; at least to the last line
  std::vector<Expected> expect, expect_no;
};

// Strict, as read_signatures(); the error is "name:line:column: what; did you mean ...".
Result<std::vector<RuleTest>> read_rule_tests(std::string_view yaml, const std::string& name);

// Whether the event is all that is named but the rule, which it does not know.
bool fits(const Event& event, const Expected& expected);

// "restart at line 121, planned: false"
std::string describe(const Expected& expected);

}  // namespace blip
