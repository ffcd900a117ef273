// Every shape of time stamp, what is none, and the years that syslog leaves out.

#include "core/time.h"

#include <gtest/gtest.h>

namespace blip {
namespace {

struct Case {
  std::string_view text;
  std::string_view time;  // "" if it is no stamp
  uint32_t length = 0;    // 0: all of the text
  bool has_zone = false;
};

const Case kCases[] = {
    {"2014-06-24 19:50:53", "2014-06-24T19:50:53.000Z"},
    {"2014-06-24 19:50:53,123", "2014-06-24T19:50:53.123Z"},
    {"2014-06-24 19:50:53.123456789 x", "2014-06-24T19:50:53.123Z", 29},
    {"2014-06-24 19:50:53, then", "2014-06-24T19:50:53.000Z", 19},
    {"2014-06-24T19:50:53Z", "2014-06-24T19:50:53.000Z", 0, true},
    {"2014-06-24T19:50:53.5Z", "2014-06-24T19:50:53.500Z", 0, true},
    {"2014-06-24T19:50:53+02:00", "2014-06-24T17:50:53.000Z", 0, true},
    {"2014-06-24T19:50:53-0730", "2014-06-25T03:20:53.000Z", 0, true},
    {"2014-06-24 19:50:53+02", "2014-06-24T17:50:53.000Z", 0, true},
    {"2014-06-24 19:50:53 +0200] x", "2014-06-24T17:50:53.000Z", 25, true},
    {"2014-06-24 19:50:53 +02 more", "2014-06-24T19:50:53.000Z", 19},
    {"2014-06-24 19:50:53 -99999", "2014-06-24T19:50:53.000Z", 19},
    {"2014-06-24 19:50:53.5 UTC [1]", "2014-06-24T19:50:53.500Z", 25, true},
    {"2014-06-24 19:50:53 CEST x", "2014-06-24T17:50:53.000Z", 24, true},
    {"2014-06-24 19:50:53 INFO", "2014-06-24T19:50:53.000Z", 19},
    {"2014/06/24 19:50:53", "2014-06-24T19:50:53.000Z"},
    {"2026/11/20-17:28:34 x", "2026-11-20T17:28:34.000Z", 19},
    {"2026-11-20_17:26:36.74991", "2026-11-20T17:26:36.749Z"},
    {"24/Jun/2014:19:50:53 +0000", "2014-06-24T19:50:53.000Z", 0, true},
    {"24/Jun/2014:19:50:53.771] x", "2014-06-24T19:50:53.771Z", 24},
    {"24-Jun-2014 19:50:53", "2014-06-24T19:50:53.000Z"},
    {"4 Jun 2014 19:50:53.120", "2014-06-04T19:50:53.120Z"},
    {"Jun 24 2014 19:50:53", "2014-06-24T19:50:53.000Z"},
    {"Nov 20, 2026 5:26:21 PM", "2026-11-20T17:26:21.000Z"},
    {"Nov 20, 2026 12:26:21 AM x", "2026-11-20T00:26:21.000Z", 24},
    {"Nov 20, 2026, 12:26:21 PM", "2026-11-20T12:26:21.000Z"},
    {"Wed Feb  2 02:00:03 2022", "2022-02-02T02:00:03.000Z"},
    {"Wed Feb  2 02:00:03.123456 2022 [-]", "2022-02-02T02:00:03.123Z", 31},
    {"Wed Feb  2 02:00:03 CET 2022", "2022-02-02T01:00:03.000Z", 0, true},
    {"Wed, 02 Feb 2022 02:00:03 GMT", "2022-02-02T02:00:03.000Z", 0, true},
    {"Fri Nov 20 2026 17:28:38 GMT+0200", "2026-11-20T15:28:38.000Z", 0, true},
    {"140624 19:50:53", "2014-06-24T19:50:53.000Z"},
    {"140624  9:50:53 x", "2014-06-24T09:50:53.000Z", 15},
    {"1403639453", "2014-06-24T19:50:53.000Z", 0, true},
    {"1403639453.123456 x", "2014-06-24T19:50:53.123Z", 17, true},
    {"1403639453: x", "2014-06-24T19:50:53.000Z", 10, true},
    {"1403639453123", "2014-06-24T19:50:53.123Z", 0, true},
    {"1403639453123456", "2014-06-24T19:50:53.123Z", 0, true},
    {"1403639453123456789", "2014-06-24T19:50:53.123Z", 0, true},
    {"@4000000053a9d6a72b1c4a34", "2014-06-24T19:50:53.723Z", 0, true},
    {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z", 0, true},
    {"2016-02-29 00:00:00", "2016-02-29T00:00:00.000Z"},

    {"2015-02-29 00:00:00", ""},
    {"2014-13-24 19:50:53", ""},
    {"2014-00-24 19:50:53", ""},
    {"2014-06-31 19:50:53", ""},
    {"2014-06-24 25:00:00", ""},
    {"2014-06-24 19:60:53", ""},
    {"2014-06-24 19:50:61", ""},
    {"2014-06-24 19:50:5", ""},
    {"2014-06-24 19:50:534", ""},
    {"2014-06/24 19:50:53", ""},
    {"2o14-06-24 19:50:53", ""},
    {"1969-12-31 23:59:59", ""},
    {"1970-01-01 00:59:59+01:00", ""},  // 1969 in UTC
    {"2261-12-31 23:00:00-01:00", ""},  // 2262
    {"24/Jux/2014:19:50:53", ""},
    {"Jun 31 19:50:53", ""},
    {"Nov 20, 2026 13:26:21 PM", ""},
    {"Jan", ""},
    {"", ""},
    {"12 items in the cart", ""},
    {"123456789", ""},
    {"140363945", ""},
    {"14036394531", ""},
    {"1403639453abc", ""},
    {"1403639453-77", ""},
    {"0000000000", ""},
    {"99999999999999999999", ""},
    {"10.0.0.1 - -", ""},
    {"@4000000053a9d56d2b1c4a3", ""},
    {"@4000000053a9d56d2b1c4a3g", ""},
    {"@ffffffffffffffffffffffff", ""},
    {"@400000000000000000000000", ""},
    {"error while reading", ""},
};

TEST(ParseStamp, ReadsEveryShape) {
  for (const Case& expected : kCases) {
    SCOPED_TRACE(expected.text);
    const auto stamp = parse_stamp(expected.text, {});
    ASSERT_EQ(stamp.has_value(), !expected.time.empty());
    if (!stamp) continue;
    EXPECT_EQ(format_rfc3339(stamp->time), expected.time);
    EXPECT_EQ(stamp->length, expected.length == 0 ? expected.text.size() : expected.length);
    EXPECT_EQ(stamp->has_zone, expected.has_zone);
  }
}

TEST(ParseStamp, ReadsNothingBeyondItsText) {
  for (const Case& expected : kCases) {
    for (size_t size = 0; size <= expected.text.size(); ++size) {
      // Its own allocation, so that the sanitizer sees a read past the end.
      const std::string part(expected.text.substr(0, size));
      const auto stamp = parse_stamp(std::string_view(part), {});
      EXPECT_LE(stamp ? stamp->length : 0, size) << part;
    }
  }
}

TEST(ParseStamp, KeepsMicroseconds) {
  EXPECT_EQ(to_us(parse_stamp("1403639453.123456789", {})->time), 1403639453123456);
  EXPECT_EQ(to_us(parse_stamp("2014-06-24 19:50:53.1234567", {})->time), 1403639453123456);
}

TEST(ParseStamp, AppliesTheOffsetOnlyWithoutAZone) {
  const TimeContext context{.utc_offset = 2h};
  EXPECT_EQ(format_rfc3339(parse_stamp("2014-06-24 19:50:53", context)->time),
            "2014-06-24T17:50:53.000Z");
  EXPECT_EQ(format_rfc3339(parse_stamp("2014-06-24 19:50:53Z", context)->time),
            "2014-06-24T19:50:53.000Z");
}

Time at(std::string_view text) { return parse_stamp(text, {})->time; }

struct YearCase {
  std::string_view text, near, latest, time;
};

TEST(ParseStamp, CompletesTheYear) {
  const YearCase cases[] = {
      // Nearest to the line before: over New Year, both ways.
      {"Jan  1 00:00:03", "2014-12-31 23:59:59", "", "2015-01-01T00:00:03.000Z"},
      {"Dec 31 23:59:59", "2015-01-01 00:00:00", "", "2014-12-31T23:59:59.000Z"},
      {"Jun 24 12:35:00", "2014-06-24 12:34:00", "2020-01-01 00:00:00", "2014-06-24T12:35:00.000Z"},
      {"Aug  1 00:00:00", "2014-01-15 00:00:00", "", "2013-08-01T00:00:00.000Z"},
      // Not after the file was last written.
      {"Nov 20 17:36:37", "", "2026-11-20 18:00:00", "2026-11-20T17:36:37.000Z"},
      {"Nov 20 17:36:37", "", "2026-11-20 08:00:00", "2026-11-20T17:36:37.000Z"},
      {"Dec 31 23:30:06", "", "2026-06-01 00:00:00", "2025-12-31T23:30:06.000Z"},
      {"Jan  1 00:00:00", "", "2025-12-31 12:00:00", "2026-01-01T00:00:00.000Z"},
      // A leap day was in a leap year.
      {"Feb 29 12:00:00", "2021-03-01 00:00:00", "", "2020-02-29T12:00:00.000Z"},
      {"Feb 29 12:00:00", "2023-12-01 00:00:00", "", "2024-02-29T12:00:00.000Z"},
      {"Feb 29 12:00:00", "", "2023-12-01 00:00:00", "2020-02-29T12:00:00.000Z"},
      {"Feb 29 12:00:00", "", "", "2000-02-29T12:00:00.000Z"},
      // Nothing known.
      {"Jun 24 12:35:00", "", "", "2000-06-24T12:35:00.000Z"},
      {"24 Jun 19:50:53.120 *", "", "2014-07-01 00:00:00", "2014-06-24T19:50:53.120Z"},
  };
  for (const YearCase& expected : cases) {
    SCOPED_TRACE(testing::Message()
                 << expected.text << " near " << expected.near << " latest " << expected.latest);
    TimeContext context;
    if (!expected.near.empty()) context.near = at(expected.near);
    if (!expected.latest.empty()) context.latest = at(expected.latest);
    const auto stamp = parse_stamp(expected.text, context);
    ASSERT_TRUE(stamp);
    EXPECT_EQ(format_rfc3339(stamp->time), expected.time);
    EXPECT_FALSE(stamp->has_zone);
  }
}

TEST(ParseStamp, SurvivesAnImpossibleContext) {
  for (const int64_t us : {INT64_MIN + 1, int64_t{-1}, INT64_MAX}) {
    const TimeContext context{.near = time_from_us(us), .latest = time_from_us(us)};
    EXPECT_TRUE(parse_stamp("Jun 24 12:35:00", context));
  }
}

TEST(FormatRfc3339, WritesMilliseconds) {
  EXPECT_EQ(format_rfc3339(kNoTime), "");
  EXPECT_EQ(format_rfc3339(time_from_us(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(time_from_us(1403639453123999)), "2014-06-24T19:50:53.123Z");
  EXPECT_EQ(format_rfc3339(time_from_us(-1)), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace blip
