// The reader: which format a line of a mixed stream gets, envelopes, Docker's pieces, and that
// state saved after any line goes on the same.

#include "parsers/reader.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "tests/parsers/support.h"

namespace blip {
namespace {

// What a sink was given, as text.
struct Seen {
  Row row;
  std::string format;
  uint64_t offset = 0, next = 0, number = 0;
  bool cut = false;
  bool operator==(const Seen& other) const {
    return row.message == other.row.message && row.time == other.row.time &&
           row.level == other.row.level && row.pid == other.row.pid &&
           row.service == other.row.service && row.fields == other.row.fields &&
           format == other.format && offset == other.offset && next == other.next &&
           number == other.number && cut == other.cut;
  }
};

class Keeper : public RecordSink {
 public:
  void on_record(const Record& record) override {
    seen.push_back({row_of(record, record.line.text), std::string(record.format),
                    record.line.offset, record.line.next, record.line.number, record.line.cut});
  }
  std::vector<Seen> seen;
};

// A file's lines, with their places.
class Lines {
 public:
  explicit Lines(const std::vector<std::string>& texts) {
    uint64_t offset = 0;
    for (const std::string& text : texts) {
      texts_.emplace_back(text);
      lines_.push_back({texts_.back().view(), offset, offset + text.size() + 1, lines_.size() + 1});
      offset += text.size() + 1;
    }
  }
  auto begin() const { return lines_.begin(); }
  auto end() const { return lines_.end(); }
  size_t size() const { return lines_.size(); }
  const Line& operator[](size_t i) const { return lines_[i]; }

 private:
  std::vector<PaddedText> texts_;
  std::vector<Line> lines_;
};

std::vector<Seen> read_all(const std::vector<std::string>& texts, ReaderOptions options = {}) {
  const Lines lines(texts);
  RecordReader reader(std::move(options));
  Keeper keeper;
  for (const Line& line : lines) reader.read(line, keeper);
  reader.finish(keeper);
  return keeper.seen;
}

std::string docker(std::string_view log, std::string_view time = "2026-11-20T17:06:30.1Z",
                   std::string_view stream = "stdout") {
  return std::string(R"({"log":")")
      .append(log)
      .append(R"(","stream":")")
      .append(stream)
      .append(R"(","time":")")
      .append(time)
      .append(R"("})");
}

TEST(RecordReader, FindsTheFormatOfEachLineOfAMixedStream) {
  const auto seen = read_all({
      R"({"name":"api","hostname":"w","pid":1,"level":30,"msg":"up","time":"2015-03-01T10:00:00Z","v":0})",
      "[19394:0x3aa32d50]    10173 ms: Scavenge 6.1 (8.5) -> 4.1 (8.5) MB, 0.17 / 0.00 ms",
      "TypeError: x is undefined",
      "    at f (/srv/a.js:1:2)",
      R"({"level":"error","message":"Forever detected script exited with code: 1"})",
      R"({"name":"api","hostname":"w","pid":2,"level":30,"msg":"up","time":"2015-03-01T10:00:09Z","v":0})",
      "",
  });
  const std::string_view formats[] = {"bunyan",     "v8_gc",  "plain", "plain",
                                      "json_lines", "bunyan", "plain"};
  ASSERT_EQ(seen.size(), std::size(formats));
  for (size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i].format, formats[i]) << i;
  EXPECT_EQ(seen[3].row.message, "    at f (/srv/a.js:1:2)");
  EXPECT_EQ(seen[3].row.time, "");
  EXPECT_EQ(seen[5].row.pid, "2");
  EXPECT_EQ(seen[5].number, 6u);
}

