// How time is drawn: where columns lie, what an axis says, which sign wins.

#include "cli/render/lanes.h"

#include <gtest/gtest.h>

#include "cli/render/utf8.h"

namespace blip {
namespace {
constexpr Time kBegin{1'403'568'000s};  // 2014-06-24 00:00:00 UTC
const Clock kUtc{Zone{.kind = Zone::Kind::fixed}};

Time at(std::chrono::minutes minutes) { return kBegin + minutes; }

TEST(Lanes, ColumnsShareTheTimeEqually) {
  const TimeAxis axis{at(0min), at(60min), 6};
  EXPECT_EQ(axis.column_of(at(0min)), 0u);
  EXPECT_EQ(axis.column_of(at(10min)), 1u);
  EXPECT_EQ(axis.column_of(at(60min)), 5u);  // the end belongs to the last
  EXPECT_FALSE(axis.column_of(at(61min)));
  EXPECT_FALSE(axis.column_of(at(-1min)));
  EXPECT_FALSE(axis.column_of(kNoTime));
}

TEST(Lanes, AxisShowsRoundTimesOfTheZone) {
  EXPECT_EQ(axis_line({at(0min), at(24h), 48}, kUtc), "06-24       06:00       12:00       18:00");
  const Clock east(Zone{.kind = Zone::Kind::fixed, .offset = 5400s});
  EXPECT_EQ(axis_line({at(0min), at(24h), 48}, east), "         06:00       12:00       18:00");
  EXPECT_EQ(axis_line({at(0min), at(24h * 8), 48}, kUtc),
            "      06-25       06-27       06-29       07-01");
  EXPECT_EQ(axis_line({at(0min), at(0min) + 40s, 48}, kUtc).substr(0, 8), "06-24   ");
  for (int64_t minutes = 1; minutes < int64_t{1} << 30; minutes *= 3) {
    const std::string line =
        axis_line({at(7min), at(7min) + std::chrono::minutes(minutes), 50}, kUtc);
    EXPECT_LE(line.size(), 50u) << minutes;
    EXPECT_NE(line.find_first_not_of(' '), line.npos) << minutes;
  }
}

TEST(Lanes, ALaneBeginsGoesOnAndEnds) {
  const TimeAxis axis{at(0min), at(100min), 10};
  const Style plain;
  EXPECT_EQ(lane_line(axis,
                      {{at(0min), at(35min), false, Ending::silent},
                       {at(52min), at(75min), true, Ending::planned},
                       {at(76min), at(100min), true, std::nullopt}},
                      plain),
            "├━━✖ ━━○━┤");
  Style ascii;
  ascii.ascii = true;
  EXPECT_EQ(lane_line(axis,
                      {{at(0min), at(35min), false, Ending::told},
                       {at(52min), at(75min), true, Ending::unknown}},
                      ascii),
            "|--# --?  ");
}

TEST(Lanes, LivesBeyondTheAxisAreCutAtIt) {
  const TimeAxis axis{at(0min), at(100min), 10};
  const Style plain;
  EXPECT_EQ(lane_line(axis, {{at(-500min), at(500min), false, Ending::silent}}, plain),
            "━━━━━━━━━━");
  EXPECT_EQ(lane_line(axis,
                      {{at(-500min), at(-400min), false, Ending::silent},
                       {at(200min), at(300min), true, std::nullopt},
                       {kNoTime, kNoTime, true, std::nullopt}},
                      plain),
            "          ");
}

TEST(Lanes, TheWorstEndOfAColumnIsDrawn) {
  const TimeAxis axis{at(0min), at(100min), 2};
  const Style plain;
  const std::vector<DrawnLife> lives = {{at(0min), at(10min), true, Ending::planned},
                                        {at(11min), at(20min), true, Ending::silent},
                                        {at(21min), at(30min), true, Ending::unknown}};
  EXPECT_EQ(lane_line(axis, lives, plain), "✖ ");
  Style coloured;
  coloured.colour = true;
  EXPECT_EQ(lane_line(axis, lives, coloured), "\x1b[31m✖\x1b[0m ");
}

TEST(Lanes, CountsWhatHappenedInEachColumn) {
  const TimeAxis axis{at(0min), at(100min), 4};
  EXPECT_EQ(counts_by_column(axis, {at(0min), at(20min), at(99min), at(300min), kNoTime}),
            (std::vector<double>{2, 0, 0, 1}));
}
}  // namespace
}  // namespace blip
