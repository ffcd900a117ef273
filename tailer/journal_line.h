// One entry of the journal as a line of JSON, built field by field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace blip {

// Appends `text` as a JSON string with its quotes, at most about `limit` bytes of it as written.
// Bytes that are not UTF-8 become U+FFFD: text stays text, and what rules look for stays findable.
void append_json(std::string_view text, size_t limit, std::string& to);

// The fields that are kept: what says who speaks of whom, when, how loudly, and what. Command lines
// and environments are not: they are long, and hold secrets.
class JournalLine {
 public:
  // Begins a line at the end of `to`; undo() takes back what it appended.
  explicit JournalLine(std::string& to) : to_(to), begin_(to.size()) { to_ += '{'; }

  void address(std::string_view name, std::string_view value);
  // `data` as the journal stores it: "_PID=4711". Of a field that stands twice the first counts.
  void field(std::string_view data);
  void finish() { to_ += "}\n"; }
  void undo() { to_.resize(begin_); }

 private:
  void member(std::string_view name, std::string_view value, size_t limit);

  std::string& to_;
  size_t begin_;
  uint64_t seen_ = 0;  // a bit for each field kept
};

}  // namespace blip
