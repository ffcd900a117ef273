// The narrow text formats: what each reads, and the look-alikes it leaves to others.

#include "tests/parsers/support.h"

namespace blip {
namespace {

TEST(GoLog, ReadsLevelBuildAndMetrics) {
  expect_reads("go_log",
               {
                   {.text = "2014-06-24 19:50:53 info:76c0b38e METRICS: goroutines: 9, cgo: 40",
                    .time = "2014-06-24T19:50:53.000Z?",
                    .level = "info",
                    .version = "76c0b38e",
                    .message = "METRICS: goroutines: 9, cgo: 40",
                    .fields = "goroutines=9 cgo=40"},
                   {.text = "2014/06/24 19:50:53.123456 error:76c0b38e retry: 12",
                    .time = "2014-06-24T19:50:53.123Z?",
                    .level = "error",
                    .version = "76c0b38e",
                    .message = "retry: 12"},
                   {.text = "2014-06-24 19:50:53 info:76c0b38e caf\xe9 open",
                    .time = "2014-06-24T19:50:53.000Z?",
                    .level = "info",
                    .version = "76c0b38e",
                    .message = "caf\xe9 open"},
                   {.text = "2014-06-24 19:50:53 info:76c0b38e METRICS: a: 1, b: x, c: 3",
                    .time = "2014-06-24T19:50:53.000Z?",
                    .level = "info",
                    .version = "76c0b38e",
                    .message = "METRICS: a: 1, b: x, c: 3",
                    .fields = "a=1"},
               });
  expect_refuses("go_log",
                 {"panic: runtime error: index out of range", "2014-06-24 19:50:53 info: no build",
                  "2014-06-24 19:50:53 foo:76c0b38e x", "2014-06-24 19:50:53 info:zzzzzzzz x",
                  "1403639453 info:76c0b38e x"});
}

TEST(GoLog, DropsTheLastNumberOfACutLine) {
  const auto row =
      parse_as("go_log", "2014-06-24 19:50:53 info:76c0b38e METRICS: a: 9, b: 4", true);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->fields, "a=9");
}

TEST(Logfmt, ReadsPairsOnly) {
  expect_reads(
      "logfmt",
      {
          {.text =
               R"(ts=2026-11-20T17:27:38.830Z caller=main.go:180 level=info msg="a \"b\"" version="1.5.0" load=4.79 user_id=7)",
           .time = "2026-11-20T17:27:38.830Z",
           .level = "info",
           .version = "1.5.0",
           .message = "a \"b\"",
           .fields = "load=4.79"},
          {.text = "ts=2026-11-20T17:27:38Z level=info collector=cpu",
           .time = "2026-11-20T17:27:38.000Z",
           .level = "info",
           .message = "level=info collector=cpu"},
          {.text = R"(at=error code=H12 desc="Request timeout" service=30000ms status=503)",
           .level = "error",
           .message = R"(at=error code=H12 desc="Request timeout" service=30000ms status=503)",
           .fields = "service=30000"},
          {.text = "source=web.1 dyno=heroku.7 sample#memory_total=21.00MB",
           .message = "source=web.1 dyno=heroku.7 sample#memory_total=21.00MB",
           .fields = "sample#memory_total=21.00"},
          {.text = R"(level=info service=cart msg="x" msg="\n" msg="\t")",
           .level = "info",
           .service = "cart",
           .message = "x"},
      });
  expect_refuses("logfmt", {"retry a=1 b=2", "a=1 b=2", "x=1", "level=info and prose",
                            "level=info msg=\"open", "", "key = value"});
}

TEST(Forever, ReadsItsPaddedLevels) {
  expect_reads("forever", {
                              {.text = "error:   Forever detected script exited with code: 1",
                               .level = "error",
                               .message = "Forever detected script exited with code: 1"},
                              {.text = "error: Script restart attempt #3",
                               .level = "error",
                               .message = "Script restart attempt #3"},
                              {.text = "warn:    --minUptime not set. Defaulting to: 1000ms",
                               .level = "warn",
                               .message = "--minUptime not set. Defaulting to: 1000ms"},
                              {.text = "data:    [0] x", .level = "info", .message = "[0] x"},
                          });
  expect_refuses("forever", {"error: no such file", "Error:   x", "note:     x", "error:", "info"});
}

