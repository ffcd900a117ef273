// What patterns mean, on real folders.

#include "tailer/globs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/stories.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

class GlobsTest : public ::testing::Test {
 protected:
  void put(const std::string& name) {
    const fs::path path = temp_.path() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "x\n";
  }
  void link(const std::string& to, const std::string& name) {
    fs::create_symlink(to, temp_.path() / name);
  }
  std::string below(const std::string& path) const {
    const std::string top = temp_.path().string();
    return path == top ? "." : path.starts_with(top + "/") ? path.substr(top.size() + 1) : path;
  }
  Found find(const Strings& include, const Strings& exclude = {}) const {
    const auto at = [&](const std::string& name) { return (temp_.path() / name).string(); };
    Patterns patterns;
    for (const std::string& one : include) patterns.include.push_back(at(one));
    for (const std::string& one : exclude) {
      patterns.exclude.push_back(one.find('/') == std::string::npos ? one : at(one));
    }
    return find_sources(patterns);
  }
  // Each file found, below the folder; those of one source joined by "+", oldest first.
  Strings files(const Strings& include, const Strings& exclude = {}) const {
    Strings out;
    for (const Source& source : find(include, exclude).sources) {
      std::string all;
      for (const InputFile& file : source.files) {
        all += (all.empty() ? "" : "+") + below(file.path);
      }
      out.push_back(all);
    }
    return out;
  }
  Strings folders(const Strings& include) const {
    Strings out;
    for (const std::string& folder : find(include).folders) out.push_back(below(folder));
    std::sort(out.begin(), out.end());
    return out;
  }

  testing::TempFolder temp_;
};

TEST_F(GlobsTest, NamesAndTheirRotatedSiblings) {
  for (const char* name : {"app.log", "app.log.1", "app.log.10.gz", "app.log.2.gz", "web.log",
                           "app.txt", "app.log.bak", "sub/app.log"}) {
    put(name);
  }
  EXPECT_EQ(files({"app.log"}), Strings{"app.log.10.gz+app.log.2.gz+app.log.1+app.log"});
  EXPECT_EQ(files({"*.log"}), (Strings{"app.log.10.gz+app.log.2.gz+app.log.1+app.log", "web.log"}));
  EXPECT_EQ(files({"a??.log"}).size(), 1u);
  EXPECT_EQ(files({"[w-z]*.log"}), Strings{"web.log"});
  EXPECT_EQ(files({"*.log", "web*", "./web.log", "sub/../web.log"}).size(), 2u) << "each once";
  EXPECT_EQ(files({"none.log", "none/*.log"}), Strings{});
  fs::remove(temp_.path() / "app.log");
  EXPECT_EQ(files({"app.log"}), Strings{"app.log.10.gz+app.log.2.gz+app.log.1"});
}

TEST_F(GlobsTest, StarsDoNotCrossFoldersButTwoDo) {
  for (const char* name : {"x.log", "a/x.log", "a/b/x.log", "a/b/c/x.log", "a/b/c/y.txt", "d/x.log",
                           "a/b.log/x.log"}) {
    put(name);
  }
  EXPECT_EQ(files({"*/x.log"}), (Strings{"a/x.log", "d/x.log"}));
  EXPECT_EQ(files({"**/x.log"}),
            (Strings{"x.log", "a/x.log", "a/b/x.log", "a/b.log/x.log", "a/b/c/x.log", "d/x.log"}));
  EXPECT_EQ(files({"a/**/c/*.log"}), Strings{"a/b/c/x.log"});
  EXPECT_EQ(files({"a/**/b/**/x.log"}), (Strings{"a/b/x.log", "a/b/c/x.log"}));
  EXPECT_EQ(files({"a/b/c/**"}), (Strings{"a/b/c/x.log", "a/b/c/y.txt"}));
  EXPECT_EQ(files({"*/b.log/x.log"}), Strings{"a/b.log/x.log"});
}

TEST_F(GlobsTest, AFolderIsAllLogsInIt) {
  for (const char* name : {"in/x.log", "in/deep/y.log", "in/notes.yaml", "in/.hidden.log",
                           "in/.git/z.log", "in/app.pid", "in/messages"}) {
    put(name);
  }
  EXPECT_EQ(files({"in"}), (Strings{"in/messages", "in/x.log", "in/deep/y.log"}));
  EXPECT_EQ(files({"in/"}), files({"in"}));
}

TEST_F(GlobsTest, ExcludesPathsAndNames) {
  for (const char* name : {"a/x.log", "a/x.log.1", "a/y.log", "b/x.log", "b/x.dbg"}) put(name);
  EXPECT_EQ(files({"*/*"}, {"*.dbg", "y*"}), (Strings{"a/x.log.1+a/x.log", "b/x.log"}));
  EXPECT_EQ(files({"**/*.log"}, {"a/*"}), Strings{"b/x.log"});
  EXPECT_EQ(files({"**/*.log"}, {"*/x.log"}), Strings{"a/y.log"})
      << "rotated siblings go with their base name";
}

