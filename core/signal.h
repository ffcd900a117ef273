// A signal: one sparse fact that sensing found in one stream, and all that judging ever sees.
// Signals are stored; the events of a service are a fold over its signals in the order of
// (time, stream key, offset, kind), so everything a verdict needs must be in here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/time.h"

namespace blip {

// Spelled as stored. What `subject`, `detail`, `before`, `after`, `count` mean stands beside each.
enum class SignalKind : uint8_t {
  death_note,        // subject: signature or block; detail: message; frame, fingerprint. before: 1
                     // when only what follows can tell whether it was fatal; after: number of its
                     // last line; count: 1 of a worker
  oom,               // as death_note; the memory ran out (names the cause). after: pid or -1
  supervisor_exit,   // a supervisor tells of an end. detail: "exit 1", "SIGKILL", "gone" (dead, it
                     // does not know how); after: pid or -1; count: 1 of a worker
  supervisor_start,  // a supervisor starts or respawns the service. after: pid or -1
  gave_up,           // a supervisor stopped trying
  start_mark,        // the service says that it starts or is ready. detail: "start" or "ready";
                     // before: 1 when in weak words; count: lines of its template so far; after: of
                     // the unit
  stop_notice,       // the service, or who runs it, says that it will stop
  reload,            // configuration re-read, log reopened: what follows is no start
  host_boot,         // the host came up. detail: how it is known; after: how many seconds it was up
                     // by then, 0: not told
  symptom,           // the outside's view: a balancer's or client's error
  instance_changed,  // a pid replaced another. before, after: pids; count: lines of the old one
  instance_spoke,    // a pid replaced earlier speaks again. after: its pid
  instance_went_on,  // the same pid before and after a candidate; since: its line before
  counter_reset,     // strict counters fell together. subject: which; before, after; count: rises.
                     // detail "gauge...": one that had only risen fell to where it began
  counter_went_on,   // a strict counter rose across a candidate; since: its line before
  clock_fell,        // an uptime fell. before, after: seconds
  gap,               // no line for long. since: the line before; before: seconds; after: own p99
  rare_line,        // a template this unit seldom prints. subject: its id; detail: its text; count:
                    // seen so far; before: ordinal of the line in its unit; after: 1 when from now
                    // on it is common and no more told
  version_changed,  // the build or version in the lines changed. subject: old; detail: new; count:
                    // lines of the old one
  sample,           // a gauge's value. subject: metric; after: value
  progress,         // a unit is alive: its first line, and the first of each 10 min; and, with the
                    // subject "last", a source's last line. count: the unit's lines so far; before:
                    // of those, in blocks; detail: format
  pause,   // the longest pause in an interval in which a counter fell, or where an uptime says that
           // the new life began: told on the line after it, with the counter as subject. Places a
           // restart, proves none
  counts,  // lines of a kind, counted, were not as usual in (since, time]. subject: the sensor's
           // word and what was counted ("burst errors 60", "new 1f3a", "level debug", "beat 9c01");
           // detail: its template; count: lines. before, after: by sensor, rules/counts.h
  rule_line,  // a line that a user's rule counts, pairs or waits for: rules/sequence.h
};

std::string_view signal_name(SignalKind kind);

// Where a signal stands. Stream key and offset identify it; file and number are for people.
struct Anchor {
  uint64_t stream = 0;  // key of the stream, stable over rotation, gzip and path
  uint64_t offset = 0;  // of the line's first byte, in the unpacked bytes
  uint64_t number = 0;  // 1-based line number
};

struct Signal {
  SignalKind kind = SignalKind::progress;
  Anchor at;
  std::string service;
  std::string instance;  // lane within the service: format and the like; "" is the only one
  Time time = kNoTime;   // of the line; kNoTime when the stream has none
  // Where the fact is an interval (since, time], its lower bound; else the unit's line before.
  Time since = kNoTime;
  TimeQuality quality = TimeQuality::none;
  std::string text;  // the line as quoted evidence: decoded, at most kQuoteLimit bytes, raw bytes
  std::string subject, detail;
  std::string frame;         // top application frame of a block, "store.go:217"
  uint64_t fingerprint = 0;  // of a block: survives line numbers, addresses and ids
  double before = 0, after = 0;
  uint64_t count = 0;
};

inline constexpr size_t kQuoteLimit = 512;  // bytes of a line kept as evidence

// The order in which judges fold.
bool earlier(const Signal& a, const Signal& b);

}  // namespace blip
