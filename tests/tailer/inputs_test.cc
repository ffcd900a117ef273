// Names to sources: rotation, order, and the service a file belongs to.

#include "tailer/inputs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/stories.h"

namespace blip {
namespace {

TEST(SplitRotated, FindsTheBaseAndTheAge) {
  struct Case {
    std::string_view name, base;
    bool rotated;
  };
  const Case cases[] = {
      {"app.log", "app.log", false},
      {"app.log.1", "app.log", true},
      {"app.log.12.gz", "app.log", true},
      {"app.log-20240624.gz", "app.log", true},
      {"app.log.2024-06-24", "app.log", true},
      {"app.log-20240624", "app.log", true},
      {"web-1", "web-1", false},
      {"x.log.zst", "x.log", true},
      {"syslog", "syslog", false},
  };
  for (const Case& expected : cases) {
    const RotatedName split = split_rotated(expected.name);
    EXPECT_EQ(split.base, expected.base) << expected.name;
    EXPECT_EQ(split.age != 0, expected.rotated) << expected.name;
  }
  EXPECT_GT(split_rotated("a.log.10").age, split_rotated("a.log.9.gz").age);
  EXPECT_GT(split_rotated("a.log-20240101").age, split_rotated("a.log-20240102").age);
}

TEST(ServiceFromPath, NamesAProgramNotAFile) {
  const std::pair<const char*, const char*> cases[] = {
      {"/var/log/upstart/gamesrv.log", "gamesrv"},
      {"/srv/logs/carts-out.log.2.gz", "carts"},
      {"/srv/logs/carts-err.log", "carts"},
      {"/etc/service/billing/current", "billing"},
      {"/srv/shop/access.log", "shop"},
      {"/var/lib/docker/billing-json.log", "billing"},
      {"/var/lib/docker/containers/5d2f/local-logs/container.log.2.gz", "5d2f"},
      {"/srv/site/stdout.log", "site"},
      {"-", "stdin"}};
  for (const auto& [path, service] : cases) EXPECT_EQ(service_from_path(path), service) << path;
}

TEST(FindInputs, GroupsSiblingsOldestFirst) {
  const testing::TempFolder folder;
  for (const char* name : {"app.log", "app.log.1", "app.log.2.gz", "app.log.10.gz", "notes.md"}) {
    std::ofstream(folder.path() / name) << "x\n";
  }
  const Inputs inputs = find_inputs({folder.path().string()});
  ASSERT_EQ(inputs.sources.size(), 1u);
  std::vector<std::string> names;
  for (const InputFile& file : inputs.sources[0].files) {
    names.push_back(std::filesystem::path(file.path).filename().string());
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"app.log.10.gz", "app.log.2.gz", "app.log.1", "app.log"}));
  EXPECT_TRUE(inputs.notes.empty());
}

TEST(FindInputs, SaysWhatIsMissing) {
  const testing::TempFolder folder;
  const Inputs inputs = find_inputs({(folder.path() / "no.log").string(),
                                     (folder.path() / "*.log").string(), folder.path().string()});
  ASSERT_EQ(inputs.notes.size(), 3u);
  EXPECT_NE(inputs.notes[0].text.find("No such file"), std::string::npos);
  EXPECT_NE(inputs.notes[1].text.find("matches no file"), std::string::npos);
  EXPECT_NE(inputs.notes[2].text.find("no log in this folder"), std::string::npos);
  for (const InputNote& note : inputs.notes) EXPECT_TRUE(note.failed);
}

}  // namespace
}  // namespace blip
