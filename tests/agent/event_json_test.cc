// The NDJSON contract: members, their order, what unknown things look like, and that no byte of a
// log can break the line or steer a terminal.

#include "agent/event_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace blip {
namespace {
Event restart() {
  Event event;
  event.id = 0x51be07;
  event.service = "api";
  event.host = "web-1";
  event.at = {.stream = 7, .offset = 88172, .number = 1203};
  event.file = "/var/log/api.log";
  event.time = time_from_us(1403639453123456);
  event.planned = false;
  event.silent = true;
  event.cause = "panic";
  event.confidence = 0.98765;
  event.severity = Severity::error;
  event.title = "api restarted";
  event.evidence = {{.signal = "prior", .weight = -4.60517, .text = "rare"},
                    {.signal = "pid replaced",
                     .weight = 9,
                     .at = {.stream = 7, .offset = 88172, .number = 1203},
                     .file = "/var/log/api.log",
                     .time = time_from_us(1403639453123456),
                     .text = "[412] up"}};
  event.attributes = {{"lifetime_s", 14520.0}, {"certainty", std::string("sure")}};
  return event;
}

TEST(EventJson, IsTheContract) {
  EXPECT_EQ(event_to_json(restart()),
            R"({"id":"000000000051be07","kind":"restart","service":"api","host":"web-1",)"
            R"("file":"/var/log/api.log","line":1203,"offset":88172,)"
            R"("time":"2014-06-24T19:50:53.123Z","end":null,"planned":false,"explicit":false,)"
            R"("silent":true,"cause":"panic","confidence":0.988,"severity":"error",)"
            R"("title":"api restarted","evidence":[{"signal":"prior","weight":-4.605,"file":null,)"
            R"("line":null,"time":null,"text":"rare"},{"signal":"pid replaced","weight":9.0,)"
            R"("file":"/var/log/api.log","line":1203,"time":"2014-06-24T19:50:53.123Z",)"
            R"("text":"[412] up"}],"attributes":{"certainty":"sure","lifetime_s":14520.0}})");
}

TEST(EventJson, UnknownIsNull) {
  Event event = restart();
  event.planned = std::nullopt;
  event.time = kNoTime;
  event.confidence = NAN;
  event.attributes = {{"slope_per_min", INFINITY}};
  const auto json = nlohmann::json::parse(event_to_json(event));
  for (const char* member : {"planned", "time", "end", "confidence"}) {
    EXPECT_TRUE(json.at(member).is_null()) << member;
  }
  EXPECT_TRUE(json["attributes"]["slope_per_min"].is_null());
  event.planned = true;
  EXPECT_EQ(nlohmann::json::parse(event_to_json(event))["planned"], true);
}

TEST(EventJson, AnyBytesStayOneSafeLine) {
  std::string every;
  for (int high = 0; high < 256; ++high) every += {static_cast<char>(high), 'x'};
  for (int second = 0x80; second < 0xc0; ++second) every += {'\xc2', static_cast<char>(second)};
  every += "caf\xc3\xa9 \xe2\x82";  // cut within a character
  Event event = restart();
  event.service = event.host = event.file = event.cause = event.title = every;
  event.evidence[1].signal = event.evidence[1].text = event.evidence[1].file = every;
  event.attributes = {{every, every}};
  const std::string line = event_to_json(event);
  for (size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    ASSERT_TRUE(byte >= 0x20 && byte != 0x7f) << "at " << i;
    ASSERT_FALSE(byte == 0xc2 && static_cast<unsigned char>(line[i + 1]) < 0xa0) << "at " << i;
  }
  const auto json = nlohmann::json::parse(line);  // throws unless it is JSON, and UTF-8
  const std::string title = json["title"];
  EXPECT_EQ(title.substr(0, 8), std::string("\0x\1x\2x\3x", 8));
  EXPECT_NE(title.find("\x7fx"), std::string::npos);
  EXPECT_NE(title.find("\xef\xbf\xbdx"), std::string::npos);
  EXPECT_NE(title.find("\xc2\x9b"), std::string::npos);  // escaped in the line, whole when read
  EXPECT_NE(title.find("caf\xc3\xa9 \xef\xbf\xbd"), std::string::npos);
  EXPECT_EQ(json["attributes"][title], title);
}
}  // namespace
}  // namespace blip
