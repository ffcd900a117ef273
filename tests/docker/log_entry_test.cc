// dockerd's frames as they came from a real one, and what becomes of them.

#include "docker/log_entry.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace blip::docker {
namespace {

std::string fixture(const std::string& name) {
  std::ifstream in(std::string(BLIP_SOURCE_DIR) + "/tests/docker/fixtures/" + name,
                   std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string lines_of(std::string_view bytes, bool end = true, std::string_view attrs = {}) {
  std::string out;
  EXPECT_EQ(append_lines(bytes, attrs, end, out), bytes.size());
  return out;
}

size_t count(std::string_view text, std::string_view what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(LogEntry, BecomesALineInJsonFilesShape) {
  const std::string out = lines_of(fixture("api-run1.frames"), true, R"({"blip.service":"api"})");
  EXPECT_EQ(out.substr(0, out.find('\n')),
            R"({"log":"server: listening on :8080\n","stream":"stdout",)"
            R"("attrs":{"blip.service":"api"},"time":"2026-11-20T17:16:40.449047174Z"})");
  EXPECT_EQ(count(out, "\n"), 7u);
  EXPECT_EQ(count(out, R"("log":"\n","stream":"stderr")"), 1u);  // an empty line has no field 3
}

TEST(LogEntry, TellsPiecesByAMissingNewline) {
  const std::string out = lines_of(fixture("partial.frames"));
  EXPECT_EQ(count(out, "\n"), 7u);
  EXPECT_EQ(count(out, std::string(16384, 'z') + "\",\"stream\""), 1u);          // goes on
  EXPECT_EQ(count(out, "\"" + std::string(116, 'z') + "\\n\",\"stream\""), 1u);  // its end
  EXPECT_EQ(count(out, "\"no newline at end\",\"stream\""), 1u);
  EXPECT_EQ(count(out, "bad \xff\xfe bytes\\n"), 1u);
  EXPECT_EQ(count(out, "cr here\\r\\n"), 1u);
}

TEST(LogEntry, GivesTheSameLinesWhereverTheBytesAreCut) {
  const std::string frames = fixture("api-run1.frames") + fixture("partial.frames");
  const std::string whole = lines_of(frames);
  for (const size_t step : {1, 7, 100, 5000}) {
    std::string out;
    size_t at = 0;
    for (size_t seen = step; at < frames.size(); seen = std::min(seen + step, frames.size())) {
      at += append_lines(std::string_view(frames).substr(at, seen - at), {}, seen == frames.size(),
                         out);
    }
    EXPECT_EQ(out, whole) << step;
  }
}

TEST(LogEntry, FindsTheNextFrameBehindDamage) {
  const std::string frames = fixture("api-run1.frames");
  const std::string out = lines_of(frames.substr(10) + frames);
  EXPECT_EQ(count(out, R"({"blip":"lost","lines":0,)"), 1u);
  EXPECT_EQ(count(out, "server: listening"), 1u);
  EXPECT_EQ(count(out, "\n"), 6u + 7u + 1u);
}

TEST(LogEntry, TellsWhatIsMissing) {
  const std::string frames = fixture("api-run1.frames");
  const std::string out = lines_of(loss_frame(12, 3400, 1'795'195'000'123'456'789) + frames, true,
                                   R"({"blip.service":"api"})");
  EXPECT_EQ(out.substr(0, out.find('\n')),
            R"({"blip":"lost","lines":12,"bytes":3400,"attrs":{"blip.service":"api"},)"
            R"("time":"2026-11-20T17:16:40.123456789Z"})");
  EXPECT_EQ(count(out, "\n"), 8u);
}

TEST(LogEntry, SurvivesAnyBytes) {
  uint32_t seed = 1;
  const std::string frames = fixture("partial.frames");
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = frames.substr(0, 600);
    for (int i = 0; i < 20; ++i) {
      seed = seed * 1103515245 + 12345;
      bytes[(seed >> 8) % bytes.size()] = static_cast<char>(seed >> 20);
    }
    std::string out;
    EXPECT_LE(append_lines(bytes, {}, round % 2 == 0, out), bytes.size());
  }
}

}  // namespace
}  // namespace blip::docker
