// ● app restarted 14 times in 3 days and never said so.
//   12 of 14 after "fatal error: concurrent map writes" at store.go:217  (only in upstart/app.log)
//   2 of 14 without a known cause
//   lived 5 h 15 m as a rule (4 h 02 m … 6 h 11 m)
//   why: blip why e7f3a1      keep: blip scan --keep ...
//   06-21 19:50:53  unplanned  SILENT  panic store.go:217  5h12m  down 0.9s  e7f3a1
//
// Which events there are, and what they say of themselves, was settled by the judges: here they are
// only counted and put into words. The restarts' own paragraph is restart_paragraph.cc.

#include "cli/findings.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "cli/paragraph.h"
#include "cli/render/escape.h"
#include "cli/render/units.h"

namespace blip {
namespace {
// Events that one line can stand for.
using Key = std::tuple<EventKind, std::string, std::string>;  // kind, service, what it says

Key key_of(const Event& event) {
  if (event.kind == EventKind::restart) return {event.kind, event.service, ""};
  if (event.kind == EventKind::crash) {
    const std::string_view print = text_attribute(event, "fingerprint");
    return {event.kind, event.service, std::string(print.empty() ? event.title : print)};
  }
  if (event.kind == EventKind::host_reboot) return {event.kind, event.host, ""};
  // Their titles hold numbers: a hundred bursts are one paragraph.
  if (event.kind == EventKind::error_burst || event.kind == EventKind::silence) {
    return {event.kind, event.service, ""};
  }
  return {event.kind, event.service, event.title};
}

std::string times(size_t count) { return count == 1 ? "once" : count_text(count) + " times"; }

std::string crash_headline(const Events& events) {
  const Event& last = *events.back();
  std::string out = visible(last.service) + " crashed " + times(events.size());
  if (text_attribute(last, "scope") == "worker") out += " in a worker";
  out += ", no restart seen";
  const std::string_view message = text_attribute(last, "message");
  const std::string_view frame = text_attribute(last, "frame");
  out.append(": ").append(message.empty() ? visible(last.title) : in_quotes(message));
  if (!frame.empty()) out += " at " + visible(frame);
  return out;
}

std::string reboot_headline(const Events& events) {
  const std::string host = events.back()->host.empty() ? "the host" : visible(events.back()->host);
  std::string out = host + " rebooted " + times(events.size());
  const auto unplanned =
      static_cast<size_t>(std::count_if(events.begin(), events.end(), [](const Event* event) {
        return event->planned && !*event->planned;
      }));
  if (unplanned != 0) out += ", " + count_text(unplanned) + " of them without a shutdown";
  return out;
}

std::string other_headline(const Events& events) {
  const Event& last = *events.back();
  std::string out;
  if (last.service.empty() || !last.title.starts_with(last.service)) {
    out = kind_name(last.kind);
    if (!last.service.empty()) out += " of " + visible(last.service);
    out += ": ";
  }
  out += visible(last.title);
  return events.size() == 1 ? out : out + "  (" + times(events.size()) + ")";
}

std::string level_of(const Event& event, std::string_view name) {
  return number_text(number_attribute(event, name).value_or(std::nan("")));
}

// queuer leaks rss +1.93/min: 54 to 1,020 in each life, and 6 restarts hid it
std::string rise_headline(const Events& events, const Style& style) {
  const Event& last = *events.back();
  const std::string metric = visible(text_attribute(last, "metric"));
  const std::string levels =
      level_of(last, "from") + (style.ascii ? " -> " : " → ") + level_of(last, "to");
  std::string out = visible(last.service);
  if (last.kind == EventKind::drift) {
    out += " gets slower: " + metric + " " + levels;
  } else {
    out += " leaks " + slope_text(metric, number_attribute(last, "slope_per_min").value_or(0)) +
           ": " + levels;
  }
  const auto lives = static_cast<size_t>(number_attribute(last, "lives").value_or(1));
  if (lives > 1) out += " in each of " + counted(lives, "life", "lives");
  if (flag_attribute(last, "masked")) out += "; the restarts reset it";
  if (flag_attribute(last, "gone")) out += "; gone since";
  return out;
}

// would hit 512 (sample#memory_quota) in 9h00m (7h00m … 13h00m) if restarts stopped
std::string forecast_line(const Event& event, const Style& style) {
  const std::optional<double> hours = number_attribute(event, "hours_to_limit");
  if (!hours) return "";
  const auto span = [&](std::string_view name) {
    return compact_span(3600 * number_attribute(event, name).value_or(std::nan("")));
  };
  return "would hit " + level_of(event, "limit") + " (" +
         visible(text_attribute(event, "limit_is")) + ") in " + span("hours_to_limit") + " (" +
         span("hours_from") + " " + std::string(style.dash()) + " " + span("hours_to") +
         ") if restarts stopped";
}

Finding plain_finding(const Events& events, const FindingsContext& context) {
  const Event& last = *events.back();
  const Style& style = context.view.style;
  const bool rises = last.kind == EventKind::leak || last.kind == EventKind::drift;
  Finding out;
  out.severity = worst_of(events);
  out.headline = last.kind == EventKind::crash         ? crash_headline(events)
                 : last.kind == EventKind::host_reboot ? reboot_headline(events)
                 : rises                               ? rise_headline(events, style)
                                                       : other_headline(events);
  const std::string forecast = forecast_line(last, style);
  if (!forecast.empty()) out.details.push_back(forecast);
  out.events = events;
  out.told = last.id;
  return out;
}

// 06-21 19:50:54 … 06-24 02:14:07      why: blip why 51be07
std::string last_line(const Finding& finding, const FindingsContext& context) {
  std::string out = "  ";
  const Clock& clock = context.view.clock;
  const Event& first = *finding.events.front();
  const Event& last = *finding.events.back();
  if (first.kind != EventKind::restart) {
    if (finding.events.size() > 1 && known(first.time)) {
      out += clock.text(first.time) + " " + std::string(context.view.style.dash()) + " ";
    }
    if (known(last.time)) out += clock.text(last.time) + "      ";
  }
  out += "why: blip why " + context.id(finding.told);
  if (first.kind == EventKind::restart && !context.kept) out += "      keep: blip scan --keep ...";
  return out + "\n";
}

// Told by the restart that it caused, or by a series that says the same.
bool explained(const Event& event) {
  if (event.kind == EventKind::leak) return !text_attribute(event, "follows").empty();
  return event.kind == EventKind::crash && !text_attribute(event, "restart").empty();
}

struct Group {
  Severity severity = Severity::info;
  size_t silent = 0;
  Events events;
};

bool worse(const Group& a, const Group& b) {
  if (a.severity != b.severity) return a.severity > b.severity;
  if (a.silent != b.silent) return a.silent > b.silent;
  return a.events.size() > b.events.size();
}
}  // namespace

Severity worst_of(const Events& events) {
  Severity worst = Severity::info;
  for (const Event* event : events) worst = std::max(worst, event->severity);
  return worst;
}

std::string in_quotes(std::string_view text) { return "\"" + visible(text) + "\""; }

std::vector<Finding> findings_of(const std::vector<Event>& events, const FindingsContext& context) {
  std::map<Key, Group> by_key;
  for (const Event& event : events) {
    if (explained(event)) continue;
    Group& group = by_key[key_of(event)];
    group.severity = std::max(group.severity, event.severity);
    group.silent += event.silent ? 1 : 0;
    group.events.push_back(&event);
  }
  std::vector<Group> groups;
  for (auto& entry : by_key) groups.push_back(std::move(entry.second));
  std::stable_sort(groups.begin(), groups.end(), worse);
  std::vector<Finding> out;
  for (const Group& group : groups) {
    const bool restarts = group.events.front()->kind == EventKind::restart;
    out.push_back(restarts ? restart_finding(group.events, context)
                           : plain_finding(group.events, context));
  }
  return out;
}

std::string findings_text(const std::vector<Event>& events, const FindingsContext& context) {
  const Style& style = context.view.style;
  std::string out;
  for (const Finding& finding : findings_of(events, context)) {
    if (!out.empty()) out += '\n';
    out += style.paint(tint_of(finding.severity), mark_of(finding.severity, style)) + " " +
           style.paint(Tint::bold, finding.headline) + "\n";
    for (const std::string& line : finding.details) out += "  " + line + "\n";
    out += last_line(finding, context);
    if (finding.events.front()->kind == EventKind::restart) {
      out += restart_list(finding.events, context);
    }
  }
  return out;
}

}  // namespace blip
