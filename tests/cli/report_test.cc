// The report as a document, from plain data and from a store: its sentences, its bounds, its file.

#include <sys/stat.h>

#include "cli/report_charts.h"
#include "cli/report_page.h"
#include "cli/report_words.h"
#include "tests/cli/support.h"

namespace blip {
namespace {
const Time kNoon = time_from_us(1403611200000000);  // 2014-06-24 12:00

Event restart(uint64_t id, std::string service, Time time, std::optional<bool> planned,
              bool silent = false) {
  Event event;
  event.id = id;
  event.kind = EventKind::restart;
  event.service = std::move(service);
  event.time = time;
  event.at.number = 7;
  event.planned = planned;
  event.silent = silent;
  event.cause = planned.value_or(false) ? "sigterm" : "panic";
  event.score = 5;
  event.severity = planned.value_or(false) ? Severity::info : Severity::error;
  event.attributes["lifetime_s"] = 3600.0;
  event.attributes["downtime_s"] = 2.0;
  event.evidence = {{.signal = "prior", .weight = -6, .at = {}, .file = "", .text = "rare"},
                    {.signal = "start phrase",
                     .weight = 11,
                     .at = {.stream = 1, .offset = 10, .number = 7},
                     .file = "/var/log/app.log",
                     .text = "<script>alert(1)</script>\x1b[2J"}};
  return event;
}

Event leak(uint64_t id, std::string service) {
  Event event;
  event.id = id;
  event.kind = EventKind::leak;
  event.service = std::move(service);
  event.time = kNoon;
  event.end = kNoon + 10h;
  event.score = 4;
  event.severity = Severity::warning;
  event.attributes["metric"] = std::string("rss");
  event.attributes["slope_per_min"] = 2e6;
  event.attributes["masked"] = true;
  event.attributes["from"] = 1e8;
  event.attributes["to"] = 1e9;
  event.attributes["lives"] = int64_t{4};
  return event;
}

std::string text_of(const DayWords& words) {
  std::string out = words.headline;
  for (const std::string& sentence : words.more) out += " " + sentence;
  return out;
}

ShortId six_digits() {
  return [](uint64_t id) { return id_text(id).substr(0, 6); };
}

std::string page_of(ReportData data) {
  View view;
  view.clock = Clock(Zone{.kind = Zone::Kind::fixed});
  for (const Event& event : data.events) view.clock.cover(event.time);
  data.version = "1";
  if (data.periods.empty()) data.periods = periods_of({}, data.events, data.query);
  return report_page(data, view, six_digits());
}

TEST(DayWords, SayWhoDiedAndWhetherAnythingToldOfIt) {
  std::vector<Event> events;
  EXPECT_EQ(text_of(words_of_the_day(events)), "Nothing died, nothing crashed, nothing leaks.");
  events.push_back(restart(1, "app", kNoon, true));
  EXPECT_EQ(text_of(words_of_the_day(events)), "Nothing died; all restarts were planned.");
  events.push_back(restart(2, "app", kNoon, false, true));
  EXPECT_EQ(
      text_of(words_of_the_day(events)),
      "app died once and never said so. It was back after 2.0 s. 1 more restart was planned.");
  events.push_back(restart(3, "app", kNoon, false, false));
  EXPECT_EQ(words_of_the_day(events).headline, "app died twice, 1 of them silently.");
  events.push_back(restart(4, "db", kNoon, false, true));
  EXPECT_EQ(text_of(words_of_the_day(events)),
            "app died twice and db once. 2 of these 3 deaths are told nowhere in the services' own "
            "logs. They were back after 2.0 s. 1 more restart was planned.");
  EXPECT_EQ(words_of_the_day({restart(1, "app", kNoon, std::nullopt)}).headline,
            "app restarted once.");
}

TEST(DayWords, TellLeaksAndWhatAHostTookAlong) {
  Event reboot;
  reboot.id = 9;
  reboot.kind = EventKind::host_reboot;
  reboot.planned = false;
  reboot.severity = Severity::critical;
  Event down = restart(1, "app", kNoon, false, true);
  down.cause = "reboot";
  EXPECT_EQ(text_of(words_of_the_day({down, reboot, leak(2, "app")})),
            "The host rebooted once, without a shutdown, and took 1 service along, once. app leaks "
            "rss +2 MB/min, and restarts hide it.");
}

TEST(DayWords, NameAFewServicesAndCountTheOthers) {
  std::vector<Event> events;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    events.push_back(restart(events.size() + 1, name, kNoon, false, true));
  }
  EXPECT_EQ(words_of_the_day(events).headline,
            "a died once, b once, c once and 2 other services twice.");
  events.pop_back();
  EXPECT_EQ(words_of_the_day(events).headline, "a died once, b once, c once and d once.");
}

TEST(DayWords, StaySentencesWhateverAServiceIsCalled) {
  const std::string headline =
      words_of_the_day({restart(1, std::string(5000, 'x') + "\n", kNoon, false, true)}).headline;
  EXPECT_EQ(headline, std::string(47, 'x') + "… died once and never said so.");
}

TEST(ReportPeriods, AreApartOnlyWhereMoreLiesBetweenThanWasCovered) {
  const auto stream = [](Time from, Time to) {
    Checkpoint read;
    read.stream.first = from;
    read.stream.last = to;
    return read;
  };
  const auto two =
      periods_of({stream(kNoon, kNoon + 48h), stream(kNoon + 24 * 30h, kNoon + 24 * 31h)}, {}, {});
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].to, kNoon + 48h);
  EXPECT_EQ(two[1].from, kNoon + 24 * 30h);
  EXPECT_EQ(
      periods_of({stream(kNoon, kNoon + 48h), stream(kNoon + 96h, kNoon + 120h)}, {}, {}).size(),
      1u);
  EventQuery query;
  query.since = kNoon + 24h;
  query.until = kNoon + 36h;
  const auto cut = periods_of({stream(kNoon, kNoon + 48h)}, {}, query);
  ASSERT_EQ(cut.size(), 1u);
  EXPECT_EQ(cut[0].from, query.since);
  EXPECT_EQ(cut[0].to, query.until);
  EXPECT_TRUE(periods_of({stream(kNoTime, kNoTime)}, {}, {}).empty());
  const auto moment = periods_of({}, {restart(1, "app", kNoon, false)}, {});
  ASSERT_EQ(moment.size(), 1u);
  EXPECT_EQ(moment[0].to, kNoon + 1min);
}

