// Plain lines: which prefixes are taken off, and which words stay because they may be prose.

#include "tests/parsers/support.h"

namespace blip {
namespace {

TEST(Plain, TakesPrefixesOff) {
  struct Short {
    std::string text, time, level, pid, message;
  };
  const Short cases[] = {
      {"2023-02-11 03:00:48,584 - shop.orders - INFO - order 4 accepted",
       "2023-02-11T03:00:48.584Z?", "info", "", "order 4 accepted"},
      {"2023-02-11 03:00:48,584 INFO spawned: 'shop' with pid 7", "2023-02-11T03:00:48.584Z?",
       "info", "", "spawned: 'shop' with pid 7"},
      {"2017-05-16 00:00:00.008 25746 INFO nova.api [-] up", "2017-05-16T00:00:00.008Z?", "info",
       "25746", "nova.api [-] up"},
      {"2020-01-01 10:00:00,123 app.db ERROR lost", "2020-01-01T10:00:00.123Z?", "error", "",
       "lost"},
      {"[2026-11-20 17:36:37 +0000] [17966] [INFO] Listening", "2026-11-20T17:36:37.000Z", "info",
       "17966", "Listening"},
      {"2026/11/20 17:30:48 [notice] 10015#10015: start worker process 9",
       "2026-11-20T17:30:48.000Z?", "notice", "10015", "start worker process 9"},
      {"[2021-03-28 00:30:07,521: INFO/7331] meter 37", "2021-03-28T00:30:07.521Z?", "info", "7331",
       "meter 37"},
      {"[2021-03-28 00:30:07,521: ERROR/MainProcess] lost", "2021-03-28T00:30:07.521Z?", "error",
       "", "lost"},
      {"[2020-05-05 13:00:00.554] [feed] [info] tick", "2020-05-05T13:00:00.554Z?", "info", "",
       "tick"},
      {"2026-11-20T17:28:35.609+00:00 [8388:8389] <info> feed: tick", "2026-11-20T17:28:35.609Z",
       "info", "8388", "feed: tick"},
      {"[Wed Feb 02 02:00:03.123456 2022] [core:notice] [pid 12:tid 34] AH00094: up",
       "2022-02-02T02:00:03.123Z?", "notice", "12", "AH00094: up"},
      {"[2026-11-20T17:28:33+0000] error    : 'relayd' is not running", "2026-11-20T17:28:33.000Z",
       "error", "", "'relayd' is not running"},
      {"2026/11/20-17:28:34 relayd[8363]: startup complete", "2026-11-20T17:28:34.000Z?", "unknown",
       "8363", "startup complete"},
      {"2024-12-17 17:47:51.603 UTC [29] LOG:  redo starts", "2024-12-17T17:47:51.603Z", "info",
       "29", "redo starts"},
      {"2019-07-17 18:40:48 10388 [Note] Plugin", "2019-07-17T18:40:48.000Z?", "notice", "",
       "Plugin"},
      {"2020-01-01 10:00:00.123  INFO 77 --- [           main] c.a.Foo    : Started Foo",
       "2020-01-01T10:00:00.123Z?", "info", "77", "Started Foo"},
      {"2015-08-25 11:20:12,465 - WARN  [Recv:3:Q$W@762] - Connection broken",
       "2015-08-25T11:20:12.465Z?", "warn", "", "Connection broken"},
      {"[2014-06-24 19:50:53] production.ERROR: boom", "2014-06-24T19:50:53.000Z?", "error", "",
       "boom"},
      {"[20-Nov-2026 17:15:15] NOTICE: fpm is running, pid 1", "2026-11-20T17:15:15.000Z?",
       "notice", "", "fpm is running, pid 1"},
      {"2022-07-09T21:17:54Z\tinfo\tmain\tstarted", "2022-07-09T21:17:54.000Z", "info", "",
       "main\tstarted"},
      {"INFO 2014-06-24 19:50:53 ready", "2014-06-24T19:50:53.000Z?", "info", "", "ready"},
      {"[WARN] [2014-06-24 19:50:53] slow", "2014-06-24T19:50:53.000Z?", "warn", "", "slow"},
      {"1643853602: kitchend 1.4.2 started", "2022-02-03T02:00:02.000Z", "unknown", "",
       "kitchend 1.4.2 started"},
      {"Wed Feb  2 02:00:03 2022 [-] kitchend started", "2022-02-02T02:00:03.000Z?", "unknown", "",
       "kitchend started"},
      {"2026-11-20T17:28:38: PM2 log: App [site:0] online", "2026-11-20T17:28:38.000Z?", "unknown",
       "", "PM2 log: App [site:0] online"},
      {"[pid: 7|app: 0] 10.0.0.1 () [Mon May  1 10:00:00 2023] GET /", "2023-05-01T10:00:00.000Z?",
       "unknown", "", "[pid: 7|app: 0] 10.0.0.1 () [Mon May  1 10:00:00 2023] GET /"},

      // Without a time.
      {"INFO:shop.orders:order 91957 accepted", "", "info", "", "order 91957 accepted"},
      {"FATAL:  sorry, too many clients already", "", "fatal", "",
       "sorry, too many clients already"},
      {"INFO[0012] started", "", "info", "", "started"},
      {"[NOTICE]   (5625) : New worker (5632) forked", "", "notice", "5625",
       "New worker (5632) forked"},
      {"[INFO/Process-1] child", "", "info", "", "child"},

      // Doubt: the words stay.
      {"2024/04/01 05:00:02 error while reading", "2024-04-01T05:00:02.000Z?", "unknown", "",
       "error while reading"},
      {"2024/04/01 05:00:02 Error: no such file", "2024-04-01T05:00:02.000Z?", "error", "",
       "Error: no such file"},
      {"2024/04/01 05:00:02 panic: oh", "2024-04-01T05:00:02.000Z?", "fatal", "", "panic: oh"},
      {"2024/04/01 05:00:02 [worker-1] did it", "2024-04-01T05:00:02.000Z?", "unknown", "",
       "[worker-1] did it"},
      {"Error: connect ECONNREFUSED", "", "error", "", "Error: connect ECONNREFUSED"},
      {"FATAL ERROR: Reached heap limit", "", "fatal", "", "FATAL ERROR: Reached heap limit"},
      {"nginx: [emerg] bind() failed", "", "fatal", "", "nginx: [emerg] bind() failed"},
      {"[4] * Puma starting", "", "unknown", "", "[4] * Puma starting"},
      {"    at Object.<anonymous> (/srv/a.js:1:2)", "", "unknown", "",
       "    at Object.<anonymous> (/srv/a.js:1:2)"},
      {"fine weather, info desk", "", "unknown", "", "fine weather, info desk"},
      {"2024-04-01", "", "unknown", "", "2024-04-01"},
      {"2024-04-01 05:00:02", "2024-04-01T05:00:02.000Z?", "unknown", "", ""},
      {"[2024-04-01 05:00:02", "", "unknown", "", "[2024-04-01 05:00:02"},
      {"", "", "unknown", "", ""},
      {"[", "", "unknown", "", "["},
      {std::string("\0[\0", 3), "", "unknown", "", std::string("\0[\0", 3)},
  };
  for (const Short& expected : cases) {
    expect_reads("plain", {{.text = expected.text,
                            .time = expected.time,
                            .level = expected.level,
                            .pid = expected.pid,
                            .message = expected.message}});
  }
}

}  // namespace
}  // namespace blip