TEST(RecordReader, TakesEnvelopesOff) {
  const auto seen = read_all({
      docker(R"(2014-06-24 19:50:53 warn:76c0b38e METRICS: a: 1\n)"),
      docker(
          R"(<30>Jun 24 12:35:00 web app[77]: {\"level\":50,\"time\":1,\"msg\":\"b\",\"pid\":9}\n)"),
      docker(R"(    at trace\n)"),
      "Jun 24 12:35:00 web app[77]: [2021-03-28 00:30:07,521: INFO/7331] meter",
      docker(docker("x")),  // not escaped: no object
  });
  ASSERT_EQ(seen.size(), 5u);
  EXPECT_EQ(seen[0].format, "go_log");
  expect_same(seen[0].row, {.time = "2026-11-20T17:06:30.100Z",
                            .level = "warn",
                            .version = "76c0b38e",
                            .message = "METRICS: a: 1",
                            .fields = "a=1"});
  EXPECT_EQ(seen[1].format, "pino");
  expect_same(seen[1].row, {.time = "2026-11-20T17:06:30.100Z",
                            .level = "error",
                            .service = "app",
                            .host = "web",
                            .pid = "77",
                            .message = "b"});
  EXPECT_EQ(seen[2].format, "docker_json");
  EXPECT_EQ(seen[2].row.message, "    at trace");
  EXPECT_EQ(seen[3].format, "syslog");
  EXPECT_EQ(seen[3].row.pid, "77");  // the envelope's wins
  EXPECT_EQ(seen[3].row.level, "info");
  EXPECT_EQ(seen[3].row.message, "meter");
  EXPECT_EQ(seen[4].format, "plain");
}

TEST(RecordReader, StripsColours) {
  const auto seen = read_all({
      "\x1b[31merror\x1b[39m:   Forever detected script exited with code: 1",
      docker(R"(\u001b[33m[nodemon] 3.1.14\u001b[39m\n)"),
      "\x1b]0;title\x07"
      "2024-04-01 05:00:02 \x1b[1mup\x1b[0m",
      "lone \x1b and \x1b[999",
  });
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[0].format, "forever");
  EXPECT_EQ(seen[0].row.message, "Forever detected script exited with code: 1");
  EXPECT_EQ(seen[1].row.message, "[nodemon] 3.1.14");
  EXPECT_EQ(seen[2].row.message, "up");
  EXPECT_EQ(seen[2].row.time, "2024-04-01T05:00:02.000Z?");
  EXPECT_EQ(seen[3].row.message, "lone  and [999");
}

TEST(RecordReader, SkipsAByteOrderMarkOnTheFirstLineOnly) {
  const auto seen =
      read_all({"\xef\xbb\xbf"
                "2024-04-01 05:00:02 a",
                "\xef\xbb\xbf"
                "b"});
  EXPECT_EQ(seen[0].row.time, "2024-04-01T05:00:02.000Z?");
  EXPECT_EQ(seen[1].row.message,
            "\xef\xbb\xbf"
            "b");
}

TEST(RecordReader, GoesOnFromTheTimeBefore) {
  const Time latest = parse_stamp("2015-06-01 00:00:00", {})->time;
  const auto seen = read_all(
      {"Dec 31 23:59:59 web app: a", "no time", "Jan  1 00:00:01 web app: b"}, {.latest = latest});
  EXPECT_EQ(seen[0].row.time, "2014-12-31T23:59:59.000Z?");
  EXPECT_EQ(seen[1].row.time, "");
  EXPECT_EQ(seen[2].row.time, "2015-01-01T00:00:01.000Z?");
}

TEST(RecordReader, ObeysAConfiguredFormat) {
  const std::string json = R"({"level":"info","msg":"x"})";
  EXPECT_EQ(read_all({json}, {.format = "go_log"})[0].format, "plain");
  EXPECT_EQ(read_all({"level=info msg=x"}, {.format = "plain"})[0].format, "plain");
  EXPECT_EQ(read_all({docker(R"(level=info msg=x\n)")}, {.format = "logfmt"})[0].format, "logfmt");
  EXPECT_EQ(read_all({docker(R"(level=info msg=x\n)")}, {.format = "docker_json"})[0].format,
            "logfmt");
  const auto shifted = read_all({"2024-04-01 05:00:02 a"}, {.utc_offset = std::chrono::hours(2)});
  EXPECT_EQ(shifted[0].row.time, "2024-04-01T03:00:02.000Z?");
}

