// Pictures: where things stand in them, what they say to who cannot see them, and their bounds.

#include "cli/render/svg.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>

namespace blip {
namespace {
const Clock kUtc{Zone{.kind = Zone::Kind::fixed}};
const Time kNoon = time_from_us(1403611200000000);  // 2014-06-24 12:00

size_t times_in(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

Picture day() {
  return {
      .id = "p", .title = "Lives", .description = "of <one> day", .from = kNoon, .to = kNoon + 24h};
}

// Every tag that is opened is closed, in order; attributes are quoted.
void expect_well_formed(const std::string& svg) {
  static const std::regex kTag(R"re(<(/?)([a-z]+)((?: [a-zA-Z-]+="[^"<>]*")*)(/?)>)re");
  std::vector<std::string> open;
  std::string rest = svg;
  for (auto tag = std::sregex_iterator(svg.begin(), svg.end(), kTag); tag != std::sregex_iterator();
       ++tag) {
    if (!(*tag)[4].str().empty()) continue;
    if ((*tag)[1].str().empty()) {
      open.push_back((*tag)[2]);
      continue;
    }
    ASSERT_FALSE(open.empty()) << svg;
    ASSERT_EQ(open.back(), (*tag)[2].str()) << svg;
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(std::regex_replace(svg, kTag, "").find_first_of("<>"), std::string::npos) << svg;
  EXPECT_FALSE(has(svg, "nan") || has(svg, "inf"));
}

TEST(Lanes, HaveATitleADescriptionAndAShapeForEachEnding) {
  const Lane lane{.name = "app<b>",
                  .note = "2 deaths",
                  .lives = {{kNoon, kNoon + 6h, false, false, "app lived 6 h"},
                            {kNoon + 6h, kNoon + 12h, false, true, "app lived on"}},
                  .marks = {{kNoon + 3h, Ending::silent, "died \"silently\""},
                            {kNoon + 6h, Ending::unplanned, "died"},
                            {kNoon + 9h, Ending::unknown, "restarted"},
                            {kNoon + 12h, Ending::planned, "planned"}}};
  const std::string svg = lanes_svg(day(), {lane}, {}, kUtc).str();
  expect_well_formed(svg);
  EXPECT_TRUE(has(svg, "role=\"img\""));
  EXPECT_TRUE(has(svg, "<title>Lives</title><desc id=\"p\">of &lt;one&gt; day</desc>"));
  EXPECT_TRUE(has(svg, "app&lt;b&gt;"));
  EXPECT_TRUE(has(svg, "<title>died &quot;silently&quot;</title>"));
  // By shape and not by colour alone: a cross, a disc, a diamond, a ring.
  std::vector<std::string> shapes;
  for (const Ending ending :
       {Ending::silent, Ending::unplanned, Ending::unknown, Ending::planned}) {
    std::string shape = mark_svg(ending).str();
    EXPECT_TRUE(has(shape, "aria-hidden=\"true\""));
    expect_well_formed(shape);
    shapes.push_back(std::regex_replace(shape, std::regex("class=\"[^\"]*\""), ""));
  }
  for (size_t i = 0; i < shapes.size(); ++i) {
    for (size_t j = 0; j < i; ++j) EXPECT_NE(shapes[i], shapes[j]);
  }
}

TEST(Lanes, MarksTooCloseBecomeTheWorstOfThemWithTheirNumber) {
  Lane lane{.name = "app", .note = {}, .lives = {}, .marks = {}};
  for (int i = 0; i < 1000; ++i) {
    lane.marks.push_back({kNoon + std::chrono::seconds(i), Ending::planned, "planned"});
  }
  lane.marks[500].ending = Ending::silent;
  lane.marks[500].title = "the death";
  lane.marks.push_back({kNoon + 20h, Ending::planned, "alone"});
  const std::string svg = lanes_svg(day(), {lane}, {}, kUtc).str();
  EXPECT_EQ(times_in(svg, "class=\"mark "), 2u);
  EXPECT_TRUE(has(svg, "1,000 ends close together, among them: the death"));
  EXPECT_TRUE(has(svg, ">1,000</text>"));
  EXPECT_TRUE(has(svg, "<title>alone</title>"));
}

TEST(Lanes, WhatLiesOutsideIsNotDrawnOrEndsAtTheEdge) {
  const Lane lane{.name = "app",
                  .note = {},
                  .lives = {{kNoon - 48h, kNoon - 24h, false, false, "before"},
                            {kNoon - 24h, kNoon + 48h, true, true, "across"}},
                  .marks = {{kNoon - 1h, Ending::silent, "early"},
                            {kNoon + 25h, Ending::silent, "late"},
                            {kNoTime, Ending::silent, "undated"}}};
  const std::string svg = lanes_svg(day(), {lane}, {}, kUtc).str();
  EXPECT_FALSE(has(svg, "before") || has(svg, "early") || has(svg, "late") || has(svg, "undated"));
  EXPECT_TRUE(has(svg, "<rect x=\"168\" y=\"26\" width=\"816\" height=\"8\" class=\"life\"/>"));
}

TEST(Sawtooth, DrawsSeriesFloorLimitAndWhereItIsHeading) {
  Sawtooth saw;
  for (int i = 0; i <= 12; ++i) {
    saw.points.push_back({kNoon + std::chrono::hours(i), 100.0 * (i % 6)});
  }
  saw.floors = {{{kNoon, 0}, {kNoon + 5h, 500}}};
  saw.resets = {{kNoon + 6h, Ending::silent, "died"}};
  saw.heading = Heading{{kNoon + 12h, 0}, kNoon + 15h, kNoon + 18h, kNoon + 21h, 600, "quota 600"};
  const std::string svg = sawtooth_svg(day(), saw, kUtc).str();
  expect_well_formed(svg);
  // x: 64 is noon, 984 a day later; y: 214 is 0, 18 is 600.
  EXPECT_TRUE(has(svg, "<path class=\"series\" d=\"M64 214L102.3 181.3"));
  EXPECT_TRUE(has(svg, "<path class=\"floor\" d=\"M64 214L255.7 50.7\"/>"));
  EXPECT_TRUE(has(svg, "<path class=\"limit\" d=\"M64 18L984 18\"/>"));
  EXPECT_TRUE(has(svg, "<path class=\"forecast\" d=\"M524 214L754 18\"/>"));
  EXPECT_TRUE(has(svg, "<path class=\"fan\" d=\"M524 214L639 18L869 18Z\"/>"));
  EXPECT_TRUE(has(svg, "quota 600"));
}

TEST(Sawtooth, AForecastBeyondTheEdgeEndsAtTheEdgeOnItsWay) {
  Sawtooth saw;
  saw.points = {{kNoon, 0}, {kNoon + 12h, 0}};
  saw.heading = Heading{{kNoon + 12h, 0}, kNoon + 36h, kNoon + 36h, kNoon + 36h, 600, "quota 600"};
  const std::string svg = sawtooth_svg(day(), saw, kUtc).str();
  EXPECT_TRUE(has(svg, "<path class=\"forecast\" d=\"M524 214L984 116\"/>"));
  EXPECT_FALSE(has(svg, "class=\"meets\""));
}

TEST(Sawtooth, OddValuesAndNoValuesAreStillAPicture) {
  const double kHuge = std::numeric_limits<double>::max();
  for (const std::vector<double>& values :
       {std::vector<double>{}, {5}, {5, 5, 5}, {-3, -1}, {-kHuge, kHuge}, {0, 1e-300}}) {
    Sawtooth saw;
    for (size_t i = 0; i < values.size(); ++i) {
      saw.points.push_back({kNoon + std::chrono::hours(i), values[i]});
    }
    for (const bool zero : {false, true}) {
      saw.from_zero = zero;
      expect_well_formed(sawtooth_svg(day(), saw, kUtc).str());
    }
  }
}

TEST(Heat, MoreIsHigherAndHasAnotherClass) {
  const HeatRow row{.name = "elb", .note = "1,002", .counts = {0, 1, 0, 1001}};
  const std::string svg = heat_svg(day(), {row}, "errors", kUtc).str();
  expect_well_formed(svg);
  EXPECT_EQ(times_in(svg, "<rect"), 2u);
  EXPECT_TRUE(has(svg, "elb: 1 errors, 2014-06-24 18:00:00 to 2014-06-25 00:00:00"));
  EXPECT_TRUE(has(svg, "height=\"6.5\" class=\"h1\""));
  EXPECT_TRUE(has(svg, "height=\"26\" class=\"h4\""));
  // A few stay few where there are never more.
  EXPECT_TRUE(has(heat_svg(day(), {{"elb", "", {2}}}, "errors", kUtc).str(), "class=\"h1\""));
}

TEST(Axis, TicksAreRoundMomentsOfTheClocksOwnZone) {
  const auto labels = [](Micros length, const Clock& clock, size_t most) {
    std::string out;
    for (const TimeTick& tick : time_ticks(kNoon, kNoon + length, clock, most)) {
      out += tick.label + " ";
    }
    return out;
  };
  EXPECT_EQ(labels(10min, kUtc, 3), "12:00 12:05 12:10 ");
  EXPECT_EQ(labels(24h, kUtc, 5), "12:00 18:00 06-25 06:00 12:00 ");
  EXPECT_EQ(labels(9 * 24h, kUtc, 5), "06-25 06-27 06-29 07-01 07-03 ");
  EXPECT_EQ(labels(3s, kUtc, 9), "12:00:00 12:00:01 12:00:02 12:00:03 ");
  EXPECT_EQ(labels(365 * 24h, kUtc, 5), "2014-07 2014-10 2015-01 2015-04 ");
  EXPECT_EQ(labels(3000 * 24h, kUtc, 5), "2016-01 2018-01 2020-01 2022-01 ");
  const Clock kolkata{Zone{Zone::Kind::fixed, 19'800s}};
  EXPECT_EQ(labels(24h, kolkata, 5), "18:00 06-25 06:00 12:00 ");
  EXPECT_EQ(labels(0s, kUtc, 5), "");
}

TEST(Axis, NeverMoreTicksThanAskedForAndAllWithin) {
  for (double seconds = 1; seconds < 4e9; seconds *= 1.7) {
    for (const size_t most : {2u, 5u, 9u}) {
      const Time to = kNoon + Micros(static_cast<int64_t>(seconds * 1e6));
      const std::vector<TimeTick> ticks = time_ticks(kNoon, to, kUtc, most);
      ASSERT_LE(ticks.size(), most);
      for (const TimeTick& tick : ticks) {
        ASSERT_GE(tick.at, kNoon);
        ASSERT_LE(tick.at, to);
      }
    }
  }
}

TEST(Axis, ValuesAreRoundAndReachTheTop) {
  EXPECT_EQ(value_ticks(0, 41'022, 6),
            (std::vector<double>{0, 10'000, 20'000, 30'000, 40'000, 50'000}));
  EXPECT_EQ(value_ticks(0, 1, 6), (std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
  EXPECT_EQ(value_ticks(7, 7, 6), (std::vector<double>{7, 8}));
  EXPECT_EQ(axis_text(0), "0");
  EXPECT_EQ(axis_text(950), "950");
  EXPECT_EQ(axis_text(41'022), "41 k");
  EXPECT_EQ(axis_text(2.9e9), "2.9 G");
  EXPECT_EQ(axis_text(-1250), "-1.25 k");
  EXPECT_EQ(axis_text(0.25), "0.25");
}
}  // namespace
}  // namespace blip
