// The names of kinds, levels and signals, spelled as they are stored and printed: one search finds
// the enumerator, the row, the test and the documentation.

#include <array>
#include <tuple>

#include "core/event.h"
#include "core/hash.h"
#include "core/signal.h"

namespace blip {
namespace {
constexpr std::array<std::string_view, 24> kSignalNames = {"death_note",
                                                           "oom",
                                                           "supervisor_exit",
                                                           "supervisor_start",
                                                           "gave_up",
                                                           "start_mark",
                                                           "stop_notice",
                                                           "reload",
                                                           "host_boot",
                                                           "symptom",
                                                           "instance_changed",
                                                           "instance_spoke",
                                                           "instance_went_on",
                                                           "counter_reset",
                                                           "counter_went_on",
                                                           "clock_fell",
                                                           "gap",
                                                           "rare_line",
                                                           "version_changed",
                                                           "sample",
                                                           "progress",
                                                           "pause",
                                                           "counts",
                                                           "rule_line"};
constexpr std::array<std::string_view, 15> kKindNames = {
    "restart",     "crash",     "down",  "crash_loop", "host_reboot",
    "error_burst", "new_error", "leak",  "drift",      "silence",
    "symptom",     "verbosity", "match", "loss",       "health"};
constexpr std::array<std::string_view, 4> kSeverityNames = {"info", "warning", "error", "critical"};

template <class Enum, size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view name) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}
}  // namespace

std::string_view signal_name(SignalKind kind) { return kSignalNames[static_cast<size_t>(kind)]; }
std::string_view kind_name(EventKind kind) { return kKindNames[static_cast<size_t>(kind)]; }
std::optional<EventKind> kind_from_name(std::string_view name) {
  return find<EventKind>(kKindNames, name);
}
bool is_fact(EventKind kind) {
  return kind == EventKind::match || kind == EventKind::loss || kind == EventKind::health;
}

std::string_view severity_name(Severity severity) {
  return kSeverityNames[static_cast<size_t>(severity)];
}
std::optional<Severity> severity_from_name(std::string_view name) {
  return find<Severity>(kSeverityNames, name);
}

bool earlier(const Signal& a, const Signal& b) {
  return std::tie(a.time, a.at.stream, a.at.offset, a.kind, a.subject) <
         std::tie(b.time, b.at.stream, b.at.offset, b.kind, b.subject);
}

// Matched lines may come by ten thousands a second, and an index of random numbers is the slowest
// part of storing them: theirs are in order within 16 MiB of a file.
uint64_t event_id(const Anchor& anchor, EventKind kind, std::string_view rule) {
  constexpr uint64_t kOrdered = (1 << 24) - 1;
  const uint64_t ordered = kind == EventKind::match ? anchor.offset & kOrdered : 0;
  const uint64_t hash = Hasher()
                            .number(anchor.stream)
                            .number(anchor.offset - ordered)
                            .field(kind_name(kind))
                            .field(rule)
                            .value();
  return kind == EventKind::match ? (hash & ~kOrdered) | ordered : hash;
}

std::string id_text(uint64_t id) {
  std::string text(16, '0');
  for (size_t i = 16; i-- > 0; id >>= 4) text[i] = "0123456789abcdef"[id & 15];
  return text;
}

}  // namespace blip
