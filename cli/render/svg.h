// Every picture that blip draws as SVG. Plain data in, one <svg> out. Colours are classes that the
// page's style sheet gives a light and a dark meaning; what a colour says, a shape says too. Each
// picture has a title and a description, and each mark a title of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/render/clock.h"
#include "cli/render/html.h"
#include "core/time.h"

namespace blip {

// What every picture of the page has. Texts are raw; svg.cc escapes them.
struct Picture {
  std::string id;  // unique on the page: letters, digits, '-'
  std::string title, description;
  Time from = kNoTime, to = kNoTime;  // of its time axis; both known, from < to
};

// How a life ended, by shape: a cross, a disc, a diamond, a ring.
enum class Ending { silent, unplanned, unknown, planned };

struct Sign {
  Time at = kNoTime;
  Ending ending = Ending::unknown;
  std::string title;
};

struct LifeBar {
  Time from = kNoTime, to = kNoTime;
  bool open_begin = false, open_end = false;  // it was met running; it still ran when logs ended
  std::string title;
};

struct Lane {
  std::string name, note;  // "app", "28 deaths"
  std::vector<LifeBar> lives;
  std::vector<Sign> marks;  // in order of time; those too close to be told apart become one
};

// Lives as bars, one lane a service, under one time axis. `moments`: what concerns all lanes.
Html lanes_svg(const Picture& picture, const std::vector<Lane>& lanes,
               const std::vector<Sign>& moments, const Clock& clock);

struct ChartPoint {
  Time at = kNoTime;
  double value = 0;
};

// A straight piece of a floor: what a life never gives back.
struct FloorLine {
  ChartPoint from, to;
};

// Where a floor is heading: it meets `limit` between `early` and `late`.
struct Heading {
  ChartPoint start;
  Time early = kNoTime, middle = kNoTime, late = kNoTime;
  double limit = 0;
  std::string label;  // "quota 512 in 3 h 58 m"
};

struct Sawtooth {
  bool from_zero = true;  // else the scale begins near the lowest value
  std::vector<ChartPoint> points;
  std::vector<FloorLine> floors;
  std::vector<Sign> resets;
  std::optional<Heading> heading;
};

// A gauge over time, its floor in each life, the deaths that reset it, and where it is heading.
Html sawtooth_svg(const Picture& picture, const Sawtooth& sawtooth, const Clock& clock);

struct HeatRow {
  std::string name, note;
  std::vector<uint64_t> counts;  // of equal parts of the picture's time; all rows have as many
};

// Counts over time, one strip a row: the more, the higher and the stronger. `what` is counted:
// "errors".
Html heat_svg(const Picture& picture, const std::vector<HeatRow>& rows, std::string_view what,
              const Clock& clock);

// The mark alone, for a legend or a cell; hidden from screen readers, the words stand beside it.
Html mark_svg(Ending ending);

struct TimeTick {
  Time at = kNoTime;
  std::string label;  // "06-24", "14:00"
};

// At most `most` round moments of the clock's zone within [from, to].
std::vector<TimeTick> time_ticks(Time from, Time to, const Clock& clock, size_t most);
// At most `most` round values from 0 (or below) that reach up to `high`.
std::vector<double> value_ticks(double low, double high, size_t most);
// "9", "40 k", "1.2 M", "2.9 G": short enough for an axis.
std::string axis_text(double value);

}  // namespace blip
