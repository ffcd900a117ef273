// app died 28 times and never said so.
// It was back after 2.0 s as a rule, after 5 m 30 s at worst. app leaks goroutines +131/min, and
// its restarts hide it. 2 more restarts were planned.
//
// What a person would say on the telephone, from the same events that the page lists. Counting is
// all that happens here: what each event is was settled by its judge.

#include "cli/report_words.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "cli/event_text.h"
#include "cli/render/escape.h"
#include "cli/render/units.h"
#include "cli/render/utf8.h"

namespace blip {
namespace {
constexpr size_t kServicesNamed = 3, kRisesTold = 3;
constexpr size_t kNameLetters = 48;  // a name out of a log may be of any length; a sentence may not

std::string named(std::string_view name) { return cut_to(visible(name), kNameLetters, "…"); }

struct Deaths {
  std::string service;
  size_t count = 0, silent = 0, unknown = 0;  // unknown: whether planned
};

// A reboot of the host takes services with it; it is told as one thing.
bool by_reboot(const Event& event) { return event.cause == "reboot"; }

std::vector<Deaths> deaths_of(const std::vector<Event>& events, bool reboots = true) {
  std::map<std::string, Deaths> by_service;
  for (const Event& event : events) {
    if (!is_death(event) || (!reboots && by_reboot(event))) continue;
    Deaths& deaths = by_service[event.service];
    deaths.service = named(event.service);
    ++deaths.count;
    deaths.silent += event.silent ? 1 : 0;
    deaths.unknown += !event.planned && !event.silent ? 1 : 0;
  }
  std::vector<Deaths> out;
  for (auto& entry : by_service) out.push_back(std::move(entry.second));
  std::stable_sort(out.begin(), out.end(),
                   [](const Deaths& a, const Deaths& b) { return a.count > b.count; });
  return out;
}

size_t total(const std::vector<Deaths>& all, size_t Deaths::*what) {
  size_t sum = 0;
  for (const Deaths& one : all) sum += one.*what;
  return sum;
}

std::string verb_of(const std::vector<Deaths>& all) {
  return total(all, &Deaths::unknown) == total(all, &Deaths::count) ? "restarted" : "died";
}

std::string one_headline(const Deaths& deaths) {
  std::string out = deaths.service + " " + verb_of({deaths}) + " " + times_text(deaths.count);
  if (deaths.silent == deaths.count) return out + " and never said so.";
  if (deaths.silent != 0) return out + ", " + count_text(deaths.silent) + " of them silently.";
  return out + ".";
}

std::string several_headline(const std::vector<Deaths>& all) {
  const std::string verb = verb_of(all);
  // One that is left over is named as well: it takes no more room than "1 other".
  const size_t named = all.size() == kServicesNamed + 1 ? all.size() : kServicesNamed;
  std::vector<std::string> parts;
  size_t others = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (i >= named) {
      others += all[i].count;
      continue;
    }
    parts.push_back(all[i].service + (i == 0 ? " " + verb : "") + " " + times_text(all[i].count));
  }
  if (all.size() > named) {
    parts.push_back(count_text(all.size() - named) + " other services " + times_text(others));
  }
  return listed_words(parts) + ".";
}

std::string leak_sentence(const Event& event) {
  const std::string metric = named(text_attribute(event, "metric"));
  std::string out = named(event.service);
  if (event.kind == EventKind::drift) {
    out += " gets slower (" + metric + ", " +
           number_text(number_attribute(event, "from").value_or(std::nan(""))) + " to " +
           number_text(number_attribute(event, "to").value_or(std::nan(""))) + ")";
    if (flag_attribute(event, "masked")) out += " until it is restarted";
  } else {
    const double slope = number_attribute(event, "slope_per_min").value_or(std::nan(""));
    out += " leaks " + slope_text(metric, slope);
    if (flag_attribute(event, "masked")) out += ", and restarts hide it";
  }
  if (flag_attribute(event, "gone")) return out + "; that ended with a later life.";
  if (const auto hours = number_attribute(event, "hours_to_limit")) {
    return out + "; without them it would reach its limit in " + span_text(3600 * *hours) + ".";
  }
  return out + ".";
}

bool rises(const Event& event) {
  return event.kind == EventKind::drift ||
         (event.kind == EventKind::leak && text_attribute(event, "follows").empty());
}

std::string silence_sentence(const std::vector<Deaths>& all) {
  const size_t silent = total(all, &Deaths::silent), count = total(all, &Deaths::count);
  if (all.size() < 2 || silent == 0) return "";
  if (silent == count) return "None of these deaths is told by the service's own log.";
  return count_text(silent) + " of these " + count_text(count) +
         " deaths are told nowhere in the services' own logs.";
}

std::string back_sentence(const std::vector<Event>& events, size_t services) {
  std::vector<double> down;
  for (const Event& event : events) {
    const auto seconds = number_attribute(event, "downtime_s");
    if (is_death(event) && !by_reboot(event) && seconds) down.push_back(*seconds);
  }
  if (down.empty()) return "";
  std::sort(down.begin(), down.end());
  static constexpr double kAtOnce = 0.001;
  std::string out = services == 1 ? "It was" : "They were";
  if (down.back() < kAtOnce) return out + " back at once.";
  const std::string usual = span_text(down[down.size() / 2]), worst = span_text(down.back());
  out += " back after " + usual;
  if (down.size() > 1 && worst != usual) out += " as a rule, after " + worst + " at worst";
  return out + ".";
}

std::string reboot_sentence(const std::vector<Event>& events) {
  std::map<std::string, std::pair<size_t, size_t>> by_host;  // reboots, of them unclean
  for (const Event& event : events) {
    if (event.kind != EventKind::host_reboot) continue;
    auto& [count, unclean] = by_host[event.host.empty() ? "the host" : named(event.host)];
    ++count;
    unclean += event.planned.value_or(true) ? 0 : 1;
  }
  std::string out;
  for (const auto& [host, counts] : by_host) {
    out += (out.empty() ? "" : " ") + host + " rebooted " + times_text(counts.first);
    if (counts.second != 0) {
      out += counts.second == counts.first
                 ? ", without a shutdown"
                 : ", " + times_text(counts.second) + " without a shutdown";
    }
    out += ".";
  }
  if (out.empty()) return out;
  if (out.starts_with("the host")) out[0] = 'T';
  std::set<std::string_view> services;
  size_t deaths = 0;
  for (const Event& event : events) {
    if (!is_death(event) || !by_reboot(event)) continue;
    services.insert(event.service);
    ++deaths;
  }
  if (deaths == 0) return out;
  out.back() = ',';
  return out + " and took " + counted(services.size(), "service", "services") + " along, " +
         times_text(deaths) + (services.size() > 1 ? " in all." : ".");
}

std::string crash_sentence(const std::vector<Event>& events) {
  std::map<std::string, size_t> by_service;
  size_t count = 0;
  for (const Event& event : events) {
    if (event.kind != EventKind::crash || !text_attribute(event, "restart").empty()) continue;
    ++by_service[event.service];
    ++count;
  }
  if (count == 0) return "";
  std::vector<std::pair<std::string, size_t>> most(by_service.begin(), by_service.end());
  std::stable_sort(most.begin(), most.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> parts;
  for (size_t i = 0; i < most.size() && i < kServicesNamed; ++i) {
    parts.push_back(count_text(most[i].second) + " of " + named(most[i].first));
  }
  if (most.size() > kServicesNamed) {
    parts.push_back("those of " +
                    counted(most.size() - kServicesNamed, "other service", "other services"));
  }
  return "Crashes whose restart was not seen: " + listed_words(parts) + ".";
}

size_t planned_of(const std::vector<Event>& events) {
  return static_cast<size_t>(std::count_if(events.begin(), events.end(), [](const Event& event) {
    return event.kind == EventKind::restart && !is_death(event);
  }));
}

void add(std::vector<std::string>& sentences, std::string sentence) {
  if (!sentence.empty()) sentences.push_back(std::move(sentence));
}

// The worst of each service: one gauge often stands for several.
void add_rises(const std::vector<Event>& events, std::vector<std::string>& sentences) {
  std::map<std::pair<std::string_view, EventKind>, const Event*> worst;
  for (const Event& event : events) {
    if (!rises(event)) continue;
    const Event*& one = worst[{event.service, event.kind}];
    if (one == nullptr || event.severity > one->severity ||
        (event.severity == one->severity && event.score > one->score)) {
      one = &event;
    }
  }
  std::vector<const Event*> order;
  for (const auto& entry : worst) order.push_back(entry.second);
  std::stable_sort(order.begin(), order.end(), [](const Event* a, const Event* b) {
    if (a->severity != b->severity) return a->severity > b->severity;
    return a->score > b->score;
  });
  for (size_t i = 0; i < order.size() && i < kRisesTold; ++i) {
    sentences.push_back(leak_sentence(*order[i]));
  }
  if (order.size() <= kRisesTold) return;
  const size_t more = order.size() - kRisesTold;
  sentences.push_back(more == 1 ? "1 more service does likewise."
                                : count_text(more) + " more do likewise.");
}

std::string other_headline(const std::vector<Event>& events) {
  const std::string reboots = reboot_sentence(events);
  if (!reboots.empty()) return reboots;
  size_t leaks = 0, others = 0;
  for (const Event& event : events) {
    leaks += rises(event) && event.kind == EventKind::leak ? 1 : 0;
    others += event.kind != EventKind::restart ? 1 : 0;
  }
  if (leaks != 0) return "Nothing died, and " + counted(leaks, "service leaks.", "gauges leak.");
  if (others != 0) return "Nothing died, but not all was well.";
  if (!events.empty()) return "Nothing died; all restarts were planned.";
  return "Nothing died, nothing crashed, nothing leaks.";
}
}  // namespace

bool is_death(const Event& event) {
  return event.kind == EventKind::restart && !event.planned.value_or(false);
}

Ending ending_of(const Event& restart) {
  if (restart.planned.value_or(false)) return Ending::planned;
  if (restart.silent) return Ending::silent;
  return restart.planned ? Ending::unplanned : Ending::unknown;
}

std::string_view ending_name(Ending ending) {
  switch (ending) {
    case Ending::silent:
      return "died silently";
    case Ending::unplanned:
      return "died";
    case Ending::unknown:
      return "restarted, planned or not";
    case Ending::planned:
      break;
  }
  return "restarted as planned";
}

std::string happened_text(const Event& event) {
  if (event.kind == EventKind::restart) {
    return std::string(ending_name(ending_of(event))) + ": " + cause_text(event);
  }
  const std::string_view message = text_attribute(event, "message");
  if (event.kind != EventKind::crash || message.empty()) return event.title;
  std::string out(message);
  const std::string_view frame = text_attribute(event, "frame");
  if (!frame.empty() && message.find(frame) == message.npos) out.append(" at ").append(frame);
  return out;
}

std::string lived_text(const Event& event) {
  std::string out;
  if (const auto lived = number_attribute(event, "lifetime_s")) out = "lived " + span_text(*lived);
  const auto down = number_attribute(event, "downtime_s");
  if (event.kind != EventKind::restart && event.kind != EventKind::host_reboot) return out;
  if (down) out += (out.empty() ? "down " : ", down ") + span_text(*down);
  return out;
}

std::string listed_words(const std::vector<std::string>& words) {
  std::string out;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? " and " : ", ";
    out += words[i];
  }
  return out;
}

