// An event has fields; a person wants words:
//
//   planned = false, silent = true        ->  unplanned, SILENT
//   cause = "panic", frame = "a.go:88"    ->  panic a.go:88
//   id = 0x51be07d2c4f0a912               ->  51be07
//   /var/log/app.log, /var/log/upstart/app.log  ->  log/app.log, upstart/app.log

#include "cli/event_text.h"

#include <fnmatch.h>

#include <cmath>

#include "cli/render/units.h"

namespace blip {
namespace {
const Attribute* find(const Event& event, std::string_view name) {
  const auto found = event.attributes.find(name);
  return found == event.attributes.end() ? nullptr : &found->second;
}

// The last `parts` parts of a path.
std::string_view tail_of(std::string_view path, int parts) {
  size_t at = path.size();
  for (; parts > 0; --parts) {
    if (at == 0) return path;
    at = path.rfind('/', at - 1);
    if (at == path.npos) return path;
  }
  return path.substr(at + 1);
}
}  // namespace

std::optional<double> number_attribute(const Event& event, std::string_view name) {
  const Attribute* value = find(event, name);
  if (value == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<double>(value)) return *number;
  if (const auto* number = std::get_if<int64_t>(value)) return static_cast<double>(*number);
  return std::nullopt;
}

std::string_view text_attribute(const Event& event, std::string_view name) {
  const Attribute* value = find(event, name);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::string_view() : *text;
}

bool flag_attribute(const Event& event, std::string_view name) {
  const Attribute* value = find(event, name);
  const auto* flag = value == nullptr ? nullptr : std::get_if<bool>(value);
  return flag != nullptr && *flag;
}

std::string cause_text(const Event& event) {
  std::string out = event.cause;
  const std::string_view frame = text_attribute(event, "frame");
  const std::string_view message = text_attribute(event, "message");
  if (!frame.empty()) return out.append(" ").append(frame);
  if (!message.empty()) out.append(": ").append(message);
  return out;
}

std::string cause_phrase(const Event& event) {
  static const std::map<std::string_view, std::string_view> kPhrases = {
      {"kill9", "SIGKILL"},   {"segv", "a segmentation fault (SIGSEGV)"},
      {"abort", "SIGABRT"},   {"sigterm", "SIGTERM"},
      {"sigint", "SIGINT"},   {"oom", "running out of memory"},
      {"deploy", "a deploy"}, {"reboot", "a reboot of the host"},
      {"panic", "a panic"},   {"exception", "an exception"},
      {"exit", "an exit"},    {"dockerd", "a restart of dockerd"},
  };
  const auto known_one = kPhrases.find(event.cause);
  if (known_one != kPhrases.end()) return std::string(known_one->second);
  if (event.cause.starts_with("exit")) return "exit code " + event.cause.substr(4);
  return event.cause;
}

std::string_view planned_word(const Event& event) {
  if (!event.planned) return "unknown";
  return *event.planned ? "planned" : "unplanned";
}

std::string leak_text(const Event& event) {
  const std::string_view metric = text_attribute(event, "metric");
  std::string out = slope_text(metric.empty() ? "?" : metric,
                               number_attribute(event, "slope_per_min").value_or(std::nan("")));
  if (flag_attribute(event, "masked")) out += "  MASKED";
  return out;
}

std::string span_or_dash(const std::optional<double>& seconds) {
  return seconds ? compact_span(*seconds) : "-";
}

Tint tint_of(Severity severity) {
  if (severity >= Severity::error) return Tint::red;
  return severity == Severity::warning ? Tint::yellow : Tint::plain;
}

std::string_view mark_of(Severity severity, const Style& style) {
  static constexpr std::string_view kMarks[] = {"○", "▲", "●", "✖"},
                                    kAscii[] = {"o", "!", "*", "X"};
  return (style.ascii ? kAscii : kMarks)[static_cast<size_t>(severity)];
}

const Evidence* death_note_of(const Event& event) {
  const std::string_view message = text_attribute(event, "message");
  for (const Evidence& row : event.evidence) {
    if (row.signal.find("death note") != row.signal.npos) return &row;
  }
  if (message.empty()) return nullptr;
  for (const Evidence& row : event.evidence) {
    if (row.at.number != 0 && row.text.find(message) != row.text.npos) return &row;
  }
  return nullptr;
}

ShortId short_ids(const Store& store) {
  // To look for others that begin alike is a walk through an index for each: of a long list out of
  // a large store the later ids get so many digits that a clash is one in a million.
  constexpr size_t kLookedUp = 50, kSafeDigits = 12;
  constexpr uint64_t kLarge = 1'000'000;
  const Result<uint64_t> events = store.last_seq();
  const bool large = events && *events > kLarge;
  return [&store, large, count = size_t{0}](uint64_t id) mutable {
    const std::string whole = id_text(id);
    if (large && ++count > kLookedUp) return whole.substr(0, kSafeDigits);
    const Result<size_t> digits = store.digits_of(id, 6);
    if (digits) return whole.substr(0, *digits);
    return whole;
  };
}

std::string FileNames::of(const std::string& path) const {
  for (const int parts : {1, 2}) {
    const std::string_view tail = tail_of(path, parts);
    bool shared = false;
    for (const auto& entry : paths_) {
      shared |= entry.first != path && tail_of(entry.first, parts) == tail;
    }
    if (!shared) return std::string(tail);
  }
  return path;
}

bool fits_glob(const std::string& glob, const std::string& text) {
  return fnmatch(glob.c_str(), text.c_str(), 0) == 0;
}

std::string glob_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[') {
      out.append("[").append(1, c).append("]");
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace blip
