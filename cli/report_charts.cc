// A life of 5 h 14 m that ended in a panic     ->  a bar, and a cross at its end
// goroutines 9 ... 38,557 | 9 ... 37,263       ->  a saw, and a floor line through each tooth
//
// Chosen here, and bounded: the worst services have lanes, the last lives are shown closer. What is
// left out is counted in the caption.

#include "cli/report_charts.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "cli/render/units.h"
#include "cli/report_words.h"

namespace blip {
namespace {
constexpr size_t kStretches = 12, kEnough = 6;
constexpr double kFell = 0.9;  // a restart of another lane does not move the gauge
constexpr ptrdiff_t kNear = 3;
constexpr size_t kMostPassed = 3;  // more: lives are too short to be seen, and no line is any one's

Time end_of(const Run& life) { return known(life.end.from) ? life.end.from : life.end.to; }
Time begin_of(const Run& life) { return known(life.begin.from) ? life.begin.from : life.begin.to; }

std::string life_title(const Run& life, const Clock& clock) {
  const Time begin = begin_of(life), end = end_of(life);
  std::string out = life.service + " lived " + span_text(seconds_of(end - begin)) + ", " +
                    clock.text(begin) + " to " + clock.text(end);
  if (!known(life.begin.from)) out += ", it was running before";
  if (!known(life.end.to)) out += ", still running when its logs end";
  return out;
}

std::string mark_title(const Event& event, const Clock& clock, const ShortId& id) {
  std::string out = event.service + " " + happened_text(event) + ", " + clock.text(event.time);
  const std::string lived = lived_text(event);
  if (!lived.empty()) out += ", " + lived;
  return out + " (blip why " + id(event.id) + ")";
}

bool inside(Time time, const ReportPeriod& period) {
  return known(time) && time >= period.from && time <= period.to;
}

std::string lane_note(size_t deaths, size_t planned) {
  std::string out;
  if (deaths != 0) out = counted(deaths, "death", "deaths");
  if (planned == 0) return out;
  return out + (out.empty() ? "" : ", ") + count_text(planned) + " planned";
}

Lane lane_of(const std::string& service, const ReportData& data, const ReportPeriod& period,
             const Clock& clock, const ShortId& id) {
  Lane lane;
  lane.name = service;
  for (const Run& life : data.lives) {
    const Time begin = begin_of(life), end = end_of(life);
    if (life.service != service || !known(begin) || !known(end) || end < begin) continue;
    if (end < period.from || begin > period.to) continue;
    // Of more lives than there are places the last ones are drawn; the marks are all there.
    if (lane.lives.size() == kReportLivesPerLane) lane.lives.erase(lane.lives.begin());
    lane.lives.push_back({.from = std::max(begin, period.from),
                          .to = std::min(end, period.to),
                          .open_begin = !known(life.begin.from),
                          .open_end = !known(life.end.to),
                          .title = life_title(life, clock)});
  }
  size_t deaths = 0, planned = 0;
  for (const Event& event : data.events) {
    if (event.service != service || event.kind != EventKind::restart) continue;
    if (!inside(event.time, period)) continue;
    (is_death(event) ? deaths : planned) += 1;
    lane.marks.push_back({event.time, ending_of(event), mark_title(event, clock, id)});
  }
  lane.note = lane_note(deaths, planned);
  return lane;
}

std::vector<Sign> reboots_of(const ReportData& data, const ReportPeriod& period, const Clock& clock,
                             const ShortId& id) {
  std::vector<Sign> out;
  for (const Event& event : data.events) {
    if (event.kind != EventKind::host_reboot || !inside(event.time, period)) continue;
    out.push_back({event.time, Ending::unknown, mark_title(event, clock, id)});
  }
  return out;
}

Picture picture_of(const std::string& name, size_t number, const ReportPeriod& period) {
  Picture picture;
  picture.id = name + std::to_string(number);
  picture.from = period.from;
  picture.to = period.to;
  return picture;
}

// A picture may be wider than a telephone: then it scrolls, also by keyboard.
void add_picture(Html& out, const std::string& name, const Html& svg) {
  out.markup("<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"").text(name);
  out.markup("\">\n").append(svg).markup("</div>\n");
}

struct Line {
  double at = 0, slope = 0;  // at the middle of the points

  double value(double x, double middle) const { return at + slope * (x - middle); }
};

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The samples of one life as the lowest of each stretch; x in seconds since `from`.
std::vector<std::pair<double, double>> lowest_of(const SamplePoint* begin, const SamplePoint* end,
                                                 Time from) {
  std::vector<std::pair<double, double>> out;
  const double length = seconds_of((end - 1)->time - begin->time);
  if (length <= 0) return out;
  int stretch = -1;
  for (const SamplePoint* point = begin; point != end; ++point) {
    const double share = seconds_of(point->time - begin->time) / length;
    const int now = std::min(static_cast<int>(kStretches) - 1,
                             static_cast<int>(share * static_cast<double>(kStretches)));
    const std::pair<double, double> here{seconds_of(point->time - from), point->value};
    if (now != stretch) {
      out.push_back(here);
      stretch = now;
    } else if (here.second < out.back().second) {
      out.back() = here;
    }
  }
  return out;
}

void add_floor(std::vector<FloorLine>& floors, const SamplePoint* begin, const SamplePoint* end) {
  if (begin == end) return;
  const auto points = lowest_of(begin, end, begin->time);
  if (points.size() < kEnough) return;
  std::vector<double> slopes, rests;
  for (size_t i = 0; i < points.size(); ++i) {
    for (size_t j = i + 1; j < points.size(); ++j) {
      const double apart = points[j].first - points[i].first;
      if (apart > 0) slopes.push_back((points[j].second - points[i].second) / apart);
    }
  }
  if (slopes.empty()) return;
  const double slope = median_of(slopes);
  for (const auto& [x, y] : points) rests.push_back(y - slope * x);
  const double base = median_of(rests);
  const double length = seconds_of((end - 1)->time - begin->time);
  floors.push_back({{begin->time, base}, {(end - 1)->time, base + slope * length}});
}

std::vector<Sign> resets_of(const ReportData& data, const Event& rise, const ReportPeriod& shown,
                            const Clock& clock, const ShortId& id) {
  std::vector<Sign> out;
  for (const Event& event : data.events) {
    if (event.kind != EventKind::restart || event.service != rise.service) continue;
    if (inside(event.time, shown)) {
      out.push_back({event.time, ending_of(event), mark_title(event, clock, id)});
    }
  }
  return out;
}

std::optional<Heading> heading_of(const Event& rise, const std::vector<SamplePoint>& points) {
  const auto hours = number_attribute(rise, "hours_to_limit");
  const auto limit = number_attribute(rise, "limit");
  if (!hours || !limit || points.empty() || !std::isfinite(*hours)) return std::nullopt;
  const auto after = [&](std::string_view name) {
    const double ahead = number_attribute(rise, name).value_or(*hours);
    return points.back().time +
           Micros(static_cast<int64_t>(std::clamp(ahead, 0.0, 24.0 * 400) * 3.6e9));
  };
  Heading heading;
  heading.start = {points.back().time, points.back().value};
  heading.early = after("hours_from");
  heading.middle = after("hours_to_limit");
  heading.late = after("hours_to");
  heading.limit = *limit;
  heading.label = number_text(*limit) + ", " + std::string(text_attribute(rise, "limit_is"));
  return heading;
}

std::string rise_description(const Event& rise, const Sawtooth& saw, const ReportPeriod& shown,
                             const Clock& clock) {
  std::string out = std::string(text_attribute(rise, "metric")) + " of " + rise.service + ", " +
                    period_text(shown, clock) + ": ";
  out += counted(saw.resets.size(), "end of a life", "ends of lives");
  if (!saw.floors.empty()) {
    const FloorLine& last = saw.floors.back();
    out += "; in the last life its floor went from " + number_text(last.from.value) + " to " +
           number_text(last.to.value);
  }
  if (saw.heading) out += "; it would meet " + saw.heading->label + ", if the restarts stopped";
  return out + ".";
}
}  // namespace

std::string period_text(const ReportPeriod& period, const Clock& clock) {
  return clock.text(period.from) + " to " + clock.text(period.to);
}

std::vector<FloorLine> floors_of(const std::vector<SamplePoint>& points,
                                 const std::vector<Time>& cuts) {
  std::vector<FloorLine> floors;
  if (points.empty()) return floors;
  const SamplePoint* const end = points.data() + points.size();
  const SamplePoint* begin = points.data();
  const auto lowest = [](const SamplePoint* from, const SamplePoint* to) {
    return std::min_element(
               from, to,
               [](const SamplePoint& a, const SamplePoint& b) { return a.value < b.value; })
        ->value;
  };
  size_t passed = 0;  // ends of lives since `begin` that did not move the gauge
  const auto add = [&](const SamplePoint* to) {
    if (passed <= kMostPassed) add_floor(floors, begin, to);
  };
  for (const Time cut : cuts) {
    const SamplePoint* next =
        std::find_if(begin, end, [cut](const SamplePoint& point) { return point.time >= cut; });
    if (next == begin || next == end) continue;
    // Of a few points the lowest: an outline goes up and down between two neighbours.
    const double before = lowest(next - std::min<ptrdiff_t>(kNear, next - begin), next);
    const double after = lowest(next, next + std::min<ptrdiff_t>(kNear, end - next));
    if (after > kFell * before) {
      ++passed;
      continue;
    }
    add(next);
    begin = next;
    passed = 0;
  }
  add(end);
  return floors;
}

Html lanes_figure(const ReportData& data, size_t number, const View& view, const ShortId& id) {
  const ReportPeriod& period = data.periods[number];
  const std::vector<std::string> told = services_told(data.events, period);
  std::vector<Lane> lanes;
  for (size_t i = 0; i < told.size() && i < kReportLanes; ++i) {
    lanes.push_back(lane_of(told[i], data, period, view.clock, id));
  }
  Html out;
  if (lanes.empty()) return out;
  Picture picture = picture_of("lanes", number, period);
  picture.title = "Lives of services, " + period_text(period, view.clock);
  for (const Lane& lane : lanes) {
    picture.description += lane.name + (lane.note.empty() ? "" : ": " + lane.note) + ". ";
  }
  picture.description += "Each end of a life is a row of the table of events.";
  out.markup("<figure>\n");
  const std::vector<Sign> moments = reboots_of(data, period, view.clock, id);
  add_picture(out, picture.title, lanes_svg(picture, lanes, moments, view.clock));
  out.markup("<figcaption>").text(period_text(period, view.clock));
  if (!moments.empty()) out.markup(" · ").markup("▽ the host rebooted");
  if (told.size() > kReportLanes) {
    const size_t more = told.size() - kReportLanes;
    out.markup(" · ").text(counted(more, "more service", "more services") +
                           " with events not drawn");
  }
  return out.markup("</figcaption>\n</figure>\n");
}

Html heat_figure(const ReportData& data, size_t number, const View& view) {
  const ReportPeriod& period = data.periods[number];
  std::vector<HeatRow> rows;
  std::vector<uint64_t> totals;
  for (const ReportHeat& heat : data.heat) {
    if (heat.period != number) continue;
    uint64_t sum = 0;
    for (const uint64_t count : heat.counts) sum += count;
    if (sum != 0) rows.push_back({heat.service, count_text(sum), heat.counts});
    if (sum != 0) totals.push_back(sum);
  }
  Html out;
  if (rows.empty()) return out;
  const size_t more = rows.size() > kReportHeatRows ? rows.size() - kReportHeatRows : 0;
  // The rows with most, in the order of their names' places.
  if (more != 0) {
    std::sort(totals.begin(), totals.end(), std::greater<>());
    const uint64_t least = totals[kReportHeatRows - 1];
    size_t kept = 0;
    std::erase_if(rows, [&](const HeatRow& row) {
      uint64_t sum = 0;
      for (const uint64_t count : row.counts) sum += count;
      return sum < least || kept++ >= kReportHeatRows;
    });
  }
  Picture picture = picture_of("heat", number, period);
  picture.title = "Errors over time, " + period_text(period, view.clock);
  for (const HeatRow& row : rows) picture.description += row.name + ": " + row.note + " errors. ";
  out.markup("<figure>\n");
  add_picture(out, picture.title, heat_svg(picture, rows, "errors", view.clock));
  out.markup("<figcaption>").text(period_text(period, view.clock));
  if (more != 0)
    out.markup(" · ").text(counted(more, "more service", "more services") + " with fewer");
  return out.markup("</figcaption>\n</figure>\n");
}

Html rise_figures(const ReportData& data, const Event& event, const View& view, const ShortId& id) {
  Html out;
  size_t number = 0;
  for (const ReportSeries& series : data.series) {
    if (series.event != event.id || series.points.empty()) continue;
    Sawtooth saw;
    for (const SamplePoint& point : series.points) saw.points.push_back({point.time, point.value});
    saw.resets = resets_of(data, event, series.shown, view.clock, id);
    std::vector<Time> cuts;
    for (const Sign& reset : saw.resets) cuts.push_back(reset.at);
    saw.floors = floors_of(series.points, cuts);
    std::erase_if(saw.floors, [&event](const FloorLine& floor) {
      return floor.to.at < event.time || (known(event.end) && floor.from.at > event.end);
    });
    saw.from_zero = number == 0;
    if (number == 0) saw.heading = heading_of(event, series.points);
    Picture picture = picture_of("rise-" + id(event.id) + "-", number, series.shown);
    if (saw.heading) {
      // Room for what is foretold, and no more than a third of the picture.
      const Micros past = series.shown.to - series.shown.from;
      const Micros ahead = saw.heading->late - series.shown.to;
      picture.to += std::clamp(ahead + ahead / 10, past / 50, past / 2);
    }
    picture.title = std::string(text_attribute(event, "metric")) + " of " + event.service;
    picture.description = rise_description(event, saw, series.shown, view.clock);
    out.markup("<figure>\n");
    add_picture(out, picture.title + (number == 0 ? "" : ", the last lives"),
                sawtooth_svg(picture, saw, view.clock));
    out.markup("<figcaption>").text(number == 0 ? "" : "Closer: the last lives, ");
    out.text(period_text(series.shown, view.clock)).markup("</figcaption>\n</figure>\n");
    ++number;
  }
  return out;
}

}  // namespace blip