TEST(Floors, RunUnderEachLifeAndOverNoDeath) {
  std::vector<SamplePoint> points;
  for (int i = 0; i < 200; ++i) {
    const int age = i % 100;
    points.push_back({kNoon + std::chrono::minutes(i), 10.0 + 2 * age + (i % 3) * 40});
  }
  const auto floors = floors_of(points, {kNoon + 30min, kNoon + 100min});
  ASSERT_EQ(floors.size(), 2u);  // the restart at 30 min did not move the gauge: no life of its own
  EXPECT_EQ(floors[0].from.at, kNoon);
  EXPECT_EQ(floors[1].from.at, kNoon + 100min);
  for (const FloorLine& floor : floors) {
    EXPECT_NEAR(floor.from.value, 10, 8);
    EXPECT_NEAR(floor.to.value, 208, 12);
  }
  EXPECT_TRUE(floors_of({}, {}).empty());
  EXPECT_TRUE(floors_of({{kNoon, 1}, {kNoon, 2}}, {}).empty());
}

TEST(ReportPage, NeedsNoScriptAndAsksForNothing) {
  ReportData data;
  data.events = {restart(1, "<b>app</b>", kNoon, false, true), leak(2, "app")};
  const std::string page = page_of(data);
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
  EXPECT_TRUE(has(page,
                  "Content-Security-Policy\" content=\"default-src 'none'; style-src "
                  "'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\""));
  EXPECT_FALSE(has(page, "<script") || has(page, "http:") || has(page, "https:"));
  EXPECT_FALSE(has(page, "@import") || has(page, "url("));
  EXPECT_TRUE(has(page, "prefers-color-scheme: dark"));
  EXPECT_TRUE(has(page, "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[2J"));
  EXPECT_FALSE(has(page, "<b>app"));
  EXPECT_EQ(page, page_of(data));
}

TEST(ReportPage, EveryEventHasItsIdItsCommandAndItsEvidence) {
  ReportData data;
  data.events = {restart(0x51be07d2c4f0a912, "app", kNoon, false, true)};
  const std::string page = page_of(data);
  EXPECT_TRUE(has(page, "<tbody id=\"e-51be07d2c4f0a912\">"));
  EXPECT_TRUE(has(page, "<code>51be07</code>"));
  EXPECT_TRUE(has(page, "<code>blip why 51be07 --context 20</code>"));
  EXPECT_TRUE(has(page, "evidence, 2 rows"));
  EXPECT_TRUE(has(page, "<td class=\"num\">+11.0</td><td>start phrase</td><td>app.log:7</td>"));
  EXPECT_TRUE(has(page, "times are UTC, 2014"));
}

TEST(ReportPage, WhatIsNotShownIsCounted) {
  ReportData data;
  for (size_t i = 0; i < kReportEvents + 30; ++i) {
    const bool planned = i % 2 == 0;
    data.events.push_back(restart(i + 1, "service" + std::to_string(i % 40),
                                  kNoon + std::chrono::minutes(i), planned, !planned));
  }
  data.events.front().evidence.assign(kReportEvidence + 5, data.events.front().evidence.front());
  data.events.front().severity = Severity::critical;
  data.only_newest = true;
  data.earlier_periods = 2;
  data.quiet_periods = 1;
  data.untold = 3;
  const std::string page = page_of(data);
  EXPECT_TRUE(has(page, "The worst 200 of 230, in order of time. Not shown: 30 planned restarts."));
  EXPECT_TRUE(has(page, "5 more rows in <code>blip why"));
  EXPECT_TRUE(has(page, "24 more services with events not drawn"));
  EXPECT_TRUE(has(page, "3 other services were met in the logs; there is nothing to tell of them"));
  EXPECT_TRUE(has(page, "8 more findings of less weight"));
  EXPECT_TRUE(has(page, "Of the newest 230 events only; there may be older ones."));
  EXPECT_TRUE(has(page,
                  "Not on this page: the lives of 2 earlier periods and 1 period of which there is "
                  "nothing to tell."));
  size_t rows = 0;
  for (size_t at = page.find("<tbody id="); at != page.npos; at = page.find("<tbody id=", at + 1)) {
    ++rows;
  }
  EXPECT_EQ(rows, kReportEvents);
}