std::string times_text(size_t count) {
  return count == 1 ? "once" : count == 2 ? "twice" : count_text(count) + " times";
}

DayWords words_of_the_day(const std::vector<Event>& events) {
  const std::vector<Deaths> deaths = deaths_of(events, false);
  const bool only_reboots = deaths.empty() && !reboot_sentence(events).empty();
  DayWords words;
  words.headline = deaths.empty()       ? other_headline(events)
                   : deaths.size() == 1 ? one_headline(deaths.front())
                                        : several_headline(deaths);
  add(words.more, silence_sentence(deaths));
  add(words.more, back_sentence(events, deaths.size()));
  if (!only_reboots) add(words.more, reboot_sentence(events));
  add(words.more, crash_sentence(events));
  add_rises(events, words.more);
  const size_t planned = planned_of(events);
  if (planned != 0 && !deaths.empty()) {
    words.more.push_back(counted(planned, "more restart was", "more restarts were") + " planned.");
  }
  return words;
}

std::vector<Figure> figures_of(const std::vector<Event>& events) {
  const std::vector<Deaths> deaths = deaths_of(events);
  size_t crashes = 0, unseen = 0, leaks = 0, masked = 0, drifts = 0, reboots = 0;
  for (const Event& event : events) {
    const bool crash = event.kind == EventKind::crash;
    crashes += crash ? 1 : 0;
    unseen += crash && text_attribute(event, "restart").empty() ? 1 : 0;
    reboots += event.kind == EventKind::host_reboot ? 1 : 0;
    if (!rises(event)) continue;
    (event.kind == EventKind::drift ? drifts : leaks) += 1;
    masked += event.kind == EventKind::leak && flag_attribute(event, "masked") ? 1 : 0;
  }
  const size_t count = total(deaths, &Deaths::count), silent = total(deaths, &Deaths::silent);
  std::vector<Figure> out;
  out.push_back({count_text(count), count == 1 ? "death" : "deaths",
                 count == 0    ? ""
                 : silent == 0 ? "none silent"
                               : count_text(silent) + " silent"});
  out.push_back({count_text(crashes), crashes == 1 ? "crash" : "crashes",
                 unseen == 0 ? "" : count_text(unseen) + " with no restart seen"});
  out.push_back({count_text(leaks), leaks == 1 ? "leak" : "leaks",
                 masked == 0 ? "" : count_text(masked) + " hidden by restarts"});
  if (drifts != 0)
    out.push_back({count_text(drifts), drifts == 1 ? "drift" : "drifts", "slower and slower"});
  if (reboots != 0)
    out.push_back({count_text(reboots), reboots == 1 ? "reboot" : "reboots", "of the host"});
  const size_t planned = planned_of(events);
  out.push_back({count_text(planned), planned == 1 ? "planned restart" : "planned restarts", ""});
  return out;
}

}  // namespace blip
