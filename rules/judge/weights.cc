// The rows of one candidate:
//
//   -6.0  prior                          one candidate in 400 is a restart
//   +7.0  start phrase     api.log:120   listening on :8080
//   +3.5  pid replaced     api.log:119   2211 -> 9034, for good
//   +2.8  counter reset    api.log:131   "total so far" fell to 1, after 5043 rises
//   -3.0  counter went on  ...           stands against it

#include "rules/judge/weights.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>

namespace blip {
namespace {
constexpr double kPrior = -6;
constexpr double kReboot = 8;
constexpr Micros kAfterBoot = 300s;  // a start this soon after the host's is the host's doing
constexpr Micros kSameMoment = 2s;
constexpr double kSupervisor = 8, kStrong = 7, kFurther = 1, kMostFurther = 2, kWeak = 1.5;
constexpr double kMostText = 8.5;  // phrases and banner together
constexpr double kReset = 2.8, kShortReset = 1.8, kMoreResets = 1, kMostResets = 5.6;
constexpr double kGaugeFell = 1.5;                 // memory may also have been given back
constexpr double kAsAtFirst = 1, kMostSeldom = 3;  // beside a counter that fell, see weigh_gauge
constexpr double kClockFell = 5, kVersion = 2, kDeath = 1.8, kLinesAfter = 4.5;
constexpr double kPidWentOn = -6, kPidSpoke = -2, kCounterWentOn = -3, kReload = -9;
constexpr double kMostPid = 7;  // one pid at a time, never two by turns
constexpr double kMostSharedPid = 3.5;
constexpr double kMostVersion = 6.5;  // one build at a time, in every line, never two by turns
constexpr double kMostGapRank = 1.8, kMostGap = 4;
constexpr uint64_t kLongHistory = 30;  // rises
constexpr Micros kSamePid = 5s;        // a pid on both sides of less than this may be one last word
constexpr Micros kDeathBefore = 120s;

void weigh_supervisor(const Candidate& candidate, const ServiceMemory& memory, Event& event) {
  double weight = kSupervisor;
  for (const Signal& end : candidate.ends) {
    if (end.kind != SignalKind::supervisor_exit || end.count == 1) continue;
    if (candidate.starts.empty() && !memory.lived_on_after(end)) continue;
    add_row(event, "exit told by its supervisor", weight, &end);
    weight = 0;
  }
  for (const Signal& start : candidate.starts) {
    if (start.kind != SignalKind::supervisor_start) continue;
    add_row(event, "started by its supervisor", weight, &start);
    weight = 0;
  }
}

void weigh_text(const Candidate& candidate, Event& event) {
  double sum = 0, further = 0;
  bool strong = false;
  std::set<std::string_view> said;
  const auto add = [&](std::string name, double weight, const Signal& signal) {
    weight = std::min(weight, kMostText - sum);
    sum += weight;
    add_row(event, std::move(name), weight, &signal);
  };
  for (const Signal& start : candidate.starts) {
    if (start.kind != SignalKind::start_mark || start.before == 1) continue;
    if (!said.insert(start.subject).second) continue;
    if (!strong) {
      add("start phrase", kStrong, start);
      strong = true;
    } else if (further < kMostFurther) {
      add("further start phrase", kFurther, start);
      further += kFurther;
    }
  }
  if (!strong) {
    for (const Signal& start : candidate.starts) {
      if (start.kind != SignalKind::start_mark) continue;
      const bool dense = static_cast<double>(start.count) > 0.02 * start.after && start.count > 3;
      add("start word", dense ? 0.3 * kWeak : kWeak, start);
      break;
    }
  }
  if (candidate.printing) {
    const double room = std::min(candidate.banner_weight, kMostText - sum);
    std::string name = candidate.banner_weight > 0 ? "learned banner" : "repeated lines, no banner";
    add_row(event, std::move(name), strong ? std::max(0.0, room) : room,
            &candidate.printing->first);
  }
}

void weigh_pid(const Candidate& candidate, const Signal& change, const ServiceMemory& memory,
               Event& event) {
  for (const Signal& fact : candidate.against) {
    if (fact.kind == SignalKind::instance_spoke && fact.after == change.before) {
      add_row(event, "the old pid speaks again", kPidSpoke, &fact);
      return;
    }
  }
  const uint64_t lines = memory.shorter_run(change);
  const bool alternate = memory.pids_alternate(change.instance);
  const double grown = std::log(1 + static_cast<double>(lines));
  const double weight = alternate ? std::min(kMostSharedPid, grown) : std::min(kMostPid, 2 * grown);
  char text[80];
  std::snprintf(text, sizeof text, "pid %.0f -> %.0f", change.before, change.after);
  add_row(event, "pid replaced", weight, &change, text);
}

// A process cannot change the build or run id that it writes into its lines.
double version_weight(const Signal& change, const ServiceMemory& memory) {
  uint64_t lines = change.count;
  for (const Signal& fact : memory.facts()) {
    if (fact.kind != SignalKind::version_changed || fact.instance != change.instance) continue;
    // Comes and goes: two of them run.
    if (fact.detail == change.subject && earlier(change, fact)) return kVersion;
    if (fact.subject == change.detail) lines = std::min(lines, fact.count);
  }
  return std::clamp(2 * std::log(1 + static_cast<double>(lines)), kVersion, kMostVersion);
}

double gap_weight(const Signal& gap) {
  const double rank = std::max(1e-6, std::atof(gap.detail.c_str()));
  const double length = std::log(gap.before / std::max(1e-3, gap.after)) / 2;
  return std::min(kMostGap,
                  std::min(kMostGapRank, -0.6 * std::log10(rank)) + std::max(0.0, length));
}

std::string gauge_text(const Signal& fall) {
  char text[96];
  std::snprintf(text, sizeof text, " rose to %.5g, then fell to %.5g", fall.before, fall.after);
  return fall.subject + text;
}

// Does the counter fall to a multiple of one step, "copied 1000 rows", "copied 2000 rows"? So a job
// tells of its progress, and the next job tells it again.
bool counts_in_steps(const Signal& reset) {
  constexpr double kStep = 10;  // of smaller numbers many are multiples by chance
  return reset.after >= kStep && std::fmod(reset.before, reset.after) == 0;
}

// Were the fall of the gauge and the counter's no one event, the gauge would have fallen just then
// in one sample of so many: half of that surprise is granted, since one hand may clear both. That
// it is where it was when the life before began is one in four of the falls that end by chance.
void weigh_gauge(const Candidate& candidate, const Signal& fall, Event& event) {
  const bool beside =
      fall.detail == kWhollyBack &&
      std::any_of(candidate.intervals.begin(), candidate.intervals.end(), [&](const Signal& fact) {
        return fact.kind == SignalKind::counter_reset && !is_gauge_fall(fact) &&
               fact.instance == fall.instance && fact.since < fall.time && fall.since < fact.time &&
               !counts_in_steps(fact);
      });
  double weight = kGaugeFell;
  if (beside) {
    const double seldom = std::log(static_cast<double>(fall.count)) / 2;
    weight = kAsAtFirst + std::clamp(seldom, kGaugeFell, kMostSeldom);
  }
  add_row(event, "gauge back at its start", weight, &fall, gauge_text(fall));
}

void weigh_numbers(const Candidate& candidate, const ServiceMemory& memory, Event& event) {
  const Signal* gap = nullptr;
  double longest = 0;
  for (const Signal& start : candidate.starts) {
    if (start.kind == SignalKind::instance_changed) weigh_pid(candidate, start, memory, event);
    if (start.kind == SignalKind::version_changed) {
      add_row(event, "version changed", version_weight(start, memory), &start,
              start.subject + " -> " + start.detail);
    }
    // Lanes of one program pause together: the longest pause counts, once.
    if (start.kind == SignalKind::gap && gap_weight(start) > longest) {
      longest = gap_weight(start);
      gap = &start;
    }
  }
  if (gap != nullptr) add_row(event, "gap", longest, gap);
  std::set<std::pair<std::string_view, SignalKind>> told;
  double counters = 0;
  bool gauge = false;
  for (const Signal& fact : candidate.intervals) {
    if (!told.insert({fact.subject, fact.kind}).second) continue;
    if (fact.kind == SignalKind::clock_fell) {
      add_row(event, "uptime fell", kClockFell, &fact);
      continue;
    }
    if (is_gauge_fall(fact)) {
      if (!gauge) weigh_gauge(candidate, fact, event);
      gauge = true;
      continue;
    }
    // Counters of one process fall together: the second one confirms, it is no second witness.
    double weight = fact.count >= kLongHistory ? kReset : kShortReset;
    // Where pids take turns, the lower value may be another process's.
    if (memory.pids_alternate(fact.instance)) weight /= 2;
    const double added =
        std::max(0.0, counters == 0 ? weight : std::min(kMoreResets, kMostResets - counters));
    counters += added;
    add_row(event, "counter reset", added, &fact);
  }
}

void weigh_ends(const Candidate& candidate, const ServiceMemory& memory, Event& event) {
  for (const Signal& end : candidate.ends) {
    const bool fatal = end.kind == SignalKind::death_note && end.before == 0 && end.count != 1;
    if (fatal && candidate.starts.empty() && memory.own(end) && memory.lived_on_after(end)) {
      add_row(event, "lines after a fatal note", kLinesAfter, &end);
      break;
    }
  }
  for (const Signal& end : candidate.ends) {
    const bool note = end.kind == SignalKind::death_note || end.kind == SignalKind::oom;
    if (end.count == 1 || (!note && end.kind != SignalKind::stop_notice)) continue;
    const bool by_order = candidate.dated() && !known(end.time);  // see pairing.cc
    const bool near = by_order || !candidate.dated() || candidate.begin - end.time <= kDeathBefore;
    if (!near) continue;
    add_row(event,
            !note      ? "stop notice"
            : by_order ? "death note, by order"
                       : "death note",
            kDeath, &end);
    return;
  }
}

void weigh_against(const Candidate& candidate, Event& event) {
  bool pid = false, counter = false, reload = false;
  bool fresh_process = false;
  for (const Signal& start : candidate.starts) {
    fresh_process |=
        start.kind == SignalKind::instance_changed || start.kind == SignalKind::supervisor_start;
  }
  for (const Signal& fact : candidate.against) {
    if (fact.kind == SignalKind::instance_went_on && !pid && !fresh_process &&
        (candidate.begin - fact.since > kSamePid || fact.time - fact.since > kSamePid)) {
      add_row(event, "same pid before and after", kPidWentOn, &fact);
      pid = true;
    }
    if (fact.kind == SignalKind::counter_went_on && !counter) {
      add_row(event, "counter went on", kCounterWentOn, &fact);
      counter = true;
    }
    if (fact.kind == SignalKind::reload && !reload && !fresh_process &&
        candidate.intervals.empty()) {
      add_row(event, "a reload, no restart", kReload, &fact);
      reload = true;
    }
  }
}

// What spoke before the host went down and speaks after it came up was restarted in between.
void weigh_reboot(const Candidate& candidate, const std::vector<Time>& reboots, Event& event) {
  for (const Time boot : reboots) {
    if (!started_by(boot, candidate)) continue;
    const auto spoke_before = [&](const Signal& fact) {
      return known(fact.since) && fact.since < boot;
    };
    const bool crosses =
        std::any_of(candidate.starts.begin(), candidate.starts.end(), spoke_before) ||
        std::any_of(candidate.intervals.begin(), candidate.intervals.end(), spoke_before) ||
        (candidate.printing && spoke_before(candidate.printing->first));
    if (!crosses) continue;
    add_row(event, "the host rebooted", kReboot, nullptr, "it came up at " + format_rfc3339(boot));
    return;
  }
}
}  // namespace

bool started_by(Time boot, const Candidate& candidate) {
  return candidate.dated() && candidate.begin >= boot - kSameMoment &&
         candidate.begin - boot <= kAfterBoot;
}

void add_row(Event& event, std::string name, double weight, const Signal* signal,
             std::string text) {
  Evidence row{.signal = std::move(name), .weight = weight, .text = std::move(text)};
  if (signal != nullptr) {
    row.at = signal->at;
    row.time = signal->time;
    if (row.text.empty()) row.text = signal->text;
  }
  event.score += weight;
  event.evidence.push_back(std::move(row));
}

void weigh_candidate(const Candidate& candidate, const ServiceMemory& memory,
                     const std::vector<Time>& reboots, Event& event) {
  event.score = 0;
  add_row(event, "prior", kPrior, nullptr, "one candidate in 400 is a restart");
  weigh_supervisor(candidate, memory, event);
  weigh_reboot(candidate, reboots, event);
  weigh_text(candidate, event);
  weigh_numbers(candidate, memory, event);
  weigh_ends(candidate, memory, event);
  weigh_against(candidate, event);
  event.confidence = 1 / (1 + std::exp(-event.score));
}

void weigh_banners(const std::vector<Banner>& banners, std::vector<Candidate>& candidates) {
  for (const Banner& banner : banners) {
    std::vector<Corroboration> support;
    for (const Candidate& candidate : candidates) {
      if (candidate.banner != &banner) continue;
      Corroboration one;
      for (const Signal& fact : candidate.starts) {
        const bool other =
            fact.kind == SignalKind::instance_changed || fact.kind == SignalKind::version_changed;
        if (other) one.pid = 1;
        if (fact.kind == SignalKind::gap) one.gap = true;
      }
      if (!candidate.intervals.empty()) one.counter = 1;
      for (const Signal& fact : candidate.against) {
        if (fact.kind == SignalKind::counter_went_on) one.counter = -1;
        if (fact.kind == SignalKind::instance_went_on) one.pid = -1;
      }
      one.death = std::any_of(candidate.ends.begin(), candidate.ends.end(), [](const Signal& end) {
        return end.kind != SignalKind::stop_notice && end.count != 1;
      });
      support.push_back(one);
    }
    const double weight = banner_weight(banner, support);
    for (Candidate& candidate : candidates) {
      if (candidate.banner == &banner) candidate.banner_weight = weight;
    }
  }
}

}  // namespace blip