TEST_F(GlobsTest, HiddenFilesAreAskedForByTheirDot) {
  for (const char* name : {".x.log", ".a/x.log", "a/.x.log", "a/.b/x.log", "a/x.log"}) put(name);
  EXPECT_EQ(files({"*.log", "*/x.log", "**/*.log"}), Strings{"a/x.log"});
  EXPECT_EQ(files({".*.log", ".a/*.log"}), (Strings{".x.log", ".a/x.log"}));
}

TEST_F(GlobsTest, LinksAndLoops) {
  put("real/x.log");
  put("real/deep/y.log");
  link("x.log", "real/alias.log");
  link("nowhere", "real/dangling.log");
  link("self.log", "real/self.log");
  link("..", "real/up");
  link(".", "real/here");
  link("real", "other");
  link("deep", "real/also-deep");
  EXPECT_EQ(files({"real/*.log"}), Strings{"real/x.log"});
  EXPECT_EQ(files({"real/alias.log"}), Strings{"real/alias.log"}) << "asked for by that name";
  for (const char* const pattern : {"**/*.log", "real/**/*.log", "real", "other/**"}) {
    Strings found = files({pattern});
    ASSERT_EQ(found.size(), 2u) << pattern;
    for (std::string& one : found) one = one.substr(one.rfind('/') + 1);
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, (Strings{"x.log", "y.log"})) << pattern;
  }
  EXPECT_EQ(files({"other/x.log"}), Strings{"other/x.log"});
}

TEST_F(GlobsTest, ManyLoopsEnd) {
  put("real/x.log");
  for (int i = 0; i < 6; ++i) {
    fs::create_directory(temp_.path() / ("d" + std::to_string(i)));
    for (int j = 0; j < 6; ++j) {
      link("../d" + std::to_string(j), "d" + std::to_string(i) + "/l" + std::to_string(j));
    }
  }
  link("../real", "d5/real");
  EXPECT_EQ(files({"**/*.log"}), Strings{"real/x.log"});
}

TEST_F(GlobsTest, FoldersToWatch) {
  put("pods/one/x.log");
  put("pods/two/x.log");
  EXPECT_EQ(folders({"pods/*/x.log"}), (Strings{"pods", "pods/one", "pods/two"}));
  EXPECT_EQ(folders({"app/x.log"}), Strings{"app"}) << "it may come";
  EXPECT_EQ(folders({"pods/one/x.log"}), Strings{"pods/one"});
  EXPECT_EQ(folders({"pods/**"}), (Strings{"pods", "pods/one", "pods/two"}));
  put("pods/three/0/x.log");
  EXPECT_EQ(files({"pods/**/x.log"}).size(), 3u);
  EXPECT_EQ(folders({"pods/**/x.log"}).size(), 5u);
  const Strings later = folders({"pods/*/later/x.log"});
  EXPECT_TRUE(std::find(later.begin(), later.end(), "pods/one/later") != later.end());
}

TEST_F(GlobsTest, ClosedFoldersAreNoErrorAndStayWatched) {
  put("open/x.log");
  put("closed/x.log");
  const fs::path closed = temp_.path() / "closed";
  ASSERT_EQ(::chmod(temp_.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(closed.c_str(), 0), 0);
  const bool root = ::geteuid() == 0;  // who may read everything
  if (root) {
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const Strings found = files({"*/*.log"}), one = files({"closed/x.log"}),
                watched = folders({"*/*.log"});
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ASSERT_EQ(::chmod(closed.c_str(), 0700), 0);
  EXPECT_EQ(found, Strings{"open/x.log"});
  EXPECT_EQ(one, Strings{});
  EXPECT_TRUE(std::find(watched.begin(), watched.end(), "closed") != watched.end());
  EXPECT_EQ(files({"*/*.log"}).size(), 2u);
}

TEST_F(GlobsTest, OnlyRegularFiles) {
  put("x.log");
  ASSERT_EQ(::mkfifo((temp_.path() / "pipe.log").c_str(), 0600), 0);
  fs::create_directory(temp_.path() / "dir.log");
  EXPECT_EQ(files({"*.log"}), Strings{"x.log"});
  const Found found = find({"x.log"});
  ASSERT_EQ(found.sources.size(), 1u);
  const InputFile& file = found.sources[0].files[0];
  EXPECT_EQ(file.size, 2u);
  EXPECT_NE(file.ino, 0u);
  EXPECT_TRUE(known(file.mtime));
}

}  // namespace
}  // namespace blip
