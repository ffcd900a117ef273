// The formats that are one JSON object a line.

#include "parsers/json_object.h"
#include "tests/parsers/support.h"

namespace blip {
namespace {

TEST(Bunyan, ReadsCoreMembersAndNumbers) {
  expect_reads(
      "bunyan",
      {
          {.text =
               R"({"name":"api","version":"2.3.0","hostname":"web-1","pid":4711,"level":30,"req_id":7,"latency":17,"statusCode":201,"msg":"POST /x","time":"2015-03-01T10:00:00.000Z","v":0})",
           .time = "2015-03-01T10:00:00.000Z",
           .level = "info",
           .service = "api",
           .host = "web-1",
           .pid = "4711",
           .version = "2.3.0",
           .message = "POST /x",
           .fields = "latency=17"},
          {.text =
               R"({"name":"api","hostname":"w","pid":1,"level":60,"err":{"message":"no \"db\"","code":5,"stack":"a\n b"},"msg":"down","time":"2015-03-01T10:00:00Z","v":0})",
           .time = "2015-03-01T10:00:00.000Z",
           .level = "fatal",
           .service = "api",
           .host = "w",
           .pid = "1",
           .message = "down: no \"db\""},
          {.text =
               R"({"name":"api","hostname":"w","pid":1,"level":30,"metrics":{"rss":104857600,"heap":{"deep":1},"delay":1.5},"msg":"\u00e9\n","time":"2015-03-01T10:00:00Z","v":0})",
           .time = "2015-03-01T10:00:00.000Z",
           .level = "info",
           .service = "api",
           .host = "w",
           .pid = "1",
           .message = "é\n",
           .fields = "metrics.rss=104857600 metrics.delay=1.5"},
      });
  expect_refuses(
      "bunyan",
      {
          R"({"name":"api","level":30,"msg":"x","v":0})",
          R"({"level":30,"time":1531171074631,"pid":657,"hostname":"w","msg":"x","v":1})",
          R"({"name":"api","hostname":"w","pid":1,"level":"info","msg":"x","time":"2015-03-01T10:00:00Z","v":0})",
          R"("v":0})",
          R"({"name":"api","v":0})",
          R"({"a":[1,2,"v":0})",
      });
}

TEST(Pino, ReadsNumericLevelAndTime) {
  expect_reads(
      "pino",
      {
          {.text =
               R"({"level":30,"time":1531171074631,"pid":657,"hostname":"web-1","msg":"hello","ms":12})",
           .time = "2018-07-09T21:17:54.631Z",
           .level = "info",
           .host = "web-1",
           .pid = "657",
           .message = "hello",
           .fields = "ms=12"},
          {.text =
               R"({"level":50,"time":"2018-07-09T21:17:54.631Z","pid":657,"hostname":"w","name":"api","msg":"x"})",
           .time = "2018-07-09T21:17:54.631Z",
           .level = "error",
           .service = "api",
           .host = "w",
           .pid = "657",
           .message = "x"},
      });
  expect_refuses("pino", {R"({"level":"info","time":1531171074631,"msg":"x"})",
                          R"({"level":30,"time":1531171074631)", R"({"level":30})"});
}

