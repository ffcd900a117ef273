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

// What `docker logs` gets is what the container wrote.
TEST(LogEntry, LinesAreReadBack) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  const std::string texts[] = {"plain", "", "\"quoted\" and \\back\\", every,
                               "h\xc3\xa9llo \xff\xfe"};
  for (const std::string& text : texts) {
    for (const std::string_view source : {"stdout", "stderr"}) {
      std::string frame;
      append_frame({.source = source, .time_ns = 1'795'195'000'306'929'773, .line = text}, frame);
      ASSERT_EQ(frame_size(frame), frame.size());
      std::string line;
      ASSERT_EQ(append_lines(frame, R"({"blip.service":"\"time\":\""})", true, line), frame.size());
      line.pop_back();
      std::string scratch;
      LogEntry entry;
      ASSERT_TRUE(read_line(line, scratch, entry)) << line;
      EXPECT_EQ(entry.line, text + "\n");
      EXPECT_EQ(entry.source, source);
      EXPECT_EQ(entry.time_ns, 1'795'195'000'306'929'773);
    }
  }
  std::string scratch;
  LogEntry entry;
  for (const char* other :
       {"", "{}", R"({"blip":"lost","lines":12,"time":"2026-11-20T17:06:30.1Z"})",
        R"({"log":"x\u00)", R"({"log":"x","stream":"stdin","time":"2026-11-20T17:06:30.1Z"})",
        R"({"log":"x\)"}) {
    EXPECT_FALSE(read_line(other, scratch, entry)) << other;
  }
}

}  // namespace
}  // namespace blip::docker
