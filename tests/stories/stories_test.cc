// The stories are tests' ground and the demo, so they are tested themselves: the same seed gives
// the same bytes, and what truth.json says can be read on the very line it names.

#include <gtest/gtest.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/time.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
using Json = simdjson::dom::element;

const char* const kStories[] = {"1-saved-by-the-bug", "2-weathering-the-storm",
                                "3-off-and-on-again", "4-live-demo", "5-slow-collector"};

// By value: a range-for over a temporary result's value() would dangle.
simdjson::dom::array items(Json value) { return value.get_array().value(); }
simdjson::dom::object fields(Json value) { return value.get_object().value(); }

int run_stories(const std::string& arguments) {
  const int status = std::system((std::string(BLIP_STORIES) + " " + arguments).c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// gzopen reads plain files as they are.
std::vector<std::string> lines_of(const fs::path& path) {
  std::string text, chunk(1 << 16, '\0');
  gzFile in = gzopen(path.c_str(), "rb");
  if (in == nullptr) return {};
  for (int n = 0; (n = gzread(in, chunk.data(), static_cast<unsigned>(chunk.size()))) > 0;) {
    text.append(chunk, 0, static_cast<size_t>(n));
  }
  gzclose(in);
  std::vector<std::string> lines;
  std::istringstream split(text);
  for (std::string line; std::getline(split, line);) lines.push_back(line);
  return lines;
}

Time modified(const fs::path& path) {
  struct stat info = {};
  EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
  return time_from_us(int64_t{info.st_mtim.tv_sec} * 1'000'000 + info.st_mtim.tv_nsec / 1000);
}

// The first stamp in the line, wherever it stands; a JSON line tells where.
Time time_in(std::string_view line, Time near) {
  const TimeContext context{.near = near, .latest = near};
  const size_t field = line.find("\"time\":\"");
  if (field != std::string_view::npos) line.remove_prefix(field + 8);
  for (size_t i = 0; i < line.size(); ++i) {
    const auto stamp = parse_stamp(line.substr(i), context);
    if (stamp) return stamp->time;
  }
  return kNoTime;
}

Time time_of(Json value) {
  const auto stamp = parse_stamp(value.get_string().value(), {});
  return stamp ? stamp->time : kNoTime;
}

class Stories : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    char name[] = "/tmp/blip-stories-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    root_ = name;
    ASSERT_EQ(run_stories((root_ / "a").string() + " --seed 5"), 0);
  }
  static void TearDownTestSuite() { fs::remove_all(root_); }

  static fs::path folder(const std::string& story) { return root_ / "a" / story; }
  Json truth(const std::string& story) {
    return parser_.load((folder(story) / "truth.json").string()).value();
  }
  const std::vector<std::string>& lines(const fs::path& path) {
    const auto [entry, added] = lines_.try_emplace(path);
    if (added) entry->second = lines_of(path);
    return entry->second;
  }
  // The line a truth's {"file", "line"} names; "" where there is none.
  std::string line_at(const std::string& story, Json place) {
    const auto& all = lines(folder(story) / std::string(place["file"].get_string().value()));
    const auto number = static_cast<size_t>(place["line"].get_int64().value());
    return number >= 1 && number <= all.size() ? all[number - 1] : "";
  }

  inline static fs::path root_;
  simdjson::dom::parser parser_;
  std::map<fs::path, std::vector<std::string>> lines_;
};

std::map<std::string, std::string> tree(const fs::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) {
      files[fs::relative(entry.path(), root).string()] = bytes_of(entry.path());
    }
  }
  return files;
}

