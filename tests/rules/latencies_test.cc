// The latency sensor: which fields it reads, how it names endpoints, what it tells of a minute.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/sense/sensor.h"

namespace blip {
extern const SensorSpec latencies_sensor;

namespace {
class Collected : public SignalSink {
 public:
  std::vector<Signal> signals;
  void emit(Signal signal) override { signals.push_back(std::move(signal)); }
  void match(Match) override { ADD_FAILURE() << "no rule of kind match is here"; }
};

class Unit {
 public:
  void line(std::chrono::seconds at, std::string_view message, std::string_view field,
            std::string_view value) {
    Record record;
    record.message = message;
    record.fields = {{field, value}};
    const Time time = Time(std::chrono::sys_days(std::chrono::year(2024) / 5 / 1)) + at;
    ++number_;
    sensor_->observe({.record = record,
                      .at = {7, 100 * number_, number_},
                      .service = "web",
                      .lane = "",
                      .ordinal = number_,
                      .time = time},
                     told);
  }
  Collected told;
  void restart_blip() {
    StateWriter out;
    sensor_->save(out);
    const std::string blob = out.seal("test", 1);
    StateReader in(blob, "test", 1);
    sensor_ = latencies_sensor.make();
    sensor_->restore(in);
    EXPECT_TRUE(in.ok() && in.at_end());
  }

 private:
  std::unique_ptr<Sensor> sensor_ = latencies_sensor.make();
  uint64_t number_ = 0;
};

TEST(Latencies, TellsTheMedianOfAMinuteOnItsLastLine) {
  Unit web;
  web.line(0s, "\"GET /item/17 HTTP/1.1\" 200", "request_time", "0.010");
  web.line(20s, "\"GET /item/18?q=1 HTTP/1.1\" 200", "request_time", "9.000");
  web.line(40s, "\"GET /item/19 HTTP/1.1\" 200", "request_time", "0.020");
  EXPECT_EQ(web.told.signals.size(), 0u) << "the minute is not over";
  web.line(61s, "\"GET /item/20 HTTP/1.1\" 200", "request_time", "0.030");
  ASSERT_EQ(web.told.signals.size(), 1u);
  const Signal& told = web.told.signals[0];
  EXPECT_EQ(told.kind, SignalKind::sample);
  EXPECT_EQ(told.subject, "latency of GET /item/#");
  EXPECT_NEAR(told.after, 20, 1e-9);
  EXPECT_EQ(told.at.number, 3u);
  EXPECT_EQ(told.count, 3u);
}

TEST(Latencies, QuietOnFieldsThatAreNoDurations) {
  Unit web;
  web.line(0s, "GET / 200", "statusCode", "200");
  web.line(70s, "GET / 200", "bytes", "4711");
  EXPECT_EQ(web.told.signals.size(), 0u);
}

TEST(Latencies, KeepsAFewEndpointsOnly) {
  Unit web;
  for (int minute = 0; minute < 3; ++minute) {
    for (const char* path : {"/a", "/b", "/c", "/d", "/e", "/f"}) {
      web.line(minute * 60s, std::string("GET ") + path + " 200", "latency", "5");
    }
  }
  EXPECT_EQ(web.told.signals.size(), 8u) << "two minutes of four endpoints";
}

TEST(Latencies, GoesOnAfterARestartOfBlip) {
  Unit web;
  web.line(0s, "POST /collect 204", "duration_ms", "12");
  web.restart_blip();
  web.line(65s, "POST /collect 204", "duration_ms", "14");
  ASSERT_EQ(web.told.signals.size(), 1u);
  EXPECT_EQ(web.told.signals[0].after, 12);
}

}  // namespace
}  // namespace blip
