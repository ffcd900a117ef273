// Hosts of several kinds, built below a folder, and what is found on them.

#include "agent/discover.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace blip {
namespace {
class Host {
 public:
  Host() {
    std::string name = (std::filesystem::temp_directory_path() / "blip-host-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    root = name;
    std::filesystem::create_directories(root + "/var/log");
  }
  ~Host() {
    std::error_code ignored;
    std::filesystem::remove_all(root, ignored);
  }
  void file(const std::string& path) const {
    std::filesystem::create_directories(std::filesystem::path(root + path).parent_path());
    std::ofstream(root + path) << "x\n";
  }
  std::string root;
};

const SourceConfig* source_of(const Discovery& found, SourceKind kind,
                              const std::string& pattern = "") {
  for (const SourceConfig& source : found.sources) {
    if (source.kind != kind) continue;
    if (pattern.empty() ||
        std::find(source.files.begin(), source.files.end(), pattern) != source.files.end()) {
      return &source;
    }
  }
  return nullptr;
}

bool excludes(const SourceConfig& source, const std::string& pattern) {
  return std::find(source.exclude.begin(), source.exclude.end(), pattern) != source.exclude.end();
}

bool noted(const Discovery& found, std::string_view part) {
  return std::any_of(found.notes.begin(), found.notes.end(),
                     [&](const std::string& note) { return note.find(part) != note.npos; });
}

TEST(Discover, AnUpstartHost) {
  const Host host;
  host.file("/var/log/upstart/gamesrv.log");
  host.file("/var/log/supervisor/web-stderr.log");
  host.file("/var/log/syslog");
  host.file("/var/log/kern.log");
  host.file("/var/log/auth.log");
  host.file("/var/log/dpkg.log");
  const Discovery found = discover(host.root);
  const std::string log = host.root + "/var/log";
  EXPECT_TRUE(source_of(found, SourceKind::files, log + "/upstart/*.log"));
  EXPECT_TRUE(source_of(found, SourceKind::files, log + "/supervisor/*.log"));
  const SourceConfig* rest = source_of(found, SourceKind::files, log + "/**/*.log");
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->files, (std::vector<std::string>{log + "/**/*.log", log + "/syslog"}));
  EXPECT_TRUE(excludes(*rest, log + "/upstart/**"));
  EXPECT_TRUE(excludes(*rest, log + "/auth.log"));
  EXPECT_TRUE(excludes(*rest, log + "/dpkg.log"));
  EXPECT_FALSE(excludes(*rest, log + "/kern.log"));
  EXPECT_TRUE(noted(found, "auth.log: left out"));
  EXPECT_FALSE(noted(found, "secure"));  // isn't there
  EXPECT_FALSE(source_of(found, SourceKind::journal));
  EXPECT_FALSE(source_of(found, SourceKind::docker));
}

TEST(Discover, TheJournalReplacesSyslog) {
  const Host host;
  host.file("/var/log/journal/0123456789abcdef0123456789abcdef/system.journal");
  host.file("/var/log/syslog");
  host.file("/var/log/kern.log");
  host.file("/var/log/app/app.log");
  const Discovery found = discover(host.root);
  const std::string log = host.root + "/var/log";
  EXPECT_TRUE(source_of(found, SourceKind::journal));
  const SourceConfig* rest = source_of(found, SourceKind::files, log + "/**/*.log");
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->files.size(), 1u);
  EXPECT_TRUE(excludes(*rest, log + "/kern.log"));
  EXPECT_TRUE(noted(found, "syslog, kern.log: left out"));
}

TEST(Discover, AJournalInMemoryIsReadAndTold) {
  const Host host;
  host.file("/run/log/journal/0123/system.journal");
  const Discovery found = discover(host.root);
  EXPECT_TRUE(source_of(found, SourceKind::journal));
  EXPECT_TRUE(noted(found, "begins at the last boot"));
}

TEST(Discover, AJournalThatMayNotBeReadLeavesSyslog) {
  const Host host;
  host.file("/var/log/journal/0123/system.journal");
  host.file("/var/log/syslog");
  std::filesystem::permissions(host.root + "/var/log/journal/0123/system.journal",
                               std::filesystem::perms::none);
  std::filesystem::permissions(host.root, std::filesystem::perms(0755));
  const bool root = geteuid() == 0;  // who may read anything
  if (root) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  const Discovery found = discover(host.root);
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  EXPECT_FALSE(source_of(found, SourceKind::journal));
  EXPECT_TRUE(source_of(found, SourceKind::files, host.root + "/var/log/syslog"));
  EXPECT_TRUE(noted(found, "systemd-journal"));
}

TEST(Discover, Containers) {
  const Host host;
  host.file("/var/lib/docker/containers/abc/abc-json.log");
  host.file("/var/log/pods/ns_pod_uid/app/0.log");
  host.file("/var/log/containers/pod.log");
  const Discovery found = discover(host.root);
  const std::string log = host.root + "/var/log";
  EXPECT_TRUE(source_of(found, SourceKind::docker));
  EXPECT_TRUE(source_of(found, SourceKind::files, log + "/pods/**/*.log"));
  const SourceConfig* rest = source_of(found, SourceKind::files, log + "/**/*.log");
  ASSERT_TRUE(rest);
  EXPECT_TRUE(excludes(*rest, log + "/pods/**"));
  EXPECT_TRUE(excludes(*rest, log + "/containers/**"));
}

TEST(Discover, AnEmptyRootIsNoError) {
  const Discovery found = discover("/nonexistent");
  EXPECT_TRUE(found.sources.empty());
  EXPECT_TRUE(noted(found, "there is no such folder"));
}

TEST(Discover, WhatInitWritesIsRead) {
  const Host host;
  host.file("/var/log/upstart/gamesrv.log");
  host.file("/var/log/journal/0123/system.journal");
  host.file("/var/lib/docker/containers/abc/abc-json.log");
  host.file("/var/log/auth.log");
  const Discovery found = discover(host.root);
  Config config;
  const Status merged = merge_config(config_text(found), "blip.yaml", config);
  ASSERT_TRUE(merged) << merged.error().text;
  ASSERT_EQ(config.sources.size(), found.sources.size());
  for (size_t i = 0; i < found.sources.size(); ++i) {
    EXPECT_EQ(config.sources[i].kind, found.sources[i].kind);
    EXPECT_EQ(config.sources[i].files, found.sources[i].files);
    EXPECT_EQ(config.sources[i].exclude, found.sources[i].exclude);
  }
  Config empty;
  EXPECT_TRUE(merge_config(config_text(Discovery{}), "blip.yaml", empty));
}
}  // namespace
}  // namespace blip
