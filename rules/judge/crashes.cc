// Crashes: deaths that left a word. Each fatal note is one event; a note that may or may not be
// fatal (an exception that some processes survive) is one only when a restart follows it; and where
// no note was left but a supervisor tells of an exit that nobody asked for, that is its word.
//
//   panic: assignment to entry in nil map      +  main.(*Router).put handler.go:88   -> one crash
//   WARN exited: shop (terminated by SIGKILL; not expected)                          -> one crash
//
// A note that a restart took is paired with it by id; several notes of one death are one crash.

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "rules/judge/causes.h"
#include "rules/judge/judge.h"

namespace blip {
namespace {
constexpr Micros kOneDeath = 5s;         // notes of one death lie within this
constexpr Micros kStopping = 30s;        // until one that will not stop is killed
constexpr uint64_t kOneDeathLines = 40;  // or within so many lines of one stream

bool is_note(const Signal& end) {
  return end.kind == SignalKind::death_note || end.kind == SignalKind::oom;
}
bool abnormal_exit(const Signal& end) {
  return end.kind == SignalKind::supervisor_exit && !end.detail.empty() && end.detail != "exit 0" &&
         end.detail != "SIGTERM" && end.detail != "SIGINT" && end.detail != "exit 143";
}
// Its supervisor was told to stop it, and says that it did.
bool as_asked(const Signal& stop, const Signal& exit) {
  return exit.kind == SignalKind::supervisor_exit && exit.at.stream == stop.at.stream &&
         known(exit.time) && exit.time >= stop.time && exit.time - stop.time <= kStopping &&
         cause_of({stop, exit}, false, false).planned == std::optional(true);
}
// One death may leave notes of several kinds; the same kind twice is two deaths, unless they come
// at once (a pool's workers fall together).
bool same_death(const std::vector<Signal>& death, const Signal& note) {
  const Signal& last = death.back();
  // Whatever else is said of it, dockerd tells of each once.
  if (note.subject == "docker.oom" &&
      std::any_of(death.begin(), death.end(),
                  [&](const Signal& one) { return one.subject == note.subject; })) {
    return false;
  }
  if (known(last.time) && known(note.time)) {
    return note.time >= last.time && note.time - last.time <= kOneDeath;
  }
  return note.at.stream == last.at.stream && note.at.number >= last.at.number &&
         note.at.number - last.at.number <= kOneDeathLines &&
         std::none_of(death.begin(), death.end(),
                      [&](const Signal& one) { return one.subject == note.subject; });
}

// The deaths among notes that no restart took.
std::vector<std::vector<Signal>> deaths_of(const std::vector<Signal>& notes) {
  std::vector<std::vector<Signal>> deaths;
  const Signal* stop = nullptr;
  for (const Signal& note : notes) {
    if (note.kind == SignalKind::stop_notice) stop = &note;
    if (stop != nullptr && as_asked(*stop, note)) continue;
    const bool certain = is_note(note) && note.before == 0;
    const bool exit = abnormal_exit(note) && note.count != 1 && note.detail != "gone";
    if (!certain && !exit) continue;
    if (deaths.empty() || !same_death(deaths.back(), note)) deaths.emplace_back();
    deaths.back().push_back(note);
  }
  return deaths;
}

class Crashes : public Judge {
 public:
  void weigh(const Signal&) override {}  // the restart judge hands the ends over

