// Skeletons: what is a value and what is not, with vectors of each width, however the text lies.

#include "core/skeleton.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "core/line.h"

namespace blip {
namespace {

// Each line's skeleton, by the definition in the header, byte by byte.
std::string defined(std::string_view line) {
  const auto is_hex = [](char c) {
    const int lower = c | 0x20;
    return (lower >= 'a' && lower <= 'f') || lower == 'x';
  };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_letter = [&](char c) {
    const int lower = c | 0x20;
    return (lower >= 'a' && lower <= 'z' && !is_hex(c)) || c == '_' || static_cast<int8_t>(c) < 0;
  };
  const auto within = [&](size_t at, auto&& wanted) {
    for (const int step : {1, -1}) {
      size_t p = at;
      for (int i = 0; i < 8; ++i, p += static_cast<size_t>(step)) {
        if (p >= line.size()) break;
        if (wanted(p)) return true;
        if (!is_hex(line[p]) && !is_digit(line[p])) break;
      }
    }
    return false;
  };
  std::string out;
  bool before = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const bool beside_letter_at_reach = within(i, [&](size_t p) {
      const bool run = is_hex(line[p]) || is_digit(line[p]);
      return run &&
             ((p > 0 && is_letter(line[p - 1])) || (p + 1 < line.size() && is_letter(line[p + 1])));
    });
    const bool value = is_digit(line[i]) ||
                       (is_hex(line[i]) && within(i, [&](size_t p) { return is_digit(line[p]); }) &&
                        !beside_letter_at_reach);
    if (!value) out += line[i];
    if (value && !before) out += '#';
    before = value;
  }
  return out;
}

class Text {
 public:
  explicit Text(std::string text) : text_(std::move(text)), size_(text_.size()) {
    text_.append(kLinePadding, '7');
    skeletons_.read({text_.data(), size_});
  }
  const Skeletons& get() const { return skeletons_; }
  std::string_view line(const Skeletons::Line& one) const {
    return std::string_view(text_).substr(one.begin, one.end - one.begin);
  }

 private:
  std::string text_;
  size_t size_;
  Skeletons skeletons_;
};

std::string skeleton(const std::string& line) {
  const Text text(line);
  return text.get().lines().empty() ? ""
                                    : std::string(text.get().skeleton_of(text.get().lines()[0]));
}

// With what this processor has of it.
class Skeleton : public testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override {
    if (limit_vectors(GetParam()) != GetParam()) GTEST_SKIP() << "not on this processor";
  }
  void TearDown() override { limit_vectors(512); }
};
INSTANTIATE_TEST_SUITE_P(Vectors, Skeleton, testing::Values(0, 256, 512));

TEST_P(Skeleton, ValuesAreRunsOfDigitsAndHexadecimalWords) {
  EXPECT_EQ(skeleton("took 12 ms for 8f3a at 10.0.0.7"), "took # ms for # at #.#.#.#");
  EXPECT_EQ(skeleton("id=e31c02e78edc 0x7ffe12 id=DEADBEEF01"), "id=# # id=D#");  // one too far
  EXPECT_EQ(skeleton("72de7a05-cd4a-4a3a-b8ad-e9ebdaee1463"), "#-#-#-#-#");
  EXPECT_EQ(skeleton("31merror w12b 556us x86_64 v2"), "#merror w#b #us x#_# v#");
  EXPECT_EQ(skeleton("dead beef face"), "dead beef face");
  EXPECT_EQ(skeleton("2014-06-24T19:50:53.006Z"), "#-#-#T#:#:#.#Z");
}

