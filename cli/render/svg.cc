// lanes       app   ━━━━━━✖━━━━━━━✖━━━━━━○━━━━      bars are lives, signs are how they ended
// sawtooth    41 k  ╱|╱|╱|                          the gauge, its floor in each life, where it
// goes heat        elb   ▁▁▂█▁▁▁▁                        counts, higher and stronger where there
// are more
//
// Coordinates are units of a picture 1000 wide, at most one decimal. A picture's size is bounded by
// what it is given, and signs that would lie on one another are drawn as one that tells how many.

#include "cli/render/svg.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/render/escape.h"
#include "cli/render/units.h"
#include "cli/render/utf8.h"

namespace blip {
namespace {
constexpr double kWidth = 1000, kRight = 16;
constexpr double kNames = 168;    // where lanes begin, right of their names
constexpr double kValues = 64;    // where a sawtooth begins, right of its scale
constexpr double kAxis = 26;      // height of the time axis
constexpr double kTogether = 18;  // signs nearer than that are one
constexpr size_t kTicks = 9;
constexpr size_t kNameLetters = 21, kNoteLetters = 30;

// Time to x.
struct Scale {
  Time from, to;
  double left, right;

  double x(Time at) const {
    const double share = seconds_of(at - from) / std::max(1e-6, seconds_of(to - from));
    return left + std::clamp(share, 0.0, 1.0) * (right - left);
  }
};

// Value to y.
struct Height {
  double low, high, top, bottom;

