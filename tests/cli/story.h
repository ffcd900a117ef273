// A story, scanned into a store once per test program, to be asked.
#pragma once

#include <algorithm>
#include <map>
#include <memory>

#include "tests/cli/support.h"

namespace blip {

class Story {
 public:
  explicit Story(const std::string& name) {
    const std::string logs = folder_ / "logs";
    const std::string write = std::string(BLIP_STORIES) + " " + logs + " > /dev/null";
    if (std::system(write.c_str()) != 0) std::abort();
    const Outcome read = run_blip(folder_, {"scan", "--quiet", "--db", db(), logs + "/" + name});
    EXPECT_TRUE(read.code == 0 || read.code == 4) << read.err;
  }

  std::string db() const { return folder_ / "story.db"; }
  const TempFolder& folder() const { return folder_; }
  Outcome ask(std::vector<std::string> words, std::vector<std::string> environment = {}) const {
    words.insert(words.end(), {"--db", db()});
    return run_blip(folder_, words, 0, std::move(environment));
  }

 private:
  TempFolder folder_;
};

inline const Story& story_of(const std::string& name) {
  static std::map<std::string, std::unique_ptr<Story>> stories;
  std::unique_ptr<Story>& story = stories[name];
  if (!story) story = std::make_unique<Story>(name);
  return *story;
}

}  // namespace blip
