// What signals of the kind `counts` say: the words between the sensors that count lines and the
// judges that read them. Each names its sensor, then what was counted:
//
//   "burst errors 60"    far more lines of a series in a bucket than is usual
//   "new 1f3a90c2"       an error-like template that was never seen before
//   "level debug"        all lines of a level came, or went, together
//   "beat 9c01d44e"      a template that came at even times stopped, or came again
//
// For each `at` and `text` are the line with which it began; what `before` and `after` are stands
// beside the words below.
#pragma once

#include <string>
#include <string_view>

namespace blip {

// count: lines in the bucket; since and time: of its first and last; before: lines usual in one,
// given all the other lines in it; after: decades of surprise.
inline constexpr std::string_view kBurst = "burst";
// count: ordinal of the line in its unit; before: seconds the unit had been watched.
inline constexpr std::string_view kNew = "new";
// detail: "on" or "off"; count: templates of the level, if known; before, after: its share of the
// lines until then and from then on.
inline constexpr std::string_view kLevel = "level";
// detail: the template; since: its last line before; time: when the unit went on without it, or,
// with count 0, of its first line after. before: seconds between its lines as a rule; after:
// seconds after which it was late.
inline constexpr std::string_view kBeat = "beat";

// The series of a burst: all error-like lines, those of level error and above, else a template.
inline constexpr std::string_view kAlarms = "alarms";
inline constexpr std::string_view kErrors = "errors";

// The word at `index` of a subject; empty: it has no more.
inline std::string_view word_of(std::string_view subject, size_t index) {
  for (; index > 0; --index) {
    const size_t space = subject.find(' ');
    if (space == std::string_view::npos) return {};
    subject.remove_prefix(space + 1);
  }
  return subject.substr(0, subject.find(' '));
}

}  // namespace blip
