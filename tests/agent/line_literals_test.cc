// Remembered or looked for: the same literals stand in a line.

#include "agent/line_literals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "agent/source_flow.h"
#include "core/line.h"
#include "rules/signature_set.h"

namespace blip {
namespace {

std::vector<uint32_t> found_by(Front& front, std::string_view line) {
  std::vector<Hit> hits;
  front.scan(line, hits);
  std::vector<uint32_t> signatures;
  for (const Hit& hit : hits) signatures.push_back(hit.signature);
  std::sort(signatures.begin(), signatures.end());
  return signatures;
}

// Other digits, of other lengths too; now and then a digit or a '#' where there was none.
std::string varied(const std::string& sample, std::mt19937& random) {
  std::string line;
  for (const char c : sample) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) line += c;
    if (digit && random() % 8 != 0) line += static_cast<char>('0' + random() % 10);
    if (random() % (digit ? 4 : 64) == 0) line += "0a7#"[random() % 4];
  }
  return line;
}

TEST(LineLiterals, AreThoseOfTheLineWhateverIsRemembered) {
  std::vector<Signature> signatures = builtin_signatures();
  Signature own;  // what a skeleton shows as a value, and what it may show of one
  own.id = "test.number";
  own.literal = "ticket #";
  signatures.push_back(own);
  own.id = "test.value";
  own.literal = "exit status 137";
  signatures.push_back(own);
  std::vector<std::string> samples = {"closed ticket 12", "closed ticket #12", "exit status 137",
                                      "exit status 1", "nothing of interest 12"};
  for (const Signature& one : signatures) {
    samples.insert(samples.end(), one.match.begin(), one.match.end());
    samples.insert(samples.end(), one.no_match.begin(), one.no_match.end());
    samples.push_back("2014-06-24 19:50:53 " + one.literal + " 12");
  }
  const SignatureSet set(std::move(signatures), true);
  Fronts fronts(set);
  LineLiterals literals(*fronts.all, *fronts.traces);
  std::mt19937 random(5);
  uint64_t lines = 0, with = 0;
  for (int round = 0; round < 20; ++round) {
    for (const std::string& sample : samples) {
      std::string line = round == 0 ? sample : varied(sample, random);
      line.erase(std::remove(line.begin(), line.end(), '\n'), line.end());
      if (line.empty()) continue;
      const std::vector<uint32_t> expected = found_by(*fronts.all, line);
      const bool hidden = !found_by(*fronts.hidden, line).empty();
      std::string padded = line + std::string(kLinePadding, '\n');
      const std::string_view text(padded.data(), line.size());
      Skeletons skeletons;
      skeletons.read(text);
      const Shape shape{text, skeletons, skeletons.lines().at(0)};
      std::vector<uint32_t> found = literals.of(shape, hidden);
      std::sort(found.begin(), found.end());
      ASSERT_EQ(found, expected) << line;
      ++lines;
      with += !expected.empty();
    }
  }
  EXPECT_GT(with, lines / 3);
  EXPECT_LT(literals.looked_at(), lines * 3 / 4) << "hardly any was remembered";
}

}  // namespace
}  // namespace blip
