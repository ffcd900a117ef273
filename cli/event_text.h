// Pieces of an event as people read them. All of these return raw text where it came from a log:
// tables escape it, other callers use visible().
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/render/style.h"
#include "core/event.h"
#include "store/store.h"

namespace blip {

std::optional<double> number_attribute(const Event& event, std::string_view name);
std::string_view text_attribute(const Event& event, std::string_view name);  // "" if there is none
bool flag_attribute(const Event& event, std::string_view name);

std::string cause_text(const Event& event);         // "panic handler.go:88", "exit1", "unknown"
std::string cause_phrase(const Event& event);       // "SIGKILL", "exit code 1": after "after"
std::string_view planned_word(const Event& event);  // "planned", "unplanned", "unknown"
std::string leak_text(const Event& event);          // "goroutines +130/min  MASKED"
std::string span_or_dash(const std::optional<double>& seconds);  // "4h02m", "-"
Tint tint_of(Severity severity);

// ✖ critical, ● error, ▲ warning, ○ info; with --ascii X * ! o.
std::string_view mark_of(Severity severity, const Style& style);

// A sign between life and death: which evidence tells of the end, if one does.
const Evidence* death_note_of(const Event& event);

// The shortest prefix of an event's id, of at least 6 digits, that names no other event.
using ShortId = std::function<std::string(uint64_t id)>;
ShortId short_ids(const Store& store);

// File names short enough to read and long enough to tell files apart: the base name, with its
// folder where two share it, whole where they share that too.
class FileNames {
 public:
  void add(const std::string& path) { paths_[path]; }
  std::string of(const std::string& path) const;

 private:
  std::map<std::string, int> paths_;
};

// A GLOB that only this text fits.
std::string glob_of(std::string_view text);
bool fits_glob(const std::string& glob, const std::string& text);

}  // namespace blip
