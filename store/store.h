// The store: one SQLite file, written by one process. Everything one batch of reading found goes in
// by one transaction: signals, events, runs, checkpoints, state. Not for several threads at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/checkpoint.h"
#include "core/event.h"
#include "core/result.h"
#include "core/run.h"
#include "core/signal.h"
#include "store/acks.h"
#include "store/marks.h"

namespace blip {

enum class Access { read_only, read_write };

// What commit() writes. Nothing in it is optional by accident: an empty vector changes nothing.
struct Batch {
  std::vector<Signal> signals;                // INSERT OR IGNORE by (stream, offset, kind, subject)
  std::vector<Checkpoint> checkpoints;        // replace by stream key
  std::map<std::string, std::string> states;  // owner -> sealed blob; replace
  // Events that state a fact (match, loss, health): written once by their id; the same bytes read
  // again add nothing.
  std::vector<Event> facts;
  // Source -> what would be told if no more came: takes the place of what it told so before.
  std::map<std::string, std::vector<Signal>> provisional;

  bool empty() const {
    return signals.empty() && checkpoints.empty() && states.empty() && facts.empty() &&
           provisional.empty();
  }
};

struct EventQuery {
  // [since, until), by time; one that began before and ended later is inside. An unknown time
  // always fits.
  Time since = kNoTime, until = kNoTime;
  std::vector<EventKind> kinds;  // empty: all
  std::string service;           // GLOB; empty: all
  double min_confidence = 0.5;
  size_t limit = 0;      // newest first; 0: all
  bool evidence = true;  // false: is left out, for those who only list
  bool files = true;     // false: Event::file is left out too
};

// What a summary needs of an event; the rest is fetched for those that are shown.
struct EventHead {
  uint64_t seq = 0;
  Time time = kNoTime;
  EventKind kind = EventKind::match;
  Severity severity = Severity::info;
  uint32_t service = 0;  // its place in Heads::services
};

struct Heads {
  std::vector<EventHead> listed;     // in no order
  std::deque<std::string> services;  // of those listed
  // Matched lines of severity info, which are only counted, up to kMostLines.
  static constexpr uint64_t kMostLines = 10'000;
  uint64_t lines = 0;
};

// A gauge at one moment.
struct SamplePoint {
  Time time = kNoTime;
  double value = 0;
};

// A build or version that was seen in a service's lines to take another's place.
struct VersionChange {
  Time at = kNoTime;
  std::string before, after;
};

// What an agent says of itself, for `blip status`: name -> JSON.
using StatusTable = std::map<std::string, std::string>;

class Store {
 public:
  // Opens, or with read_write creates, `path`. "" is a private temporary file that vanishes.
  // Errors say what to do: a database from a newer blip, not a database, no rights, locked.
  // `patience`: how long every later call waits for another process that writes.
  static Result<Store> open(const std::string& path, Access access,
                            std::chrono::milliseconds patience = std::chrono::seconds(5));
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  // From now on all questions are answered as of now, whatever is written meanwhile, and each costs
  // less. For who asks and ends: what is held cannot be folded back into the file by the writer.
  Status hold();

  // Durable at once when it holds facts; else a power cut may take the last ones back, all of them
  // from some point on.
  Status commit(const Batch& batch);

  // All services that have signals, by name.
  Result<std::vector<std::string>> services() const;
  // Gives `visit` every signal of the service in the order of earlier(), one row at a time. The
  // signal lives until `visit` returns; `visit` may read the store, and must not write to it.
  Status each_signal(std::string_view service,
                     const std::function<void(const Signal&)>& visit) const;

  // Every symptom of every service, in order of time; unknown times first. Its service, time,
  // place, subject and text are filled in.
  Status each_symptom(const std::function<void(const Signal&)>& visit) const;

  // Makes the stored events and runs of `service` exactly these (all must name that service): new
  // ones are added, changed ones get the next revision, those no longer claimed go. The revisions
  // and files given are not looked at: they are the store's. One transaction.
  Status settle(std::string_view service, const std::vector<Event>& events,
                const std::vector<Run>& runs);

  // In order of (time, id); with a limit the newest ones. Evidence and files are filled in.
  Result<std::vector<Event>> events(const EventQuery& query) const;
  // As events(), but only how each begins; kinds and limit are not looked at. Matched lines of
  // severity info, of which there may be millions, are listed too if all are at most `room`.
  Result<Heads> heads(const EventQuery& query, size_t room) const;
  // How many restarts and events of severity warning and above each service has among the newest
  // `most` of them; the query's kinds and limit are not looked at.
  Result<std::map<std::string, size_t>> weights(const EventQuery& query, size_t most) const;
  // Those with these seqs, in that order, without evidence; what is gone by now is left out.
  Result<std::vector<Event>> events_at(const std::vector<uint64_t>& seqs) const;
  // When the events of one kind of one service were, in order of time; known times only.
  Result<std::vector<Time>> times(std::string_view service, EventKind kind, Time since, Time until,
                                  double min_confidence = 0.5) const;
  // The least number of hex digits, at least `least`, by which events_by_prefix() finds it alone.
  Result<size_t> digits_of(uint64_t id, size_t least) const;
  // The events whose id begins with these hex digits: those of note (all but matched lines of
  // severity info), and where there is none, the others.
  Result<std::vector<Event>> events_by_prefix(std::string_view hex) const;
  // Those written or revised after `seq` (Event::seq), in that order, at most `limit`.
  Result<std::vector<Event>> events_after(uint64_t seq, size_t limit) const;
  Result<uint64_t> last_seq() const;
  Result<std::vector<Run>> runs(std::string_view service) const;  // "": all; in order of begin
  Result<std::vector<Checkpoint>> checkpoints() const;
  Result<uint64_t> count_sources() const;  // logs, each with all its rotated files
  Result<std::optional<std::string>> state(const std::string& owner) const;
  // What people said beforehand, in the order in which they said it.
  Result<std::vector<Mark>> marks() const;
  Result<std::vector<Ack>> acks() const;  // of events, and of some that are gone; oldest first
  Status set_status(const StatusTable& values);  // replaces those named
  Result<StatusTable> status() const;
  // Samples of one metric of one instance within [from, to] (kNoTime: no bound), in order, evenly
  // thinned to at most `points`; the first and the last are kept.
  Result<std::vector<double>> samples(std::string_view service, std::string_view instance,
                                      std::string_view metric, Time from, Time to,
                                      size_t points) const;
  // The series that begins at `head` (of the lane with the least name where that sample is gone)
  // within [from, to], both known: of each of `parts` equal parts its lowest and its highest
  // sample, in order of time. Made for charts: no peak and no fall gets lost.
  Result<std::vector<SamplePoint>> outline(std::string_view service, std::string_view metric,
                                           const Anchor& head, Time from, Time to,
                                           size_t parts) const;
  // How many signals of `kinds` the service has in each of `parts` equal parts of [from, to).
  Result<std::vector<uint64_t>> signal_counts(std::string_view service,
                                              const std::vector<SignalKind>& kinds, Time from,
                                              Time to, size_t parts) const;
  // How one metric of the service went over [from, to]: the highest value in each of `parts` equal
  // parts, NaN where a part has none. Of a part with hundreds of samples some from all over it are
  // looked at; what a life reached is in its gauges. `instance` "": of all.
  Result<std::vector<double>> course(std::string_view service, std::string_view instance,
                                     std::string_view metric, Time from, Time to,
                                     size_t parts) const;
  // In order of time; dated ones only.
  Result<std::vector<VersionChange>> versions(std::string_view service) const;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace blip
