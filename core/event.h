// An event: what blip claims, and why a person should believe it. Field for field the contract of
// `-o ndjson`, of the store and of blip's JSON; fields are only ever added.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/signal.h"
#include "core/time.h"

namespace blip {

// Spelled as stored and printed.
enum class EventKind : uint8_t {
  restart,
  crash,
  down,
  crash_loop,
  host_reboot,
  error_burst,
  new_error,
  leak,
  drift,
  silence,
  symptom,
  verbosity,
  match,
  loss,
  health,
};
enum class Severity : uint8_t { info, warning, error, critical };

std::string_view kind_name(EventKind kind);
std::optional<EventKind> kind_from_name(std::string_view name);
// Does the kind state a fact (match, loss, health)? Facts need no judge and are never revised; only
// a match of several lines (rules/sequence.h) is judged.
bool is_fact(EventKind kind);
std::string_view severity_name(Severity severity);
std::optional<Severity> severity_from_name(std::string_view name);

// One reason for or against. Weights are log-odds in nats; the prior is a row of its own, and all
// rows of an event add up to its score. Kinds that state a fact (match, loss, health) weigh
// nothing.
struct Evidence {
  std::string signal;  // "start phrase", "pid replaced", "prior"
  double weight = 0;
  Anchor at;         // number 0: no line (the prior, a sum over many)
  std::string file;  // path as read; filled in by the store when it is read back
  Time time = kNoTime;
  std::string text;  // the quoted line, or a sentence for rows without one; raw bytes: escape it
};

using Attribute = std::variant<bool, int64_t, double, std::string>;

struct Event {
  uint64_t id = 0;  // hash(stream key, offset of the anchor, kind): the same bytes, the same id
  uint32_t revision = 1;
  uint64_t seq = 0;  // order of writing in its store; filled in when read back
  EventKind kind = EventKind::restart;
  std::string service, host;
  Anchor at;         // its line, by kind as ARCHITECTURE.md says; `offset` is the one printed
  std::string file;  // path of `at`, as read; filled in by the store
  Time time = kNoTime, end = kNoTime;
  TimeQuality quality = TimeQuality::none;
  std::optional<bool> planned;  // empty: not known, rather than guessed
  bool explicit_ = false;       // some line of the service's own files states it
  bool silent = false;  // not planned, and the streams with its ordinary lines say nothing of it
  std::string cause = "unknown";  // one word (panic, exit1, kill9, oom, ...): attributes say more
  double score = 0;               // nats: prior + weights
  double confidence = 1;          // 1 / (1 + exp(-score))
  Severity severity = Severity::info;
  std::string title;
  std::vector<Evidence> evidence;
  std::map<std::string, Attribute, std::less<>> attributes;
};

// A hash; a `match`'s low 24 bits are those of its offset.
uint64_t event_id(const Anchor& anchor, EventKind kind, std::string_view rule = {});
// 16 hex digits. Prefixes of at least 6 name an event to people.
std::string id_text(uint64_t id);

}  // namespace blip