TEST_F(Stories, TheSameSeedGivesTheSameBytesAndAnotherSeedOthers) {
  ASSERT_EQ(run_stories((root_ / "b").string() + " --seed 5"), 0);
  ASSERT_EQ(run_stories((root_ / "c").string() + " --seed 6"), 0);
  const auto a = tree(root_ / "a"), b = tree(root_ / "b"), c = tree(root_ / "c");
  EXPECT_EQ(a.size(), b.size());
  EXPECT_EQ(a.size(), c.size());
  uint64_t bytes = 0;
  for (const auto& [name, content] : a) {
    EXPECT_TRUE(b.count(name) == 1 && b.at(name) == content) << name;
    ASSERT_EQ(c.count(name), 1u) << name;
    bytes += content.size();
    // forever's log has neither times nor numbers of its own, and stacks are stacks.
    if (name != "4-live-demo/api/forever.log" && name != "4-live-demo/api/err.log") {
      EXPECT_NE(c.at(name), content) << name;
    }
  }
  EXPECT_LT(bytes, 60'000'000u);
}

TEST_F(Stories, OneStoryAloneIsTheSameAsAmongTheOthers) {
  ASSERT_EQ(run_stories((root_ / "one").string() + " --seed 5 --story 4-live-demo"), 0);
  EXPECT_EQ(tree(root_ / "one" / "4-live-demo"), tree(folder("4-live-demo")));
  EXPECT_FALSE(fs::exists(root_ / "one" / "5-slow-collector"));
}

TEST_F(Stories, WrongUseIsToldAndWritesNothing) {
  const std::string target = (root_ / "none").string();
  for (const char* wrong :
       {"", " --seed", " --seed x", " --seed 1x", " --story nobody", " --speed"}) {
    EXPECT_EQ(run_stories((*wrong == '\0' ? "" : target + wrong) + " 2>/dev/null"), 2) << wrong;
  }
  EXPECT_FALSE(fs::exists(target));
  EXPECT_EQ(run_stories("/dev/null/stories 2>/dev/null"), 1);
}

TEST_F(Stories, FilesAreAsTheTruthCountsThem) {
  for (const char* story : kStories) {
    std::set<std::string> told;
    for (const auto field : fields(truth(story)["files"])) {
      SCOPED_TRACE(testing::Message() << story << "/" << field.key);
      told.insert(std::string(field.key));
      const auto& all = lines(folder(story) / std::string(field.key));
      size_t bytes = 0;
      for (const std::string& line : all) bytes += line.size() + 1;
      EXPECT_EQ(static_cast<int64_t>(all.size()), field.value["lines"].get_int64().value());
      EXPECT_EQ(static_cast<int64_t>(bytes), field.value["bytes"].get_int64().value());
      EXPECT_EQ(field.value["gzip"].get_bool().value(), field.key.ends_with(".gz"));
    }
    for (const auto& [name, content] : tree(folder(story))) {
      EXPECT_TRUE(told.count(name) == 1 || name == "truth.json") << story << "/" << name;
    }
  }
}

TEST_F(Stories, AFileIsAsOldAsItsLastLine) {
  // These write no times.
  const std::set<std::string> timeless = {"forever.log", "api/err.log", "api/gc.log",
                                          "upstart/app.log"};
  int timed = 0;
  for (const char* story : kStories) {
    for (const auto field : fields(truth(story)["files"])) {
      const std::string name(field.key);
      const bool no_times = std::any_of(timeless.begin(), timeless.end(), [&](const auto& suffix) {
        return std::string_view(name).ends_with(suffix);
      });
      if (no_times) continue;
      SCOPED_TRACE(std::string(story) + "/" + name);
      const fs::path path = folder(story) / name;
      ASSERT_FALSE(lines(path).empty());
      const Time mtime = modified(path), last = time_in(lines(path).back(), mtime);
      ASSERT_TRUE(known(last)) << lines(path).back();
      EXPECT_LE(last, mtime + 1ms);
      EXPECT_LT(mtime - last, 1s);
      ++timed;
    }
  }
  EXPECT_GE(timed, 20);
}

