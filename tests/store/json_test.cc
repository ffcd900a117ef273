// What is plain is read by a reader of its own, the rest by one for any JSON: a blank behind the
// brace, which is as good as none, sends the same text to the other.

#include "store/json.h"

#include <gtest/gtest.h>

#include <cmath>

namespace blip {
namespace {
std::string with_a_blank(const std::string& text) { return "{ " + text.substr(1); }

TEST(Json, BothReadersReadAttributesAlike) {
  for (const std::string text : {
           "{}",
           R"({"count":-3,"lifetime_s":3.0,"masked":true,"metric":"goroutines"})",
           R"({"a":0,"b":-0.0,"c":0.1,"d":-12.5,"e":123456789012345678,"f":9223372036854775807})",
           R"({"b":false,"a":"","a":"again"})",
           R"({"x":1e5,"y":1.5e-07,"z":"tab\t and \u00e9"})",
           "{\"x\":\"caf\xc3\xa9\"}",
           "{\"x\":\"caf\xe9\"}",  // no UTF-8
           "{\"x\":\"\x01\"}",
           R"({"list":[1,2],"object":{"a":1},"x":2})",
           R"({"x":01})",
           R"({"x":1.})",
           R"({"x":.5})",
           R"({"x":--1})",
           R"({"x":-})",
           R"({"x":1.2.3})",
           R"({"x":truey})",
           R"({"x":1,})",
           R"({"x":1}})",
           R"({"x":1)",
           R"({"x")",
           R"({"x)",
           "{",
       }) {
    EXPECT_EQ(attributes_from_json(text), attributes_from_json(with_a_blank(text))) << text;
  }
  EXPECT_EQ(attributes_from_json(R"({"n":7,"r":7.0,"t":"7","y":true})"),
            (Attributes{{"n", int64_t{7}}, {"r", 7.0}, {"t", std::string("7")}, {"y", true}}));
  EXPECT_TRUE(attributes_from_json("").empty());
  EXPECT_TRUE(std::isnan(std::get<double>(attributes_from_json(R"({"x":null})").at("x"))));
}

TEST(Json, BothReadersReadGaugesAlike) {
  for (const std::string text : {
           "{}",
           R"({"rss":{"first":9.0,"high":41022.5,"last":40812.0,"low":-9.0,"samples":240}})",
           R"({"a":{"first":1.0,"high":2,"last":"3","low":4.0,"samples":-5},"b":{"samples":1}})",
           R"({"a":{"first":1e9,"high":2.0,"last":3.0,"low":4.0,"samples":5.5}})",
           R"({"a":7,"b":{}})",
           R"({"a":{"first":1.0})",
       }) {
    const Gauges plain = gauges_from_json(text), any = gauges_from_json(with_a_blank(text));
    ASSERT_EQ(plain.size(), any.size()) << text;
    for (const auto& [name, gauge] : any) {
      const GaugeLife& other = plain.at(name);
      const auto same = [](double a, double b) {
        return a == b || (std::isnan(a) && std::isnan(b));
      };
      EXPECT_TRUE(same(gauge.first, other.first) && same(gauge.last, other.last)) << text;
      EXPECT_TRUE(same(gauge.low, other.low) && same(gauge.high, other.high)) << text;
      EXPECT_EQ(gauge.samples, other.samples) << text;
    }
  }
  EXPECT_EQ(gauges_from_json(R"({"rss":{"high":2.5,"samples":240}})").at("rss").high, 2.5);
}
}  // namespace
}  // namespace blip
