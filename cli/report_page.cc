// app died 28 times and never said so.
//   It was back after 2.0 s as a rule. app leaks goroutines +131/min, and its restarts hide it.
//   30 deaths · 28 silent | 12 crashes | 1 leak, hidden by restarts
//   what happened · lives · what grows · errors · every event with its evidence folded
//
// The document and its order; words are report_words.cc's, pictures report_charts.cc's, looks
// report_style.cc's. No script, no request: a policy in the head forbids both.

#include "cli/report_page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "cli/explain.h"
#include "cli/findings.h"
#include "cli/render/html.h"
#include "cli/render/units.h"
#include "cli/report_charts.h"
#include "cli/report_style.h"
#include "cli/report_words.h"

namespace blip {
namespace {
constexpr double kCertain = 2;

struct Page {
  const ReportData& data;
  const View& view;
  const ShortId& id;
  const FileNames& names;  // of all evidence on the page: one name, one file
};

std::string anchor_of(const Event& event) { return "e-" + id_text(event.id); }

std::string shaped(const char* shape, double value) {
  char text[64];
  std::snprintf(text, sizeof text, shape, value);
  return text;
}

Literal severity_class(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return "critical";
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::info:
      break;
  }
  return "info";
}

std::string hosts_text(const std::vector<Event>& events) {
  std::set<std::string> hosts;
  for (const Event& event : events) {
    if (!event.host.empty()) hosts.insert(event.host);
  }
  if (hosts.empty()) return "";
  if (hosts.size() > 3) return counted(hosts.size(), "host", "hosts");
  return listed_words({hosts.begin(), hosts.end()});
}

ReportPeriod whole_of(const ReportData& data) {
  if (data.periods.empty()) return {};
  return {data.periods.front().from, data.periods.back().to};
}

void add_head(Html& out, const Page& page, const DayWords& words) {
  out.markup(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>");
  out.text(words.headline).markup(" blip report</title>\n<style>");
  out.markup(report_style()).markup("</style>\n</head>\n<body>\n");
  out.markup("<a class=\"skip\" href=\"#events\">To the table of events</a>\n<header>\n");
  out.markup("<div class=\"about\"><b>blip report</b>");
  const std::string hosts = hosts_text(page.data.events);
  if (!hosts.empty()) out.markup("<span>").text(hosts).markup("</span>");
  if (!page.data.query.service.empty()) {
    out.markup("<span>services ").text(page.data.query.service).markup("</span>");
  }
  if (const ReportPeriod whole = whole_of(page.data); known(whole.from)) {
    out.markup("<span>").text(period_text(whole, page.view.clock)).markup("</span>");
  }
  const std::string zone = page.view.clock.note();
  if (!zone.empty()) out.markup("<span>").text(zone).markup("</span>");
  out.markup("</div>\n<h1>").text(words.headline).markup("</h1>\n");
  if (words.more.empty() && !page.data.only_newest) return;
  out.markup("<div class=\"lede\">\n");
  if (page.data.only_newest) {
    out.markup("<p>Of the newest ").text(count_text(page.data.events.size()));
    out.markup(" events only; there may be older ones.</p>\n");
  }
  for (const std::string& sentence : words.more) {
    out.markup("<p>").text(sentence).markup("</p>\n");
  }
  out.markup("</div>\n");
}

void add_figures(Html& out, const std::vector<Event>& events) {
  out.markup("<ul class=\"figures\">\n");
  for (const Figure& figure : figures_of(events)) {
    out.markup("<li><b>").text(figure.value).markup("</b> ").text(figure.name);
    if (!figure.note.empty()) out.markup(" <small>").text(figure.note).markup("</small>");
    out.markup("</li>\n");
  }
  out.markup("</ul>\n</header>\n");
}

void add_command(Html& out, std::string_view command) {
  out.markup("<code>").text(command).markup("</code>");
}

bool all_of(const Finding& finding, bool (*is)(const Event&)) {
  return std::all_of(finding.events.begin(), finding.events.end(),
                     [is](const Event* event) { return is(*event); });
}

bool planned_restart(const Event& event) {
  return event.kind == EventKind::restart && !is_death(event);
}

bool by_reboot(const Event& event) { return is_death(event) && event.cause == "reboot"; }

// What the host's reboot took along, and what was planned beside it.
bool reboot_or_planned(const Event& event) { return by_reboot(event) || planned_restart(event); }

void begin_finding(Html& out, const Page& page, Severity severity, const std::string& headline) {
  out.markup("<li><span class=\"mark-word ").markup(severity_class(severity));
  out.markup("\" title=\"").text(severity_name(severity)).markup("\">");
  out.text(mark_of(severity, page.view.style)).markup("</span><div>\n<h3>");
  out.text(headline).markup("</h3>\n");
}

// Findings that differ only in their service, as one.
void add_together(Html& out, const Page& page, const std::vector<const Finding*>& alike,
                  std::string_view what, bool (*counts)(const Event&)) {
  if (alike.empty()) return;
  std::vector<std::string> names;
  Severity worst = Severity::info;
  for (size_t i = 0; i < alike.size(); ++i) {
    worst = std::max(worst, alike[i]->severity);
    const std::vector<const Event*>& events = alike[i]->events;
    const auto counted_in = std::count_if(events.begin(), events.end(),
                                          [counts](const Event* event) { return counts(*event); });
    if (i < kReportFindings) {
      names.push_back(events.front()->service + " " + times_text(static_cast<size_t>(counted_in)));
    }
  }
  if (alike.size() > kReportFindings) {
    names.push_back(counted(alike.size() - kReportFindings, "more service", "more services"));
  }
  begin_finding(out, page, worst,
                counted(alike.size(), "service", "services") + " " + std::string(what));
  out.markup("<p>").text(listed_words(names)).markup("</p>\n<p class=\"dig\">");
  add_command(out, "blip restarts");
  out.markup("</p>\n</div></li>\n");
}

void add_finding(Html& out, const Page& page, const Finding& finding, bool listed) {
  begin_finding(out, page, finding.severity, finding.headline);
  for (const std::string& line : finding.details) out.markup("<p>").text(line).markup("</p>\n");
  out.markup("<p class=\"dig\">");
  add_command(out, "blip why " + page.id(finding.told));
  if (listed) {
    out.markup(" · <a href=\"#e-").text(id_text(finding.told)).markup("\">its evidence</a>");
  }
  out.markup("</p>\n</div></li>\n");
}

void add_findings(Html& out, const Page& page, const std::set<uint64_t>& listed) {
  const std::vector<Finding> findings = findings_of(page.data.events, {page.view, page.id, true});
  if (findings.empty()) return;
  const bool rebooted = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.events.front()->kind == EventKind::host_reboot;
  });
  std::vector<const Finding*> shown, planned, along;
  for (const Finding& finding : findings) {
    (all_of(finding, planned_restart)                 ? planned
     : rebooted && all_of(finding, reboot_or_planned) ? along
                                                      : shown)
        .push_back(&finding);
  }
  out.markup(
      "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">What happened</h2>\n"
      "<p>Worst first; what belongs together is told once.</p>\n<ul class=\"findings\">\n");
  for (size_t i = 0; i < shown.size() && i < kReportFindings; ++i) {
    add_finding(out, page, *shown[i], listed.count(shown[i]->told) != 0);
  }
  add_together(out, page, along, "went down with the host.", by_reboot);
  add_together(out, page, planned, "restarted, always planned.", planned_restart);
  out.markup("</ul>\n");
  if (shown.size() > kReportFindings) {
    out.markup("<p>").text(
        counted(shown.size() - kReportFindings, "more finding", "more findings") +
        " of less weight: ");
    add_command(out, "blip events");
    out.markup("</p>\n");
  }
  out.markup("</section>\n");
}

