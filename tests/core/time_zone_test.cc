// Offsets of places over the year, checked against dates that anyone can look up.

#include "core/time_zone.h"

#include <gtest/gtest.h>

#include <fstream>

namespace blip {
namespace {
Time at(std::string_view text) { return parse_stamp(text, {})->time; }

TEST(TimeZone, FixedOffsets) {
  const std::pair<std::string_view, int> cases[] = {
      {"UTC", 0}, {"Z", 0}, {"+02:00", 7200}, {"-0530", -19800}, {"+2", 7200}, {"-14:00", -50400}};
  for (const auto& each : cases) {
    const Result<TimeZone> zone = TimeZone::named(each.first, "/nonexistent");
    ASSERT_TRUE(zone) << each.first;
    EXPECT_TRUE(zone->fixed());
    EXPECT_EQ(zone->offset_at(at("2024-06-24T00:00:00Z")).count(), each.second) << each.first;
  }
  EXPECT_EQ(TimeZone().offset_at(at("2024-06-24T00:00:00Z")).count(), 0);
}

TEST(TimeZone, RefusesTheRest) {
  for (const std::string_view bad :
       {"", "Mars/Olympus", "../../../etc/passwd", "/etc/passwd", "Europe", "+25:00",
        "+02:", "+12:60", "Europe//Berlin", "tzdata.zi", "\x1b[31m"}) {
    EXPECT_FALSE(TimeZone::named(bad)) << bad;
  }
}

TEST(TimeZone, SaysWhenThereIsNoDatabase) {
  const Result<TimeZone> zone = TimeZone::named("Europe/Berlin", "/nonexistent");
  ASSERT_FALSE(zone);
  EXPECT_NE(zone.error().text.find("install tzdata"), std::string::npos) << zone.error().text;
}

TEST(TimeZone, PlacesChangeTheirClocks) {
  if (!std::ifstream(std::string(kZoneFolder) + "/Europe/Berlin")) GTEST_SKIP() << "no tzdata";
  struct Case {
    const char *zone, *instant;
    int hours_tenths;
  };
  const Case cases[] = {
      {"Europe/Berlin", "2014-06-24T19:50:53Z", 20},
      {"Europe/Berlin", "2014-12-24T19:50:53Z", 10},
      {"Europe/Berlin", "2014-03-30T00:59:59Z", 10},
      {"Europe/Berlin", "2014-03-30T01:00:00Z", 20},
      {"Europe/Berlin", "2060-07-01T00:00:00Z", 20},
      {"Europe/Berlin", "2060-01-01T00:00:00Z", 10},
      {"Asia/Kolkata", "2024-01-01T00:00:00Z", 55},
      {"America/Sao_Paulo", "2030-01-01T00:00:00Z", -30},
      {"America/New_York", "2024-11-03T05:59:59Z", -40},
      {"America/New_York", "2024-11-03T06:00:00Z", -50},
      {"Australia/Sydney", "2070-01-01T00:00:00Z", 110},
  };
  for (const Case& each : cases) {
    const Result<TimeZone> zone = TimeZone::named(each.zone);
    ASSERT_TRUE(zone) << zone.error().text;
    EXPECT_EQ(zone->offset_at(at(each.instant)).count(), each.hours_tenths * 360)
        << each.zone << " " << each.instant;
  }
}

TEST(TimeZone, LocalTimesAroundAChange) {
  if (!std::ifstream(std::string(kZoneFolder) + "/Europe/Berlin")) GTEST_SKIP() << "no tzdata";
  const Result<TimeZone> berlin = TimeZone::named("Europe/Berlin");
  ASSERT_TRUE(berlin);
  const std::pair<const char*, int> cases[] = {
      {"2014-03-30T01:59:59Z", 3600},  // before the hour that was left out
      {"2014-03-30T02:30:00Z", 3600},  // in it: 02:30 becomes 03:30 summer time
      {"2014-03-30T03:00:00Z", 7200}, {"2014-10-26T01:59:59Z", 7200},
      {"2014-10-26T02:30:00Z", 7200},  // came twice: the first
      {"2014-10-26T03:00:00Z", 3600}, {"2014-07-01T12:00:00Z", 7200},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(berlin->offset_of_local(at(each.first)).count(), each.second) << each.first;
  }
}

TEST(TimeZone, StampsWithoutAZoneAreReadInIt) {
  if (!std::ifstream(std::string(kZoneFolder) + "/Europe/Berlin")) GTEST_SKIP() << "no tzdata";
  const Result<TimeZone> berlin = TimeZone::named("Europe/Berlin");
  ASSERT_TRUE(berlin);
  TimeContext context;
  context.zone = &*berlin;
  EXPECT_EQ(parse_stamp("2014-06-24 21:50:53", context)->time, at("2014-06-24T19:50:53Z"));
  EXPECT_EQ(parse_stamp("2014-12-24 20:50:53", context)->time, at("2014-12-24T19:50:53Z"));
  EXPECT_EQ(parse_stamp("2014-06-24 21:50:53+00:00", context)->time, at("2014-06-24T21:50:53Z"));
  context.near = at("2014-06-24T19:50:00Z");
  EXPECT_EQ(parse_stamp("Jun 24 21:50:53", context)->time, at("2014-06-24T19:50:53Z"));
}
}  // namespace
}  // namespace blip
