// Events into paragraphs, and one event explained. Events are made by hand: what is tested is what
// a person reads.

#include "cli/findings.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "cli/explain.h"
#include "cli/scan_summary.h"

namespace blip {
namespace {
constexpr Time kStart = time_from_us(1'403'380'253'000'000);  // 2014-06-21T19:50:53Z

Event death(int number, bool silent = true) {
  Event event{.id = 0xabc0000000000000u + static_cast<uint64_t>(number), .service = "app"};
  event.at = {.stream = 1, .offset = 10, .number = 120'442};
  event.file = "/var/log/app/app.log";
  event.time = kStart + number * 5h;
  event.planned = false;
  event.silent = silent;
  event.severity = Severity::error;
  event.cause = "panic";
  event.score = 5.8;
  event.confidence = 0.997;
  event.attributes = {{"lifetime_s", 18'900.0 + number},
                      {"downtime_s", 1.3},
                      {"message", "fatal error: concurrent map writes"},
                      {"frame", "store.go:217"}};
  event.evidence = {{.signal = "prior", .weight = -6, .text = "one candidate in 400 is a restart"},
                    {.signal = "start phrase",
                     .weight = 7,
                     .at = {1, 10, 120'442},
                     .file = "/var/log/app/app.log",
                     .text = "listening on :8080"},
                    {.signal = "pid replaced",
                     .weight = 3,
                     .at = {1, 5, 120'441},
                     .file = "/var/log/app/app.log",
                     .text = "pid 2211 -> 9034"},
                    {.signal = "death note",
                     .weight = 1.8,
                     .at = {2, 99, 217},
                     .file = "/var/log/upstart/app.log",
                     .text = "fatal error: concurrent map writes"}};
  return event;
}

Event planned_restart(int number) {
  Event event{.id = 0xdef0000000000000u + static_cast<uint64_t>(number), .service = "app"};
  event.time = kStart + number * 5h + 10min;
  event.planned = true;
  event.cause = "sigterm";
  return event;
}

View utc_view() {
  View view;
  view.style.ascii = true;
  view.clock = Clock(Zone{.kind = Zone::Kind::fixed});
  return view;
}

std::string first_six(uint64_t id) { return id_text(id).substr(10); }  // the digits that differ

std::string told(const std::vector<Event>& events) {
  View view = utc_view();
  for (const Event& event : events) view.clock.cover(event.time);
  const ShortId id = first_six;
  return findings_text(events, {view, id, false});
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

TEST(Findings, RestartsOfAServiceAreOneParagraph) {
  std::vector<Event> events;
  for (int i = 0; i < 12; ++i) events.push_back(death(i));
  Event other = death(12);
  other.cause = "unknown";
  other.attributes = {};
  events.push_back(other);
  events.push_back(planned_restart(13));
  EXPECT_EQ(told(events).substr(0, told(events).find("  06-21")),
            "* app restarted 13 times in 3 days and never said so.\n"
            "  12 of 13 after \"fatal error: concurrent map writes\" at store.go:217"
            "  (only in upstart/app.log)\n"
            "  1 of 13 without a known cause\n"
            "  lived 5 h 15 m as a rule (5 h 15 m .. 5 h 15 m)\n"
            "  1 more was planned\n"
            "  why: blip why 00000c      keep: blip scan --keep ...\n");
  EXPECT_TRUE(has(told(events), "06-21 19:50:53  unplanned  SILENT  panic store.go:217"));
}

TEST(Findings, OneRestartReadsAsOne) {
  EXPECT_TRUE(has(told({death(0)}),
                  "app restarted once at 06-21 19:50:53 and never said so.\n"
                  "  after \"fatal error: concurrent map writes\" at store.go:217"));
  EXPECT_TRUE(has(told({planned_restart(0)}), "o app restarted once at 06-21 20:00:53, planned."));
  EXPECT_TRUE(
      has(told({planned_restart(0), planned_restart(1)}), "2 times in 5 hours, always planned."));
  EXPECT_TRUE(
      has(told({death(0, false), death(1)}), "restarted 2 times in 5 hours, 1 of them silently."));
  Event unknown = death(0, false);
  unknown.planned.reset();
  EXPECT_TRUE(has(told({unknown}), "the logs do not tell whether it was planned."));
}

TEST(Findings, LongListsAreCut) {
  std::vector<Event> events;
  for (int i = 0; i < 25; ++i) events.push_back(death(i));
  EXPECT_TRUE(has(told(events), "\n  ... and 5 more: blip scan -o csv\n"));
}

TEST(Findings, CrashesAreToldOnceWithOrWithoutTheirRestart) {
  Event crash{.id = 7, .kind = EventKind::crash, .service = "app"};
  crash.time = kStart;
  crash.severity = Severity::error;
  crash.attributes = {{"scope", std::string("worker")},
                      {"message", std::string("panic: \x1b[31m")}};
  const std::string alone = told({crash, crash});
  EXPECT_TRUE(has(alone, "app crashed 2 times in a worker, no restart seen: \"panic: \\x1b[31m\""));
  crash.attributes["restart"] = id_text(1);
  EXPECT_EQ(told({crash}), "");
}

TEST(Findings, WorstComesFirst) {
  Event leak{.id = 9, .kind = EventKind::leak, .service = "zeta"};
  leak.severity = Severity::critical;
  leak.attributes["metric"] = std::string("rss");
  leak.attributes["slope_per_min"] = 1.9;
  leak.attributes["from"] = 54.0;
  leak.attributes["to"] = 960.0;
  leak.attributes["lives"] = int64_t{7};
  leak.attributes["masked"] = true;
  const std::string text = told({planned_restart(0), leak});
  EXPECT_LT(
      text.find("X zeta leaks rss +1.90/min: 54 -> 960 in each of 7 lives; the restarts reset "
                "it"),
      text.find("o app restarted"));
}

TEST(ScanSummary, NothingFoundReadsPlainly) {
  ScanReport report;
  report.files = 2;
  report.bytes = 412ull << 20;
  report.lines = 2'914'332;
  report.formats = {"go_log", "plain"};
  report.first = kStart;
  report.last = kStart + 72h;
  report.timeless = {"/var/log/app.err"};
  View view = utc_view();
  EXPECT_EQ(scan_summary(report, {}, {}, view, first_six, false, false),
            "no restarts, crashes or leaks in 412 MiB (2,914,332 lines, 06-21 19:50:53 .. 06-24 "
            "19:50:53); 1 file had no times: app.err\n"
            "read 2,914,332 lines, 2 formats; 0 bytes lost\n"
            "times are UTC, 2014\n");
  View empty = utc_view();
  ScanReport nothing;
  nothing.files = 1;
  EXPECT_EQ(scan_summary(nothing, {}, {}, empty, first_six, false, false),
            "no lines in 1 file\nread 0 lines, 0 formats; 0 bytes lost\n");
}

TEST(ScanSummary, CountsPerService) {
  ScanReport report;
  report.lines = 1000;
  report.unparsed = 12;
  report.unparsed_samples = {"odd \x07 line"};
  report.services = {"app", "quiet"};
  blip::Run life{.service = "app"};
  life.begin = {kStart, kStart};
  life.end = {kStart + 5h, kStart + 5h};
  Event leak{.id = 9, .kind = EventKind::leak, .service = "app"};
  leak.attributes = {
      {"metric", std::string("goroutines")}, {"slope_per_min", 130.0}, {"masked", true}};
  View view = utc_view();
  const std::string text =
      scan_summary(report, {death(0), leak}, {life}, view, first_six, true, true);
  EXPECT_EQ(
      text.substr(0, text.find("\n\n")),
      "  SERVICE  LIVES  RESTARTS  SILENT  CRASHES  LEAK                         FIRST         "
      "  LAST\n"
      "  app          1         1       1        -  goroutines +130/min  MASKED  06-21 19:50:53"
      "  06-22 00:50:53\n"
      "  quiet        -         -       -        -  -                            -             "
      "  -");
  EXPECT_TRUE(has(text, "12 lines not understood\n  odd \\x07 line\n"));
  EXPECT_FALSE(has(text, "--keep"));
}

TEST(Explain, RowsAddUpToTheScore) {
  const std::vector<double> weights = {-6, 7, 3, 1.8};
  EXPECT_EQ(tenths_that_add_up(weights, 5.8), (std::vector<long>{-60, 70, 30, 18}));
  // 0.04 three times is 0.1 in sum: one row takes it.
  EXPECT_EQ(tenths_that_add_up({0.04, 0.04, 0.04}, 0.12), (std::vector<long>{1, 0, 0}));
  uint64_t state = 1;
  for (int round = 0; round < 1000; ++round) {
    std::vector<double> random;
    for (int i = 0; i < 9; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      random.push_back(static_cast<double>(state >> 40) / 1e6 - 8);
    }
    const double total = std::accumulate(random.begin(), random.end(), 0.0);
    const std::vector<long> tenths = tenths_that_add_up(random, total);
    EXPECT_EQ(std::accumulate(tenths.begin(), tenths.end(), 0L), std::lround(total * 10));
    for (size_t i = 0; i < random.size(); ++i) {
      EXPECT_LE(std::fabs(static_cast<double>(tenths[i]) / 10 - random[i]), 0.15);
    }
  }
  EXPECT_EQ(tenths_that_add_up({std::nan("")}, HUGE_VAL).size(), 1u);
}

TEST(Explain, TellsTheWholeStory) {
  Event event = death(0);
  event.attributes["fingerprint"] = std::string("9c1f00aa");
  Surroundings around;
  around.before = blip::Run{.service = "app"};
  around.before->end = {event.time - 2s, event.time - 1s};
  around.gauge = "goroutines";
  around.samples = {9, 20'000, 40'812};
  around.alike = 3;
  around.alike_since = kStart;
  const View view = utc_view();
  EXPECT_EQ(explanation(event, around, view.clock, view.style, "abc000"),
            "restart of app at 2014-06-21 19:50:53.000, down 1.3 s, not planned, SILENT      "
            "confidence 0.997\n"
            "  life before       5 h 15 m - goroutines 9  =@ 40,812\n"
            "  cause             panic: \"fatal error: concurrent map writes\" at store.go:217  "
            "(only in upstart/app.log)\n"
            "  evidence          (nats: sum 5.8, above 2 is certain)\n"
            "    -6.0  prior                              one candidate in 400 is a restart\n"
            "    +7.0  start phrase  app/app.log:120442   listening on :8080\n"
            "    +3.0  pid replaced  app/app.log:120441   pid 2211 -> 9034\n"
            "    +1.8  death note    upstart/app.log:217  fatal error: concurrent map writes\n"
            "  silent because    no line of app/app.log tells of the end between 2014-06-21 "
            "19:50:51.000 and 2014-06-21 19:50:53.000\n"
            "  would change it   a stop notice or mark within 30 s before: planned\n"
            "                    without start phrase (+7.0): suspected\n"
            "  same fingerprint  3 times since 2014-06-21 19:50:53\n"
            "  around it         blip why abc000 --context 20\n");
}

TEST(Explain, SaysSoWhenRowsDoNotAddUp) {
  Event event = death(0);
  event.score = 4;
  const View view = utc_view();
  EXPECT_TRUE(
      has(explanation(event, {}, view.clock, view.style, "abc000"), "-1.8  not accounted for"));
}

TEST(Explain, FactsAreNotWeighed) {
  Event event{.id = 1, .kind = EventKind::loss, .service = "app"};
  event.evidence = {{.signal = "cut line", .text = "1,048,576 bytes kept"}};
  const View view = utc_view();
  const std::string text = explanation(event, {}, view.clock, view.style, "000001");
  EXPECT_TRUE(has(text, "a fact: nothing to weigh"));
  EXPECT_TRUE(what_would_change(event).empty());
}

TEST(Explain, OverwhelmingEvidenceSaysSo) {
  Event event = death(0);
  event.score = 13;
  event.evidence[0].weight = 1.2;
  const std::vector<std::string> changes = what_would_change(event);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[1], "no single row: without any one of them it stays certain");
}

TEST(Explain, PlannedTurnsOnItsNotice) {
  Event event = planned_restart(0);
  event.score = 1.5;
  event.evidence = {{.signal = "stop notice", .weight = 1.5, .text = "shutting down"}};
  EXPECT_EQ(what_would_change(event),
            (std::vector<std::string>{"without \"shutting down\": not planned",
                                      "no single row: without any one of them it stays likely",
                                      "another +0.5: certain"}));
}

TEST(FileNames, AreAsLongAsNeeded) {
  FileNames names;
  for (const char* path : {"/a/x/app.log", "/b/x/app.log", "/b/y/app.log", "/b/y/elb.log"})
    names.add(path);
  EXPECT_EQ(names.of("/b/y/elb.log"), "elb.log");
  EXPECT_EQ(names.of("/b/y/app.log"), "y/app.log");
  EXPECT_EQ(names.of("/a/x/app.log"), "/a/x/app.log");
}
}  // namespace
}  // namespace blip