TEST(AccessLog, ReadsCommonAndCombined) {
  expect_reads(
      "access_log",
      {
          {.text = R"(10.2.8.1 - bob [24/Dec/2018:10:00:02 +0000] "GET /a HTTP/1.1" 404 40)",
           .time = "2018-12-24T10:00:02.000Z",
           .level = "info",
           .message = R"("GET /a HTTP/1.1" 404)"},
          {.text =
               R"(www:80 ::1 - - [24/Dec/2018:10:00:02 +0100] "GET /\" HTTP/1.1" 502 - "-" "a \"b\" [x]" 0.035 rt="0.034" x=- n=7)",
           .time = "2018-12-24T09:00:02.000Z",
           .level = "error",
           .message = R"("GET /\" HTTP/1.1" 502)",
           .fields = "request_time=0.035 rt=0.034 n=7"},
      });
  expect_refuses("access_log", {R"(10.2.8.1 - - [24/Dec/2018:10:00:02 +0000] "GET / HTTP/1.1")",
                                R"(10.2.8.1 - - [24/Dec/2018:10:00:02 +0000] GET 200 1)",
                                R"(10.2.8.1 - - [24/Dec/2018:10:00:02 +0000] "GET 200 1)",
                                R"([24/Dec/2018:10:00:02 +0000] "GET / HTTP/1.1" 200 1)",
                                "[2018-12-24 10:00:02] [info] x", "a [b] c"});
}

TEST(Elb, CallsWhatTheClientSawAnError) {
  expect_reads(
      "elb",
      {
          {.text =
               R"(2014-06-24T19:50:53.120211Z my-lb 10.0.0.1:2817 10.0.0.9:80 0.000036 0.001 0.00002 200 200 0 57 "GET http://x:80/ HTTP/1.1" "curl" - -)",
           .time = "2014-06-24T19:50:53.120Z",
           .level = "info",
           .message =
               R"(2014-06-24T19:50:53.120211Z my-lb 10.0.0.1:2817 10.0.0.9:80 0.000036 0.001 0.00002 200 200 0 57 "GET http://x:80/ HTTP/1.1" "curl" - -)",
           .fields = "request_time=0.000036 backend_time=0.001 response_time=0.00002"},
          {.text =
               R"(2014-06-24T19:50:53.120211Z my-lb 10.0.0.1:2817 - -1 -1 -1 503 0 0 0 "GET / HTTP/1.1")",
           .time = "2014-06-24T19:50:53.120Z",
           .level = "error",
           .message =
               R"(2014-06-24T19:50:53.120211Z my-lb 10.0.0.1:2817 - -1 -1 -1 503 0 0 0 "GET / HTTP/1.1")"},
          {.text =
               R"(https 2018-07-02T22:23:00.186641Z app/lb/50dc 10.0.0.1:2817 10.0.0.9:80 0.0 -1 0.0 200 502 0 0 "GET")",
           .time = "2018-07-02T22:23:00.186Z",
           .level = "error",
           .message =
               R"(https 2018-07-02T22:23:00.186641Z app/lb/50dc 10.0.0.1:2817 10.0.0.9:80 0.0 -1 0.0 200 502 0 0 "GET")",
           .fields = "request_time=0.0 response_time=0.0"},
      });
  expect_refuses("elb", {"2014-06-24T19:50:53.120211Z some words in a longer sentence here",
                         "http 2014-06-24T19:50:53.120211Z",
                         "2014-06-24T19:50:53.120211Z lb 1.1.1.1:2 1.1.1.1:3 0.1 0.1 x 200 200 0"});
}

TEST(Haproxy, ReadsTimers) {
  expect_reads(
      "haproxy",
      {{.text =
            R"(127.0.0.1:35152 [20/Nov/2026:17:27:38.771] f b/web 0/-1/1/12/+13 503 73 - - SC-- 1/1/0/0/0 0/0 "GET / HTTP/1.1")",
        .time = "2026-11-20T17:27:38.771Z?",
        .level = "error",
        .message = R"(f b/web 0/-1/1/12/+13 503 73 - - SC-- 1/1/0/0/0 0/0 "GET / HTTP/1.1")",
        .fields = "request_ms=0 connect_ms=1 response_ms=12 total_ms=13"}});
  expect_refuses("haproxy", {"[NOTICE]   (5625) : New worker (5632) forked",
                             "127.0.0.1:35152 [20/Nov/2026:17:27:38.771] f b 0/0/0/0/0 200",
                             "127.0.0.1:35152 [20/Nov/2026:17:27:38.771] f b/w 0/0/0/0 200",
                             "127.0.0.1:35152 [x"});
}

TEST(Morgan, ReadsDevAndTiny) {
  expect_reads("morgan",
               {
                   {.text = "GET /a/3304 201 17.26 ms - 6645",
                    .level = "info",
                    .message = "GET /a/3304 201 17.26 ms - 6645",
                    .fields = "response_time_ms=17.26"},
                   {.text = "POST /login 500 46 - 5.6 ms",
                    .level = "error",
                    .message = "POST /login 500 46 - 5.6 ms",
                    .fields = "response_time_ms=5.6"},
                   {.text = "GET / - - ms - -", .level = "info", .message = "GET / - - ms - -"},
               });
  expect_refuses("morgan",
                 {"GET / 200", "GET / 2000 1 ms - 1", "GET / 200 x ms - 1", "get / 200 1 ms - 1"});
}

