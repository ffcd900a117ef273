// Which events are one story.

#include "cli/incident_groups.h"

#include <gtest/gtest.h>

namespace blip {
namespace {
constexpr Time kBegin{1'403'568'000s};

Event event_of(EventKind kind, const std::string& service, std::chrono::seconds at,
               Severity severity = Severity::error) {
  static uint64_t next = 1;
  Event event;
  event.id = next++;
  event.kind = kind;
  event.service = service;
  event.host = "web-1";
  event.time = kBegin + at;
  event.severity = severity;
  event.title = service + " " + std::string(kind_name(kind));
  return event;
}

std::string shape(const std::vector<Event>& events) {
  std::string out;
  for (const Incident& incident : incidents_of(events)) {
    out += (out.empty() ? "" : " | ") + incident.chain;
  }
  return out;
}

TEST(Incidents, OneServiceWithin15Minutes) {
  EXPECT_EQ(shape({event_of(EventKind::crash, "api", 0s), event_of(EventKind::restart, "api", 2s),
                   event_of(EventKind::restart, "api", 2s + 15min)}),
            "crash, restart x2");
  EXPECT_EQ(shape({event_of(EventKind::restart, "api", 0s),
                   event_of(EventKind::crash, "api", 15min + 1s)}),
            "crash | restart");
  EXPECT_EQ(shape({event_of(EventKind::restart, "api", 0s), event_of(EventKind::crash, "web", 1s)}),
            "crash | restart");
  // What lasts is near until its end.
  Event burst = event_of(EventKind::error_burst, "api", 0s);
  burst.end = burst.time + 2h;
  EXPECT_EQ(shape({burst, event_of(EventKind::restart, "api", 2h + 10min)}),
            "error_burst, restart");
}

TEST(Incidents, OneServiceOnTwoHostsIsTwoStories) {
  Event other = event_of(EventKind::restart, "api", 5s);
  other.host = "web-2";
  EXPECT_EQ(incidents_of({event_of(EventKind::restart, "api", 0s), other}).size(), 2u);
}

TEST(Incidents, ABootAndTheRestartsAfterIt) {
  const std::vector<Event> events = {
      event_of(EventKind::host_reboot, "host", 0s), event_of(EventKind::restart, "api", 20s),
      event_of(EventKind::restart, "web", 5min), event_of(EventKind::restart, "late", 5min + 1s)};
  const std::vector<Incident> incidents = incidents_of(events);
  ASSERT_EQ(incidents.size(), 2u);
  EXPECT_EQ(incidents[1].chain, "host_reboot, restart x2");
  EXPECT_EQ(incidents[1].services, (std::vector<std::string>{"host", "api", "web"}));
}

TEST(Incidents, ASymptomAndTheRestartBesideIt) {
  EXPECT_EQ(
      shape({event_of(EventKind::symptom, "elb", 0s), event_of(EventKind::restart, "api", 60s)}),
      "symptom, restart");
  EXPECT_EQ(
      shape({event_of(EventKind::restart, "api", 0s), event_of(EventKind::symptom, "elb", 60s)}),
      "restart, symptom");
  EXPECT_EQ(
      shape({event_of(EventKind::symptom, "elb", 0s), event_of(EventKind::restart, "api", 61s)}),
      "restart | symptom");
}

TEST(Incidents, SymptomsOfManyRestartsAreOneOfTheirOwn) {
  Event pattern = event_of(EventKind::symptom, "api", 0s);
  pattern.end = pattern.time + 24h;
  EXPECT_EQ(shape({pattern, event_of(EventKind::restart, "api", 1s),
                   event_of(EventKind::restart, "api", 12h)}),
            "symptom | restart | restart");
}

TEST(Incidents, TheHeadlineIsTheWorstAndOfEqualsTheFirst) {
  const std::vector<Event> events = {event_of(EventKind::restart, "api", 0s, Severity::warning),
                                     event_of(EventKind::crash, "api", 1s, Severity::critical),
                                     event_of(EventKind::down, "api", 2s, Severity::critical)};
  const std::vector<Incident> incidents = incidents_of(events);
  ASSERT_EQ(incidents.size(), 1u);
  EXPECT_EQ(incidents[0].headline->id, events[1].id);
  EXPECT_EQ(incidents[0].severity, Severity::critical);
  EXPECT_TRUE(incidents[0].open(kBegin + 30min));
  EXPECT_FALSE(incidents[0].open(kBegin + 31min));
}

TEST(Incidents, ALeakStandsAloneAndIsNamedByThoseItDrives) {
  std::vector<Event> events = {event_of(EventKind::leak, "api", 0s, Severity::warning),
                               event_of(EventKind::restart, "api", 5h),
                               event_of(EventKind::restart, "api", 10h)};
  events[0].end = kBegin + 9h;
  events[0].attributes["metric"] = std::string("rss");
  events[1].attributes["masked"] = std::string("leak");
  const std::vector<Incident> incidents = incidents_of(events);
  ASSERT_EQ(incidents.size(), 3u);
  EXPECT_TRUE(incidents[0].driven_by.empty());  // newest first: not masked
  EXPECT_EQ(incidents[1].chain, "leak rss");
  ASSERT_EQ(incidents[2].driven_by.size(), 1u);
  EXPECT_EQ(incidents[2].driven_by[0]->id, events[0].id);
}

TEST(Incidents, WithoutTimesAndWithoutEvents) {
  Event undated = event_of(EventKind::restart, "api", 0s);
  undated.time = kNoTime;
  Event other = undated;
  other.id = 999;
  const std::vector<Event> events = {undated, other, event_of(EventKind::restart, "api", 0s)};
  const std::vector<Incident> incidents = incidents_of(events);
  ASSERT_EQ(incidents.size(), 2u);
  EXPECT_EQ(incidents[1].events.size(), 2u);
  EXPECT_FALSE(known(incidents[1].from));
  EXPECT_FALSE(incidents[1].open(kBegin));
  EXPECT_TRUE(incidents_of({}).empty());
  EXPECT_TRUE(
      incidents_of({event_of(EventKind::loss, "blip", 0s), event_of(EventKind::health, "blip", 0s)})
          .empty());
}

// The order in which events come makes no difference, and a long storm is grouped in one pass.
TEST(Incidents, AStormIsOneStory) {
  std::vector<Event> events;
  for (int i = 20'000; i-- > 0;) {
    events.push_back(event_of(i % 3 == 0 ? EventKind::symptom : EventKind::restart,
                              i % 3 == 0 ? "elb" : "api", std::chrono::seconds(i * 10)));
  }
  const std::vector<Incident> incidents = incidents_of(events);
  ASSERT_EQ(incidents.size(), 1u);
  EXPECT_EQ(incidents[0].events.size(), 20'000u);
}
}  // namespace
}  // namespace blip