TEST(RecordReader, JoinsPieces) {
  const auto seen = read_all({
      docker("INFO: one "),
      docker(R"(other\n)", "2026-11-20T17:06:30.2Z", "stderr"),
      docker("two "),
      docker(R"(three\n)"),
      docker(R"(four\n)"),
  });
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].row.message, "other");
  EXPECT_EQ(seen[1].row.message, "one two three");
  EXPECT_EQ(seen[1].row.level, "info");
  EXPECT_EQ(seen[1].number, 1u);
  EXPECT_EQ(seen[1].offset, 0u);
  EXPECT_EQ(seen[1].next, seen[2].offset);
  EXPECT_FALSE(seen[1].cut);
  EXPECT_EQ(seen[2].row.message, "four");
}

TEST(RecordReader, NeverGluesTheDeadToTheLiving) {
  const auto seen = read_all({
      docker("tail without newline", "2026-11-20T17:06:30.1Z"),
      docker(R"(first of the next run\n)", "2026-11-20T17:06:31.1Z"),
      docker("a new piece", "2026-11-20T17:06:32.1Z"),
      docker("another", "2026-11-20T17:06:33.1Z"),
  });
  ASSERT_EQ(seen.size(), 4u);
  const std::string_view messages[] = {"tail without newline", "first of the next run",
                                       "a new piece", "another"};
  const bool cut[] = {true, false, true, true};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(seen[i].row.message, messages[i]);
    EXPECT_EQ(seen[i].cut, cut[i]) << i;
    EXPECT_EQ(seen[i].number, i + 1);
  }
  EXPECT_EQ(seen[0].row.time, "2026-11-20T17:06:30.100Z");
}

TEST(RecordReader, JoinsKubernetesPiecesOfDifferentTimes) {
  const auto seen =
      read_all({"2016-10-06T00:17:09.1Z stdout P one ", "2016-10-06T00:17:09.2Z stdout F two"});
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].row.message, "one two");
  EXPECT_EQ(seen[0].row.time, "2016-10-06T00:17:09.100Z");
}

TEST(RecordReader, BoundsWhatItJoins) {
  std::vector<std::string> texts(100, docker(std::string(16384, 'x')));
  texts.push_back(docker(R"(end\n)"));
  for (int i = 0; i < 20; ++i)
    texts.push_back(docker("y", "2026-11-20T17:06:30Z", std::to_string(i)));
  const auto seen = read_all(texts);
  ASSERT_EQ(seen.size(), 21u);
  EXPECT_EQ(seen[0].row.message.size(), size_t{1} << 20);
  EXPECT_TRUE(seen[0].cut);
  EXPECT_EQ(seen[0].number, 1u);
}

const std::vector<std::string>& mixed_lines() {
  static const std::vector<std::string> texts = {
      "\xef\xbb\xbf"
      "Dec 31 23:59:59 web app[7]: a",
      docker("2014-06-24 19:50:53 warn:76c0b38e x "),
      docker("err piece ", "2026-11-20T17:06:30.2Z", "stderr"),
      docker(R"(y\n)"),
      docker(R"(late\n)", "2026-11-20T17:06:31.2Z", "stderr"),
      "Jan  1 00:00:01 web app[7]: b",
      "    at f (/srv/a.js:1:2)",
      "ts=2026-11-20T17:27:38Z level=info msg=x",
      "\x1b[31mred\x1b[0m",
      docker(R"(\u001b[31mred\n)"),
      "2017-03-01T10:00:00.1+00:00 app[web.1]: "
      "{\"level\":\"info\",\"msg\":\"\\u0041\",\"n\":{\"x\":1}}",
      docker("unfinished"),
  };
  return texts;
}

TEST(RecordReader, GoesOnTheSameAfterSaveAndRestoreAtEveryLine) {
  const Lines lines(mixed_lines());
  const ReaderOptions options{.latest = parse_stamp("2015-06-01 00:00:00", {})->time};
  const auto expected = read_all(mixed_lines(), options);
  ASSERT_EQ(expected.size(), 11u);
  for (size_t at = 0; at <= lines.size(); ++at) {
    Keeper keeper;
    RecordReader before(options);
    for (size_t i = 0; i < at; ++i) before.read(lines[i], keeper);
    StateWriter out;
    before.save(out);
    const std::string blob = out.seal("reader", 1);
    RecordReader after(ReaderOptions{});
    StateReader in(blob, "reader", 1);
    after.restore(in);
    EXPECT_TRUE(in.ok() && in.at_end());
    for (size_t i = at; i < lines.size(); ++i) after.read(lines[i], keeper);
    after.finish(keeper);
    EXPECT_TRUE(keeper.seen == expected) << "restored before line " << at + 1;
  }
}

