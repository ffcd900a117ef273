// From signals to candidates, in five steps:
//
//   1. starts that stand together are one candidate; the same phrase again begins the next one, so
//   a
//      crash loop's starts stay apart
//   2. printings of learned banners join the candidate they surround, or are one of their own
//   3. intervals (a counter fell somewhere between two lines) join what lies inside, or are their
//   own
//   4. an end belongs to the next candidate after it; an exit with nothing after is one of its own
//   5. what went on across a candidate of its own lane stands against it
//
// Times order streams; where a stream has none, only the order of its own lines is known, and its
// candidates stay its own.

#include "rules/judge/candidates.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "rules/judge/containers.h"

namespace blip {
namespace {
constexpr Micros kTogether = 30s;
constexpr uint64_t kTogetherLines = 20;  // where no times are
constexpr Micros kEndBefore = 600s;      // an end this long before a start may still be its cause
constexpr Micros kLate = 2s;             // clocks of two logs differ by this, and by whole seconds
constexpr Micros kAfterReload = 5s;
constexpr uint64_t kAfterReloadLines = 8;

bool is_start(SignalKind kind) {
  return kind == SignalKind::start_mark || kind == SignalKind::supervisor_start ||
         kind == SignalKind::instance_changed || kind == SignalKind::version_changed ||
         kind == SignalKind::gap;
}

// The word of a death, not the empty "stopped" that supervisors print whatever happened.
bool tells_death(const Signal& fact) {
  return is_end(fact.kind) && (fact.kind != SignalKind::supervisor_exit || !fact.detail.empty());
}
bool is_interval(SignalKind kind) {
  return kind == SignalKind::counter_reset || kind == SignalKind::clock_fell;
}

// Comparable at all: both dated, or lines of one stream.
bool comparable(const Signal& fact, const Candidate& candidate) {
  return known(fact.time) ? candidate.dated()
                          : !candidate.dated() && fact.at.stream == candidate.anchor.stream;
}

bool close_to(const Signal& fact, const Candidate& candidate) {
  if (!comparable(fact, candidate)) return false;
  if (known(fact.time)) return fact.time - candidate.begin <= kTogether;
  return fact.at.number - candidate.anchor.number <= kTogetherLines;
}

// "server: listening on :8080 (run 2)" -> "8080".
std::string_view port_in(std::string_view text) {
  for (size_t colon = text.find(':'); colon != text.npos; colon = text.find(':', colon + 1)) {
    size_t end = colon + 1;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    const size_t digits = end - colon - 1;
    if (digits >= 2 && digits <= 5) return text.substr(colon + 1, digits);
  }
  return {};
}

// No start listens on one port twice.
bool listens_again(const Signal& said, const Signal& fact) {
  return said.kind == SignalKind::start_mark && fact.kind == SignalKind::start_mark &&
         said.subject == fact.subject && said.at.stream == fact.at.stream &&
         said.text != fact.text && !port_in(fact.text).empty() &&
         port_in(fact.text) == port_in(said.text);
}

// The same thing said again: not part of the same start. One start may listen on two ports, though,
// so a phrase with another text counts only when other lines stand between.
bool says_again(const Candidate& candidate, const Signal& fact) {
  for (const Signal& said : candidate.starts) {
    if (said.kind != fact.kind || said.instance != fact.instance) continue;
    switch (fact.kind) {
      case SignalKind::start_mark:
        if (said.subject != fact.subject || said.at.stream != fact.at.stream) continue;
        if (said.text == fact.text || fact.at.number - said.at.number >= 3) return true;
        if (listens_again(said, fact)) return true;
        break;
      case SignalKind::supervisor_start:
        if (said.subject != fact.subject)
          continue;  // "scheduled restart", then "started": one start
        [[fallthrough]];
      case SignalKind::instance_changed:
      case SignalKind::version_changed:
        if (said.at.stream == fact.at.stream) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

Candidate start_with(const Signal& fact) {
  Candidate fresh;
  fresh.begin = fresh.last = fact.time;
  fresh.anchor = fact.at;
  fresh.instance = fact.instance;
  return fresh;
}

bool only_gaps(const Candidate& candidate) {
  return std::all_of(candidate.starts.begin(), candidate.starts.end(),
                     [](const Signal& start) { return start.kind == SignalKind::gap; });
}

// The lines that say that somebody will stop. Who speaks there for the first time was there before:
// "[4] [INFO] Shutting down: Master" is no start of 4.
std::set<std::pair<uint64_t, uint64_t>> farewells_of(const std::vector<Signal>& facts) {
  std::set<std::pair<uint64_t, uint64_t>> lines;
  for (const Signal& fact : facts) {
    if (fact.kind == SignalKind::stop_notice) lines.insert({fact.at.stream, fact.at.number});
  }
  return lines;
}

std::vector<Candidate> group_starts(const std::vector<Signal>& facts) {
  std::vector<Candidate> all;
  const auto farewells = farewells_of(facts);
  bool ended = false;  // a death stands between the latest candidate and now
  for (const Signal& fact : facts) {
    if (tells_death(fact) && !all.empty() && comparable(fact, all.back())) {
      ended |= fact.at.stream == all.back().anchor.stream ||
               (known(fact.time) && fact.time > all.back().last + kLate);
    }
    if (!is_start(fact.kind)) continue;
    if (fact.kind == SignalKind::instance_changed &&
        farewells.count({fact.at.stream, fact.at.number}) > 0) {
      continue;
    }
    bool joins =
        !all.empty() && !ended && close_to(fact, all.back()) && !says_again(all.back(), fact);
    // A hole in the traffic is no part of what starts a while after it.
    if (joins && known(fact.time) && fact.kind != SignalKind::gap && only_gaps(all.back())) {
      joins = fact.time - all.back().last <= kLate;
    }
    if (!joins) {
      const bool again = !all.empty() &&
                         std::any_of(all.back().starts.begin(), all.back().starts.end(),
                                     [&](const Signal& said) { return listens_again(said, fact); });
      all.push_back(start_with(fact));
      all.back().again = again;
    }
    ended = false;
    all.back().starts.push_back(fact);
    all.back().last = std::max(all.back().last, fact.time);
  }
  return all;
}

bool surrounds(const BannerSeen& printing, const Candidate& candidate) {
  if (!comparable(printing.first, candidate)) return false;
  if (!candidate.dated()) {
    const uint64_t first = printing.first.at.number;
    return candidate.anchor.number + kTogetherLines >= first &&
           candidate.anchor.number <= first + kTogetherLines;
  }
  return candidate.last >= printing.first.time - kLate && candidate.begin <= printing.last + kLate;
}

// Programs also say farewell in the same rare lines each time.
bool is_farewell(const BannerSeen& printing, const std::vector<Signal>& facts) {
  const Anchor& first = printing.first.at;
  return std::any_of(facts.begin(), facts.end(), [&](const Signal& fact) {
    return is_end(fact.kind) && fact.at.stream == first.stream && fact.at.number >= first.number &&
           fact.at.number <= printing.last_number;
  });
}

void add_banners(const std::vector<Banner>& banners, const std::vector<Signal>& facts,
                 std::vector<Candidate>& all) {
  for (const Banner& banner : banners) {
    for (const BannerSeen& printing : banner.seen) {
      if (is_farewell(printing, facts)) continue;
      Candidate* mine = nullptr;
      for (Candidate& candidate : all) {
        if (candidate.banner == nullptr && surrounds(printing, candidate)) {
          mine = &candidate;
          break;
        }
      }
      if (mine == nullptr) {
        all.push_back(start_with(printing.first));
        mine = &all.back();
      }
      mine->banner = &banner;
      mine->printing = printing;
      if (std::tie(printing.first.time, printing.first.at.number) <
              std::tie(mine->begin, mine->anchor.number) &&
          printing.first.at.stream == mine->anchor.stream) {
        mine->begin = printing.first.time;
        mine->anchor = printing.first.at;
        mine->instance = printing.first.instance;
      }
      mine->last = std::max(mine->last, printing.last);
    }
  }
}

// How much already speaks for a candidate: an interval joins the best of those inside it.
size_t strength(const Candidate& candidate) {
  size_t sum = candidate.printing ? 3 : 0;
  for (const Signal& fact : candidate.starts) {
    if (fact.kind == SignalKind::supervisor_start) sum += 5;
    if (fact.kind == SignalKind::start_mark) sum += fact.before == 1 ? 1 : 4;
    if (fact.kind == SignalKind::instance_changed) sum += 3;
    if (fact.kind == SignalKind::gap || fact.kind == SignalKind::version_changed) sum += 1;
  }
  return sum + candidate.intervals.size();
}

bool inside(const Signal& fact, const Candidate& candidate) {
  if (!comparable(fact, candidate)) return false;
  // Of another lane, unless that lane speaks for this candidate as well.
  const bool shares =
      std::any_of(candidate.starts.begin(), candidate.starts.end(),
                  [&](const Signal& start) { return start.instance == fact.instance; });
  if (!candidate.instance.empty() && !fact.instance.empty() &&
      candidate.instance != fact.instance && !shares) {
    return false;
  }
  if (candidate.dated()) {
    // A pause that ends with the line where the counter still stood high is before the interval.
    if (only_gaps(candidate) && !candidate.printing && candidate.last == fact.since) return false;
    return candidate.last >= fact.since && candidate.begin <= fact.time;
  }
  // Without times all that is known is that it fell at or before this line.
  return candidate.anchor.number <= fact.at.number &&
         candidate.anchor.number + kTogetherLines >= fact.at.number;
}

// Where in its interval the new life began, if nothing else tells: after the longest pause.
const Signal& likeliest_place(const std::vector<Signal>& facts, const Signal& interval) {
  for (const Signal& fact : facts) {
    if (fact.kind == SignalKind::pause && fact.subject == interval.subject &&
        fact.instance == interval.instance && fact.time > interval.since &&
        fact.time <= interval.time) {
      return fact;
    }
  }
  return interval;
}

void add_intervals(const std::vector<Signal>& facts, std::vector<Candidate>& all) {
  for (const Signal& fact : facts) {
    if (!is_interval(fact.kind)) continue;
    Candidate* best = nullptr;
    for (Candidate& candidate : all) {
      if (inside(fact, candidate) && (best == nullptr || strength(candidate) > strength(*best))) {
        best = &candidate;
      }
    }
    if (best == nullptr) {
      all.push_back(start_with(likeliest_place(facts, fact)));
      best = &all.back();
    }
    best->intervals.push_back(fact);
  }
}

void sort_by_begin(std::vector<Candidate>& all) {
  std::sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.begin, a.anchor.stream, a.anchor.offset) <
           std::tie(b.begin, b.anchor.stream, b.anchor.offset);
  });
}

bool may_end_before(const Signal& end, const Candidate& candidate) {
  if (!comparable(end, candidate)) return false;
  if (!candidate.dated()) return end.at.number <= candidate.anchor.number;
  // dockerd's clock is the one of its containers' logs: lines before its word of an end are no new
  // life, however long the pause before them.
  const bool one_clock =
      end.at.stream == candidate.anchor.stream || told_by_docker(end) ||
      std::any_of(candidate.starts.begin(), candidate.starts.end(), told_by_docker);
  const Micros late = one_clock ? Micros(0) : Micros(kLate);
  return candidate.begin + late >= end.time && candidate.begin - end.time <= kEndBefore;
}

bool has(const Candidate& candidate, SignalKind kind) {
  return std::any_of(candidate.ends.begin(), candidate.ends.end(),
                     [&](const Signal& end) { return end.kind == kind; });
}

void give_ends(const std::vector<Signal>& facts, std::vector<Candidate>& all) {
  std::vector<Candidate> alone;
  for (const Signal& end : facts) {
    if (!is_end(end.kind)) continue;
    Candidate* mine = nullptr;
    for (Candidate& candidate : all) {
      if (!may_end_before(end, candidate)) continue;
      // Two exits are two deaths: the later one is of the life that began in between.
      const bool taken = end.kind == SignalKind::supervisor_exit && has(candidate, end.kind) &&
                         candidate.begin < end.time;
      if (taken) continue;
      mine = &candidate;
      break;
    }
    if (mine != nullptr) {
      mine->ends.push_back(end);
      continue;
    }
    // A certain death, and no sign of a start: it may have gone on without a word.
    const bool certain = end.kind == SignalKind::supervisor_exit ||
                         (end.kind != SignalKind::stop_notice && end.before == 0);
    if (!certain || end.count == 1) continue;
    alone.push_back(start_with(end));
    alone.back().ends.push_back(end);
  }
  all.insert(all.end(), alone.begin(), alone.end());
}

void add_against(const std::vector<Signal>& facts, std::vector<Candidate>& all) {
  for (const Signal& fact : facts) {
    const bool on =
        fact.kind == SignalKind::counter_went_on || fact.kind == SignalKind::instance_went_on;
    if (!on && fact.kind != SignalKind::reload && fact.kind != SignalKind::instance_spoke) continue;
    for (Candidate& candidate : all) {
      if (!comparable(fact, candidate)) continue;
      bool applies = false;
      if (fact.kind == SignalKind::instance_spoke) {
        applies =
            std::any_of(candidate.starts.begin(), candidate.starts.end(), [&](const Signal& start) {
              return start.kind == SignalKind::instance_changed && start.before == fact.after &&
                     start.instance == fact.instance &&
                     std::tie(start.time, start.at.number) < std::tie(fact.time, fact.at.number);
            });
      } else if (fact.kind == SignalKind::reload) {
        applies = candidate.dated()
                      ? candidate.begin >= fact.time && candidate.begin - fact.time <= kAfterReload
                      : candidate.anchor.number >= fact.at.number &&
                            candidate.anchor.number - fact.at.number <= kAfterReloadLines;
      } else if (candidate.dated()) {
        applies = fact.instance == candidate.instance && fact.since <= candidate.begin &&
                  candidate.begin <= fact.time && fact.at.stream == candidate.anchor.stream;
      }
      if (applies) candidate.against.push_back(fact);
    }
  }
}

// The first token like 1.4.2 or v2.0 of a line; at least one dot between digits, no address.
std::string_view version_in(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (size_t at = 0; at < text.size(); ++at) {
    if (!digit(text[at])) continue;
    const bool apart = at == 0 || text[at - 1] == ' ' || text[at - 1] == '/' ||
                       text[at - 1] == '-' || text[at - 1] == 'v' || text[at - 1] == '@';
    size_t end = at, dots = 0;
    while (end < text.size() && (digit(text[end]) || (text[end] == '.' && end + 1 < text.size() &&
                                                      digit(text[end + 1])))) {
      dots += text[end] == '.';
      ++end;
    }
    const bool whole = end == text.size() || text[end] == ' ' || text[end] == ',' ||
                       text[end] == ')' || text[end] == '-' || text[end] == '\'' ||
                       text[end] == ';';
    // With one dot only it may be a duration; "version 1.4" and "v1.4" are none.
    const bool said = at > 0 && (text[at - 1] == 'v' || text[at - 1] == '/' ||
                                 text.substr(0, at).ends_with("ersion "));
    if (apart && whole && (dots == 2 || (dots == 1 && said))) return text.substr(at, end - at);
    at = end;
  }
  return {};
}
}  // namespace

void compare_versions(std::vector<Candidate>& candidates) {
  std::map<std::string, std::string> latest;  // phrase without its version -> version
  for (Candidate& candidate : candidates) {
    for (const Signal& start : candidate.starts) {
      if (start.kind != SignalKind::start_mark) continue;
      const std::string_view version = version_in(start.text);
      if (version.empty()) continue;
      const auto at = static_cast<size_t>(version.data() - start.text.data());
      std::string& known = latest[start.subject + '\n' + start.text.substr(0, at)];
      candidate.new_version |= !known.empty() && known != version;
      known = version;
    }
  }
}

bool changes_with_each_run(const std::vector<Candidate>& candidates) {
  constexpr size_t kUnasked = 1;
  return std::count_if(candidates.begin(), candidates.end(), [](const Candidate& candidate) {
           const bool changed = std::any_of(
               candidate.starts.begin(), candidate.starts.end(),
               [](const Signal& start) { return start.kind == SignalKind::version_changed; });
           const bool asked =
               std::any_of(candidate.ends.begin(), candidate.ends.end(),
                           [](const Signal& end) { return end.kind == SignalKind::stop_notice; });
           return changed && !asked;
         }) >= static_cast<ptrdiff_t>(kUnasked);
}

bool is_end(SignalKind kind) {
  return kind == SignalKind::death_note || kind == SignalKind::oom ||
         kind == SignalKind::supervisor_exit || kind == SignalKind::stop_notice;
}

std::vector<Candidate> find_candidates(const std::vector<Signal>& facts,
                                       const std::vector<Banner>& banners) {
  std::vector<Candidate> all = group_starts(facts);
  add_banners(banners, facts, all);
  add_intervals(facts, all);
  sort_by_begin(all);
  give_ends(facts, all);
  sort_by_begin(all);
  add_against(facts, all);
  return all;
}

}  // namespace blip