TEST(JsonLines, KnowsManyNames) {
  expect_reads(
      "json_lines",
      {
          {.text =
               R"({"timestamp": "2026-11-20T17:26:21.099Z", "level": "INFO", "logger": "boot", "message": "ready", "process": 3671})",
           .time = "2026-11-20T17:26:21.099Z",
           .level = "info",
           .pid = "3671",
           .message = "ready"},
          {.text =
               R"({"level":"error","ts":1531171074.5,"msg":"failed","error":"dial tcp: refused","caller":"a.go:7"})",
           .time = "2018-07-09T21:17:54.500Z",
           .level = "error",
           .message = "failed: dial tcp: refused"},
          {.text =
               R"({"@timestamp":"2018-07-09T21:17:54Z","log":{"level":"warn"},"message":"slow","service":{"name":"cart","version":"7"},"process":{"pid":12},"host":{"name":"h"},"took_ms":812})",
           .time = "2018-07-09T21:17:54.000Z",
           .level = "warn",
           .service = "cart",
           .host = "h",
           .pid = "12",
           .version = "7",
           .message = "slow",
           .fields = "took_ms=812"},
          {.text =
               R"({"t":{"$date":"2020-05-01T15:16:17.180+00:00"},"s":"I","c":"NETWORK","id":12345,"msg":"Listening"})",
           .time = "2020-05-01T15:16:17.180Z",
           .level = "info",
           .message = "Listening"},
          {.text =
               R"({"MESSAGE":"x","PRIORITY":"3","_PID":"77","SYSLOG_IDENTIFIER":"sshd","_HOSTNAME":"h","__REALTIME_TIMESTAMP":"1531171074631000"})",
           .time = "2018-07-09T21:17:54.631Z",
           .level = "error",
           .service = "sshd",
           .host = "h",
           .pid = "77",
           .message = "x"},
          {.text =
               R"({"asctime":"2018-07-09 21:17:54,631","levelname":"INFO","name":"app.db","message":"m"})",
           .time = "2018-07-09T21:17:54.631Z?",
           .level = "info",
           .message = "m"},
          {.text = R"({"level":"error","message":"Script restart attempt #1"})",
           .level = "error",
           .message = "Script restart attempt #1"},
          {.text = R"({"rss":104857600,"user_id":9,"flag":true,"none":null,"list":[1,{"x":2}]})",
           .message = R"({"rss":104857600,"user_id":9,"flag":true,"none":null,"list":[1,{"x":2}]})",
           .fields = "rss=104857600"},
          {.text = "{\"level\":\"info\",\"msg\":\"caf\xe9 \xc3\xa9\"}",
           .level = "info",
           .message = "caf? \xc3\xa9"},
          {.text = R"({"msg":"first","message":"second","level":999999999999})",
           .message = "first"},
          {.text = "{}", .message = "{}"},
      });
  expect_refuses("json_lines", {
                                   "{",
                                   "}",
                                   "{not json}",
                                   R"({"a":1} {"b":2})",
                                   R"({"a":1},)",
                                   R"({"a":"unclosed)",
                                   "[1,2]",
                                   R"("text")",
                                   "",
                                   "{\"a\":}",
                                   R"({"msg":"x","level":"info")",
                               });
}

TEST(JsonLines, NamesASampleByItsMetric) {
  const auto plain = parse_as(
      "json_lines",
      R"({"time":"2022-02-02T02:01:24Z","host":"box","metric":"memory_used_percent","value":31.16})");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->fields, "memory_used_percent=31.16");
  const auto labelled = parse_as(
      "json_lines",
      R"({"time":"2022-02-02T02:01:24Z","metric":"memory_bytes","cgroup":"notes","value":17})");
  ASSERT_TRUE(labelled);
  EXPECT_EQ(labelled->fields, "memory_bytes notes=17");
}

TEST(JsonLines, IsBoundedOnHostileObjects) {
  std::string numbers = "{", nested = "{", escapes = "{";
  for (int i = 0; i < 5000; ++i) {
    numbers += "\"n" + std::to_string(i) + "\":1,";
    nested += "\"outer" + std::to_string(i) + "\":{\"inner\":1},";
    escapes += "\"msg\":\"\\t\",\"error\":\"\\n\",";
  }
  for (std::string* text : {&numbers, &nested, &escapes}) {
    *text += "\"z\":1}";
    const PaddedText padded(*text);
    Scratch scratch;
    Record record;
    ASSERT_TRUE(parser_named("json_lines").parse(padded.view(), {.scratch = &scratch}, record));
    EXPECT_LE(record.fields.size(), 64u);
    for (const Field& field : record.fields) EXPECT_EQ(field.value, "1");
  }
  const std::string deep = "{\"a\":" + std::string(100000, '[') + "}";
  EXPECT_FALSE(parse_as("json_lines", deep));
}

TEST(DecodeJsonString, RefusesWhatIsNone) {
  const auto decode = [](std::string_view text) -> std::optional<std::string> {
    const PaddedText padded(text);
    std::string out = "kept ";
    if (decode_json_string(padded.view(), out)) return out;
    EXPECT_EQ(out, "kept ");
    return std::nullopt;
  };
  EXPECT_EQ(decode(R"("a\u0041\n")"), "kept aA\n");
  EXPECT_EQ(decode(R"("")"), "kept ");
  EXPECT_EQ(decode(R"("\\")"), "kept \\");
  EXPECT_EQ(decode(R"("\ud83d\ude00")"), "kept \xf0\x9f\x98\x80");
  for (const std::string_view text : {"", "\"", "x", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\""}) {
    EXPECT_FALSE(decode(text)) << text;
  }
}

}  // namespace
}  // namespace blip