void add_legend(Html& out) {
  out.markup("<ul class=\"legend\">\n");
  for (const Ending ending :
       {Ending::silent, Ending::unplanned, Ending::unknown, Ending::planned}) {
    out.markup("<li>").append(mark_svg(ending)).markup("<span>");
    out.text(ending_name(ending)).markup("</span></li>\n");
  }
  out.markup("</ul>\n");
}

void add_lanes(Html& out, const Page& page) {
  Html figures;
  for (size_t i = 0; i < page.data.periods.size(); ++i) {
    figures.append(lanes_figure(page.data, i, page.view, page.id));
  }
  if (figures.empty()) return;
  out.markup("<section aria-labelledby=\"lives\">\n<h2 id=\"lives\">Lives</h2>\n");
  out.markup(
      "<p>A bar is a life, a sign tells how it ended; a number above a sign, how many are "
      "too close to be told apart.</p>\n");
  add_legend(out);
  out.append(figures);
  if (const size_t rest = page.data.untold; rest != 0) {
    out.markup("<p>").text(counted(rest, "other service was", "other services were"));
    out.markup(" met in the logs; there is nothing to tell of ");
    out.text(rest == 1 ? "it." : "them.").markup("</p>\n");
  }
  const auto undated = static_cast<size_t>(std::count_if(
      page.data.events.begin(), page.data.events.end(),
      [](const Event& event) { return event.kind == EventKind::restart && !known(event.time); }));
  if (undated != 0) {
    out.markup("<p>").text(counted(undated, "restart has", "restarts have"));
    out.markup(" no time and no place here: the table of events has them first.</p>\n");
  }
  out.markup("</section>\n");
}

