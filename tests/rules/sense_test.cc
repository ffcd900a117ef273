// The sensors' tools: numbers and their names, templates and their keys.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/sense/numbers.h"
#include "rules/sense/templates.h"

namespace blip {
namespace {

std::string numbers_of(std::string_view message) {
  Record record;
  record.message = message;
  std::vector<Number> numbers;
  read_numbers(record, numbers);
  std::string out;
  for (const Number& number : numbers) {
    char text[64];
    std::snprintf(text, sizeof text, "=%g ", number.value);
    out += std::string(number.name) + text;
  }
  return out;
}

TEST(Numbers, AreQuantitiesWithNames) {
  const std::pair<const char*, const char*> cases[] = {
      {"uptime 119s open handles 120", "uptime=119 open handles=120 "},
      {"tick 69823 px=0.072 seq=1", "tick=69823 px=0.072 seq=1 "},
      {"METRICS: goroutines: 9, cgo: 40", "goroutines=9 cgo=40 "},
      {"memory rss=158.6MB", "rss=158.6 "},
      {"from 10.0.29.73 id 2f10c6f5 at 12:35:00 v1.4.2 sku-34523", ""},
      {"", ""},
  };
  for (const auto& [message, expected] : cases) EXPECT_EQ(numbers_of(message), expected) << message;
}

TEST(Numbers, KnowWhatProcessesHold) {
  for (const char* name : {"rss_mb", "heapUsedMb", "goroutines", "open handles", "leakyHandles",
                           "queue depth", "replication lag"}) {
    EXPECT_TRUE(names_a_gauge(name)) << name;
  }
  for (const char* name : {"order", "seq", "total so far", "status", "bytes", ""}) {
    EXPECT_FALSE(names_a_gauge(name)) << name;
  }
  EXPECT_TRUE(names_an_uptime("uptime_ms"));
  EXPECT_FALSE(names_an_uptime("time"));
}

TEST(Templates, LinesThatDifferInValuesAreOne) {
  TemplateTable table;
  const uint64_t first = table.find("order 17 shipped, total so far 3", 1).id;
  EXPECT_EQ(table.find("order 90211 shipped, total so far 14", 2).id, first);
  EXPECT_EQ(table.find("order 8f3a shipped, total so far 15", 3).count, 3u);
  EXPECT_NE(table.find("order 17 cancelled, total so far 3", 4).id, first);
  EXPECT_EQ(table.size(), 2u);
}

TEST(Templates, AWordWithManyValuesBecomesOne) {
  TemplateTable table;
  for (int i = 0; i < 40; ++i) {
    const std::string name(1 + static_cast<size_t>(i) % 20, static_cast<char>('a' + i % 20));
    table.find("mail for " + name + " accepted at the door", static_cast<uint64_t>(i));
  }
  const Template& last = table.find("mail for nobody accepted at the door", 41);
  EXPECT_EQ(last.text(), "mail for * accepted at the door");
}

TEST(Templates, StayBounded) {
  TemplateTable table;
  for (uint64_t i = 0; i < 20'000; ++i) {
    std::string words;
    for (uint64_t part = i; part > 0; part /= 26)
      words += std::string(" ") + static_cast<char>('a' + part % 26) + "x";
    table.find("w" + words + std::string(i % 7, '!'), i);
  }
  EXPECT_LE(table.size(), TemplateTable::kMaxTemplates);
}

}  // namespace
}  // namespace blip
