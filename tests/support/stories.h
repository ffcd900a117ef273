// The five stories' logs, written once for each test program.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace blip::testing {

// A folder that is there for as long as this lives.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "blip-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The folder that holds all stories.
inline const std::filesystem::path& stories() {
  static const TempFolder folder;
  static const bool written = [] {
    const std::string command =
        std::string(BLIP_STORIES) + " " + folder.path().string() + " >/dev/null";
    return std::system(command.c_str()) == 0;
  }();
  EXPECT_TRUE(written) << "blip-stories failed";
  return folder.path();
}

// The folders a person would scan: one a host.
inline std::vector<std::string> story_hosts() {
  std::vector<std::string> hosts;
  for (const auto& story : std::filesystem::directory_iterator(stories())) {
    bool several = false;
    for (const auto& inner : std::filesystem::directory_iterator(story.path())) {
      if (!inner.is_directory() || inner.path().filename().string().find("web-") != 0) continue;
      hosts.push_back(inner.path().string());
      several = true;
    }
    if (!several) hosts.push_back(story.path().string());
  }
  std::sort(hosts.begin(), hosts.end());
  return hosts;
}

}  // namespace blip::testing