void add_rises(Html& out, const Page& page) {
  const std::vector<const Event*> rises = charted(page.data.events);
  if (rises.empty()) return;
  out.markup("<section aria-labelledby=\"rises\">\n<h2 id=\"rises\">What grows</h2>\n");
  out.markup(
      "<p>What a service holds, or how long it takes, over time. The straight line is the "
      "floor of a life: what it never gives back. Signs under it are the ends of lives.</p>\n");
  for (const Event* event : rises) {
    std::vector<Event> alone = {*event};
    const std::vector<Finding> told = findings_of(alone, {page.view, page.id, true});
    out.markup("<div class=\"rise\">\n<h3>");
    out.text(told.empty() ? event->title : told.front().headline).markup("</h3>\n");
    for (const Finding& finding : told) {
      for (const std::string& line : finding.details) {
        out.markup("<p>").text(line).markup("</p>\n");
      }
    }
    if (event->kind == EventKind::leak && !number_attribute(*event, "hours_to_limit")) {
      out.markup("<p>No forecast: no limit is known, or its lives differ too much.</p>\n");
    }
    out.markup("<p>");
    add_command(out, "blip why " + page.id(event->id));
    out.markup("</p>\n").append(rise_figures(page.data, *event, page.view, page.id));
    out.markup("</div>\n");
  }
  if (const size_t count = count_charted(page.data.events); count > rises.size()) {
    out.markup("<p>").text(count_text(count - rises.size()) + " more without a picture: ");
    add_command(out, "blip leaks");
    out.markup(", ");
    add_command(out, "blip drifts");
    out.markup("</p>\n");
  }
  out.markup("</section>\n");
}

void add_heat(Html& out, const Page& page) {
  Html figures;
  for (size_t i = 0; i < page.data.periods.size(); ++i) {
    figures.append(heat_figure(page.data, i, page.view));
  }
  if (figures.empty()) return;
  out.markup("<section aria-labelledby=\"errors\">\n<h2 id=\"errors\">Errors</h2>\n");
  out.markup(
      "<p>Crashes, bursts of errors, and errors that a balancer or a client met. Higher and "
      "stronger means more, each step several times as many.</p>\n");
  out.append(figures).markup("</section>\n");
}

// The worst events in order of time, and the rest by what they are.
struct Choice {
  std::vector<const Event*> shown;
  std::map<std::string, size_t> rest;
};

std::string sort_of(const Event& event) {
  if (event.kind != EventKind::restart) return std::string(kind_name(event.kind));
  return is_death(event) ? "restart" : "planned restart";
}

