// Bytes to lines: packed or not, in reads of any size, with lines of any length.

#include "tailer/chunk_reader.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tailer/lines.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
using testing::TempFolder;

struct Cut {
  std::string text;
  uint64_t offset, next, number;
  bool cut;
  bool operator==(const Cut&) const = default;
};

struct Reading {
  std::vector<Cut> lines;
  uint64_t lost = 0;
  std::string error;
};

Reading read(const std::string& path, size_t ask) {
  Reading reading;
  Result<std::unique_ptr<ByteSource>> bytes = open_bytes(path);
  if (!bytes) {
    reading.error = bytes.error().text;
    return reading;
  }
  ChunkReader chunks(std::move(*bytes), ask);
  uint64_t number = 0;
  for (;;) {
    const auto next = chunks.next();
    if (!next) reading.error = next.error().text;
    if (!next || !*next) return reading;
    reading.lost += for_each_line(**next, number, [&](const Line& line) {
      reading.lines.push_back(
          {std::string(line.text.substr(0, 100)), line.offset, line.next, line.number, line.cut});
    });
  }
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

class ChunkReaderTest : public ::testing::Test {
 protected:
  std::string put(const std::string& name, const std::string& content) {
    const std::string path = (folder_.path() / name).string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  TempFolder folder_;
};

TEST_F(ChunkReaderTest, CutsTheSameLinesWhateverAReadGives) {
  const std::string path = put("a.log", "one\n\ntwo\r\nthree");
  const std::vector<Cut> expected = {{"one", 0, 4, 1, false},
                                     {"", 4, 5, 2, false},
                                     {"two", 5, 10, 3, false},
                                     {"three", 10, 15, 4, true}};
  for (const size_t ask : {1, 2, 3, 7, 4096}) EXPECT_EQ(read(path, ask).lines, expected) << ask;
}

TEST_F(ChunkReaderTest, AnOverlongLineIsCutAndTheNextOneIsWhole) {
  const std::string text = "before\n" + std::string(kLineLimit + 12345, 'x') + "\nafter\n";
  const std::string path = put("long.log", text);
  for (const size_t ask : {4096, 1 << 18, 1 << 22}) {
    const Reading reading = read(path, ask);
    ASSERT_EQ(reading.lines.size(), 3u) << ask;
    EXPECT_TRUE(reading.lines[1].cut);
    EXPECT_EQ(reading.lost, 12345u);
    EXPECT_EQ(reading.lines[2], (Cut{"after", text.size() - 6, text.size(), 3, false}));
  }
}

TEST_F(ChunkReaderTest, AnEndlessLineCostsABuffer) {
  const std::string path = put("endless.log", std::string(3 * kLineLimit, 'y'));
  const Reading reading = read(path, 1 << 16);
  ASSERT_EQ(reading.lines.size(), 1u);
  EXPECT_TRUE(reading.lines[0].cut);
  EXPECT_EQ(reading.lost, 2 * kLineLimit);
}

TEST_F(ChunkReaderTest, UnpacksGzipOfSeveralMembersAndZstdOfSeveralFrames) {
  const std::vector<Cut> expected = {{"alpha", 0, 6, 1, false}, {"beta", 6, 11, 2, false}};
  const std::string gz = put("a.gz", gzip("alpha\nbe") + gzip("ta\n"));
  const std::string zst = put("a.zst", zstd("alpha\nbe") + zstd("ta\n"));
  for (const size_t ask : {1, 5, 65536}) {
    EXPECT_EQ(read(gz, ask).lines, expected);
    EXPECT_EQ(read(zst, ask).lines, expected);
  }
}

TEST_F(ChunkReaderTest, WhatIsTruncatedIsReadAsFarAsItGoes) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "line number " + std::to_string(i * 7919) + "\n";
  const std::string whole = gzip(text), frames = zstd(text);
  const Reading gz = read(put("cut.gz", whole.substr(0, whole.size() / 2)), 65536);
  EXPECT_NE(gz.error.find("truncated gzip"), std::string::npos) << gz.error;
  EXPECT_GT(gz.lines.size(), 5000u);
  const Reading zst = read(put("cut.zst", frames.substr(0, frames.size() - 5)), 65536);
  EXPECT_NE(zst.error.find("truncated zstd"), std::string::npos) << zst.error;
  std::string damaged = whole;
  damaged[damaged.size() / 2] ^= 0x55;
  EXPECT_NE(read(put("bad.gz", damaged), 65536).error.find("gzip"), std::string::npos);
}

TEST_F(ChunkReaderTest, MissingFilesSayWhy) {
  const Reading reading = read((folder_.path() / "none.log").string(), 4096);
  EXPECT_NE(reading.error.find("No such file"), std::string::npos) << reading.error;
}

TEST(LooksBinary, TellsLogsFromPrograms) {
  EXPECT_FALSE(looks_binary("2024-05-01 ready\n\x1b[31mred\x1b[0m\n"));
  EXPECT_FALSE(looks_binary(std::string(100, '\0') + "written after a hole\n"));
  EXPECT_FALSE(looks_binary("caf\xe9 and \xff\xfe bytes\n"));
  EXPECT_TRUE(
      looks_binary("\x7f"
                   "ELF\x02\x01"));
  EXPECT_TRUE(looks_binary(std::string("\1\2\3\4\5\6\7\0\1\2", 10)));
}

}  // namespace
}  // namespace blip
