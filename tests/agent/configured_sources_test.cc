// What the agent is told by a configuration.

#include "agent/configured_sources.h"

#include <gtest/gtest.h>

#include "agent/feeder.h"

namespace blip {
namespace {
AgentOptions read_options(std::string_view yaml, std::vector<std::string>& cannot) {
  Config config;
  const Status merged = merge_config(yaml, "blip.yaml", config);
  EXPECT_TRUE(merged);
  AgentOptions options;
  cannot = apply_config(config, options);
  return options;
}

TEST(ConfiguredSources, FilesAndContainersAreFollowed) {
  std::vector<std::string> cannot;
  const AgentOptions options = read_options(R"(
sources:
  - {files: [/var/log/app/*.log], exclude: ["*.dbg"], service: app, format: go_log, timezone: +02:00}
  - {files: /var/log/b.log, timezone: Europe/Berlin}
  - docker: {}
rules: {disable: [go.panic]}
backfill: 1d
probe: off
watch: {polling: true}
)",
                                            cannot);
  EXPECT_TRUE(cannot.empty());
  ASSERT_EQ(options.sources.size(), 4u);
  const AgentSource& app = options.sources[0];
  EXPECT_EQ(app.patterns.include, (std::vector<std::string>{"/var/log/app/*.log"}));
  EXPECT_EQ(app.patterns.exclude, (std::vector<std::string>{"*.dbg"}));
  EXPECT_EQ(app.service, "app");
  EXPECT_EQ(app.format, "go_log");
  EXPECT_EQ(app.utc_offset, std::chrono::hours(2));
  EXPECT_EQ(app.zone, nullptr);
  ASSERT_NE(options.sources[1].zone, nullptr);
  EXPECT_EQ(options.sources[1].zone->name(), "Europe/Berlin");
  EXPECT_EQ(options.sources[2].patterns.include,
            (std::vector<std::string>{"/var/lib/docker/containers/*/*-json.log",
                                      "/var/lib/docker/containers/*/local-logs/container.log",
                                      "/var/lib/blip/docker/*.log"}));
  EXPECT_EQ(options.sources[3].feeder->spool_name(), "dockerd.log");
  EXPECT_EQ(options.disable, (std::set<std::string>{"go.panic"}));
  EXPECT_EQ(options.backfill, std::chrono::hours(24));
  EXPECT_TRUE(options.watch.polling);
}

TEST(ConfiguredSources, WhatIsNoFileHasASpool) {
  std::vector<std::string> cannot;
  const AgentOptions options =
      read_options("sources: [{journal: {}}, {pipe: /run/a}, {docker: {label: x}}]", cannot);
  std::vector<std::string> spools;
  for (const AgentSource& source : options.sources) {
    if (source.feeder) spools.push_back(source.feeder->spool_name());
  }
  EXPECT_EQ(spools, (std::vector<std::string>{"journal.log", "pipe/run/a.log",
                                              "dockerd-1d609e90cdc4562e.log", "host.log"}));
  EXPECT_TRUE(cannot.empty());
}
}  // namespace
}  // namespace blip
