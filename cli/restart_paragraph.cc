// Restarts of one service as a paragraph (findings.cc shows one). The sentence says first what a
// person would want to be woken for: deaths, and whether anything told of them. Planned restarts
// are counted apart, so that a deploy never reads like a death.

#include <algorithm>
#include <map>

#include "cli/paragraph.h"
#include "cli/render/escape.h"
#include "cli/render/table.h"
#include "cli/render/units.h"

namespace blip {
namespace {
constexpr size_t kCausesShown = 5;
constexpr size_t kRestartsShown = 20;

bool planned(const Event* event) { return event->planned.value_or(false); }

std::string span_of(const Events& events, const Clock& clock) {
  const Time first = events.front()->time, last = events.back()->time;
  if (events.size() == 1) return known(first) ? " at " + clock.text(first) : "";
  return known(first) ? " in " + rough_span(seconds_of(last - first)) : "";
}

std::string times(size_t count) { return count == 1 ? "once" : count_text(count) + " times"; }

std::string headline(const Events& deaths, const Events& restarts, const Clock& clock) {
  const std::string service = visible(restarts.front()->service);
  if (deaths.empty()) {
    return service + " restarted " + times(restarts.size()) + span_of(restarts, clock) +
           (restarts.size() == 1 ? ", planned." : ", always planned.");
  }
  std::string out = service + " restarted " + times(deaths.size()) + span_of(deaths, clock);
  const auto count = [&deaths](const auto& is) {
    return static_cast<size_t>(std::count_if(deaths.begin(), deaths.end(), is));
  };
  const size_t silent = count([](const Event* event) { return event->silent; });
  const size_t unknown = count([](const Event* event) { return !event->planned; });
  if (silent == deaths.size()) return out + " and never said so.";
  if (silent != 0) return out + ", " + count_text(silent) + " of them silently.";
  return out + (unknown == deaths.size() ? "; the logs do not tell whether it was planned." : ".");
}

// What deaths have in common.
struct Cause {
  std::string cause, frame;
  bool operator<(const Cause& other) const {
    return std::tie(cause, frame) < std::tie(other.cause, other.frame);
  }
};

// "(only in upstart/app.log)", if all of them were told in one file that is not the service's own.
std::string only_in(const Events& events, const FileNames& names) {
  std::string file;
  for (const Event* event : events) {
    const Evidence* death = death_note_of(*event);
    if (death == nullptr || death->file.empty() || death->file == event->file) return "";
    if (!file.empty() && file != death->file) return "";
    file = death->file;
  }
  return "  (only in " + visible(names.of(file)) + ")";
}

std::string cause_line(const Events& events, size_t of, const FileNames& names) {
  const Event& last = *events.back();
  std::string out = of == 1 ? "" : count_text(events.size()) + " of " + count_text(of) + " ";
  const std::string_view message = text_attribute(last, "message");
  const std::string_view frame = text_attribute(last, "frame");
  if (message.empty() && frame.empty() && last.cause == "unknown") {
    return out + "without a known cause";
  }
  out += "after " + (message.empty() ? visible(cause_phrase(last)) : in_quotes(message));
  if (!frame.empty()) out += " at " + visible(frame);
  return out + only_in(events, names);
}

std::vector<std::string> cause_lines(const Events& deaths, const FileNames& names) {
  std::map<Cause, Events> by_cause;
  for (const Event* event : deaths) {
    by_cause[{event->cause, std::string(text_attribute(*event, "frame"))}].push_back(event);
  }
  std::vector<Events> causes;
  for (auto& entry : by_cause) causes.push_back(std::move(entry.second));
  std::stable_sort(causes.begin(), causes.end(),
                   [](const Events& a, const Events& b) { return a.size() > b.size(); });
  std::vector<std::string> out;
  for (size_t i = 0; i < causes.size() && i < kCausesShown; ++i) {
    out.push_back(cause_line(causes[i], deaths.size(), names));
  }
  if (causes.size() > kCausesShown) {
    out.push_back("... and " +
                  counted(causes.size() - kCausesShown, "other cause", "other causes"));
  }
  return out;
}

std::string lives_line(const Events& deaths, const Style& style) {
  std::vector<double> lives;
  for (const Event* event : deaths) {
    if (const auto life = number_attribute(*event, "lifetime_s")) lives.push_back(*life);
  }
  if (lives.empty()) return "";
  std::sort(lives.begin(), lives.end());
  const std::string median = span_text(lives[lives.size() / 2]);
  if (lives.size() == 1) return "the life before lasted " + median;
  return "lived " + median + " as a rule (" + span_text(lives.front()) + " " +
         std::string(style.dash()) + " " + span_text(lives.back()) + ")";
}
}  // namespace

std::string restart_list(const Events& restarts, const FindingsContext& context) {
  Table table(
      {{""}, {""}, {""}, {"", Align::left, true}, {"", Align::right}, {"", Align::right}, {""}});
  for (size_t i = 0; i < restarts.size() && i < kRestartsShown; ++i) {
    const Event& event = *restarts[i];
    const auto down = number_attribute(event, "downtime_s");
    table.add({context.view.clock.text(event.time), planned_word(event),
               event.silent ? Cell("SILENT", Tint::red) : Cell("-"), cause_text(event),
               span_or_dash(number_attribute(event, "lifetime_s")),
               down ? "down " + compact_span(*down) : std::string("-"), context.id(event.id)});
  }
  std::string out = table.text(context.view.style, 2);
  if (restarts.size() > kRestartsShown) {
    out += "  ... and " + count_text(restarts.size() - kRestartsShown) +
           " more: " + (context.kept ? "blip restarts" : "blip scan -o csv") + "\n";
  }
  return out;
}
Finding restart_finding(const Events& restarts, const FindingsContext& context) {
  Events deaths;
  FileNames names;
  for (const Event* event : restarts) {
    if (!planned(event)) deaths.push_back(event);
    names.add(event->file);
    for (const Evidence& row : event->evidence) names.add(row.file);
  }
  Finding out;
  out.severity = deaths.empty() ? Severity::info : worst_of(deaths);
  out.headline = headline(deaths, restarts, context.view.clock);
  out.details = cause_lines(deaths, names);
  const std::string lives = lives_line(deaths, context.view.style);
  if (!lives.empty()) out.details.push_back(lives);
  const size_t apart = restarts.size() - deaths.size();
  if (apart != 0 && !deaths.empty()) {
    out.details.push_back(count_text(apart) + " more " + (apart == 1 ? "was" : "were") +
                          " planned");
  }
  out.events = restarts;
  out.told = (deaths.empty() ? restarts : deaths).back()->id;
  return out;
}

}  // namespace blip
