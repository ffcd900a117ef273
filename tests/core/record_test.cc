// Level words and numbers as loggers write them.

#include "core/record.h"

#include <gtest/gtest.h>

namespace blip {
namespace {

TEST(Level, IsKnownByItsName) {
  const std::pair<std::string_view, Level> cases[] = {
      {"INFO", Level::info},
      {"info", Level::info},
      {"Information", Level::info},
      {"I", Level::info},
      {"WARN", Level::warn},
      {"warning", Level::warn},
      {"W", Level::warn},
      {"Error", Level::error},
      {"ERR", Level::error},
      {"E", Level::error},
      {"SEVERE", Level::error},
      {"CRIT", Level::fatal},
      {"CRITICAL", Level::fatal},
      {"emerg", Level::fatal},
      {"Emergency", Level::fatal},
      {"alert", Level::fatal},
      {"FATAL", Level::fatal},
      {"DEBUG", Level::debug},
      {"FINE", Level::debug},
      {"FINEST", Level::trace},
      {"trace", Level::trace},
      {"Note", Level::notice},
      {"NOTICE", Level::notice},
      {"LOG", Level::info},
      {"", Level::unknown},
      {"informed", Level::unknown},
      {"INFO:", Level::unknown},
      {"12", Level::unknown},
      {"errors", Level::unknown},
      {"\x49\x4e\x46\x2f", Level::unknown},
      {"informationally", Level::unknown},
  };
  for (const auto& [word, level] : cases) {
    EXPECT_EQ(level_name(level_from_name(word)), level_name(level)) << word;
  }
}

TEST(Level, ReadsItsOwnNameBack) {
  for (int i = 1; i <= static_cast<int>(Level::fatal); ++i) {
    const auto level = static_cast<Level>(i);
    EXPECT_EQ(level_from_name(level_name(level)), level) << level_name(level);
  }
}

TEST(Level, IsKnownByItsNumber) {
  const std::pair<int, Level> cases[] = {
      {10, Level::trace},  {20, Level::debug},    {30, Level::info},     {35, Level::info},
      {40, Level::warn},   {50, Level::error},    {60, Level::fatal},    {9, Level::unknown},
      {0, Level::unknown}, {-30, Level::unknown}, {200, Level::unknown},
  };
  for (const auto& [number, level] : cases) EXPECT_EQ(level_from_number(number), level) << number;
}

TEST(Record, IsClearedButKeepsItsCapacity) {
  Record record;
  record.message = "x";
  record.level = Level::error;
  record.fields.assign(9, {"a", "1"});
  record.clear();
  EXPECT_TRUE(record.message.empty());
  EXPECT_EQ(record.level, Level::unknown);
  EXPECT_TRUE(record.fields.empty());
  EXPECT_GE(record.fields.capacity(), 9u);
}

}  // namespace
}  // namespace blip
