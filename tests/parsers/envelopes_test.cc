// The formats that wrap another line: what they say of it, and what they leave inside.

#include "tests/parsers/support.h"

namespace blip {
namespace {

TEST(DockerJson, ReadsItsFixedShape) {
  expect_reads(
      "docker_json",
      {
          {.text =
               R"({"log":"INFO started\n","stream":"stdout","time":"2026-11-20T17:06:30.306929773Z"})",
           .time = "2026-11-20T17:06:30.306Z",
           .message = "INFO started"},
          {.text =
               R"({"log":"a \"b\" \u003c\t\u001b[0m\n","stream":"stderr","time":"2026-11-20T17:06:30Z"})",
           .time = "2026-11-20T17:06:30.000Z",
           .message = "a \"b\" <\t\x1b[0m"},
          {.text = R"({"log":"\n","stream":"stdout","time":"2026-11-20T17:06:30Z"})",
           .time = "2026-11-20T17:06:30.000Z",
           .message = ""},
          {.text = R"({"log":"cr\r\n","stream":"stdout","time":"2026-11-20T17:06:30Z"})",
           .time = "2026-11-20T17:06:30.000Z",
           .message = "cr"},
          {.text =
               R"({"log":"x\n","stream":"stdout","attrs":{"time":"no","team":"c}"},"time":"2026-11-20T17:06:30Z"})",
           .time = "2026-11-20T17:06:30.000Z",
           .message = "x"},
          {.text =
               R"({"log":"a piece that ends in \\n","stream":"stdout","time":"2026-11-20T17:06:30Z"})",
           .time = "2026-11-20T17:06:30.000Z",
           .message = "a piece that ends in \\n"},
          {.text = "{\"log\":\"bad "
                   "\xff\\t\\ud800\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T17:06:30Z\"}",
           .time = "2026-11-20T17:06:30.000Z",
           .message = "bad \xff\\t\\ud800"},  // what cannot be decoded stays as written
      });
  const std::pair<std::string_view, std::string_view> named[] = {
      {R"({"blip.service":"api"})", "api"},
      {R"({"com.docker.compose.service":"web","team":"core"})", "web"},
      {R"({"a":"{\"blip.service\":\"trap\"","team":"core"})", ""},
      {R"({"com.docker.compose.service":"web","blip.service":"front"})", "front"},
  };
  for (const auto& [attrs, service] : named) {
    const std::string text = R"({"log":"x\n","stream":"stdout","attrs":)" + std::string(attrs) +
                             R"(,"time":"2026-11-20T17:06:30Z"})";
    const auto row = parse_as("docker_json", text);
    ASSERT_TRUE(row) << text;
    EXPECT_EQ(row->service, service) << text;
  }
  expect_refuses("docker_json",
                 {
                     R"({"log":"x\n","stream":"stdout"})",
                     R"({"log":"x\n","stream":"stdout","time":"yesterday"})",
                     R"({"log":"x\n","time":"2026-11-20T17:06:30Z"})",
                     R"({"log":"x\n","stream":"stdout","time":"2026-11-20T17:06:30Z")",
                     R"({"log":"x\"})",
                     R"({"log":12,"stream":"stdout","time":"2026-11-20T17:06:30Z"})",
                     R"({"level":30,"msg":"x"})",
                     "plain words",
                     "",
                 });
}

TEST(DockerJson, TellsPieces) {
  const std::pair<std::string_view, bool> cases[] = {
      {R"({"log":"x\n","stream":"stderr","time":"2026-11-20T17:06:30Z"})", false},
      {R"({"log":"x","stream":"stderr","time":"2026-11-20T17:06:30Z"})", true},
      {R"({"log":"x\\n","stream":"stderr","time":"2026-11-20T17:06:30Z"})", true},
      {R"({"log":"x\\\n","stream":"stderr","time":"2026-11-20T17:06:30Z"})", false},
  };
  for (const auto& [text, partial] : cases) {
    const PaddedText padded(text);
    Scratch scratch;
    Piece piece;
    Record record;
    ASSERT_TRUE(parser_named("docker_json")
                    .parse(padded.view(), {.scratch = &scratch, .piece = &piece}, record))
        << text;
    EXPECT_EQ(piece.partial, partial) << text;
    EXPECT_EQ(piece.stream, "stderr");
    EXPECT_EQ(piece.time, "2026-11-20T17:06:30Z");
  }
}

TEST(Cri, ReadsFullAndPartialLines) {
  expect_reads("cri", {
                          {.text = "2016-10-06T00:17:09.669794202Z stdout F INFO started",
                           .time = "2016-10-06T00:17:09.669Z",
                           .message = "INFO started"},
                          {.text = "2016-10-06T00:17:09.669794202+02:00 stderr P:x   piece",
                           .time = "2016-10-05T22:17:09.669Z",
                           .message = "  piece"},
                          {.text = "2016-10-06T00:17:09.669794202Z stdout F",
                           .time = "2016-10-06T00:17:09.669Z"},
                      });
  expect_refuses("cri", {"2016-10-06T00:17:09.669794202Z stdout G x",
                         "2016-10-06T00:17:09.669794202Z stdin F x",
                         "2016-10-06T00:17:09.669794202 stdout F x", "stdout F x"});
}