TEST_F(Stories, EveryRestartCanBeReadWhereTheTruthSays) {
  for (const char* story : kStories) {
    const Json told = truth(story);
    std::set<std::string_view> services;
    for (const Json service : items(told["services"])) {
      services.insert(service["name"].get_string().value());
    }
    size_t restarts = 0;
    for (const Json restart : items(told["restarts"])) {
      SCOPED_TRACE(testing::Message() << story << ": " << restart);
      const Time death = time_of(restart["time_utc_of_death"]);
      const Time start = time_of(restart["time_utc_of_start"]);
      ASSERT_TRUE(known(death) && known(start));
      EXPECT_LT(death, start);
      EXPECT_EQ(services.count(restart["service"].get_string().value()), 1u);
      const std::string first = line_at(story, restart["first_log_line_after_start"]);
      const Time written = time_in(first, start);
      ASSERT_TRUE(known(written)) << first;
      EXPECT_GT(written, start - 1s) << first;  // some stamps have whole seconds only
      EXPECT_LT(written, start + 2s) << first;
      EXPECT_NE(line_at(story, restart["last_log_line_before_death"]), "");
      for (const Json also : items(restart["also"])) {
        EXPECT_NE(line_at(story, also), "");
      }
      ++restarts;
    }
    EXPECT_GE(restarts, 6u) << story;
  }
}

// What each story is about, in numbers.
TEST_F(Stories, TellWhatHappened) {
  std::map<std::string, int> count;  // "1 app@web-1 panic"
  for (const char* story : kStories) {
    for (const Json restart : items(truth(story)["restarts"])) {
      ++count[std::string(story, 1) + " " + std::string(restart["service"].get_string().value()) +
              " " + std::string(restart["cause"].get_string().value())];
    }
  }
  for (const char* host : {"1 app@web-1", "1 app@web-2", "1 app@web-3"}) {
    EXPECT_EQ(count[std::string(host) + " panic"], 28) << host;  // fourteen of each of two builds
    EXPECT_EQ(count[std::string(host) + " deploy"], 2) << host;
  }
  EXPECT_EQ(count["2 notes reboot"], 6);
  EXPECT_EQ(count["2 notes sigterm"], 1);
  EXPECT_EQ(count["3 queuer.1 exit0"], 212);
  EXPECT_EQ(count["3 queuer.1 oom"], 5);
  EXPECT_EQ(count["3 pusher.1 oom"], 0);
  EXPECT_EQ(count["4 api exit1"], 4);
  EXPECT_EQ(count["4 api kill9"], 1);
  EXPECT_EQ(count["5 collector sigterm"], 3);
  EXPECT_EQ(count["5 collector deploy"], 3);

  int unclean = 0, planned = 0;
  for (const Json reboot : items(truth(kStories[1])["host_reboots"])) {
    ++(reboot["planned"].get_bool().value() ? planned : unclean);
    EXPECT_NE(line_at(kStories[1], reboot["first_log_line_after_start"]).find("Linux version"),
              std::string::npos);
  }
  EXPECT_EQ(unclean, 5);
  EXPECT_EQ(planned, 1);
}

// Docker splits what is longer than 16 KiB; the second record goes on where the first one stopped.
TEST_F(Stories, DockerSplitsItsLongLine) {
  const auto& all = lines(folder("4-live-demo") / "compute-json.log");
  const auto longest = std::max_element(
      all.begin(), all.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  ASSERT_NE(longest, all.end());
  simdjson::dom::parser other;
  const Json head = parser_.parse(*longest).value(), tail = other.parse(*(longest + 1)).value();
  EXPECT_EQ(head["log"].get_string().value().size(), 16384u);
  EXPECT_FALSE(head["log"].get_string().value().ends_with("\n"));
  EXPECT_TRUE(tail["log"].get_string().value().ends_with("\n"));
  EXPECT_EQ(head["time"].get_string().value(), tail["time"].get_string().value());
}

}  // namespace
}  // namespace blip
