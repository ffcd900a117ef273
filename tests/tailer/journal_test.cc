// The journal's reader on real journal files: every entry once, over boots, files, rotations and
// kills; and what damage, loss and missing rights are called.

#include "tailer/journal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "tailer/journal_line.h"
#include "tests/support/journal.h"

namespace blip {
namespace {
namespace fs = std::filesystem;

constexpr uint64_t kPlenty = 64 << 20;
const Time kNow = time_from_us(1'710'160'000'000'000);
constexpr const char* kBoot = "11111111111111111111111111111111";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    if (end == text.npos) {
      ADD_FAILURE() << "a line without its end: " << text.substr(at, 200);
      break;
    }
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// As written; the tests' values hold no quote.
std::string member(const std::string& line, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const size_t at = line.find(key);
  if (at == line.npos) return "";
  const size_t begin = at + key.size();
  return line.substr(begin, line.find('"', begin) - begin);
}

std::vector<std::string> messages(const std::string& text) {
  std::vector<std::string> all;
  for (const std::string& line : lines_of(text)) all.push_back(member(line, "MESSAGE"));
  return all;
}

std::string read_all(Journal& journal, uint64_t budget = kPlenty) {
  std::string text;
  for (;;) {
    const size_t before = text.size();
    const Result<bool> more = journal.read(budget, text);
    EXPECT_TRUE(more) << more.error().text;
    EXPECT_LT(text.size() - before, budget + kJournalLine);
    if (!more || !*more) return text;
  }
}

struct JournalFolder : testing::Test {
  void SetUp() override {
    if (!have_journal_tool()) GTEST_SKIP() << kJournalTool << " is not installed";
    std::string name = (fs::temp_directory_path() / "blip-journal-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
    const Result<Journal> any = Journal::open({.folder = folder});
    if (!any && any.error().text.find("libsystemd") != std::string::npos) {
      GTEST_SKIP() << any.error().text;
    }
  }
  void TearDown() override {
    std::error_code ignored;
    if (!folder.empty()) fs::remove_all(folder, ignored);
  }

  Journal opened(const std::string& cursor = {}, JournalOptions options = {}) {
    options.folder = folder;
    options.backfill = std::chrono::hours(24);
    Result<Journal> journal = Journal::open(options);
    EXPECT_TRUE(journal) << journal.error().text;
    const Status placed = journal->go_on_after(cursor, kNow);
    EXPECT_TRUE(placed) << placed.error().text;
    return std::move(*journal);
  }
  std::string file(const std::string& name) const { return folder + "/" + name; }
  // What came since, once the journal says that something did.
  std::string wait_for_more(Journal& journal) {
    std::string text;
    for (int i = 0; i < 200 && text.empty(); ++i) {
      pollfd one = {journal.fd(), journal.events(), 0};
      poll(&one, 1, 50);
      const Result<bool> changed = journal.process();
      EXPECT_TRUE(changed) << changed.error().text;
      text += read_all(journal);
    }
    return text;
  }

  std::string folder;
};

TEST_F(JournalFolder, GivesEachEntryOnceOverBoots) {
  write_two_boots(folder);
  Journal journal = opened();
  const std::string all = read_all(journal);
  const std::vector<std::string> lines = lines_of(all);
  // 9 lines of coming up (10 the second time), 12 a minute of orders, 4 of feed, the last words.
  ASSERT_EQ(lines.size(), 9u + 40 * 16 + 1 + 10 + 20 * 16);
  EXPECT_EQ(messages(all).front().substr(0, 13), "Linux version");
  std::set<std::string> cursors;
  size_t boots = 1;
  for (size_t i = 0; i < lines.size(); ++i) {
    cursors.insert(cursor_of(lines[i]));
    if (i == 0) continue;
    EXPECT_LT(member(lines[i - 1], "__REALTIME_TIMESTAMP"),
              member(lines[i], "__REALTIME_TIMESTAMP"));
    if (member(lines[i], "_BOOT_ID") == member(lines[i - 1], "_BOOT_ID")) continue;
    EXPECT_EQ(member(lines[i - 1], "MESSAGE"), "last words of the first boot");
    ++boots;
  }
  EXPECT_EQ(boots, 2u);
  EXPECT_EQ(cursors.size(), lines.size());
  EXPECT_EQ(journal.troubles(), std::vector<std::string>());

  // In small pieces, and after a kill anywhere, the same.
  Journal again = opened();
  EXPECT_EQ(read_all(again, 1), all);
  for (size_t i = 0; i < lines.size(); i += i < 6 || i > 645 ? 1 : 37) {
    Journal later = opened(cursor_of(lines[i]));
    const std::vector<std::string> rest = lines_of(read_all(later));
    ASSERT_EQ(rest.size(), lines.size() - i - 1) << i;
    EXPECT_TRUE(
        std::equal(rest.begin(), rest.end(), lines.begin() + static_cast<ptrdiff_t>(i) + 1));
    EXPECT_EQ(later.troubles(), std::vector<std::string>());
  }
}

TEST_F(JournalFolder, BeginsNoEarlierThanTheBackfill) {
  JournalText host(to_us(kNow) - 10'000'000);
  host.boot(kBoot, 0);
  for (int i = 0; i < 10; ++i) {
    host.said("orders.service", 7, "line " + std::to_string(i));
    host.pass(999'000);
  }
  host.store(file("system.journal"));
  Result<Journal> journal = Journal::open({.folder = folder, .backfill = std::chrono::seconds(3)});
  ASSERT_TRUE(journal) << journal.error().text;
  ASSERT_TRUE(journal->go_on_after("", kNow));
  EXPECT_EQ(messages(read_all(*journal)), (std::vector<std::string>{"line 7", "line 8", "line 9"}));
}

TEST_F(JournalFolder, FollowsOverRotationAndVacuum) {
  JournalText host(1'710'144'902'000'000);
  host.boot(kBoot, 0);
  const auto say = [&host](int from, int to) {
    for (int i = from; i < to; ++i) host.said("orders.service", 7, "line " + std::to_string(i));
  };
  say(0, 5);
  host.store(file("system.journal"));
  Journal journal = opened();
  std::string text = read_all(journal);
  EXPECT_EQ(lines_of(text).size(), 5u);

  say(5, 8);
  host.store(file("system.journal"));
  text += wait_for_more(journal);
  EXPECT_EQ(lines_of(text).size(), 8u);

  // Rotated with lines unread, then vacuumed: what was not read yet is still there.
  say(8, 10);
  host.store(file("system.journal"));
  fs::rename(file("system.journal"), file("system@0001.journal"));
  say(10, 13);
  host.store(file("system.journal"));
  while (lines_of(text).size() < 13) {
    const std::string more = wait_for_more(journal);
    ASSERT_FALSE(more.empty()) << text;
    text += more;
  }
  fs::remove(file("system@0001.journal"));
  say(13, 15);
  host.store(file("system.journal"));
  text += wait_for_more(journal);

  std::vector<std::string> expected;
  for (int i = 0; i < 15; ++i) expected.push_back("line " + std::to_string(i));
  EXPECT_EQ(messages(text), expected);
}

// Killed after a few lines, again and again, while the journal grows and rotates.
TEST_F(JournalFolder, GoesOnAfterEachKill) {
  JournalText host(1'710'144'902'000'000);
  host.boot(kBoot, 0);
  std::string spool;
  int said = 0;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 9; ++i) host.said("orders.service", 7, "line " + std::to_string(said++));
    host.store(file("system.journal"));
    if (round % 4 == 3) {
      fs::rename(file("system.journal"), file("system@" + std::to_string(round) + ".journal"));
    }
    for (int lives = 0; lives < 2; ++lives) {
      Journal journal = opened(spool.empty() ? "" : cursor_of(lines_of(spool).back()));
      for (int i = 0; i < 3 + round % 3; ++i) ASSERT_TRUE(journal.read(1, spool));
      EXPECT_EQ(journal.troubles(), std::vector<std::string>());
    }
  }
  Journal last = opened(cursor_of(lines_of(spool).back()));
  spool += read_all(last);
  std::vector<std::string> expected;
  for (int i = 0; i < said; ++i) expected.push_back("line " + std::to_string(i));
  EXPECT_EQ(messages(spool), expected);
}

TEST_F(JournalFolder, SaysThatEntriesMayBeMissing) {
  JournalText host(1'710'144'902'000'000);
  host.boot(kBoot, 0);
  for (int i = 0; i < 3; ++i) host.said("orders.service", 7, "old " + std::to_string(i));
  host.store(file("system@0001.journal"));
  std::string text;
  {
    Journal journal = opened();
    text = read_all(journal);
  }
  const std::string cursor = cursor_of(lines_of(text)[1]);
  host.pass(60'000'000);
  host.said("orders.service", 7, "new");
  host.store(file("system.journal"));
  fs::remove(file("system@0001.journal"));  // vacuumed while nobody read
  Journal journal = opened(cursor);
  EXPECT_EQ(messages(read_all(journal)), std::vector<std::string>{"new"});
  const std::vector<std::string> troubles = journal.troubles();
  ASSERT_EQ(troubles.size(), 1u);
  EXPECT_NE(troubles[0].find("entries may be missing"), std::string::npos) << troubles[0];

  // A clock set back: all there is is older than the cursor. What comes is read all the same.
  Journal back = opened(
      "s=00000000000000000000000000000001;i=1;b=33333333333333333333333333333333;m=1;"
      "t=7000000000000;x=1");
  EXPECT_EQ(read_all(back), "");
  EXPECT_EQ(back.troubles().size(), 1u);
  host.said("orders.service", 7, "after the clock");
  host.store(file("system.journal"));
  EXPECT_EQ(messages(wait_for_more(back)), std::vector<std::string>{"after the clock"});

  Journal odd = opened("no cursor");
  EXPECT_EQ(messages(read_all(odd)), (std::vector<std::string>{"new", "after the clock"}));
  EXPECT_EQ(odd.troubles().size(), 1u);
}

TEST_F(JournalFolder, KeepsTextAsTextAndSecretsOut) {
  JournalText host(1'710'144'902'000'000);
  host.boot(kBoot, 0);
  host.entry("a \"b\" \\ \t\n\x1b[31mred\x1b[0m \xff\xc3\xa9 \xe2\x9c\x93 \x01.",
             {{"_PID", "7"},
              {"_CMDLINE", "orders --password=hunter2"},
              {"COREDUMP_ENVIRON", "PASSWORD=hunter2"},
              {"SYSLOG_IDENTIFIER", "one"},
              {"SYSLOG_IDENTIFIER", "two"}});
  host.entry(std::string(3 << 20, '\x02') + "end", {{"_PID", "8"}});
  host.entry("", {{"_PID", "9"}});
  host.store(file("system.journal"));
  Journal journal = opened();
  const std::string text = read_all(journal);
  const std::vector<std::string> lines = lines_of(text);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_NE(
      lines[0].find("\"MESSAGE\":\"a \\\"b\\\" \\\\ \\t\\n\\u001b[31mred\\u001b[0m \xef\xbf\xbd"
                    "\xc3\xa9 \xe2\x9c\x93 \\u0001.\""),
      std::string::npos)
      << lines[0];
  EXPECT_NE(lines[0].find("\"SYSLOG_IDENTIFIER\""), std::string::npos);
  EXPECT_EQ(lines[0].find("\"SYSLOG_IDENTIFIER\""), lines[0].rfind("\"SYSLOG_IDENTIFIER\""));
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
  EXPECT_LT(lines[1].size(), kJournalLine);
  EXPECT_GT(lines[1].size(), size_t{512} << 10);
  EXPECT_EQ(member(lines[2], "_PID"), "9");
}

TEST_F(JournalFolder, ReadsTheUnitsThatAreWantedAndTheHost) {
  JournalText host(1'710'144'902'000'000);
  host.boot(kBoot, 0);
  host.kernel("Linux version 6.1.0");
  host.said("orders.service", 7, "by orders");
  host.said("feed.service", 8, "by feed");
  host.said("blip.service", 9, "by blip itself");
  host.manager("orders.service: Failed with result 'signal'.", "d9b373ed55a64feb8242e02dbe79a49c",
               "orders.service");
  host.manager("feed.service: Failed with result 'signal'.", "d9b373ed55a64feb8242e02dbe79a49c",
               "feed.service");
  host.manager("Reached target Multi-User System.");
  host.said("app@blue.service", 10, "by app@blue");
  host.store(file("system.journal"));
  Journal all = opened();
  EXPECT_EQ(lines_of(read_all(all)).size(), 7u);
  Journal some = opened({}, {.units = {"orders", "app@*.service"}});
  EXPECT_EQ(messages(read_all(some)),
            (std::vector<std::string>{"Linux version 6.1.0", "by orders",
                                      "orders.service: Failed with result 'signal'.",
                                      "Reached target Multi-User System.", "by app@blue"}));
}

// Whatever is broken, reading ends, and the other files are read whole.
TEST_F(JournalFolder, SurvivesDamagedFiles) {
  JournalText host(1'710'144'902'000'000);
  host.boot(kBoot, 0);
  for (int i = 0; i < 400; ++i) host.said("orders.service", 7, "bad " + std::to_string(i));
  host.store(file("bad.journal"));
  for (int i = 0; i < 50; ++i) host.said("orders.service", 7, "good " + std::to_string(i));
  host.store(file("good.journal"));
  const auto size = fs::file_size(file("bad.journal"));
  std::string bytes(size, '\0');
  std::ifstream(file("bad.journal"), std::ios::binary).read(bytes.data(), std::streamsize(size));
  const size_t first = bytes.find("MESSAGE=bad 0"), used = bytes.find_last_not_of('\0');
  ASSERT_NE(first, std::string::npos);
  size_t lost = 0, told = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    std::string damaged = bytes;
    // Runs of nonsense, as pages that were never written, among the entries and what they hold.
    for (uint64_t i = 1; i <= seed; ++i) {
      const size_t at = first + (seed * 7919 * i * 104729) % (used - first);
      std::fill_n(damaged.begin() + static_cast<ptrdiff_t>(at), std::min<size_t>(512, used - at),
                  static_cast<char>(seed % 2 == 0 ? 0 : 0xa5));
    }
    std::ofstream(file("bad.journal"), std::ios::binary) << damaged;
    Journal journal = opened();
    const std::string all = read_all(journal);
    const std::vector<std::string> said = messages(all);
    const auto good = std::count_if(said.begin(), said.end(), [](const std::string& text) {
      return text.starts_with("good ");
    });
    EXPECT_EQ(good, 50);
    std::set<std::string> cursors;
    for (const std::string& line : lines_of(all)) cursors.insert(cursor_of(line));
    EXPECT_EQ(cursors.size(), said.size());
    const auto bad = std::count_if(
        said.begin(), said.end(), [](const std::string& text) { return text.starts_with("bad "); });
    lost += bad < 400 ? 1 : 0;
    told += bad < 400 && !journal.troubles().empty() ? 1 : 0;
  }
  EXPECT_GT(lost, 6u);        // the damage was one
  EXPECT_GT(told, lost / 2);  // what is missing at a file's end nobody can know

  std::ofstream(file("bad.journal"), std::ios::binary) << "LPKSHHRH and then nothing";
  Journal journal = opened();
  EXPECT_EQ(lines_of(read_all(journal)).size(), 50u);
  ASSERT_EQ(journal.troubles().size(), 1u);

  fs::remove(file("good.journal"));
  const Result<Journal> none = Journal::open({.folder = folder});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().text.find("bad.journal"), std::string::npos) << none.error().text;
}

TEST_F(JournalFolder, TellsWhoMayNotRead) {
  JournalText host(1'710'144'902'000'000);
  host.boot(kBoot, 0);
  host.said("orders.service", 7, "hello");
  host.store(file("system.journal"));
  fs::permissions(folder, fs::perms(0755));
  fs::permissions(file("system.journal"), fs::perms(0600));
  if (geteuid() != 0) GTEST_SKIP() << "only root can give up its rights";
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(65534) != 0) _exit(2);
    const Result<Journal> none = Journal::open({.folder = folder});
    _exit(!none && none.error().text.find("systemd-journal") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_FALSE(Journal::open({.folder = file("nowhere")}));
}

TEST(JournalLine, IsCutAtItsLimit) {
  std::string to = "before ";
  append_json("abcdefgh", 5, to);
  EXPECT_EQ(to, "before \"abcd\"");
  to.clear();
  append_json("\xed\xa0\x80\xf4\x90\x80\x80\xc0\xaf", 100, to);  // surrogate, too high, overlong
  EXPECT_EQ(to,
            "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
            "\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(CursorOf, IsTheLinesOwn) {
  EXPECT_EQ(cursor_of("{\"__CURSOR\":\"s=6f;i=2b\",\"MESSAGE\":\"x\"}"), "s=6f;i=2b");
  EXPECT_EQ(cursor_of("{\"__CURSOR\":\"s=6f;i=2b"), "");
  EXPECT_EQ(cursor_of("{\"__CURSOR\":\"s=6\\u0066\"}"), "");
  EXPECT_EQ(cursor_of("{\"MESSAGE\":\"{\\\"__CURSOR\\\":\\\"s=6f\\\"\"}"), "");
  EXPECT_EQ(cursor_of(""), "");
}

}  // namespace
}  // namespace blip
