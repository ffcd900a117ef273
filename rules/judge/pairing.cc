// upstart/app.log (no times)             syslog
//   panic: assignment to entry in nil map   12:35:00 init: app main process (2101) terminated with
//   status 2 fatal error: concurrent map writes      13:55:08 init: app main process (2207)
//   terminated with status 2
//                                           14:20:31 init: app main process (2290) killed by KILL
//                                           signal
//
// A Go program that panics exits with 2, one that is killed prints nothing: two notes, two restarts
// that fit, and so each note has its restart.

#include "rules/judge/pairing.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "core/hash.h"

namespace blip {
namespace {
constexpr uint64_t kOneDeathLines = 40;  // notes of one death stand this close

bool undated_note(const Signal& fact) {
  return (fact.kind == SignalKind::death_note || fact.kind == SignalKind::oom) && fact.count != 1 &&
         !known(fact.time);
}

// How the supervisor says the life ended; empty when it does not.
std::string_view exit_of(const Candidate& restart) {
  for (const Signal& end : restart.ends) {
    if (end.kind == SignalKind::supervisor_exit && !end.detail.empty()) return end.detail;
  }
  return {};
}

// Can a life that left this note have ended so? A runtime that prints its last words then exits
// with a code of its own, or aborts; one that is killed prints nothing.
bool fits(const Signal& note, std::string_view exit) {
  if (exit.empty()) return true;
  if (exit == "SIGABRT" || exit == "exit 134") return true;
  if (exit == "exit 0" || !exit.starts_with("exit ")) return false;
  if (exit == "exit 137" || exit == "exit 143" || exit == "exit 139") return false;
  return !note.subject.starts_with("go") || exit == "exit 2";
}

// Did the life that began with this restart end so, and nothing begin after it?
bool stayed_dead(const std::vector<Signal>& facts, const Signal& note, const Candidate& last) {
  return std::any_of(facts.begin(), facts.end(), [&](const Signal& fact) {
    return fact.kind == SignalKind::supervisor_exit && !fact.detail.empty() && known(fact.time) &&
           fact.time > last.last && fact.count != 1 && fits(note, fact.detail);
  });
}
}  // namespace

uint64_t key_of(const Signal& signal) {
  return Hasher().number(signal.at.stream).number(signal.at.offset).value();
}

std::set<uint64_t> pair_by_order(const std::vector<Signal>& facts,
                                 const std::vector<Candidate*>& restarts) {
  std::set<uint64_t> given;
  using Death = std::vector<const Signal*>;       // its notes
  std::map<uint64_t, std::vector<Death>> deaths;  // by stream, in order
  for (const Signal& fact : facts) {
    if (!undated_note(fact)) continue;
    std::vector<Death>& own = deaths[fact.at.stream];
    // One death may leave notes of several kinds, but not the same one twice.
    bool again = !own.empty() && fact.at.number - own.back().back()->at.number <= kOneDeathLines;
    for (const Signal* said : again ? own.back() : Death{}) again &= said->subject != fact.subject;
    if (!again) own.emplace_back();
    own.back().push_back(&fact);
  }
  for (const auto& [stream, notes] : deaths) {
    std::vector<Candidate*> fitting;
    for (Candidate* restart : restarts) {
      if (fits(*notes.front().front(), exit_of(*restart))) fitting.push_back(restart);
    }
    const bool last_stayed = fitting.size() + 1 == notes.size() && !fitting.empty() &&
                             stayed_dead(facts, *notes.back().front(), *fitting.back());
    if (fitting.size() != notes.size() && !last_stayed) continue;
    for (size_t i = 0; i < notes.size(); ++i) {
      for (const Signal* note : notes[i]) {
        given.insert(key_of(*note));
        if (i < fitting.size()) fitting[i]->ends.push_back(*note);
      }
    }
  }
  return given;
}

void merge_by_order(const std::vector<Candidate*>& accepted, std::vector<Candidate>& all) {
  std::vector<Candidate*> dated;
  std::map<uint64_t, std::vector<Candidate*>> undated;  // by stream
  for (Candidate* one : accepted) {
    if (one->dated())
      dated.push_back(one);
    else
      undated[one->anchor.stream].push_back(one);
  }
  std::set<const Candidate*> merged;
  for (const auto& [stream, own] : undated) {
    if (own.size() != dated.size()) continue;
    for (size_t i = 0; i < own.size(); ++i) {
      dated[i]->ends.insert(dated[i]->ends.end(), own[i]->ends.begin(), own[i]->ends.end());
      merged.insert(own[i]);
    }
  }
  std::vector<Candidate> rest;
  for (Candidate& one : all) {
    if (merged.count(&one) == 0) rest.push_back(std::move(one));
  }
  all = std::move(rest);
}

}  // namespace blip