  double y(double value) const {
    const double share = high > low ? (value - low) / (high - low) : 0;
    return bottom - std::clamp(share, 0.0, 1.0) * (bottom - top);
  }
};

// "a name that is far too long" -> "a name that is fa…", by characters, not bytes.
std::string shortened(std::string_view text, size_t letters) {
  return cut_to(visible(text), letters, "…");
}

Html opened(const Picture& picture, double height) {
  Html out;
  out.markup("<svg class=\"chart\" role=\"img\" viewBox=\"0 0 ").number(kWidth).markup(" ");
  out.number(height).markup("\" aria-describedby=\"").text(picture.id).markup("\">\n<title>");
  out.text(picture.title).markup("</title><desc id=\"").text(picture.id).markup("\">");
  out.text(picture.description).markup("</desc>\n");
  return out;
}

void add_line(Html& out, Literal kind, double x1, double y1, double x2, double y2) {
  out.markup("<path class=\"").markup(kind).markup("\" d=\"M").number(x1).markup(" ").number(y1);
  out.markup("L").number(x2).markup(" ").number(y2).markup("\"/>");
}

void add_text(Html& out, Literal kind, double x, double y, std::string_view text) {
  out.markup("<text class=\"").markup(kind).markup("\" x=\"").number(x).markup("\" y=\"");
  out.number(y).markup("\">").text(text).markup("</text>");
}

void add_title(Html& out, std::string_view title) {
  out.markup("<title>").text(title).markup("</title>");
}

void add_rect(Html& out, double x, double y, double width, double height) {
  out.markup("<rect x=\"").number(x).markup("\" y=\"").number(y).markup("\" width=\"");
  out.number(width).markup("\" height=\"").number(height).markup("\"");
}

// Thin lines down to the axis, and its words.
void add_time_axis(Html& out, const Scale& scale, double top, double bottom, const Clock& clock) {
  out.markup("<g class=\"axis\">");
  for (const TimeTick& tick : time_ticks(scale.from, scale.to, clock, kTicks)) {
    const double x = scale.x(tick.at);
    add_line(out, "grid", x, top, x, bottom + 4);
    // A word that would stick out at the edge is set to its other side.
    if (x > kWidth - kRight - 20) {
      add_text(out, "tick end", kWidth - kRight + 10, bottom + 18, tick.label);
    } else {
      add_text(out, "tick", x, bottom + 18, tick.label);
    }
  }
  add_line(out, "base", scale.left, bottom, scale.right, bottom);
  out.markup("</g>\n");
}

Literal name_of(Ending ending) {
  switch (ending) {
    case Ending::silent:
      return "silent";
    case Ending::unplanned:
      return "unplanned";
    case Ending::unknown:
      return "unknown";
    case Ending::planned:
      break;
  }
  return "planned";
}

// The shapes, around a point, about ten units wide. `r`: half of that.
void add_shape(Html& out, Ending ending, double x, double y, double r) {
  const auto move = [&out](Literal command, double to_x, double to_y) {
    out.markup(command).number(to_x).markup(" ").number(to_y);
  };
  if (ending == Ending::planned || ending == Ending::unplanned) {
    const double size = ending == Ending::planned ? r * 0.8 : r * 0.9;
    out.markup("<circle cx=\"").number(x).markup("\" cy=\"").number(y).markup("\" r=\"");
    out.number(size).markup("\"/>");
    return;
  }
  out.markup("<path d=\"");
  if (ending == Ending::silent) {
    move("M", x - r * 0.8, y - r * 0.8), move("L", x + r * 0.8, y + r * 0.8);
    move("M", x + r * 0.8, y - r * 0.8), move("L", x - r * 0.8, y + r * 0.8);
    out.markup("\"/>");
  } else {
    move("M", x, y - r), move("L", x + r, y), move("L", x, y + r), move("L", x - r, y);
    out.markup("Z\"/>");
  }
}

// Marks too close to be told apart, as one: the worst of them, and how many there are.
struct Cluster {
  double first = 0, last = 0;
  Ending worst = Ending::planned;
  size_t count = 0;
  std::string title;
};

std::vector<Cluster> clusters_of(const std::vector<Sign>& marks, const Scale& scale) {
  std::vector<Cluster> out;
  for (const Sign& mark : marks) {
    if (!known(mark.at) || mark.at < scale.from || mark.at > scale.to) continue;
    const double x = scale.x(mark.at);
    if (out.empty() || x - out.back().first > kTogether) {
      out.push_back({.first = x, .last = x, .title = {}});
    }
    Cluster& cluster = out.back();
    cluster.last = x;
    // The title of the worst, as the shape is the worst's.
    if (cluster.count == 0 || mark.ending < cluster.worst) {
      cluster.worst = mark.ending;
      cluster.title = mark.title;
    }
    ++cluster.count;
  }
  return out;
}

void add_cluster(Html& out, const Cluster& cluster, double y, double r) {
  const double x = (cluster.first + cluster.last) / 2;
  out.markup("<g class=\"mark ").markup(name_of(cluster.worst)).markup("\">");
  add_title(out, cluster.count == 1 ? cluster.title
                                    : counted(cluster.count, "end", "ends") +
                                          " close together, among them: " + cluster.title);
  add_shape(out, cluster.worst, x, y, r);
  if (cluster.count > 1) add_text(out, "many", x, y - r - 4, count_text(cluster.count));
  out.markup("</g>");
}

void add_name(Html& out, double y, std::string_view name, std::string_view note) {
  add_text(out, "name", 0, y - (note.empty() ? -4 : 3), shortened(name, kNameLetters));
  if (!note.empty()) add_text(out, "note", 0, y + 12, shortened(note, kNoteLetters));
}

void add_life(Html& out, const LifeBar& life, const Scale& scale, double y) {
  const double left = scale.x(life.from), right = scale.x(life.to);
  const double gap = life.open_end ? 0 : std::min(1.5, (right - left) / 4);
  out.markup("<g>");
  add_title(out, life.title);
  add_rect(out, left, y - 4, std::max(0.7, right - left - gap), 8);
  out.markup(" class=\"life\"/>");
  // An open end is a lighter tail: it was met running, or runs on.
  if (life.open_end && right < scale.right - 1) {
    add_rect(out, right, y - 1.5, std::min(10.0, scale.right - right), 3);
    out.markup(" class=\"life tail\"/>");
  }
  out.markup("</g>");
}

void add_series(Html& out, const std::vector<ChartPoint>& points, const Scale& scale,
                const Height& height) {
  Html line;
  for (const ChartPoint& point : points) {
    line.markup(line.empty() ? Literal("M") : Literal("L")).number(scale.x(point.at));
    line.markup(" ").number(height.y(point.value));
  }
  if (line.empty()) return;
  out.markup("<path class=\"area\" d=\"").append(line).markup("L");
  out.number(scale.x(points.back().at)).markup(" ").number(height.bottom).markup("L");
  out.number(scale.x(points.front().at)).markup(" ").number(height.bottom).markup("Z\"/>\n");
  out.markup("<path class=\"series\" d=\"").append(line).markup("\"/>\n");
}

void add_heading(Html& out, const Heading& heading, const Scale& scale, const Height& height) {
  const double y = height.y(heading.limit), right = scale.right;
  out.markup("<g class=\"heading\">");
  add_title(out, heading.label);
  add_line(out, "limit", scale.left, y, right, y);
  const double x0 = scale.x(heading.start.at), y0 = height.y(heading.start.value);
  // What lies beyond the right edge is cut there, at the height at which it gets there.
  const auto end = [&](Time at) {
    const double whole = seconds_of(at - heading.start.at);
    const double room = seconds_of(scale.to - heading.start.at);
    const double share = whole > 0 ? std::clamp(room / whole, 0.0, 1.0) : 1;
    const double value = heading.start.value + share * (heading.limit - heading.start.value);
    return std::pair(share < 1 ? right : scale.x(at), height.y(value));
  };
  const auto [early_x, early_y] = end(heading.early);
  const auto [middle_x, middle_y] = end(heading.middle);
  const auto [late_x, late_y] = end(heading.late);
  out.markup("<path class=\"fan\" d=\"M").number(x0).markup(" ").number(y0).markup("L");
  out.number(early_x).markup(" ").number(early_y).markup("L").number(late_x).markup(" ");
  out.number(late_y).markup("Z\"/>");
  add_line(out, "forecast", x0, y0, middle_x, middle_y);
  if (middle_y <= y + 0.5) {
    out.markup("<circle class=\"meets\" cx=\"").number(middle_x).markup("\" cy=\"");
    out.number(middle_y).markup("\" r=\"3.5\"/>");
  }
  add_text(out, "limit-name", scale.left + 6, y - 6, heading.label);
  out.markup("</g>\n");
}

constexpr int kLevels = 4;

// By its logarithm, so that one error beside a thousand stays visible; a few are few even where
// there are never more.
int level_of(uint64_t count, uint64_t most) {
  static constexpr double kLeastFull = 27;
  if (count == 0) return 0;
  const double whole = std::log(std::max(kLeastFull, static_cast<double>(most)));
  const double share = std::log(static_cast<double>(count)) / whole;
  return std::clamp(1 + static_cast<int>((kLevels - 1) * share + 1e-9), 1, kLevels);
}

Literal level_name(int level) {
  switch (level) {
    case 1:
      return "h1";
    case 2:
      return "h2";
    case 3:
      return "h3";
    default:
      return "h4";
  }
}
}  // namespace

Html lanes_svg(const Picture& picture, const std::vector<Lane>& lanes,
               const std::vector<Sign>& moments, const Clock& clock) {
  constexpr double kRow = 44;
  const double top = moments.empty() ? 6 : 20;
  const double bottom = top + kRow * static_cast<double>(lanes.size());
  const Scale scale{picture.from, picture.to, kNames, kWidth - kRight};
  Html out = opened(picture, bottom + kAxis);
  add_time_axis(out, scale, top, bottom, clock);
  for (const Cluster& moment : clusters_of(moments, scale)) {
    const double x = (moment.first + moment.last) / 2;
    out.markup("<g class=\"moment\">");
    add_title(out, moment.title);
    add_line(out, "moment-line", x, top - 4, x, bottom);
    out.markup("<path d=\"M").number(x - 5).markup(" ").number(top - 13).markup("L");
    out.number(x + 5).markup(" ").number(top - 13).markup("L").number(x).markup(" ");
    out.number(top - 4).markup("Z\"/></g>\n");
  }
  for (size_t i = 0; i < lanes.size(); ++i) {
    const double y = top + kRow * static_cast<double>(i) + kRow / 2 + 2;
    out.markup("<g class=\"lane\">");
    add_name(out, y, lanes[i].name, lanes[i].note);
    for (const LifeBar& life : lanes[i].lives) {
      if (known(life.from) && known(life.to) && life.to >= scale.from && life.from <= scale.to) {
        add_life(out, life, scale, y);
      }
    }
    for (const Cluster& cluster : clusters_of(lanes[i].marks, scale)) {
      add_cluster(out, cluster, y, 5.5);
    }
    out.markup("</g>\n");
  }
  out.markup("</svg>\n");
  return out;
}

Html sawtooth_svg(const Picture& picture, const Sawtooth& sawtooth, const Clock& clock) {
  constexpr double kTop = 18, kBottom = 214, kMarks = 12;
  const bool zero = sawtooth.from_zero || sawtooth.points.empty();
  double low = zero ? 0 : sawtooth.points.front().value, high = low;
  for (const ChartPoint& point : sawtooth.points) {
    low = std::min(low, point.value);
    high = std::max(high, point.value);
  }
  if (sawtooth.heading) high = std::max(high, sawtooth.heading->limit);
  const std::vector<double> ticks = value_ticks(low, high, 6);
  const Height height{std::min(low, ticks.front()), std::max(high, ticks.back()), kTop, kBottom};
  const Scale scale{picture.from, picture.to, kValues, kWidth - kRight};
  Html out = opened(picture, kBottom + kMarks + kAxis);
  out.markup("<g class=\"axis\">");
  for (const double value : ticks) {
    const double y = height.y(value);
    add_line(out, "grid", scale.left, y, scale.right, y);
    add_text(out, "tick end", scale.left - 10, y + 4, axis_text(value));
  }
  out.markup("</g>\n");
  add_time_axis(out, scale, kTop, kBottom + kMarks, clock);
  add_series(out, sawtooth.points, scale, height);
  out.markup("<g class=\"floors\">");
  for (const FloorLine& floor : sawtooth.floors) {
    add_line(out, "floor", scale.x(floor.from.at), height.y(floor.from.value), scale.x(floor.to.at),
             height.y(floor.to.value));
  }
  out.markup("</g>\n");
  if (sawtooth.heading) add_heading(out, *sawtooth.heading, scale, height);
  for (const Cluster& cluster : clusters_of(sawtooth.resets, scale)) {
    Cluster plain = cluster;
    if (plain.count > 1)
      plain.title = count_text(plain.count) + " ends, among them: " + plain.title;
    plain.count = 1;
    add_cluster(out, plain, kBottom + kMarks, 4.5);
  }
  out.markup("\n</svg>\n");
  return out;
}

Html heat_svg(const Picture& picture, const std::vector<HeatRow>& rows, std::string_view what,
              const Clock& clock) {
  constexpr double kRow = 40, kCell = 26, kTop = 4;
  const double bottom = kTop + kRow * static_cast<double>(rows.size());
  const Scale scale{picture.from, picture.to, kNames, kWidth - kRight};
  Html out = opened(picture, bottom + kAxis);
  add_time_axis(out, scale, kTop, bottom, clock);
  uint64_t most = 0;
  for (const HeatRow& row : rows) {
    for (const uint64_t count : row.counts) most = std::max(most, count);
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const double base = kTop + kRow * static_cast<double>(i + 1) - 6;
    out.markup("<g class=\"heat\">");
    add_name(out, base - 10, rows[i].name, rows[i].note);
    add_line(out, "rest", scale.left, base, scale.right, base);
    const auto parts = static_cast<double>(rows[i].counts.size());
    for (size_t part = 0; part < rows[i].counts.size(); ++part) {
      const uint64_t count = rows[i].counts[part];
      const int level = level_of(count, most);
      if (level == 0) continue;
      const double width = (scale.right - scale.left) / parts;
      const double tall = kCell * level / kLevels;
      const auto edge = [&](size_t n) {
        const double share = static_cast<double>(n) / parts;
        return picture.from +
               Micros(std::llround(1e6 * share * seconds_of(picture.to - picture.from)));
      };
      out.markup("<g>");
      add_title(out, rows[i].name + ": " + count_text(count) + " " + std::string(what) + ", " +
                         clock.text(edge(part)) + " to " + clock.text(edge(part + 1)));
      add_rect(out, scale.left + width * static_cast<double>(part), base - tall,
               std::max(1.0, width - 1), tall);
      out.markup(" class=\"").markup(level_name(level)).markup("\"/></g>");
    }
    out.markup("</g>\n");
  }
  out.markup("</svg>\n");
  return out;
}

Html mark_svg(Ending ending) {
  Html out;
  out.markup("<svg class=\"sign\" viewBox=\"0 0 16 16\" aria-hidden=\"true\"><g class=\"mark ");
  out.markup(name_of(ending)).markup("\">");
  add_shape(out, ending, 8, 8, 5.5);
  out.markup("</g></svg>");
  return out;
}

}  // namespace blip
