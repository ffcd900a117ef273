// One rotation set and everything that happens to it, in real files. A rig plays the owner: it
// keeps the positions that the follower tells, gives them back after a "kill", and remembers every
// line by stream and offset. Numbers in the names are those of the list of faults.

#include "tailer/follower.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/hash.h"
#include "tailer/identity.h"
#include "tailer/lines.h"
#include "tailer/text_form.h"
#include "tests/support/forms.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
namespace fs = std::filesystem;
using blip::testing::docker_record;
using blip::testing::TempFolder;
using blip::testing::utf16;
using Strings = std::vector<std::string>;

struct Given {
  uint64_t key, offset;
  std::string text;
  bool cut;
};

class Rig : public FollowSink {
 public:
  explicit Rig(FollowOptions options = {}, std::string base = "app.log")
      : options_(std::move(options)), base_(std::move(base)) {
    start();
  }

  // ---- files
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
  TextForm form = TextForm::plain;  // that the text is written in
  void write(const std::string& name, const std::string& text) const {
    append(name, encoded(text, !fs::exists(at(name))));
  }
  void append(const std::string& name, const std::string& bytes) const {
    std::ofstream(at(name), std::ios::app | std::ios::binary) << bytes;
  }
  // `first`: at the beginning of a file.
  std::string encoded(const std::string& text, bool first) const {
    if (form == TextForm::plain) return text;
    if (form != TextForm::docker_local) return utf16(text, form == TextForm::utf16_be, first);
    std::string records;
    for (size_t from = 0, end; (end = text.find('\n', from)) != std::string::npos; from = end + 1) {
      records += docker_record(text.substr(from, end - from));
    }
    return records;
  }
  void rename(const std::string& from, const std::string& to) const {
    fs::rename(at(from), at(to));
  }
  void copy(const std::string& from, const std::string& to) const {
    fs::copy_file(at(from), at(to), fs::copy_options::overwrite_existing);
  }
  void cut(const std::string& name, uint64_t size = 0) const { fs::resize_file(at(name), size); }
  void remove(const std::string& name) const { fs::remove(at(name)); }
  static std::string slurp(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void pack(const std::string& name) const {
    const std::string text = slurp(at(name));
    const gzFile out = ::gzopen(at(name + ".gz").c_str(), "wb");
    ::gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
    ::gzclose(out);
    remove(name);
  }

  // ---- the owner
  void start() {
    std::vector<KnownStream> known;
    for (const auto& [key, at] : stored_) {
      uint64_t resume = at.offset;
      for (const auto& [place, line] : all_) {
        if (!behind_ || place.first != key || place.second < at.begin) continue;
        resume = place.second;
        if (2 * resume >= at.offset) break;
      }
      known.push_back({at, std::min(resume, at.offset), 0});
    }
    follower_.emplace(folder_.path().string(), base_, options_, std::move(known));
    turned_ = 0;
    list();
  }
  void list() {
    for (Source& source : find_inputs({folder_.path().string() + "/*"}).sources) {
      if (source.base == base_) return follower_->files(source.files);
    }
    follower_->files({});
  }
  void pump(uint64_t budget = UINT64_MAX) {
    for (int i = 0; i < 100'000; ++i) {
      const Result<bool> more = follower_->pump(budget, *this);
      ASSERT_TRUE(more) << more.error().text;
      keep();
      if (!*more) return;
    }
    FAIL() << "it never ends";
  }
  void look() {
    list();
    pump();
  }
  void finish() {
    const Status done = follower_->finish(*this);
    ASSERT_TRUE(done) << done.error().text;
    keep();
  }
  void keep() {
    for (const uint64_t key : touched_) stored_[key] = follower_->position(key);
    touched_.clear();
  }
  void hurry() {
    follower_->hurry();
    pump();
  }
  // A restart reads half of each stream again.
  void fall_behind() { behind_ = true; }

  // ---- what came
  Strings take() {
    Strings lines;
    for (const Given& line : fresh_) {
      const std::string json = "{\"log\":\"", text = line.text;
      const bool record = form == TextForm::docker_local && text.starts_with(json);
      const size_t end =
          record ? text.find("\\n\",\"stream\":\"stdout\",\"time\":\"") : text.size();
      const size_t begin = record ? json.size() : 0;
      lines.push_back(text.substr(begin, end - begin) + (line.cut ? "|" : ""));
    }
    fresh_.clear();
    return lines;
  }
  Strings lost() { return std::exchange(lost_, {}); }
  Strings notes() { return std::exchange(notes_, {}); }
  Follower& follower() { return *follower_; }
  std::map<uint64_t, Checkpoint>& stored() { return stored_; }
  size_t streams() const { return stored_.size(); }
  int moves = 0, turns = 0;
  Strings gone;  // "path whole"

  Status turn_to(const Checkpoint& at, Time) override {
    ++turns;
    EXPECT_NE(at.stream.key, 0u);
    turned_ = at.stream.key;
    offset_ = at.offset;
    touched_.insert(turned_);
    EXPECT_EQ(positions_.try_emplace(turned_, at.offset).first->second >= at.offset, true);
    return Done{};
  }
  Status take(const Chunk& chunk) override {
    EXPECT_NE(turned_, 0u);
    EXPECT_EQ(chunk.offset, offset_);
    uint64_t number = 0, next = chunk.offset;
    for_each_line(chunk, number, [&](const Line& line) {
      next = line.next;
      const std::string text(line.text.substr(0, 200));
      const auto [known, is_new] = all_.try_emplace({turned_, line.offset}, text);
      if (is_new) {
        fresh_.push_back({turned_, line.offset, text, line.cut});
      } else {
        EXPECT_EQ(known->second, text) << "another line at the same place";
        ++again;
      }
    });
    offset_ = next;
    touched_.insert(turned_);
    positions_[turned_] = next;
    return Done{};
  }
  Status let_go(bool whole) override {
    touched_.insert(turned_);
    const std::string path = follower_->position(turned_).stream.path;
    gone.push_back(fs::path(path).filename().string() + (whole ? " whole" : " cut short"));
    return Done{};
  }
  Status lost(const Lost& lost) override {
    touched_.insert(turned_);
    lost_.push_back(std::string(why_name(lost.why)) + " " + std::to_string(lost.at_least) +
                    (lost.at_most ? "" : "+"));
    return Done{};
  }
  void note(const InputNote& note) override { notes_.push_back(note.text); }
  Status moved(const Checkpoint& at) override {
    ++moves;
    touched_.insert(at.stream.key);
    return Done{};
  }
  uint64_t again = 0;  // lines given again

 private:
  TempFolder folder_;
  FollowOptions options_;
  std::string base_;
  std::optional<Follower> follower_;
  std::map<uint64_t, Checkpoint> stored_;
  std::set<uint64_t> touched_;
  bool behind_ = false;
  uint64_t turned_ = 0, offset_ = 0;
  std::map<std::pair<uint64_t, uint64_t>, std::string> all_;
  std::map<uint64_t, uint64_t> positions_;
  std::vector<Given> fresh_;
  Strings lost_, notes_;
};

std::string lines(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}
Strings said(int from, int to) {
  Strings all;
  for (int i = from; i < to; ++i) all.push_back("line " + std::to_string(i));
  return all;
}
Strings operator+(Strings a, const Strings& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
// Where two long lists part.
std::string difference(const Strings& got, const Strings& wanted) {
  for (size_t i = 0; i < std::max(got.size(), wanted.size()); ++i) {
    const std::string a = i < got.size() ? got[i] : "(end)";
    const std::string b = i < wanted.size() ? wanted[i] : "(end)";
    if (a != b) return "at " + std::to_string(i) + ": " + a + ", not " + b;
  }
  return "";
}
std::string banner(size_t size) { return std::string(size - 1, '=') + "\n"; }

// ---- 1 to 7: growth and rotation

TEST(Follower, Case1AppendsInPiecesOfAnySize) {
  for (const size_t chunk : {size_t{1}, size_t{100}, size_t{256 * 1024}}) {
    Rig rig({.chunk = chunk});
    const int count = chunk == 1 ? 300 : 20'000;
    const std::string text = lines(0, count);
    std::mt19937 random(7);
    rig.write("app.log", "");
    rig.list();
    for (size_t at = 0; at < text.size();) {
      const size_t piece = 1 + random() % (random() % 4 == 0 ? 64 * 1024 : 40);
      rig.write("app.log", text.substr(at, piece));
      at += piece;
      rig.pump();
    }
    EXPECT_EQ(rig.take(), said(0, count)) << chunk;
    EXPECT_EQ(rig.lost(), Strings{});
    EXPECT_EQ(rig.streams(), 1u);
  }
}

TEST(Follower, Case2WriterKeepsTheRenamedFile) {
  Rig rig;
  std::ofstream old(rig.at("app.log"), std::ios::app);
  old << lines(0, 10) << std::flush;
  rig.look();
  rig.rename("app.log", "app.log.1");
  rig.write("app.log", "");
  rig.look();
  old << lines(10, 1000) << std::flush;
  rig.pump();
  old << lines(1000, 1010) << std::flush;
  rig.write("app.log", lines(1010, 1020));
  rig.pump();
  EXPECT_EQ(rig.take(), said(0, 1020));
  EXPECT_EQ(rig.gone, Strings{"app.log.1 whole"});
  EXPECT_EQ(rig.streams(), 2u);
}

TEST(Follower, Case3TenRenamesBetweenTwoLooks) {
  Rig rig;
  rig.write("app.log", lines(0, 5));
  rig.look();
  for (int i = 1; i <= 10; ++i) {
    for (int j = i - 1; j > 0; --j) {
      rig.rename("app.log." + std::to_string(j), "app.log." + std::to_string(j + 1));
    }
    rig.rename("app.log", "app.log.1");
    rig.write("app.log", lines(5 * i, 5 * i + 5));
  }
  rig.look();
  EXPECT_EQ(rig.take(), said(0, 55));
  EXPECT_EQ(rig.lost(), Strings{});
  EXPECT_EQ(rig.streams(), 11u);
}

TEST(Follower, Case4RenamedOutOfTheFolder) {
  Rig rig;
  const TempFolder other;
  std::ofstream old(rig.at("app.log"), std::ios::app);
  old << lines(0, 10) << std::flush;
  rig.look();
  fs::rename(rig.at("app.log"), other.path() / "app.log");
  old << lines(10, 20) << std::flush;
  rig.write("app.log", lines(20, 30));
  rig.look();
  EXPECT_EQ(rig.take(), said(0, 30));
  rig.follower().rest();
  rig.pump();
  EXPECT_EQ(rig.lost(), Strings{});
}

TEST(Follower, Case5PackedAndRemovedWhileWeAreBehind) {
  Rig rig({.chunk = 4096});
  rig.write("app.log", lines(0, 20'000));
  rig.list();
  ASSERT_TRUE(rig.follower().pump(5000, rig));
  rig.rename("app.log", "app.log.1");
  rig.pack("app.log.1");
  rig.write("app.log", lines(20'000, 20'010));
  rig.look();
  EXPECT_EQ(rig.take(), said(0, 20'010));
  EXPECT_EQ(rig.lost(), Strings{});
  rig.follower().rest();  // lets go of the removed one: from now on the packed one is the stream's
  rig.pump();
  rig.pump();
  EXPECT_EQ(rig.take(), Strings{});
  EXPECT_EQ(rig.streams(), 2u);
  EXPECT_EQ(rig.lost(), Strings{});
}

TEST(Follower, Case6DownWhileRotatedTwiceWithDelayedPacking) {
  Rig rig;
  rig.write("app.log", lines(0, 100));
  rig.look();
  rig.write("app.log", lines(100, 200));
  rig.rename("app.log", "app.log.2");
  rig.pack("app.log.2");
  rig.write("app.log.1", lines(200, 300));
  rig.write("app.log", lines(300, 400));
  rig.start();
  rig.pump();
  EXPECT_EQ(rig.take(), said(0, 400));
  EXPECT_EQ(rig.lost(), Strings{});
  EXPECT_EQ(rig.streams(), 3u);
  const int moves = rig.moves;
  rig.start();
  rig.pump();
  EXPECT_EQ(rig.take(), Strings{});
  EXPECT_EQ(rig.moves, moves) << "known by its identity now";
}

TEST(Follower, Case7DatedNamesAndNoFileForAWhile) {
  Rig rig;
  rig.write("app.log", lines(0, 100));
  rig.look();
  rig.rename("app.log", "app.log-20240624");
  rig.look();
  rig.write("app.log-20240624", lines(100, 200));
  rig.pump();
  rig.pack("app.log-20240624");
  rig.look();
  rig.write("app.log", lines(200, 300));
  rig.look();
  EXPECT_EQ(rig.take(), said(0, 300));
  EXPECT_EQ(rig.lost(), Strings{});
  EXPECT_EQ(rig.notes(), Strings{});
}

// ---- 8 to 14: truncation

TEST(Follower, Case8CopyTruncateAtRest) {
  for (const bool listed : {true, false}) {
    Rig rig;
    rig.write("app.log", lines(0, 100));
    rig.look();
    rig.copy("app.log", "app.log.1");
    if (listed) rig.look();
    rig.cut("app.log");
    rig.pump();
    rig.write("app.log", lines(100, 110));
    rig.look();
    EXPECT_EQ(rig.take(), said(0, 110)) << listed;
    EXPECT_EQ(rig.lost(), Strings{"truncated 0+"});
    EXPECT_EQ(rig.streams(), 2u);
    EXPECT_EQ(rig.gone, Strings{"app.log.1 whole"});
  }
}

TEST(Follower, Case9CopyTruncateWithWritesBetween) {
  Rig rig;
  rig.write("app.log", lines(0, 100));
  rig.look();
  rig.write("app.log", lines(100, 110));
  rig.copy("app.log", "app.log.1");
  rig.write("app.log", lines(110, 120));  // seen by nobody
  rig.cut("app.log");
  rig.write("app.log", lines(120, 130));
  rig.pump();
  EXPECT_EQ(rig.take(), said(0, 110) + said(120, 130));
  EXPECT_EQ(rig.lost(), Strings{"truncated 0+"});
  rig.write("app.log", lines(130, 140));
  rig.look();
  EXPECT_EQ(rig.take(), said(130, 140));
}

// The reader was faster than the administrator: it took lines that the copy does not hold.
TEST(Follower, Case9TheCopyHoldsLessThanWasTaken) {
  for (const bool seen : {false, true}) {
    for (const bool restarted : {false, true}) {
      SCOPED_TRACE(std::string(seen ? "copy seen " : "") + (restarted ? "restarted" : ""));
      Rig rig;
      const std::string first = "2026-01-02T03:04:05Z begins";
      rig.write("app.log", first + "\n" + lines(0, 400));
      rig.look();
      ::usleep(20'000);  // a copy is younger, by the coarse clock of file systems
      rig.copy("app.log", "app.log.1");
      if (seen) rig.look();
      rig.write("app.log", lines(400, 403));
      rig.pump();
      rig.cut("app.log");
      if (restarted) rig.start();
      rig.write("app.log", lines(403, 410));
      rig.look();
      EXPECT_EQ(difference(rig.take(), Strings{first} + said(0, 410)), "");
      rig.start();
      rig.look();
      EXPECT_EQ(rig.take(), Strings{});
    }
  }
}

TEST(Follower, Case9WithoutACopy) {
  Rig rig({.chunk = 64});
  rig.write("app.log", lines(0, 100));
  rig.list();
  ASSERT_TRUE(rig.follower().pump(64, rig));  // knows the size, has read a part of it
  rig.keep();
  rig.cut("app.log");
  rig.write("app.log", "new\n");
  rig.pump();
  const Strings got = rig.take();
  ASSERT_GT(got.size(), 2u);
  EXPECT_EQ(got.back(), "new");
  uint64_t read = 0;
  for (size_t i = 0; i + 1 < got.size(); ++i) read += got[i].size() + 1;
  EXPECT_EQ(rig.lost(), Strings{"truncated " + std::to_string(lines(0, 100).size() - read) + "+"});
  EXPECT_EQ(rig.gone, Strings{"app.log cut short"});
}

TEST(Follower, Case10CopytruncateRegrownPastTheOffset) {
  Rig rig;
  rig.write("app.log", lines(0, 100));
  rig.look();
  rig.cut("app.log");
  rig.write("app.log", lines(1000, 1200));
  rig.pump();
  EXPECT_EQ(rig.take(), said(0, 100) + said(1000, 1200));
  EXPECT_EQ(rig.lost(), Strings{"truncated 0+"});
}

TEST(Follower, Case11RegrownBehindTheSameBanner) {
  for (const int grown : {10, 300}) {  // to less, and to more than before
    Rig rig;
    rig.write("app.log", banner(2000) + lines(0, 200));
    rig.look();
    rig.cut("app.log");
    rig.write("app.log", banner(2000) + lines(1000, 1000 + grown));
    rig.pump();
    const Strings top{banner(2000).substr(0, 200)};
    if (grown > 200) {
      EXPECT_EQ(rig.take(), top + said(0, 200) + top + said(1000, 1000 + grown));
      EXPECT_EQ(rig.lost(), Strings{"truncated 0+"});
    } else {
      EXPECT_EQ(rig.lost().size(), 1u);  // it can't be told from a file cut back in place
    }
    EXPECT_EQ(rig.streams(), 2u);
  }
}

TEST(Follower, Case12HoleOfAWriterThatDoesNotAppend) {
  Rig rig;
  const int fd = ::open(rig.at("app.log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  uint64_t at = 0;
  const auto put = [&](const std::string& text) {
    ASSERT_EQ(::pwrite(fd, text.data(), text.size(), static_cast<off_t>(at)),
              static_cast<ssize_t>(text.size()));
    at += text.size();
  };
  put(lines(0, 10));
  rig.look();
  at = 10'000'000'123;  // as if it had written that much before the truncation
  rig.cut("app.log");
  put("line 10\nline");
  rig.pump();
  EXPECT_EQ(rig.take(), said(0, 11));
  put(" 11\n");
  rig.pump();
  EXPECT_EQ(rig.take(), said(11, 12));
  EXPECT_EQ(rig.lost(), (Strings{"truncated 0+", "hole 0"}));
  rig.start();
  put(lines(12, 15));
  rig.pump();
  EXPECT_EQ(rig.take(), said(12, 15));
  EXPECT_EQ(rig.lost(), Strings{});
  ::close(fd);
}

TEST(Follower, Case13TruncatedAndThenNothing) {
  Rig rig;
  rig.write("app.log", lines(0, 100));
  rig.look();
  rig.cut("app.log");
  for (int i = 0; i < 5; ++i) rig.pump();
  rig.start();
  rig.pump();
  EXPECT_EQ(rig.take(), said(0, 100));
  EXPECT_EQ(rig.lost(), Strings{"truncated 0+"});
  EXPECT_EQ(rig.follower().behind(), 0u);
}

TEST(Follower, Case14CutToHalf) {
  Rig rig;
  rig.write("app.log", lines(0, 1000));
  rig.look();
  rig.write("app.log", lines(1000, 2000));
  rig.pump();
  rig.cut("app.log", lines(0, 1200).size());
  rig.pump();
  rig.write("app.log", lines(2000, 2010));
  rig.pump();
  EXPECT_EQ(rig.take(), said(0, 2010));
  EXPECT_EQ(rig.lost(), Strings{"rewritten 0+"});
  EXPECT_EQ(rig.streams(), 2u);
  rig.start();
  rig.write("app.log", lines(2010, 2020));
  rig.pump();
  EXPECT_EQ(rig.take(), said(2010, 2020));
  EXPECT_EQ(rig.lost(), Strings{});
}

// ---- 15 to 19: other files under the same name

TEST(Follower, Case15And16RemovedAndMadeAgainAtOnce) {
  for (const bool down : {false, true}) {
    for (const int size : {50, 100, 200}) {  // shorter than, as long as, longer than the old offset
      Rig rig;
      rig.write("app.log", lines(100, 200));
      rig.look();
      rig.remove("app.log");
      rig.write("app.log", lines(200, 200 + size));
      if (down) {
        rig.start();
        rig.pump();
      } else {
        rig.look();
      }
      EXPECT_EQ(rig.take(), said(100, 200 + size)) << down << " " << size;
      EXPECT_EQ(rig.streams(), 2u);
      EXPECT_EQ(rig.lost(), down ? Strings{"deleted 0+"} : Strings{});
    }
  }
}

TEST(Follower, Case17ReplacedByAnEditor) {
  for (const bool down : {false, true}) {
    Rig rig;
    rig.write("app.log", lines(0, 100));
    rig.look();
    rig.copy("app.log", ".app.log.swp");
    rig.write(".app.log.swp", lines(100, 101));
    rig.rename(".app.log.swp", "app.log");
    if (down) rig.start();
    rig.look();
    EXPECT_EQ(rig.take(), said(0, 101)) << down;
    EXPECT_EQ(rig.lost(), Strings{});
    EXPECT_EQ(rig.streams(), 1u);
    rig.write("app.log", lines(101, 102));
    rig.pump();
    EXPECT_EQ(rig.take(), said(101, 102));
  }
}

TEST(Follower, Case18LiveTwinsWithOneBanner) {
  Rig rig;
  rig.write("app.log.1", banner(4096) + lines(0, 10));
  rig.write("app.log", banner(4096) + lines(10, 20));
  rig.look();
  const Strings top{banner(4096).substr(0, 200)};
  EXPECT_EQ(rig.take(), top + said(0, 10) + top + said(10, 20));
  EXPECT_EQ(rig.streams(), 2u);
}

TEST(Follower, Case18ACrashLoopsFilesBeginAlike) {
  Rig rig;
  for (int i = 5; i > 0; --i)
    rig.write("app.log." + std::to_string(i), "panic: the same\nat f()\n");
  rig.write("app.log", "panic: the same\n");
  rig.look();
  EXPECT_EQ(rig.take().size(), 11u);
  EXPECT_EQ(rig.streams(), 6u);
  rig.start();
  rig.pump();
  EXPECT_EQ(rig.take(), Strings{});
  rig.write("app.log", "at f()\n");
  rig.remove("app.log.5");
  for (int i = 4; i > 0; --i) {
    rig.rename("app.log." + std::to_string(i), "app.log." + std::to_string(i + 1));
  }
  rig.rename("app.log", "app.log.1");
  rig.write("app.log", "panic: the same\nat f()\nat g()\n");
  rig.look();
  EXPECT_EQ(rig.take(), (Strings{"at f()", "panic: the same", "at f()", "at g()"}));
  EXPECT_EQ(rig.streams(), 7u);
}

TEST(Follower, Case19LinksToOneFile) {
  Rig rig;
  rig.write("app.log", lines(0, 10));
  fs::create_hard_link(rig.at("app.log"), rig.at("app.log.1"));
  fs::create_symlink(rig.at("app.log"), rig.at("app.log.2"));
  fs::create_symlink(rig.at("nowhere"), rig.at("app.log.3"));
  fs::create_symlink(rig.at("app.log.4"), rig.at("app.log.4"));
  rig.look();
  rig.look();
  EXPECT_EQ(rig.take(), said(0, 10));
  EXPECT_EQ(rig.streams(), 1u);
}

TEST(Follower, Case19ALinkThatIsTurned) {
  Rig rig;
  rig.write("one", lines(0, 10));
  rig.write("two", lines(20, 30));
  fs::create_symlink(rig.at("one"), rig.at("app.log"));
  rig.look();
  rig.write("one", lines(10, 20));
  rig.remove("app.log");
  fs::create_symlink(rig.at("two"), rig.at("app.log"));
  rig.look();
  EXPECT_EQ(rig.take(), said(0, 30));
  EXPECT_EQ(rig.lost(), Strings{});
}

TEST(Follower, Case19ALoopIsNotedOnce) {
  Rig rig;
  rig.write("app.log", lines(0, 10));
  fs::create_symlink(rig.at("app.log.1"), rig.at("app.log.1"));
  for (int i = 0; i < 3; ++i) {
    rig.follower().files({{rig.at("app.log.1"), 0, kNoTime}, {rig.at("app.log"), 0, kNoTime}});
    rig.pump();
  }
  EXPECT_EQ(rig.take(), said(0, 10));
  EXPECT_EQ(rig.notes().size(), 1u);
}

// ---- 20 to 25: lines

TEST(Follower, Case20AByteForAnHour) {
  Rig rig;
  rig.write("app.log", "");
  rig.look();
  rig.write("app.log", "l");
  for (int i = 0; i < 3; ++i) rig.pump();
  rig.hurry();
  rig.follower().rest();
  rig.pump();
  EXPECT_EQ(rig.turns, 0);
  rig.write("app.log", "ine 0\n");
  rig.pump();
  EXPECT_EQ(rig.take(), said(0, 1));
}

TEST(Follower, Case21UnterminatedAtRotation) {
  for (const bool first : {false, true}) {  // the file's only line, or its last
    Rig rig;
    rig.write("app.log", (first ? "" : lines(0, 3)) + "his last wo");
    rig.look();
    rig.rename("app.log", "app.log.1");
    rig.write("app.log", "rds\n");
    rig.look();
    EXPECT_EQ(rig.take(), first ? Strings{} : said(0, 3));
    EXPECT_TRUE(rig.follower().waiting());
    rig.hurry();
    EXPECT_FALSE(rig.follower().waiting());
    EXPECT_EQ(rig.take(), (Strings{"his last wo|", "rds"}));
    rig.hurry();
    rig.start();
    rig.pump();
    EXPECT_EQ(rig.take(), Strings{});
  }
}

TEST(Follower, Case21RestComesInTime) {
  Rig rig;
  rig.write("app.log", "his last wo");
  rig.look();
  rig.rename("app.log", "app.log.1");
  rig.write("app.log", "other\n");
  rig.look();
  rig.write("app.log.1", "rds\n");
  rig.pump();
  EXPECT_EQ(rig.take(), (Strings{"his last words", "other"}));
}

TEST(Follower, Case21UnterminatedAtRemoval) {
  Rig rig;
  rig.write("app.log", "one\ntwo");
  rig.look();
  rig.remove("app.log");
  rig.look();
  rig.hurry();
  EXPECT_EQ(rig.take(), (Strings{"one", "two|"}));
  rig.follower().rest();
  rig.pump();
  EXPECT_EQ(rig.lost(), Strings{});
}

TEST(Follower, Case22ALineInThreePieces) {
  Rig rig;
  for (const char* piece : {"line", " ", "0\n"}) {
    EXPECT_EQ(rig.take(), Strings{});
    rig.write("app.log", piece);
    rig.look();
    rig.follower().rest();
  }
  EXPECT_EQ(rig.take(), said(0, 1));
}

TEST(Follower, Case23LinesOverTheLimit) {
  for (const bool live : {true, false}) {
    Rig rig({.chunk = 50'000, .once = !live});
    const std::vector<size_t> sizes = {33 * 1024, kLineLimit, kLineLimit + 1, 5 * kLineLimit};
    for (const size_t size : sizes) {
      const std::string text = std::string(size, 'x') + "\nafter\n";
      for (size_t at = 0; at < text.size(); at += 400'000) {
        rig.write("app.log", text.substr(at, 400'000));
        if (live) rig.look();
      }
    }
    rig.look();
    std::string is;
    for (const std::string& line : rig.take())
      is += line[0] == 'x' ? (line.back() == '|' ? "X" : "x") : "a";
    EXPECT_EQ(is, "xaxaXaXa") << live;
    if (!live) rig.finish();
    const Checkpoint at = rig.stored().begin()->second;
    EXPECT_EQ(at.offset, fs::file_size(rig.at("app.log")));
    rig.start();
    rig.write("app.log", "more\n");
    rig.look();
    EXPECT_EQ(rig.take(), Strings{"more"});
  }
}

TEST(Follower, Case24OnlyCarriageReturns) {
  Rig rig;
  for (int i = 0; i < 50; ++i) {
    rig.write("app.log", "10 %\r20 %\r");
    rig.look();
  }
  EXPECT_EQ(rig.take(), Strings{});
  rig.write("app.log", "\r\nnext\r\n");
  rig.pump();
  EXPECT_EQ(rig.take().size(), 2u);
}

TEST(Follower, Case25AnyBytes) {
  Rig rig({.chunk = 3});
  const std::string text(
      "\xef\xbb\xbf"
      "first\n"
      "nul \0 here\n"
      "\xff\xfe bad \xc3\n"
      "\xe2\x80\xa8\n"
      "\n"
      "last\n",
      39);
  rig.write("app.log", text);
  rig.look();
  const Strings got = rig.take();
  ASSERT_EQ(got.size(), 6u);
  EXPECT_EQ(got[1], std::string("nul \0 here", 10));
  EXPECT_EQ(got[5], "last");
}

// ---- 31, 35, 52

TEST(Follower, Case31MayNotBeReadForAWhile) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  Rig rig;
  rig.write("app.log", lines(0, 10));
  rig.look();
  rig.rename("app.log", "app.log.1");
  rig.write("app.log", lines(10, 20));
  ::chmod(rig.at("app.log").c_str(), 0);
  for (int i = 0; i < 3; ++i) rig.look();
  EXPECT_EQ(rig.notes().size(), 1u);
  ::chmod(rig.at("app.log").c_str(), 0644);
  rig.pump();
  EXPECT_EQ(rig.take(), said(0, 20));
  ::chmod(rig.at("app.log").c_str(), 0);
  rig.follower().rest();
  rig.pump();
  EXPECT_EQ(rig.notes().size(), 1u) << "it had worked in between";
  ::chmod(rig.at("app.log").c_str(), 0644);
}

TEST(Follower, Case35RemovedWhileWeLag) {
  Rig rig({.chunk = 64});
  rig.write("app.log", lines(0, 1000));
  rig.list();
  ASSERT_TRUE(rig.follower().pump(100, rig));
  rig.keep();
  rig.remove("app.log");
  rig.list();
  ASSERT_TRUE(rig.follower().pump(100, rig));
  rig.follower().rest();  // not with bytes unread
  rig.pump();
  EXPECT_EQ(rig.take(), said(0, 1000));
  EXPECT_EQ(rig.lost(), Strings{});
}

TEST(Follower, Case35RemovedWhileClosed) {
  Rig rig;
  rig.write("app.log", lines(0, 10));
  rig.look();
  rig.follower().rest();
  rig.write("app.log", lines(10, 20));
  rig.list();
  rig.remove("app.log");
  rig.write("app.log", lines(30, 40));
  rig.pump();
  EXPECT_EQ(rig.take(), said(0, 10) + said(30, 40));
  EXPECT_EQ(rig.lost().size(), 1u);
}

TEST(Follower, Case52RotationForgotten) {
  Rig rig;
  std::ofstream old(rig.at("app.log"), std::ios::app);
  old << lines(0, 10) << std::flush;
  rig.look();
  rig.rename("app.log", "app.log.1");
  rig.write("app.log", lines(10, 20));
  rig.look();
  for (int i = 20; i < 60; i += 20) {
    old << lines(i, i + 10) << std::flush;
    rig.pump();
    rig.write("app.log", lines(i + 10, i + 20));
    rig.pump();
  }
  EXPECT_EQ(rig.take(), said(0, 60));
  EXPECT_EQ(rig.streams(), 2u);
  rig.start();  // and after a restart too
  old << lines(60, 70) << std::flush;
  rig.look();
  EXPECT_EQ(rig.take(), said(60, 70));
  rig.remove("app.log.1");
  rig.look();
  old << lines(70, 80) << std::flush;
  rig.pump();
  EXPECT_EQ(rig.take(), said(70, 80)) << "removed, but open";
}

// ---- kills

// A day of a log, in steps. `rig` is pumped after each.
std::vector<std::function<void(Rig&)>> day() {
  return {
      [](Rig& rig) { rig.write("app.log", lines(0, 30)); },
      [](Rig& rig) { rig.write("app.log", lines(30, 60) + "line"); },
      [](Rig& rig) { rig.rename("app.log", "app.log.1"); },
      [](Rig& rig) { rig.write("app.log.1", " 60\n"); },
      [](Rig& rig) { rig.write("app.log", lines(61, 90)); },
      [](Rig& rig) { rig.pack("app.log.1"), rig.rename("app.log.1.gz", "app.log.2.gz"); },
      [](Rig& rig) { rig.copy("app.log", "app.log.1"); },
      [](Rig& rig) { rig.cut("app.log"); },
      [](Rig& rig) { rig.write("app.log", lines(90, 120)); },
      [](Rig& rig) { rig.rename("app.log.2.gz", "app.log.3.gz"), rig.pack("app.log.1"); },
      [](Rig& rig) { rig.rename("app.log.1.gz", "app.log.2.gz"); },
      [](Rig& rig) { rig.rename("app.log", "app.log.1"), rig.write("app.log", lines(120, 150)); },
      [](Rig& rig) { rig.write("app.log", lines(150, 160)); },
  };
}

TEST(Follower, KilledAndStartedAgainAtEveryPoint) {
  const size_t steps = day().size();
  for (size_t kill = 0; kill <= steps; ++kill) {  // at one point; `steps`: at every point
    for (const bool behind : {false, true}) {
      SCOPED_TRACE("killed after step " + std::to_string(kill) + (behind ? ", behind" : ""));
      Rig rig({.chunk = 100});
      if (behind) rig.fall_behind();
      size_t at = 0;
      for (const auto& step : day()) {
        step(rig);
        if (kill != steps) rig.look();
        if (at++ == kill || kill == steps) rig.start();
        rig.look();
      }
      rig.finish();
      EXPECT_EQ(difference(rig.take(), said(0, 160)), "");
      EXPECT_EQ(rig.again > 0, behind);
      for (const std::string& lost : rig.lost()) EXPECT_EQ(lost, "truncated 0+");
      EXPECT_EQ(rig.streams(), 4u);
    }
  }
}

// A scan of what is left after the day, from nothing and in two halves, gives the same.
TEST(Follower, AScanFindsTheSameStreams) {
  Rig live;
  for (const auto& step : day()) step(live), live.look();
  live.finish();
  Rig scan({.once = true});
  for (const auto& step : day()) step(scan);
  scan.look();
  scan.finish();
  EXPECT_EQ(difference(scan.take(), said(0, 160)), "");
  std::set<uint64_t> a, b;
  for (const auto& [key, at] : live.stored()) a.insert(key);
  for (const auto& [key, at] : scan.stored()) b.insert(key);
  EXPECT_EQ(a, b);
  scan.start();
  scan.look();
  scan.finish();
  EXPECT_EQ(scan.take(), Strings{});
}

// ---- what is not UTF-8 lines

TEST(FollowerForms, GrowInPiecesWithRestartsBetween) {
  std::mt19937 random(11);
  for (const TextForm form : {TextForm::utf16_le, TextForm::utf16_be, TextForm::docker_local}) {
    for (const bool behind : {false, true}) {
      Rig rig;
      rig.form = form;
      if (behind) rig.fall_behind();
      std::string text;
      Strings said;
      for (int i = 0; i < 3000; ++i) {
        said.push_back("caf\xc3\xa9 \xf0\x9f\x98\x80 " + std::to_string(i));
        text += said.back() + "\n";
      }
      const std::string bytes = rig.encoded(text, true);
      rig.append("app.log", "");
      rig.list();
      for (size_t at = 0; at < bytes.size();) {
        const size_t piece = 1 + random() % (random() % 4 == 0 ? 8192 : 40);
        rig.append("app.log", bytes.substr(at, piece));
        at += piece;
        if (random() % 20 == 0) rig.start();
        if (random() % 20 == 0) rig.follower().rest();
        rig.pump();
      }
      EXPECT_EQ(difference(rig.take(), said), "");
      EXPECT_EQ(rig.lost(), Strings{});
      EXPECT_EQ(rig.streams(), 1u);
      EXPECT_EQ(rig.follower().behind(), 0u);
    }
  }
}

TEST(FollowerForms, PackedSiblingsAreKnown) {
  for (const TextForm form : {TextForm::utf16_le, TextForm::utf16_be, TextForm::docker_local}) {
    Rig rig;
    rig.form = form;
    rig.write("app.log", lines(0, 1000));
    rig.look();
    rig.write("app.log", lines(1000, 2000));
    rig.rename("app.log", "app.log.1");
    rig.pack("app.log.1");
    rig.write("app.log", lines(2000, 2010));
    rig.start();
    rig.pump();
    EXPECT_EQ(rig.take(), said(0, 2010));
    rig.rename("app.log.1.gz", "app.log.2.gz");
    rig.rename("app.log", "app.log.1");
    rig.write("app.log", lines(2010, 2020));
    rig.look();
    rig.start();
    rig.look();
    EXPECT_EQ(rig.take(), said(2010, 2020));
    EXPECT_EQ(rig.lost(), Strings{});
    EXPECT_EQ(rig.streams(), 3u);
    // A scan knows them by the same keys.
    Rig scan({.once = true});
    for (const char* name : {"app.log", "app.log.1", "app.log.2.gz"}) {
      fs::copy_file(rig.at(name), scan.at(name));
    }
    scan.form = form;
    scan.look();
    scan.finish();
    EXPECT_EQ(scan.take(), said(0, 2020));
    for (const auto& [key, at] : scan.stored()) EXPECT_EQ(rig.stored()[key].offset, at.offset);
    EXPECT_EQ(scan.streams(), 3u);
  }
}

TEST(FollowerForms, CopyTruncateGoesOnWithoutAMark) {
  Rig rig;
  rig.form = TextForm::utf16_le;
  rig.write("app.log", lines(0, 100));
  rig.look();
  rig.copy("app.log", "app.log.1");
  rig.cut("app.log");
  rig.write("app.log", lines(100, 300));
  rig.look();
  rig.write("app.log", lines(300, 310));
  rig.start();
  rig.pump();
  EXPECT_EQ(rig.take(), said(0, 310));
  EXPECT_EQ(rig.lost(), Strings{"truncated 0+"});
}

TEST(FollowerForms, CutToHalf) {
  for (const TextForm form : {TextForm::utf16_be, TextForm::docker_local}) {
    Rig rig;
    rig.form = form;
    rig.write("app.log", lines(0, 1000));
    rig.look();
    const std::string half = rig.encoded(lines(0, 500), true);
    rig.cut("app.log", half.size());
    rig.pump();
    rig.write("app.log", lines(1000, 1100));
    rig.pump();
    EXPECT_EQ(rig.take(), said(0, 1000) + said(1000, 1100));
    EXPECT_EQ(rig.lost(), Strings{"rewritten 0+"});
  }
}

TEST(FollowerForms, OddBytesAtTheEndOfUtf16Wait) {
  Rig rig({.once = true});
  rig.append("app.log", utf16("one\ntwo", false, true) + "\n");  // half of a newline
  rig.append("app.log.1", utf16("a surrogate ", false, true) + "\x3d\xd8");
  rig.look();
  rig.finish();
  EXPECT_EQ(rig.take(), (Strings{"a surrogate |", "one", "two|"}));
  EXPECT_EQ(rig.lost(), Strings{});
}

TEST(FollowerForms, Utf16OfAProgramIsSkipped) {
  Rig rig;
  rig.append("app.log", utf16(std::string("\1\2\0\4\5\6\n", 7), true, true));
  rig.look();
  EXPECT_EQ(rig.notes(), Strings{"a binary file, not a log: skipped"});
}

// The files of a real daemon: 103 + 91 + 2 records.
TEST(FollowerForms, DockersLocalFiles) {
  const std::string folder = BLIP_SOURCE_DIR "/tests/tailer/docker-local/";
  const std::string live = Rig::slurp(folder + "container.log");
  for (size_t size = 0; size <= live.size(); size += 50) {
    Rig rig({}, "container.log");
    rig.form = TextForm::docker_local;
    rig.append("container.log.2.gz", Rig::slurp(folder + "container.log.2.gz"));
    rig.append("container.log.1.gz", Rig::slurp(folder + "container.log.1.gz"));
    rig.append("container.log", live.substr(0, size));
    rig.look();
    EXPECT_GE(rig.take().size(), 194u);
    rig.start();
    rig.append("container.log", live.substr(size));
    rig.look();
    Strings got = rig.take();
    ASSERT_GE(got.size(), 1u);
    EXPECT_EQ(got.back(), "last");
    rig.start();
    rig.look();
    EXPECT_EQ(rig.take(), Strings{});
    EXPECT_EQ(rig.streams(), 3u);
    EXPECT_EQ(rig.lost(), Strings{});
  }
}

TEST(FollowerForms, ATornRecordWaitsAndIsToldAfterARotation) {
  Rig rig;
  rig.form = TextForm::docker_local;
  const std::string record = docker_record("line 10");
  rig.write("app.log", lines(0, 10));
  rig.append("app.log", record.substr(0, 30));
  rig.look();
  EXPECT_EQ(rig.take(), said(0, 10));
  rig.append("app.log", record.substr(30));
  rig.pump();
  EXPECT_EQ(rig.take(), said(10, 11));
  rig.append("app.log", record.substr(0, 30));
  rig.rename("app.log", "app.log.1");
  rig.write("app.log", lines(11, 12));
  rig.look();
  EXPECT_TRUE(rig.follower().waiting());
  EXPECT_EQ(rig.take(), Strings{});
  rig.hurry();
  EXPECT_EQ(rig.take(), said(11, 12));
  EXPECT_EQ(rig.lost(), Strings{"unreadable 30"});
  rig.pump();
  rig.start();
  rig.look();
  rig.hurry();
  rig.pack("app.log.1");
  rig.look();
  rig.start();
  rig.look();
  EXPECT_EQ(rig.lost(), Strings{}) << "it was told";
  EXPECT_EQ(rig.take(), Strings{});
}

TEST(FollowerForms, DamageIsToldOnceWithItsBytes) {
  for (const char* const bad : {"\xff\xff\xff\xff", "damaged"}) {
    Rig rig;
    rig.form = TextForm::docker_local;
    rig.write("app.log", lines(0, 10));
    rig.look();
    rig.append("app.log", bad);
    rig.write("app.log", lines(10, 20));
    const size_t size =
        Rig::slurp(rig.at("app.log")).size() - rig.encoded(lines(0, 10), true).size();
    rig.pump();
    EXPECT_EQ(rig.take(), said(0, 10));
    EXPECT_EQ(rig.lost(), Strings{"unreadable " + std::to_string(size) + "+"});
    EXPECT_EQ(rig.notes().size(), 1u);
    for (int i = 0; i < 3; ++i) {
      rig.write("app.log", lines(20, 30));
      rig.pump();
      rig.follower().rest();
      rig.pump();
      rig.start();
      rig.pump();
    }
    rig.rename("app.log", "app.log.1");
    rig.write("app.log", lines(30, 40));
    rig.look();
    rig.pack("app.log.1");
    rig.look();
    rig.start();
    rig.look();
    EXPECT_EQ(rig.take(), said(30, 40));
    EXPECT_EQ(rig.lost(), Strings{});
    // Met packed for the first time.
    Rig late;
    late.form = TextForm::docker_local;
    late.append("app.log.1.gz", Rig::slurp(rig.at("app.log.1.gz")));
    late.look();
    EXPECT_EQ(late.take(), said(0, 10));
    EXPECT_EQ(late.lost(), Strings{"unreadable 0+"});
  }
}

TEST(FollowerForms, ACutThatLeavesTheTextBeforeTheOffsetIsNoDamage) {
  Rig rig({.chunk = 64});
  rig.form = TextForm::docker_local;
  rig.write("app.log", lines(0, 100));
  rig.list();
  ASSERT_TRUE(rig.follower().pump(64, rig));  // knows the records to the end, has read a few
  rig.keep();
  const size_t part = rig.encoded(lines(0, 50), true).size();
  rig.cut("app.log", part);
  for (int i = 0; i < 60; ++i) rig.append("app.log", docker_record("another " + std::to_string(i)));
  rig.pump();
  Strings wanted = said(0, 50);
  for (int i = 0; i < 60; ++i) wanted.push_back("another " + std::to_string(i));
  EXPECT_EQ(difference(rig.take(), wanted), "");
  EXPECT_EQ(rig.lost(), Strings{});
}

// ---- a random writer, a random administrator and a random owner, against a model

// A step is a number that all its chances come from, so that the others stay what they are when it
// is left out.
using Program = std::vector<uint64_t>;

Program random_program(uint64_t seed) {
  std::mt19937_64 random(seed);
  Program program(61);
  for (uint64_t& step : program) step = random();
  return program;
}

class Model {
 public:
  Model(const Program& program, TextForm form)
      : program_(program), random_(program[0]), rig_({.chunk = size_t{1} << (random_() % 12)}) {
    rig_.form = form;
    banner_ = random_() % 2 == 0;
  }

  // Empty: all is well.
  std::string run() {
    for (size_t i = 1; i < program_.size(); ++i) {
      random_.seed(program_[i]);
      step();
    }
    end_line();
    did_ += "end ";
    rig_.look();
    rig_.hurry();
    rig_.finish();
    check();
    return wrong_;
  }

 private:
  using Writer = std::ofstream;

  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  void say(const std::string& what) { did_ += what + " "; }

  void put(const std::string& text) { rig_.write(live_, text); }
  void write_lines() {
    if (banner_ && !fs::exists(rig_.at("app.log")) && live_ == "app.log") put("== start ==\n");
    end_line();
    for (size_t i = 1 + random_() % 40; i > 0; --i) put("line " + std::to_string(next_++) + "\n");
  }
  void half_line() {
    if (half_) return;
    // Not before its first bytes say what it is: a file this short is known by nothing else.
    const bool first = !fs::exists(rig_.at(live_));
    const std::string line = rig_.encoded("line " + std::to_string(next_++) + "\n", first);
    const size_t part = (first ? 2 : 0) + line.size() / 2;
    rig_.append(live_, line.substr(0, part));
    rest_ = line.substr(part);
    half_ = true;
  }
  void end_line() {
    if (!half_) return;
    rig_.append(live_, rest_);
    half_ = false;
  }
  // app.log.1 and so on move up.
  void shift() {
    listed_ = false;
    for (int i = 30; i > 0; --i) {
      for (const char* const packed : {"", ".gz"}) {
        const std::string from = "app.log." + std::to_string(i) + packed;
        const std::string to = "app.log." + std::to_string(i + 1) + packed;
        if (fs::exists(rig_.at(from))) rig_.rename(from, to);
      }
    }
  }
  void step() {
    const uint64_t what = random_() % 19;
    if (what < 5) say("write"), write_lines();
    if (what == 5) say("half"), half_line();
    if (what == 6 && fs::exists(rig_.at("app.log"))) {
      say("rename");
      shift();
      rig_.rename("app.log", "app.log.1");
      if (half_ || chance(30)) {  // the writer has not noticed yet
        if (chance(50)) rig_.look();
        live_ = "app.log.1";
        if (half_)
          end_line();
        else
          write_lines();
        live_ = "app.log";
      }
      if (chance(50)) rig_.write("app.log", "");
    }
    if (what == 7 && fs::exists(rig_.at("app.log"))) {
      say("copytruncate");
      end_line();
      shift();
      if (chance(20)) {
        // The copy is born later, by the coarse clock of file systems, which may stand for long.
        const auto born = [this](const char* name) { return look_at(rig_.at(name))->id.born_ns; };
        for (rig_.copy("app.log", "app.log.1"); born("app.log.1") == born("app.log");
             rig_.copy("app.log", "app.log.1")) {
          rig_.remove("app.log.1");
          ::usleep(1000);
        }
        rig_.look();
      } else {
        rig_.copy("app.log", "app.log.1");
      }
      rig_.cut("app.log");
      if (banner_) put("== start ==\n");
      if (chance(50)) write_lines();
    }
    if (what == 8) {
      const std::string name = "app.log." + std::to_string(1 + random_() % 3);
      if (fs::exists(rig_.at(name)) && !fs::exists(rig_.at(name + ".gz"))) {
        say("gzip");
        listed_ = false;
        rig_.copy(name, "aside");
        rig_.pack("aside");
        const std::string all = Rig::slurp(rig_.at("aside.gz"));
        rig_.append(name + ".gz", all.substr(0, all.size() / 2));
        if (chance(50)) say("(half)"), rig_.look();
        rig_.append(name + ".gz", all.substr(all.size() / 2));
        if (chance(50)) say("(both)"), rig_.look();
        rig_.remove(name);
        rig_.remove("aside.gz");
      }
    }
    if (what == 9 && chance(30) && fs::exists(rig_.at("app.log"))) {
      say("unlink");
      end_line();
      rig_.look();  // a file it never met, nobody can miss
      if (fs::file_size(rig_.at("app.log")) > 12 && chance(50)) write_lines();
      rig_.remove("app.log");
      listed_ = false;
      may_miss_ = next_;
      if (chance(50)) write_lines();
    }
    if (what == 10 || what == 11) say("look"), rig_.look();
    if (what == 12) {
      say("pump");
      if (!std::exchange(listed_, true)) rig_.list();
      rig_.pump(1 + random_() % 500);
    }
    if (what == 13) {
      say("bit");
      rig_.list();
      (void)rig_.follower().pump(1 + random_() % 200, rig_);
      rig_.keep();
    }
    if (what == 14) say("rest"), rig_.follower().rest();
    if (what == 15 || what == 16) say("restart"), rig_.start();
    if (what == 17 && fs::exists(rig_.at("app.log"))) {
      // A name elsewhere: what is unlinked or cut is not gone, and its number is not free.
      say("link");
      if (fs::exists(rig_.at("elsewhere"))) rig_.remove("elsewhere");
      fs::create_hard_link(rig_.at("app.log"), rig_.at("elsewhere"));
    }
    if (what == 18 && chance(50) && fs::exists(rig_.at("app.log"))) say("chmod"), no_rights();
  }
  // For a while the follower may not read the file.
  void no_rights() {
    no_rights_ = true;
    const bool root = ::geteuid() == 0;
    if (root) fs::permissions(rig_.at("."), fs::perms(0755));
    fs::permissions(rig_.at("app.log"), fs::perms::none);
    if (root) ::setfsuid(65534);
    if (chance(50)) rig_.start();
    rig_.look();
    if (root) ::setfsuid(0);
    fs::permissions(rig_.at("app.log"), fs::perms(0644));
  }

  void check() {
    std::vector<char> got(next_, 0);
    uint64_t before = 0;
    bool first = true;
    for (const std::string& line : rig_.take()) {
      if (line == "== start ==") continue;
      const uint64_t seq = line.starts_with("line ") ? std::stoull("0" + line.substr(5)) : next_;
      if (seq >= next_ || line != "line " + std::to_string(seq)) {
        wrong_ += "no such line: " + line + "\n";
        continue;
      }
      if (got[seq]) wrong_ += "twice: " + line + "\n";
      got[seq] = 1;
      if (!first && seq < before) wrong_ += "out of order: " + line + "\n";
      before = seq, first = false;
    }
    bool deleted = false;
    const Strings all_lost = rig_.lost();
    for (const std::string& lost : all_lost)
      deleted = deleted || lost.starts_with("deleted") || (no_rights_ && lost.starts_with("trunc"));
    for (uint64_t seq = 0; seq < next_; ++seq) {
      if (!got[seq] && !(deleted && seq < may_miss_)) {
        wrong_ += "missing: line " + std::to_string(seq) + "\n";
        break;
      }
    }
    if (wrong_.empty()) return;
    for (const std::string& lost : all_lost) wrong_ += "told: " + lost + "\n";
    wrong_ += did_ + "\n";
  }

  const Program program_;
  std::mt19937_64 random_;
  Rig rig_;
  std::string live_ = "app.log";  // where the writer writes
  uint64_t next_ = 0, may_miss_ = 0;
  bool half_ = false, banner_ = false;
  bool no_rights_ = false;  // a file could not be told from one that has its number anew
  bool listed_ = true;      // no name has changed since the follower was told them
  std::string did_, wrong_, rest_;
};

// Leaves out steps as long as it still goes wrong, and says what is left.
std::string shortest(Program program, TextForm form, std::string wrong) {
  for (size_t size = program.size() / 2; size > 0; size /= 2) {
    for (size_t at = 1; at + size <= program.size();) {
      Program fewer = program;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at),
                  fewer.begin() + static_cast<std::ptrdiff_t>(at + size));
      const std::string still = Model(fewer, form).run();
      if (still.empty()) {
        at += size;
      } else {
        program = std::move(fewer);
        wrong = still;
      }
    }
  }
  return wrong;
}

void run_programs(uint64_t first, uint64_t count, TextForm form) {
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const Program program = random_program(seed);
    const std::string wrong = Model(program, form).run();
    if (wrong.empty()) continue;
    FAIL() << "BLIP_SEED=" << seed << " " << static_cast<int>(form) << "\n"
           << shortest(program, form, wrong);
  }
}

// The everyday run takes the same programs each time, --long more of them; BLIP_SEED=N runs one
// again, BLIP_PROGRAMS=N as many, from a seed that nobody knows.
void run_programs_as_asked(uint64_t everyday, uint64_t at_length, TextForm form) {
  const char* const fixed = std::getenv("BLIP_SEED");
  const char* const more = std::getenv("BLIP_PROGRAMS");
  if (fixed != nullptr) return run_programs(std::stoull(fixed), 1, form);
  if (more != nullptr) return run_programs(std::random_device()(), std::stoull(more), form);
  run_programs(1, std::getenv("BLIP_LONG") != nullptr ? at_length : everyday, form);
}

// What is not UTF-8 lines goes through the same.
TEST(Follower, RandomProgramsInOtherForms) {
  for (const TextForm form : {TextForm::utf16_le, TextForm::utf16_be, TextForm::docker_local}) {
    run_programs_as_asked(40, 1000, form);
  }
}

TEST(Follower, RandomProgramsLoseNothingUntold) {
  run_programs_as_asked(400, 10'000, TextForm::plain);
}

}  // namespace
}  // namespace blip