Choice choose_events(const std::vector<Event>& events) {
  std::vector<const Event*> all;
  for (const Event& event : events) all.push_back(&event);
  // What a restart tells already, and a series that follows another, come after what they belong
  // to.
  const auto rank = [](const Event& event) {
    const bool told =
        !text_attribute(event, "restart").empty() || !text_attribute(event, "follows").empty();
    return std::tuple(-static_cast<int>(event.severity), told, !event.silent);
  };
  std::stable_sort(all.begin(), all.end(), [&rank](const Event* a, const Event* b) {
    if (rank(*a) != rank(*b)) return rank(*a) < rank(*b);
    return std::tuple(b->time, b->id) < std::tuple(a->time, a->id);
  });
  Choice out;
  for (size_t i = kReportEvents; i < all.size(); ++i) ++out.rest[sort_of(*all[i])];
  if (all.size() > kReportEvents) all.resize(kReportEvents);
  std::sort(all.begin(), all.end(), [](const Event* a, const Event* b) {
    return std::tuple(a->time, a->id) < std::tuple(b->time, b->id);
  });
  out.shown = std::move(all);
  return out;
}

std::string rest_text(const std::map<std::string, size_t>& rest) {
  std::vector<std::string> parts;
  for (const auto& [sort, count] : rest) {
    const std::string plural = sort.ends_with("h") ? sort + "es" : sort + "s";
    parts.push_back(counted(count, sort, plural));
  }
  return listed_words(parts);
}

void add_evidence_rows(Html& out, const Page& page, const Event& event) {
  std::vector<double> weights;
  for (const Evidence& row : event.evidence) weights.push_back(row.weight);
  const bool weighed = is_weighed(event.kind);
  const std::vector<long> tenths = tenths_that_add_up(weights, event.score);
  out.markup("<table>\n<thead><tr>");
  if (weighed) out.markup("<th scope=\"col\" class=\"right\">Weight</th>");
  out.markup(
      "<th scope=\"col\">Signal</th><th scope=\"col\">Where</th>"
      "<th scope=\"col\">Line</th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < event.evidence.size() && i < kReportEvidence; ++i) {
    const Evidence& row = event.evidence[i];
    out.markup("<tr>");
    if (weighed) {
      out.markup("<td class=\"num\">");
      out.text(shaped("%+.1f", static_cast<double>(tenths[i]) / 10)).markup("</td>");
    }
    out.markup("<td>").text(row.signal).markup("</td><td>");
    if (row.at.number != 0) {
      out.text(page.names.of(row.file) + ":" + std::to_string(row.at.number));
    }
    out.markup("</td><td class=\"mono\">").text(row.text).markup("</td></tr>\n");
  }
  out.markup("</tbody>\n</table>\n");
}

void add_evidence(Html& out, const Page& page, const Event& event) {
  const size_t rows = event.evidence.size();
  const std::string id = page.id(event.id);
  out.markup("<details><summary>evidence, ").text(counted(rows, "row", "rows"));
  out.markup("</summary>\n<div class=\"evidence\">\n");
  if (rows != 0) add_evidence_rows(out, page, event);
  if (rows > kReportEvidence) {
    out.markup("<p>").text(counted(rows - kReportEvidence, "more row", "more rows"));
    out.markup(" in <code>blip why ").text(id).markup("</code></p>\n");
  }
  if (is_weighed(event.kind)) {
    out.markup("<p>Sum ").text(shaped("%.1f", event.score));
    out.markup(" nats, confidence ").text(shaped("%.3f", event.confidence));
    out.text(event.score >= kCertain ? ": certain." : ".").markup("</p>\n");
    for (const std::string& change : what_would_change(event)) {
      out.markup("<p>Would change it: ").text(change).markup("</p>\n");
    }
  }
  out.markup("<p>");
  add_command(out, "blip why " + id);
  if (event.at.number != 0) {
    out.markup(" · with the lines around it: ");
    add_command(out, "blip why " + id + " --context 20");
  }
  out.markup("</p>\n</div>\n</details>");
}