TEST(Syslog, ReadsItsVariants) {
  expect_reads(
      "syslog",
      {
          {.text = "Jun 24 12:35:00 web-01 app[77]: ready: now",
           .time = "2000-06-24T12:35:00.000Z?",
           .service = "app",
           .host = "web-01",
           .pid = "77",
           .message = "ready: now"},
          {.text = "Jun  4 12:35:00 web-01 kernel: [96545.702534] init: app main process (7) ended",
           .time = "2000-06-04T12:35:00.000Z?",
           .service = "kernel",
           .host = "web-01",
           .message = "init: app main process (7) ended"},
          {.text = "Jun  4 12:35:00 web-01 kernel: [    5.702534] usb 1-1: new",
           .time = "2000-06-04T12:35:00.000Z?",
           .service = "kernel",
           .host = "web-01",
           .message = "usb 1-1: new"},
          {.text = "Jun 18 04:12:42 combo su(pam_unix)[32164]: session opened",
           .time = "2000-06-18T04:12:42.000Z?",
           .service = "su(pam_unix)",
           .host = "combo",
           .pid = "32164",
           .message = "session opened"},
          {.text = "Feb 10 10:32:00 host systemd[USER_A]: x.service: Failed",
           .time = "2000-02-10T10:32:00.000Z?",
           .service = "systemd",
           .host = "host",
           .message = "x.service: Failed"},
          {.text = "<27>Jun 24 12:35:00 web-01 app:   kept blanks",
           .time = "2000-06-24T12:35:00.000Z?",
           .level = "error",
           .service = "app",
           .host = "web-01",
           .message = "  kept blanks"},
          {.text = "2013-09-01T06:00:37.003564+00:00 web worker.1[3562]: connected",
           .time = "2013-09-01T06:00:37.003Z",
           .service = "worker.1",
           .host = "web",
           .pid = "3562",
           .message = "connected"},
          {.text = "2013-09-01T06:00:37+0200 web app: done",
           .time = "2013-09-01T04:00:37.000Z",
           .service = "app",
           .host = "web",
           .message = "done"},
          {.text = "<34>1 2003-10-11T22:14:15.003Z web.example.com su 77 ID47 - \xef\xbb\xbf'su' "
                   "failed",
           .time = "2003-10-11T22:14:15.003Z",
           .level = "fatal",
           .service = "su",
           .host = "web.example.com",
           .pid = "77",
           .message = "'su' failed"},
          {.text = R"(61 <165>1 2003-10-11T22:14:15Z - app - - [a@1 x="]\"" y="z"][b@1] hi)",
           .time = "2003-10-11T22:14:15.000Z",
           .level = "notice",
           .service = "app",
           .message = "hi"},
      });
  expect_refuses("syslog", {
                               "Jun 24 12:35:00 ERROR db: lost",
                               "Jun 24 12:35:00 [info] app: started",
                               "Jun 24 12:35:00 something happened here",
                               "Jun 24 12:35:00 web-01 last message repeated 2 times",
                               "2014-06-24T19:50:53Z worker thing: prose",
                               "2014-06-24 19:50:53 web-01 app[77]: not syslog's stamp",
                               "<999>Jun 24 12:35:00 web-01 app: x",
                               "<34>1 2003-10-11T22:14:15.003Z host app web.1 - heroku's",
                               "<34>1 2003-10-11T22:14:15.003Z host app 1 ID [open",
                               "<34>",
                               "Jun 24 12:35:00",
                               "INFO:app:x",
                           });
}

TEST(Logplex, ReadsPrintedAndDrained) {
  expect_reads("logplex", {
                              {.text = "2017-03-01T10:00:00.123456+00:00 app[queuer.1]: job 7",
                               .time = "2017-03-01T10:00:00.123Z",
                               .service = "queuer.1",
                               .message = "job 7"},
                              {.text = "2017-03-01T10:00:00.123456+00:00 heroku[web.1]: Error R14",
                               .time = "2017-03-01T10:00:00.123Z",
                               .service = "web.1",
                               .message = "Error R14"},
                              {.text = "83 <40>1 2012-11-30T06:45:29+00:00 host heroku web.3 - Up",
                               .time = "2012-11-30T06:45:29.000Z",
                               .service = "web.3",
                               .message = "Up"},
                          });
  expect_refuses("logplex", {"2017-03-01T10:00:00.123456+00:00 web app[77]: syslog's",
                             "2017-03-01T10:00:00.123456+00:00 app[77]: a pid",
                             "<40>1 2012-11-30T06:45:29+00:00 host sshd 77 - x",
                             "<40>1 2012-11-30T06:45:29+00:00", "83 ", "app[web.1]: x"});
}

TEST(Tai64n, ReadsItsLabel) {
  expect_reads("tai64n", {{.text = "@4000000053a9d6a72b1c4a34   indented",
                           .time = "2014-06-24T19:50:53.723Z",
                           .message = "  indented"}});
  expect_refuses("tai64n", {"@400000005", "@4000000053a9d6a72b1c4a34x", "@home"});
}

TEST(Svlogd, ReadsItsUtcStamp) {
  expect_reads("svlogd", {{.text = "2026-11-20_17:26:22.69294 [x] INFO y",
                           .time = "2026-11-20T17:26:22.692Z",
                           .message = "[x] INFO y"}});
  expect_refuses("svlogd", {"2026-11-20 17:26:22.69294 x", "2026-11-20_17:26:22 x",
                            "2026-13-20_17:26:22.69294 x"});
}

TEST(Compose, ReadsNumberedNames) {
  expect_reads("compose",
               {
                   {.text = "db_1      | LOG:  ready", .service = "db_1", .message = "LOG:  ready"},
                   {.text = "app-web-12 |", .service = "app-web-12"},
               });
  expect_refuses("compose", {"total | 12", "db_1: LOG", "_1 | x", "DB_1 | x", "a_0 | b"});
}

}  // namespace
}  // namespace blip
