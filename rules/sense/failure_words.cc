// Words of failure, and where they are none:
//
//   connection to # timed out              yes
//   BackendConnectionError: dial # ...     yes: what a type or an errno is called
//   errors=#   failed: #   # errors        no: a number with a name, which may be 0
//   no errors   without error              no
//   GET /api/errors/list                   no: a path

#include "rules/sense/failure_words.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace blip {
namespace {
constexpr std::array<std::string_view, 44> kWords = {
    "error",      "errors",      "err",         "failed",     "failure",      "failures",
    "fail",       "fails",       "failing",     "fatal",      "panic",        "exception",
    "exceptions", "timeout",     "timeouts",    "timed",      "refused",      "rejected",
    "denied",     "unreachable", "unavailable", "broken",     "aborted",      "aborting",
    "cannot",     "unable",      "couldn",      "corrupt",    "corrupted",    "overflow",
    "severe",     "critical",    "crit",        "emerg",      "alert",        "warning",
    "warn",       "lost",        "unhandled",   "unexpected", "unexpectedly", "deadlock",
    "exhausted",  "disconnected"};
// Ends of the names of types, and errno names.
constexpr std::array<std::string_view, 4> kEndings = {"Error", "Exception", "Failure", "Timeout"};
constexpr std::array<std::string_view, 9> kErrnos = {"ECONNREFUSED", "ECONNRESET",   "ETIMEDOUT",
                                                     "EPIPE",        "EHOSTUNREACH", "ENETUNREACH",
                                                     "ENOTFOUND",    "EADDRINUSE",   "EMFILE"};

template <size_t N>
bool has(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool names_failure(const std::string& word) {
  std::string small = word;
  for (char& c : small) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  if (has(kWords, small) || has(kErrnos, word)) return true;
  return std::any_of(kEndings.begin(), kEndings.end(), [&](std::string_view ending) {
    return word.size() > ending.size() && std::string_view(word).ends_with(ending);
  });
}

bool is_path(const std::string& token) { return token == "/" || token == "\\"; }
}  // namespace

bool tells_failure(const std::vector<std::string>& tokens) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!names_failure(tokens[i])) continue;
    const std::string none;
    const std::string& before = i > 0 ? tokens[i - 1] : none;
    const std::string& after = i + 1 < tokens.size() ? tokens[i + 1] : none;
    const std::string& value = i + 2 < tokens.size() ? tokens[i + 2] : none;
    const bool many = tokens[i].size() > 3 && (tokens[i].back() == 's' || tokens[i] == "failed");
    if (before == "no" || before == "No" || before == "without" || (before == "#" && many))
      continue;
    if ((after == "=" || after == ":") && value == "#") continue;
    if (is_path(before) || (is_path(after) && !value.empty() && value != "#")) continue;
    return true;
  }
  return false;
}

}  // namespace blip
