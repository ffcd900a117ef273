// Every format's golden files: golden/<format>/mine.log as such a program writes it, odd lines
// included, mine.expect with what each line must become, and not_mine.log with lines that only
// look alike.
//
// mine.expect names the parser in its first line ("format: plain": many formats are read by a
// generic one) and then holds, for each line of mine.log, number, time, level, service, pid,
// version and message, separated by tabs; "-" is nothing. BLIP_GOLDEN=write writes them anew, for
// a person to read before they are committed.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "tests/parsers/support.h"

namespace blip {
namespace {
namespace fs = std::filesystem;

constexpr size_t kLeastLines = 20;

const fs::path& golden() {
  static const fs::path path = fs::path(BLIP_SOURCE_DIR) / "tests/parsers/golden";
  return path;
}

std::vector<std::string> formats() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(golden())) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
  return lines;
}

std::string field(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\t') out += "\\t";
    if (c == '\n') out += "\\n";
    if (c != '\t' && c != '\n') out += c;
  }
  return out.empty() ? "-" : out;
}

struct Seen : RecordSink {
  std::vector<std::string> rows;
  std::map<std::string, size_t> formats;
  std::string format, message;
  void on_record(const Record& record) override {
    const Row row = row_of(record, record.line.text);
    std::string text = std::to_string(record.line.number);
    for (const std::string* each :
         {&row.time, &row.level, &row.service, &row.pid, &row.version, &row.message}) {
      text += "\t" + field(*each);
    }
    rows.push_back(text);
    format = record.format;
    message = row.message;
    ++formats[format];
  }
};

void read_line(RecordReader& reader, const std::string& text, uint64_t number, Seen& seen) {
  const PaddedText padded(text);
  reader.read(Line{.text = padded.view(), .number = number}, seen);
}

Seen read_file(const std::vector<std::string>& lines) {
  RecordReader reader(ReaderOptions{.latest = time_from_us(1'800'000'000'000'000)});
  Seen seen;
  uint64_t number = 0;
  for (const std::string& line : lines) read_line(reader, line, ++number, seen);
  reader.finish(seen);
  return seen;
}

std::string most_used(const Seen& seen) {
  const auto most =
      std::max_element(seen.formats.begin(), seen.formats.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == seen.formats.end() ? "" : most->first;
}

void write_expectation(const fs::path& folder, const Seen& seen) {
  std::ofstream out(folder / "mine.expect", std::ios::binary);
  out << "format: " << most_used(seen) << "\n";
  for (const std::string& row : seen.rows) out << row << "\n";
}

TEST(Golden, EachLineBecomesWhatItShould) {
  const char* mode = std::getenv("BLIP_GOLDEN");
  for (const std::string& name : formats()) {
    SCOPED_TRACE(name);
    const std::vector<std::string> lines = lines_of(golden() / name / "mine.log");
    EXPECT_GE(lines.size(), kLeastLines);
    const Seen seen = read_file(lines);
    if (mode != nullptr && mode == std::string_view("write")) {
      write_expectation(golden() / name, seen);
      continue;
    }
    std::vector<std::string> expected = lines_of(golden() / name / "mine.expect");
    ASSERT_FALSE(expected.empty());
    EXPECT_EQ("format: " + most_used(seen), expected.front());
    expected.erase(expected.begin());
    ASSERT_EQ(seen.rows.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(seen.rows[i], expected[i]);
  }
}

// The file's format is known from any of its lines on, whatever came before in other formats.
TEST(Golden, DetectionDoesNotDependOnTheLinesBefore) {
  for (const std::string& before : formats()) {
    RecordReader reader(ReaderOptions{.latest = time_from_us(1'800'000'000'000'000)});
    Seen seen;
    uint64_t number = 0;
    for (const std::string& line : lines_of(golden() / before / "mine.log")) {
      read_line(reader, line, ++number, seen);
    }
    for (const std::string& name : formats()) {
      SCOPED_TRACE(before + " before " + name);
      const std::vector<std::string> expected = lines_of(golden() / name / "mine.expect");
      ASSERT_FALSE(expected.empty());
      Seen after;
      for (const std::string& line : lines_of(golden() / name / "mine.log")) {
        read_line(reader, line, ++number, after);
      }
      reader.finish(after);
      EXPECT_EQ("format: " + most_used(after), expected.front());
    }
  }
}

// Lines that a crash cut anywhere: whatever is made of them, nothing past their end is read, and a
// parser that refuses leaves no trace.
TEST(Golden, CutLinesAreSafe) {
  for (const std::string& name : formats()) {
    const std::vector<std::string> expected = lines_of(golden() / name / "mine.expect");
    ASSERT_FALSE(expected.empty()) << name;
    const std::string format = expected.front().substr(std::string_view("format: ").size());
    for (const std::string& line : lines_of(golden() / name / "mine.log")) {
      SCOPED_TRACE(name + ": " + line);
      for (size_t size = 0; size < line.size(); size += 3) {
        parse_as(format, std::string_view(line).substr(0, size), true);
      }
    }
  }
}

// Lines that somebody tampered with, read as a stream is: by whatever format they still look like.
TEST(Golden, TamperedLinesAreSafe) {
  constexpr std::string_view kBytes =
      "[]{}\"':=<>(). \t\\\x1b\xff\x00"
      "09aZ-/#@";
  std::mt19937 random(20240311);
  const auto below = [&random](size_t n) { return static_cast<size_t>(random() % n); };
  RecordReader reader(ReaderOptions{});
  Seen seen;
  uint64_t number = 0;
  for (const std::string& name : formats()) {
    for (std::string line : lines_of(golden() / name / "mine.log")) {
      for (int i = 0; i < 8 && !line.empty(); ++i) {
        line[below(line.size())] = kBytes[below(kBytes.size())];
        if (i % 4 == 3) line.erase(below(line.size()), 1 + below(6));
        read_line(reader, line, ++number, seen);
      }
    }
  }
  reader.finish(seen);
  EXPECT_GT(seen.rows.size(), 9000u);
}

// A parser of its own refuses each such line; a generic one finds no prefix in it.
TEST(Golden, LookAlikesAreLeftAlone) {
  for (const std::string& name : formats()) {
    const std::vector<std::string> expected = lines_of(golden() / name / "mine.expect");
    ASSERT_FALSE(expected.empty()) << name;
    const std::string format = expected.front().substr(std::string_view("format: ").size());
    const bool generic = parser_named(format).width != Width::narrow;
    const std::vector<std::string> lines = lines_of(golden() / name / "not_mine.log");
    EXPECT_FALSE(lines.empty()) << name;
    for (const std::string& line : lines) {
      SCOPED_TRACE(name + ": " + line);
      RecordReader reader(ReaderOptions{});
      Seen seen;
      read_line(reader, line, 1, seen);
      reader.finish(seen);
      EXPECT_TRUE(seen.format != format || (generic && seen.message == line)) << seen.message;
    }
  }
}

}  // namespace
}  // namespace blip
