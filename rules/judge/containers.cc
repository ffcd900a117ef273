// 30.3069 log     panic: runtime error ...            a run lives 57 ms; its stderr was read first
// 30.3070 log     server: listening on :8080
// 30.3225 dockerd container crashloop started         <- its run begins here
// 30.3791 dockerd container crashloop died, exit 2    <- and ends here: the panic's time

#include "rules/judge/containers.h"

#include <algorithm>
#include <string_view>

namespace blip {
namespace {
constexpr Micros kEarly = 500ms;   // dockerd tells of a start that much after the first lines
constexpr Micros kLate = 500ms;    // ... and reads the last lines that much after an end
constexpr Micros kLastWords = 5s;  // before an end
constexpr Micros kOneKill = 2s;    // an `oom` and the end that it brings

struct Run {
  Time began = kNoTime, died = kNoTime;
};

bool docker_end(const Signal& fact) { return fact.subject == "docker.died"; }
bool docker_start(const Signal& fact) {
  return fact.kind == SignalKind::supervisor_start && told_by_docker(fact);
}

// Empty where runs overlap.
std::vector<Run> runs_in(const std::vector<Signal>& facts) {
  std::vector<Run> runs;
  for (const Signal& fact : facts) {
    if (!known(fact.time)) continue;
    const bool open = !runs.empty() && !known(runs.back().died);
    if (docker_start(fact)) {
      if (open) return {};
      runs.push_back({fact.time, kNoTime});
    } else if (docker_end(fact)) {
      if (open) {
        runs.back().died = fact.time;
      } else if (runs.empty()) {
        runs.push_back({fact.time - kLastWords, fact.time});
      } else {
        return {};
      }
    }
  }
  return runs;
}

bool is_death(const Signal& fact) {
  return fact.kind == SignalKind::death_note || fact.kind == SignalKind::oom ||
         fact.kind == SignalKind::supervisor_exit;
}

void mark_children(std::vector<Signal>& facts) {
  for (size_t i = 0; i < facts.size(); ++i) {
    if (facts[i].subject != "docker.oom") continue;
    const Time when = facts[i].time;
    bool ended = false, asked = false;  // somebody stopped it just then
    size_t from = i;
    while (from > 0 && facts[from - 1].time >= when - kOneKill) --from;
    size_t to = i;
    for (; to < facts.size() && facts[to].time <= when + kOneKill; ++to) {
      asked |= to > i && facts[to].kind == SignalKind::stop_notice;
      ended |= to > i && docker_end(facts[to]) && !asked;
    }
    if (ended) continue;
    for (size_t at = from; at < to; ++at) {
      const bool said = facts[at].subject.starts_with("shell.") && is_death(facts[at]);
      if (at == i || said) facts[at].count = 1;
    }
  }
}
}  // namespace

bool told_by_docker(const Signal& fact) { return fact.subject.starts_with("docker."); }

void align_to_containers(std::vector<Signal>& facts) {
  if (std::none_of(facts.begin(), facts.end(), told_by_docker)) return;
  mark_children(facts);
  const std::vector<Run> runs = runs_in(facts);
  if (runs.empty()) return;
  auto run = runs.begin();
  for (Signal& fact : facts) {
    if (!known(fact.time) || told_by_docker(fact)) continue;
    // The last run that had begun, or is just about to.
    while (run + 1 != runs.end() && fact.time >= (run + 1)->began - kEarly &&
           fact.time > run->died + (is_death(fact) ? kLate : Micros(0))) {
      ++run;
    }
    if (fact.time < run->began && fact.time >= run->began - kEarly) fact.time = run->began;
    const bool last_words = is_death(fact) && fact.count != 1 && known(run->died) &&
                            fact.time >= run->began && fact.time <= run->died + kLate &&
                            run->died - fact.time <= kLastWords;
    if (last_words) fact.time = run->died;
  }
  std::stable_sort(facts.begin(), facts.end(), earlier);
}

}  // namespace blip