TEST(ReportPage, OfNothingSaysSo) {
  const std::string page = page_of({});
  EXPECT_TRUE(has(page, "<h1>Nothing died, nothing crashed, nothing leaks.</h1>"));
  EXPECT_TRUE(has(page, "None in this time."));
}

// A service that dies of a panic twice.
std::string crashing_log() {
  std::string out;
  for (int life = 0; life < 3; ++life) {
    for (int i = 0; i < 120; ++i) {
      char stamp[40];
      const int minute = life * 125 + i;
      std::snprintf(stamp, sizeof stamp, "2014-06-24 %02d:%02d:00 ", 8 + minute / 60, minute % 60);
      out += stamp;
      out += i == 0 ? "info: orders 1.4.2 starting, listening on :8080\n"
                    : "info: served " + std::to_string(i * 17 % 97) + " orders\n";
    }
    if (life < 2)
      out += "panic: nil map\n\ngoroutine 1 [running]:\nmain.put(0x1)\n\t/a.go:8 +0x1\n";
  }
  return out;
}

class ReportCommand : public testing::Test {
 protected:
  void SetUp() override {
    const Outcome scan =
        run_blip(folder, {"scan", "-q", "--db", db, folder.write("orders.log", crashing_log())});
    ASSERT_EQ(scan.code, 0) << scan.err;
  }
  TempFolder folder;
  const std::string db = folder / "blip.db";
};

TEST_F(ReportCommand, WritesTheSameFileEachTimeAndSaysWhatIsInIt) {
  const std::string file = folder / "r.html";
  const Outcome first = run_blip(folder, {"report", "--db", db, "-o", file});
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_TRUE(has(first.out, "wrote " + file + " (")) << first.out;
  EXPECT_TRUE(has(first.out, "orders died twice")) << first.out;
  const std::string page = contents_of(file);
  EXPECT_TRUE(page.ends_with("</html>\n"));
  run_blip(folder, {"report", "--db", db, "-o", file});
  EXPECT_EQ(contents_of(file), page);
  EXPECT_EQ(run_blip(folder, {"report", "--db", db}).out, page);
  EXPECT_EQ(run_blip(folder, {"report", "--db", db, "-o", "-"}).out, page);
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    files += entry.path().string().find("r.html") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(files, 1u);  // no draft is left
}

TEST_F(ReportCommand, IsAboutTheTimeAndTheServicesAskedFor) {
  const auto page = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"report", "--db", db});
    return run_blip(folder, words).out;
  };
  EXPECT_TRUE(has(page({"--since", "2014-06-24T11:00:00Z"}), "<h1>orders died once"));
  EXPECT_TRUE(has(page({"--since", "2015-01-01"}), "<h1>Nothing died"));
  EXPECT_TRUE(has(page({"-s", "nobody*"}), "<h1>Nothing died"));
  EXPECT_TRUE(has(page({"--tz", "+02:00"}), "times are +02:00, 2014"));
}

TEST_F(ReportCommand, FailsOnWhatIsNamedAndSaysWhatIsWrong) {
  const std::string file = folder / "r.html";
  EXPECT_EQ(run_blip(folder, {"report", "--db", db, "-o", file, "--fail-on", "restart"}).code, 1);
  EXPECT_FALSE(contents_of(file).empty());
  const Outcome json = run_blip(folder, {"report", "--db", db, "--json"});
  EXPECT_EQ(json.code, 2);
  EXPECT_TRUE(has(json.err, "blip events -o json")) << json.err;
  const Outcome nowhere = run_blip(folder, {"report", "--db", db, "-o", folder / "no/such/r.html"});
  EXPECT_EQ(nowhere.code, 4);
  EXPECT_TRUE(has(nowhere.err, "No such file or directory")) << nowhere.err;
  EXPECT_EQ(run_blip(folder, {"report", "--db", folder / "none.db"}).code, 5);
}

TEST_F(ReportCommand, WhatIsNoRegularFileIsWrittenToAsItIs) {
  EXPECT_EQ(run_blip(folder, {"report", "--db", db, "-o", "/dev/null"}).code, 0);
  struct stat info = {};
  ASSERT_EQ(stat("/dev/null", &info), 0);
  EXPECT_TRUE(S_ISCHR(info.st_mode));
}
}  // namespace
}  // namespace blip