TEST(RecordReader, StartsAnewFromADamagedState) {
  const Lines lines(mixed_lines());
  Keeper ignored;
  RecordReader reader(ReaderOptions{});
  for (const Line& line : lines) reader.read(line, ignored);
  StateWriter saved;
  reader.save(saved);
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    // Random words under a right checksum: as bad as it can get.
    StateWriter out;
    const int words = static_cast<int>(random() % 40);
    for (int i = 0; i < words; ++i) {
      switch (random() % 4) {
        case 0:
          out.flag(true);
          break;
        case 1:
          out.text("docker_json");
          break;
        case 2:
          out.u64(random() % 5);
          break;
        default:
          out.i64(INT64_MAX - static_cast<int64_t>(random()));
          break;
      }
    }
    const std::string blob = out.seal("reader", 1);
    RecordReader damaged(ReaderOptions{});
    StateReader in(blob, "reader", 1);
    damaged.restore(in);
    Keeper keeper;
    for (const Line& line : lines) damaged.read(line, keeper);
    damaged.finish(keeper);
    ASSERT_GE(keeper.seen.size(), 10u);
  }
}

TEST(RecordReader, SurvivesDamagedLines) {
  // Every line of the tables' kinds with bytes overwritten, taken out and cut short.
  std::mt19937 random(11);
  std::vector<std::string> texts;
  for (int round = 0; round < 3000; ++round) {
    std::string text = mixed_lines()[random() % mixed_lines().size()];
    for (int i = static_cast<int>(random() % 4); i >= 0 && !text.empty(); --i) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = "\\\"\x1b{}[]\0:@9\xff"[random() % 12];
          break;
        case 1:
          text.erase(at, 1 + random() % 8);
          break;
        default:
          text.resize(at);
          break;
      }
    }
    texts.push_back(text);
  }
  EXPECT_GT(read_all(texts).size(), 1000u);
}

TEST(RecordReader, BeginsTheNextFileWhereTheLastEnded) {
  const Lines lines({"Dec 31 23:59:59 web app: a",
                     "\xef\xbb\xbf"
                     "Jan  1 00:00:01 web app: b"});
  RecordReader reader(ReaderOptions{.latest = parse_stamp("2014-12-31 23:59:59", {})->time});
  Keeper keeper;
  reader.read(lines[0], keeper);
  reader.next_file(parse_stamp("2015-01-02 00:00:00", {})->time);
  reader.read(lines[1], keeper);
  EXPECT_EQ(keeper.seen[1].row.time, "2015-01-01T00:00:01.000Z?");
}

// A new format brings its rows: its name must stand in one of the tables, or golden files name it.
TEST(Formats, HaveEachTheirTableHere) {
  std::set<std::string, std::less<>> tested = {
      "access_log", "blip_lost",   "bunyan",  "compose", "cri",        "docker_json",
      "elb",        "forever",     "go_log",  "haproxy", "json_lines", "jul",
      "klog",       "logfmt",      "logplex", "morgan",  "pino",       "plain",
      "redis",      "ruby_logger", "svlogd",  "syslog",  "tai64n",     "v8_gc"};
  const std::filesystem::path golden = BLIP_SOURCE_DIR "/tests/parsers/golden";
  for (const auto& folder : std::filesystem::directory_iterator(golden)) {
    std::ifstream expected(folder.path() / "mine.expect");
    std::string first;
    std::getline(expected, first);
    if (first.starts_with("format: ")) tested.insert(first.substr(8));
  }
  for (const ParserSpec* spec : all_parsers()) {
    EXPECT_TRUE(tested.count(spec->name) > 0) << spec->name;
  }
  EXPECT_EQ(all_parsers().size(), tested.size());
}

}  // namespace
}  // namespace blip