TEST_P(Skeleton, IsThatOfTheDefinitionAndBothWaysLeadBack) {
  std::mt19937 random(7);
  const std::string bytes = "0123456789abcdefxABFgzm_ .:/\"\\\xc3\xa9\t";
  for (int round = 0; round < 400; ++round) {
    std::string all;
    std::vector<std::string> lines;
    for (int i = 0; i < 20; ++i) {
      std::string line;
      // Few kinds of bytes a line: long runs, and runs across blocks.
      const size_t kinds = 1 + random() % bytes.size();
      const size_t from = random() % bytes.size();
      for (size_t n = random() % 200; n > 0; --n) {
        line += bytes[(from + random() % kinds) % bytes.size()];
      }
      lines.push_back(line);
      all += line + (i == 19 && round % 2 ? "" : "\n");
    }
    if (round % 2 && lines.back().empty()) lines.pop_back();
    const Text text(all);
    ASSERT_EQ(text.get().lines().size(), lines.size());
    for (size_t i = 0; i < lines.size(); ++i) {
      const Skeletons::Line& line = text.get().lines()[i];
      ASSERT_EQ(text.line(line), lines[i]);
      const std::string_view found = text.get().skeleton_of(line);
      ASSERT_EQ(found, defined(lines[i])) << lines[i];
      const Text alone(lines[i]);
      if (!lines[i].empty()) {
        ASSERT_EQ(alone.get().lines()[0].hash, line.hash);
      }
      size_t places = 0;
      for (uint32_t byte = 0; byte <= lines[i].size(); ++byte) {
        const uint32_t place = text.get().place_of(line, byte);
        if (place == Skeletons::kNone) continue;
        ++places;
        ASSERT_EQ(text.get().byte_at(line, place), byte);
        if (byte == lines[i].size()) continue;
        ASSERT_TRUE(found[place] == lines[i][byte] || found[place] == '#');
      }
      ASSERT_EQ(places, found.size() + 1);
      std::vector<uint32_t> some, bytes_of_some(places);
      for (uint32_t place = 0; place < places; ++place) {
        if (random() % 3 == 0) some.push_back(place);
      }
      text.get().bytes_at(line, some.data(), some.size(), bytes_of_some.data());
      for (size_t n = 0; n < some.size(); ++n) {
        ASSERT_EQ(bytes_of_some[n], text.get().byte_at(line, some[n]));
      }
    }
  }
}

TEST_P(Skeleton, OneHashForLinesThatDifferInValues) {
  EXPECT_EQ(skeleton_hash("order 17 shipped to 10.0.0.1"),
            skeleton_hash("order 87278 shipped to 192.168.10.100"));
  EXPECT_NE(skeleton_hash("order 17 shipped"), skeleton_hash("order 17 skipped"));
  EXPECT_NE(skeleton_hash(""), skeleton_hash("a"));
  const std::string head(kHead, 'h');
  EXPECT_EQ(skeleton_hash(head + "one"), skeleton_hash(head + "two"));
}

TEST_P(Skeleton, APieceShowsInThatOfEveryTextThatHoldsIt) {
  EXPECT_EQ(certain_skeleton("panic: "), "panic: ");
  EXPECT_EQ(certain_skeleton("exit status 137"), "exit status #");
  EXPECT_EQ(certain_skeleton("31merror"), "#merror");
  EXPECT_EQ(certain_skeleton("v2a3cooled"), "v#a#cooled");
  EXPECT_EQ(certain_skeleton(" -1 -1 50"), " -# -# #");
  EXPECT_EQ(certain_skeleton("5: 0x"), "#: #");
  EXPECT_EQ(certain_skeleton("deadbeeffacey was gdefacedfacade"), "eeffacey was gdefaced");
  EXPECT_EQ(certain_skeleton("bad: "), ": ");
  EXPECT_EQ(certain_skeleton(" is dead"), " is ");
  EXPECT_EQ(certain_skeleton("dead"), "");
  EXPECT_EQ(certain_skeleton(""), "");
  std::mt19937 random(11);
  const std::string bytes = "abx3defgr: ", around = "0123abcdxgh_ :";
  size_t whole = 0, long_enough = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string wanted, line;
    for (size_t n = 4 + random() % 12; n > 0; --n) wanted += bytes[random() % bytes.size()];
    for (size_t n = random() % 12; n > 0; --n) line += around[random() % around.size()];
    line += wanted;
    for (size_t n = random() % 12; n > 0; --n) line += around[random() % around.size()];
    const std::string shown = certain_skeleton(wanted);
    whole += shown == wanted;
    long_enough += shown.size() >= 4;
    ASSERT_NE(skeleton(line).find(shown), std::string::npos) << wanted << " in " << line;
  }
  EXPECT_GT(whole, 10'000u);
  EXPECT_GT(long_enough, 100'000u);
}

}  // namespace
}  // namespace blip
