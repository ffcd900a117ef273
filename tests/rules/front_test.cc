// All engines find the same places, and those are the places of the literals.

#include "rules/front.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <thread>

#include "rules/literal.h"

namespace blip {
namespace {

Signature asks_for(const std::string& literal, bool caseless = false) {
  Signature signature;
  signature.literal = literal;
  signature.regex = caseless ? "(?i)" + literal : literal;
  return signature;
}

std::vector<Hit> scan(Front& front, std::string_view text) {
  std::vector<Hit> hits = {{99, 99}};  // what was in it must go
  front.scan(text, hits);
  return hits;
}

// The plainest way to say where the literals stand.
std::vector<Hit> reference(const std::vector<Signature>& signatures, const std::string& text) {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  std::vector<Hit> hits;
  for (size_t end = 1; end <= text.size(); ++end) {
    for (uint32_t i = 0; i < signatures.size(); ++i) {
      const std::string& literal = signatures[i].literal;
      if (literal.size() > end) continue;
      const bool caseless = is_caseless(signatures[i].regex);
      const bool stands =
          std::equal(literal.begin(), literal.end(),
                     text.begin() + static_cast<ptrdiff_t>(end - literal.size()),
                     [&](char a, char b) { return caseless ? low(a) == low(b) : a == b; });
      if (stands) hits.push_back({i, static_cast<uint32_t>(end)});
    }
  }
  return hits;
}

constexpr Front::Engine kEngines[] = {Front::Engine::adaptive, Front::Engine::vectorscan,
                                      Front::Engine::portable};

TEST(Front, FindsLiteralsInOrder) {
  const std::vector<Signature> signatures = {asks_for("panic: "), asks_for("listening", true),
                                             asks_for("panic: "), asks_for("aaaa")};
  for (const Front::Engine engine : kEngines) {
    const auto front = Front::make(signatures, engine);
    EXPECT_EQ(scan(*front, "Listening\npanic: x LISTENING\n"),
              (std::vector<Hit>{{1, 9}, {0, 17}, {2, 17}, {1, 28}}));
    EXPECT_EQ(scan(*front, "aaaaaa"), (std::vector<Hit>{{3, 4}, {3, 5}, {3, 6}}));  // overlapping
    EXPECT_TRUE(scan(*front, "Panic: x\npan\nic: \n").empty());
    EXPECT_TRUE(scan(*front, "").empty());
    EXPECT_TRUE(scan(*front, std::string_view()).empty());
  }
}

TEST(Front, WithoutSignaturesFindsNothing) {
  for (const Front::Engine engine : kEngines) {
    EXPECT_TRUE(scan(*Front::make({}, engine), "panic: x\n").empty());
  }
}

// Random lines over few letters hit often; pieces of real literals and odd bytes hit the rest.
TEST(Front, EnginesAgreeOnRandomText) {
  std::vector<Signature> signatures = {asks_for("abab"), asks_for("baba", true), asks_for("abba"),
                                       asks_for("bbbbb"), asks_for("ABAB", true)};
  const auto& builtin = builtin_signatures();
  signatures.insert(signatures.end(), builtin.begin(), builtin.end());
  const auto vectorscan = Front::make(signatures, Front::Engine::vectorscan);
  const auto portable = Front::make(signatures, Front::Engine::portable);
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    while (text.size() < 400) {
      switch (random() % 8) {
        case 0:
          text += '\n';
          break;
        case 1:
          text += static_cast<char>(random() % 256);
          break;
        case 2: {
          std::string literal = signatures[random() % signatures.size()].literal;
          if (random() % 3 == 0) literal.resize(random() % literal.size());
          if (random() % 3 == 0) literal[0] = static_cast<char>(literal[0] ^ 0x20);
          text += literal;
          break;
        }
        default:
          text += "abAB"[random() % 4];
      }
    }
    const std::vector<Hit> expected = reference(signatures, text);
    EXPECT_EQ(scan(*portable, text), expected);
    EXPECT_EQ(scan(*vectorscan, text), expected);
  }
}

TEST(Front, GivesEveryLineTheSameHitsWhereverTheTextIsCut) {
  const auto front = Front::make(builtin_signatures(), Front::Engine::vectorscan);
  const std::string lines[] = {"panic: boom\n", "shop 1.4.2 started\n", "nothing to see\n",
                               "init: app main process (7) killed by KILL signal\n"};
  std::string whole;
  std::vector<Hit> apart;
  for (const std::string& line : lines) {
    for (Hit hit : scan(*front, line)) {
      hit.end += static_cast<uint32_t>(whole.size());
      apart.push_back(hit);
    }
    whole += line;
  }
  EXPECT_FALSE(apart.empty());
  EXPECT_EQ(scan(*front, whole), apart);
}

// Enough text to make it change its engine on the way, from several threads at once.
TEST(Front, ChangesItsEngineUnseen) {
  const auto front = Front::make(builtin_signatures());
  const auto portable = Front::make(builtin_signatures(), Front::Engine::portable);
  std::string text;
  while (text.size() < (1 << 20)) text += "2014-06-24 12:00:05 leaderboard flush 15 rows\n";
  text += "panic: boom\n";
  const std::vector<Hit> expected = scan(*portable, text);
  ASSERT_FALSE(expected.empty());
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int& mine : wrong) {
    threads.emplace_back([&mine, &text, &expected, own = front->clone()] {
      for (int i = 0; i < 8; ++i) mine += scan(*own, text) != expected ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4));
}

}  // namespace
}  // namespace blip