void add_event(Html& out, const Page& page, const Event& event) {
  out.markup("<tbody id=\"")
      .text(anchor_of(event))
      .markup("\">\n<tr><th scope=\"row\" class=\"time\">");
  out.text(known(event.time) ? page.view.clock.text(event.time) : "no time");
  out.markup("</th><td class=\"kind ");
  out.markup(severity_class(event.severity)).markup("\">");
  out.text(std::string(mark_of(event.severity, page.view.style)) + " ");
  out.text(kind_name(event.kind)).markup("</td><td>").text(event.service);
  out.markup("</td><td class=\"what\">");
  if (event.kind == EventKind::restart) out.append(mark_svg(ending_of(event))).markup(" ");
  out.text(happened_text(event));
  const std::string lived = lived_text(event);
  if (!lived.empty()) out.markup("<small>").text(lived).markup("</small>");
  out.markup("</td><td class=\"num\">").text(shaped("%.3f", event.confidence));
  out.markup("</td><td><code>").text(page.id(event.id)).markup("</code></td></tr>\n");
  out.markup("<tr class=\"more\"><td></td><td colspan=\"5\">");
  add_evidence(out, page, event);
  out.markup("</td></tr>\n</tbody>\n");
}

void add_events(Html& out, const Page& page, const Choice& choice) {
  out.markup("<section aria-labelledby=\"events\">\n<h2 id=\"events\">Events</h2>\n");
  if (choice.shown.empty()) {
    out.markup("<p>None in this time.</p>\n</section>\n");
    return;
  }
  out.markup("<p>");
  if (choice.rest.empty()) {
    out.text(counted(choice.shown.size(), "event", "events") + ", in order of time.");
  } else {
    out.text("The worst " + count_text(choice.shown.size()) + " of " +
             count_text(page.data.events.size()) +
             ", in order of time. Not shown: " + rest_text(choice.rest) + ". All of them: ");
    add_command(out, "blip events");
  }
  out.markup(
      "</p>\n<div class=\"scroll\" role=\"group\" tabindex=\"0\" "
      "aria-label=\"Table of events\">\n<table class=\"events\">\n<thead><tr>"
      "<th scope=\"col\">Time</th><th scope=\"col\">Kind</th><th scope=\"col\">Service</th>"
      "<th scope=\"col\">What</th><th scope=\"col\" class=\"right\">Confidence</th>"
      "<th scope=\"col\">Id</th></tr></thead>\n");
  for (const Event* event : choice.shown) add_event(out, page, *event);
  out.markup("</table>\n</div>\n</section>\n");
}

void add_foot(Html& out, const Page& page) {
  out.markup("<footer>\n<p>Made by blip ").text(page.data.version);
  out.markup(" from logs alone. Dig deeper where its store is: ");
  add_command(out, "blip why ID");
  out.markup(", ");
  add_command(out, "blip timeline");
  out.markup(", ");
  add_command(out, "blip runs SERVICE");
  out.markup(".</p>\n");
  std::vector<std::string> left_out;
  if (page.data.earlier_periods != 0) {
    left_out.push_back("the lives of " +
                       counted(page.data.earlier_periods, "earlier period", "earlier periods"));
  }
  if (page.data.quiet_periods != 0) {
    left_out.push_back(counted(page.data.quiet_periods, "period", "periods") +
                       " of which there is nothing to tell");
  }
  if (!left_out.empty()) {
    out.markup("<p>Not on this page: ").text(listed_words(left_out)).markup(".</p>\n");
  }
  if (page.data.query.min_confidence > 0) {
    out.markup("<p>Events with a confidence of ");
    out.text(shaped("%.2f", page.data.query.min_confidence)).markup(" and more.</p>\n");
  }
  out.markup("</footer>\n</body>\n</html>\n");
}
}  // namespace