  void settle(Docket& docket) override {
    std::vector<Event> found;
    std::set<uint64_t> told;  // fingerprints of those that caused a restart
    for (const Turn& turn : docket.turns) {
      const Event& restart = docket.events[turn.event];
      if (restart.planned == std::optional(true)) continue;
      const Cause cause = cause_of(turn.ends, false, false);
      if (cause.told_by == nullptr) continue;
      const bool word = is_note(*cause.told_by) || abnormal_exit(*cause.told_by);
      if (!word) continue;
      Event crash = make(*cause.told_by, cause, "service", docket);
      set_time(turn, *cause.told_by, crash);
      crash.attributes["restart"] = id_text(restart.id);
      const auto build = restart.attributes.find("build");
      if (build != restart.attributes.end()) crash.attributes.insert(*build);
      told.insert(fingerprint_of(*cause.told_by));
      found.push_back(std::move(crash));
    }
    for (const std::vector<Signal>& death : deaths_of(docket.notes)) {
      const bool worker =
          std::all_of(death.begin(), death.end(), [](const Signal& one) { return one.count == 1; });
      std::vector<Signal> words = death;
      for (Signal& one : words) one.count = worker ? 0 : one.count;
      Cause cause = cause_of(words, false, false);
      Signal note = cause.told_by != nullptr ? *cause.told_by : death.front();
      note.count = worker ? 1 : note.count;
      // The same words of a death that is told already, from a file without times: a copy.
      if (!known(note.time) && told.count(fingerprint_of(note)) != 0) continue;
      found.push_back(make(note, cause, note.count == 1 ? "worker" : "service", docket));
    }
    std::set<uint64_t> ids;
    for (Event& crash : found) {
      if (ids.insert(crash.id).second) docket.events.push_back(std::move(crash));
    }
  }

  void save(StateWriter&) const override {}
  void restore(StateReader&) override {}

 private:
  static uint64_t fingerprint_of(const Signal& note) {
    return note.fingerprint != 0 ? note.fingerprint : hash_of(note.subject + note.detail);
  }

  // Last words seldom have a time of their own: the exit that its supervisor tells has. In a log
  // without times that exit, where it stands in the same file, is the place of the death.
  static void set_time(const Turn& turn, const Signal& note, Event& crash) {
    if (known(note.time) && note.quality != TimeQuality::estimated) return;
    for (const Signal& end : turn.ends) {
      if (end.kind != SignalKind::supervisor_exit || end.count == 1) continue;
      if (!known(end.time)) {
        if (!known(note.time) && end.at.stream == note.at.stream &&
            end.at.number > note.at.number) {
          crash.at = end.at;
          return;
        }
        continue;
      }
      if (known(note.time) && end.time < note.time) continue;
      crash.time = end.time;
      crash.quality = TimeQuality::estimated;
      return;
    }
  }

  static Event make(const Signal& note, const Cause& cause, const char* scope,
                    const Docket& docket) {
    Event event;
    event.kind = EventKind::crash;
    event.id = event_id(note.at, event.kind);
    event.service = docket.service;
    event.at = note.at;
    event.time = note.time;
    event.quality = note.quality;
    event.planned = false;
    event.explicit_ = true;
    event.severity = Severity::error;
    event.cause = cause.word;
    event.attributes["scope"] = std::string(scope);
    event.attributes["message"] = note.detail.empty() ? note.text : note.detail;
    if (!note.frame.empty()) event.attributes["frame"] = note.frame;
    event.attributes["fingerprint"] = id_text(fingerprint_of(note));
    event.title = docket.service + (note.count == 1 ? ": a worker crashed" : " crashed");
    if (event.cause != "unknown") event.title += ": " + event.cause;
    // A death note is a fact; what it is not is certain to be read right.
    event.evidence.push_back(
        {.signal = "prior", .weight = -2, .text = "one such line in eight is no death"});
    Evidence told{.signal = is_note(note) ? "death note" : "exit told by its supervisor",
                  .weight = 7};
    told.at = note.at;
    told.time = note.time;
    told.text = note.text;
    event.evidence.push_back(std::move(told));
    event.score = 5;
    event.confidence = 1 / (1 + std::exp(-event.score));
    return event;
  }
};
}  // namespace

extern const JudgeSpec crashes_judge = {"crashes", 1, 1,
                                        [] { return std::unique_ptr<Judge>(new Crashes); }};
}  // namespace blip