TEST(Jul, ReadsTheHeaderLine) {
  expect_reads("jul", {{.text = "Nov 20, 2026 5:26:21 PM com.acme.Main start",
                        .time = "2026-11-20T17:26:21.000Z?",
                        .message = "com.acme.Main start"}});
  expect_refuses("jul", {"INFO: Billing engine initialised", "Nov 20, 2026 5:26:21 com.acme.Main",
                         "Nov 20 17:26:21 web app: x"});
}

TEST(V8Gc, ReadsTheHeapAfterwards) {
  expect_reads("v8_gc",
               {
                   {.text = "[19394:0x3aa32d50]    10173 ms: Scavenge 6.1 (8.5) -> 4.1 (8.5) MB, "
                            "0.17 / 0.00 ms  (x)",
                    .pid = "19394",
                    .message = "[19394:0x3aa32d50]    10173 ms: Scavenge 6.1 (8.5) -> 4.1 (8.5) "
                               "MB, 0.17 / 0.00 ms  (x)",
                    .fields = "uptime_ms=10173 heap_after_gc_mb=4.1 gc_pause_ms=0.17"},
                   {.text = "[16772]       22 ms: Mark-sweep 4.1 (4.2) -> 3.7 (5.2) MB, 1.22 ms",
                    .pid = "16772",
                    .message = "[16772]       22 ms: Mark-sweep 4.1 (4.2) -> 3.7 (5.2) MB, 1.22 ms",
                    .fields = "uptime_ms=22 heap_after_gc_mb=3.7 gc_pause_ms=1.22"},
               });
  expect_refuses("v8_gc", {"[19394] 12 ms", "[abc:0x1] 12 ms: Scavenge",
                           "[19394:0x] 12 ms: Scavenge", "[19394:0x1] 12 s: Scavenge"});
}

TEST(Klog, ReadsLevelAndDate) {
  expect_reads("klog", {{.text = "E0624 19:50:53.123456   12345 server.go:88] lost: x",
                         .time = "2000-06-24T19:50:53.123Z?",
                         .level = "error",
                         .message = "lost: x"}});
  expect_refuses("klog", {"E1324 19:50:53.123456   12345 server.go:88] x",
                          "X0624 19:50:53.123456   12345 server.go:88] x",
                          "E0624 19:50:53.123456   12345 some words] x", "E0624 19:50:53"});
}

TEST(Redis, ReadsRoleAndLevel) {
  expect_reads("redis", {
                            {.text = "20798:M 20 Nov 2026 17:15:15.721 # Server initialized",
                             .time = "2026-11-20T17:15:15.721Z?",
                             .level = "notice",
                             .pid = "20798",
                             .message = "Server initialized"},
                            {.text = "20799:C 20 Nov 2026 17:15:15.721 * DB saved on disk",
                             .time = "2026-11-20T17:15:15.721Z?",
                             .level = "notice",
                             .message = "DB saved on disk"},
                        });
  expect_refuses(
      "redis",
      {"20798:M 20 Nov 2026 17:15:15.721 ! x", "20798:Q 20 Nov 2026 17:15:15.721 # x",
       "20798:signal-handler (1795194917) Received SIGTERM", "12:30:01 something else here"});
}

TEST(RubyLogger, ReadsPidAndLevel) {
  expect_reads("ruby_logger",
               {
                   {.text = "E, [2014-06-24T19:50:53.123456 #1234] ERROR -- : connection lost: x",
                    .time = "2014-06-24T19:50:53.123Z?",
                    .level = "error",
                    .pid = "1234",
                    .message = "connection lost: x"},
                   {.text = "I, [2014-06-24T19:50:53.123456 #1234]  INFO -- worker: done",
                    .time = "2014-06-24T19:50:53.123Z?",
                    .level = "info",
                    .pid = "1234",
                    .message = "done"},
               });
  expect_refuses("ruby_logger",
                 {"E, [2014-06-24T19:50:53.123456] ERROR -- : x", "E, [x #1] ERROR -- : y",
                  "I, [2014-06-24T19:50:53.123456 #1234]  INFO done"});
}

TEST(BlipLost, ReadsWhatTheDriverSays) {
  const std::string line =
      R"({"blip":"lost","lines":12,"bytes":3400,"attrs":{"blip.service":"api"},"time":"2026-11-20T17:06:30.5Z"})";
  expect_reads("blip_lost", {{.text = line,
                              .time = "2026-11-20T17:06:30.500Z",
                              .level = "error",
                              .service = "api",
                              .message = line,
                              .fields = "lines=12 bytes=3400"}});
  expect_refuses(
      "blip_lost",
      {R"({"blip":"lost","lines":,"bytes":3400,"time":"2026-11-20T17:06:30.5Z"})",
       R"({"blip":"lost","lines":12,"bytes":3400,"time":"yesterday"})", R"({"blip":"lost"})"});
}

}  // namespace
}  // namespace blip