std::vector<ReportPeriod> periods_of(const std::vector<Checkpoint>& streams,
                                     const std::vector<Event>& events, const EventQuery& query) {
  const auto from = [&query](Time time) {
    return known(query.since) ? std::max(time, query.since) : time;
  };
  const auto to = [&query](Time time) {
    return known(query.until) ? std::min(time, query.until) : time;
  };
  std::vector<ReportPeriod> pieces;
  const auto add = [&](Time begin, Time end) {
    if (!known(begin)) begin = end;
    if (!known(end)) end = begin;
    if (known(begin) && from(begin) <= to(end)) pieces.push_back({from(begin), to(end)});
  };
  for (const Checkpoint& read : streams) add(read.stream.first, read.stream.last);
  for (const Event& event : events) add(event.time, event.end);
  std::sort(pieces.begin(), pieces.end(), [](const ReportPeriod& a, const ReportPeriod& b) {
    return std::tuple(a.from, a.to) < std::tuple(b.from, b.to);
  });
  // Joined first where they touch, so that it is known how long anything lived at all.
  const auto join = [](const std::vector<ReportPeriod>& parts, Micros apart) {
    std::vector<ReportPeriod> out;
    for (const ReportPeriod& part : parts) {
      if (!out.empty() && part.from - out.back().to <= apart) {
        out.back().to = std::max(out.back().to, part.to);
      } else {
        out.push_back(part);
      }
    }
    return out;
  };
  pieces = join(pieces, 0s);
  Micros lived = 0s;
  for (const ReportPeriod& piece : pieces) lived += piece.to - piece.from;
  pieces = join(pieces, std::max<Micros>(lived, 24h));
  for (ReportPeriod& piece : pieces) {
    if (piece.to - piece.from < 1min) piece.to = piece.from + 1min;
  }
  return pieces;
}

size_t count_charted(const std::vector<Event>& events) {
  return static_cast<size_t>(std::count_if(events.begin(), events.end(), [](const Event& event) {
    return (event.kind == EventKind::leak || event.kind == EventKind::drift) &&
           text_attribute(event, "follows").empty();
  }));
}

std::vector<const Event*> charted(const std::vector<Event>& events) {
  std::vector<const Event*> out;
  for (const Event& event : events) {
    const bool rises = event.kind == EventKind::leak || event.kind == EventKind::drift;
    if (rises && text_attribute(event, "follows").empty()) out.push_back(&event);
  }
  std::stable_sort(out.begin(), out.end(), [](const Event* a, const Event* b) {
    if (a->severity != b->severity) return a->severity > b->severity;
    return a->score > b->score;
  });
  if (out.size() > kReportCharts) out.resize(kReportCharts);
  return out;
}

std::vector<std::string> services_told(const std::vector<Event>& events,
                                       const ReportPeriod& period) {
  struct Told {
    int severity = 0;
    size_t count = 0;
  };
  std::map<std::string, Told> by_service;
  for (const Event& event : events) {
    const Time end = known(event.end) ? event.end : event.time;
    if (!known(event.time) || end < period.from || event.time > period.to) continue;
    if (event.kind == EventKind::host_reboot || event.service.empty()) continue;
    Told& told = by_service[event.service];
    told.severity = std::max(told.severity, static_cast<int>(event.severity));
    ++told.count;
  }
  std::vector<std::pair<std::string, Told>> order(by_service.begin(), by_service.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::tuple(b.second.severity, b.second.count) <
           std::tuple(a.second.severity, a.second.count);
  });
  std::vector<std::string> out;
  for (const auto& entry : order) out.push_back(entry.first);
  return out;
}

std::string report_page(const ReportData& data, const View& view, const ShortId& id) {
  const Choice choice = choose_events(data.events);
  std::set<uint64_t> listed;
  FileNames names;
  for (const Event* event : choice.shown) {
    listed.insert(event->id);
    for (const Evidence& row : event->evidence) names.add(row.file);
  }
  const Page page{data, view, id, names};
  Html out;
  add_head(out, page, words_of_the_day(data.events));
  add_figures(out, data.events);
  out.markup("<main>\n");
  add_findings(out, page, listed);
  add_lanes(out, page);
  add_rises(out, page);
  add_heat(out, page);
  add_events(out, page, choice);
  out.markup("</main>\n");
  add_foot(out, page);
  return out.str();
}

}  // namespace blip
