// A signature: one known line, as data. The built-in ones are rules/pack/*.yaml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.h"
#include "core/result.h"
#include "rules/sequence.h"

namespace blip {

// What a signature's line says; which signal it becomes stands beside it.
enum class SignatureKind : uint8_t {
  crash,         // death_note
  oom,           // oom
  exit,          // supervisor_exit
  respawn,       // supervisor_start
  giveup,        // gave_up
  start,         // start_mark "start"
  ready,         // start_mark "ready"
  stop_planned,  // stop_notice
  reload,        // reload
  boot,          // host_boot
  degraded,      // symptom
  symptom,       // symptom
  match,         // a user's rule: an event, no inference; rule_line where it has a sequence
};

std::string_view kind_name(SignatureKind kind);

struct Signature {
  std::string id;      // "system.what"
  std::string system;  // "go", "systemd"
  std::string title;   // one line for people, our own words
  SignatureKind kind = SignatureKind::match;
  Severity severity = Severity::warning;
  std::string regex;    // RE2, Latin-1; `^` is the start of the decoded message
  std::string unless;   // RE2; a message it is found in is not meant. Empty: none
  std::string literal;  // stands in every line the regex matches; no byte that JSON may escape
  bool worker = false;  // tells of a worker or child, not of the service
  bool weak = false;    // start, ready: words that a business line may use as well
  std::optional<Sequence> sequence;          // match: told of several lines, not of each
  std::vector<std::string> match, no_match;  // samples: must fire, must not
  std::string source;                        // where the fact is from; the built-in ones have it
  std::string where;                         // "file.yaml:12", for messages
};

// Reads one YAML text (docs/rules.md). Strict: an unknown key, a missing sample, a regex RE2
// refuses, a sample that does not fire (or one that must not and does) is an error
// "name:line:column: what; did you mean ...".
Result<std::vector<Signature>> read_signatures(std::string_view yaml, const std::string& name);

// The pack that was built in, read at the first call.
const std::vector<Signature>& builtin_signatures();

}  // namespace blip
