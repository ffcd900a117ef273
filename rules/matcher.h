// A signature at work on one decoded message: does it match, and what does it name.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/signature.h"

namespace blip {

// What the line names, by the named groups of the regex; empty where it names nothing. Views into
// the message, or (names of signals) of static text.
struct Captures {
  std::string_view service;  // of whom a supervisor, kernel or balancer speaks; as it spells it
  std::string_view pid;      // digits
  std::string_view code;     // exit code, digits
  std::string_view signal;   // "KILL", "SIGKILL", "9"; libc's words ("Killed") are made names
  std::string_view reason;   // in words
  std::string_view version;
};

// May be shared by threads. Its regexes are compiled when the first message comes: of hundreds of
// signatures a log asks for few.
class Matcher {
 public:
  explicit Matcher(const Signature& signature);  // which need not outlive it
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  // Whether the signature's regex is found in the message and its `unless` is not. Sets all of
  // `captures` when it is; else leaves them.
  bool match(std::string_view message, Captures& captures) const;
  // Has the regex a group of that name?
  bool names_service() const;
  // All named groups that took part, in the order of the regex; empty when it is not found.
  std::vector<std::pair<std::string, std::string>> groups(std::string_view message) const;

 private:
  struct Compiled;
  Compiled& compiled() const;  // by now
  std::unique_ptr<Compiled> compiled_;
};

// Groups a regex may have, named or not.
inline constexpr int kMaxGroups = 15;

}  // namespace blip
