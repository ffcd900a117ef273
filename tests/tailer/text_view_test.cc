// UTF-16 and Docker's records as text: told by their first bytes, the same whatever the pieces in
// which they come, and readable from anywhere.

#include "tailer/text_view.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "core/fd.h"
#include "tailer/byte_source.h"
#include "tailer/docker_local.h"
#include "tests/support/forms.h"
#include "tests/support/stories.h"

namespace blip {
namespace {
using namespace std::string_literals;
using blip::testing::docker_record;
using blip::testing::DockerPiece;
using blip::testing::framed;
using blip::testing::utf16;

std::string text_of(TextForm form, std::string_view bytes, size_t enough = SIZE_MAX) {
  std::string text;
  for (size_t at = 0; at < bytes.size();) {
    std::string part;
    const TextPart read = to_text(form, at, bytes.substr(at), enough, part);
    text += part;
    at += read.taken;
    if (read.taken == 0) return text + (read.damaged ? "<damaged>" : "<rest>");
  }
  return text;
}

TEST(TextForm, IsToldByTheFirstBytes) {
  EXPECT_EQ(text_form("2024-05-01 ready"), TextForm::plain);
  EXPECT_EQ(text_form("\n"), TextForm::plain);
  EXPECT_EQ(text_form("\xef\xbb\xbf{"), TextForm::plain);
  EXPECT_EQ(text_form("\xff\xfeo"), TextForm::utf16_le);
  EXPECT_EQ(text_form("\xfe\xff"), TextForm::utf16_be);
  EXPECT_EQ(text_form(std::string_view("o\0k\0", 4)), TextForm::utf16_le);
  EXPECT_EQ(text_form(std::string_view("\0o\0k", 4)), TextForm::utf16_be);
  EXPECT_EQ(text_form("\xff\xffx"), TextForm::plain);
  EXPECT_EQ(text_form(std::string(4, '\0')), TextForm::plain) << "a hole";
  const std::string record = docker_record("x");
  for (size_t size = 0; size < kTextHead; ++size) {
    EXPECT_EQ(text_form(record.substr(0, size)), std::nullopt) << size;
  }
  EXPECT_EQ(text_form(record.substr(0, kTextHead)), TextForm::docker_local);
  EXPECT_EQ(text_form(docker_record("x", DockerPiece::whole, 1, "stderr")), TextForm::docker_local);
  EXPECT_EQ(text_form("\0\0\0\x18\x0a\x06stdfoo\x10"s), TextForm::plain);
  EXPECT_EQ(text_form("\0\x20\0\0\x0a\x06stdout\x10"s), TextForm::plain) << "2 MiB";
}

TEST(TextForm, Utf16) {
  const std::string text =
      "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf\r\nnul \0.\n"s;
  for (const bool big : {false, true}) {
    const TextForm form = big ? TextForm::utf16_be : TextForm::utf16_le;
    const std::string bytes = utf16(text, big, true);
    EXPECT_EQ(text_of(form, bytes), text);
    EXPECT_EQ(text_of(form, bytes, 1), text) << "a character at a time";
    EXPECT_EQ(text_of(form, utf16(text, big, false)), text);
    EXPECT_EQ(text_of(form, bytes + "\n"), text + "<rest>");
    const std::string leads = big ? "\xd8\x3d" : "\x3d\xd8";
    const std::string trails = big ? "\xde\x00"s : "\x00\xde"s;
    const std::string x = utf16("x", big, false);
    EXPECT_EQ(text_of(form, bytes + leads), text + "<rest>");
    EXPECT_EQ(text_of(form, x + leads + x), "x\xef\xbf\xbdx");
    EXPECT_EQ(text_of(form, x + trails + x), "x\xef\xbf\xbdx");
    EXPECT_EQ(text_of(form, x + trails + leads + leads + trails),
              "x\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80");
    EXPECT_EQ(text_of(form, x + utf16("", big, true)), "x\xef\xbb\xbf") << "no mark in the middle";
  }
}

TEST(TextForm, DockerRecordsAreLinesOfJson) {
  const auto line = [](std::string_view record) {
    std::string text;
    (void)read_docker_records(record, SIZE_MAX, text);
    return text;
  };
  EXPECT_EQ(
      line(docker_record("last")),
      "{\"log\":\"last\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T17:20:50.143875099Z\"}\n");
  EXPECT_EQ(line(docker_record("", DockerPiece::first, 1795195250000000000, "stderr")),
            "{\"log\":\"\",\"stream\":\"stderr\",\"time\":\"2026-11-20T17:20:50Z\"}\n");
  EXPECT_EQ(line(docker_record("end", DockerPiece::last, 1795195250120000000)),
            "{\"log\":\"end\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T17:20:50.12Z\"}\n");
  // What the json-file driver made of the same bytes.
  EXPECT_EQ(
      line(docker_record("bad utf8 \xff\xfe tab\t nul\0 esc\x1b[31m <&> \" \\ cr\r"s)),
      "{\"log\":\"bad utf8 \\ufffd\\ufffd tab\\u0009 nul\\u0000 esc\\u001b[31m "
      "\\u003c\\u0026\\u003e \\\" \\\\ cr\\r\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T"
      "17:20:50.143875099Z\"}\n");
  EXPECT_EQ(
      line(
          docker_record("caf\xc3\xa9 \xe2\x80\xa8 \xed\xa0\x80 \xc0\x80 \xf0\x9f\x98\x80 \xe2\x82"))
          .substr(0, 70),
      "{\"log\":\"caf\xc3\xa9 \\u2028 \\ufffd\\ufffd\\ufffd \\ufffd\\ufffd \xf0\x9f\x98\x80 \\ufffd\\ufffd"s
          .substr(0, 70));
  EXPECT_EQ(
      line(framed("\x0a\x06stdout\x10\x01\x1a\x01x\x3d....\x39........\x42\x02zz"s)),
      "{\"log\":\"x\\n\",\"stream\":\"stdout\",\"time\":\"1970-01-01T00:00:00.000000001Z\"}\n")
      << "unknown fields";
}

TEST(TextForm, DamagedRecordsAreToldFromTornOnes) {
  const std::string good = docker_record("good"), text = text_of(TextForm::docker_local, good);
  for (size_t size = 1; size < good.size(); ++size) {
    EXPECT_EQ(text_of(TextForm::docker_local, good + good.substr(0, size)), text + "<rest>")
        << size;
  }
  std::string other_end = good;
  other_end.back() ^= 1;
  for (const std::string& bad :
       {"\0\0\0\0"s, "\0\x10\0\1"s, "\xff\xff\xff\xff"s, other_end, framed("\x0a\x7fstdout"),
        framed("\x0b"), framed("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        framed("\x0a")}) {
    EXPECT_EQ(text_of(TextForm::docker_local, good + bad + good), text + "<damaged>");
  }
}

class TextViewTest : public ::testing::Test {
 protected:
  std::string put(const std::string& bytes) {
    path_ = (folder_.path() / "x.log").string();
    std::ofstream(path_, std::ios::binary | std::ios::app) << bytes;
    fd_.reset(new Fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)));
    return path_;
  }
  int fd() const { return fd_->get(); }
  std::string read(TextView& view, uint64_t offset, size_t size) {
    std::string to(size, '?');
    const Result<size_t> got = view.read(fd(), offset, to.data(), size);
    EXPECT_TRUE(got);
    return to.substr(0, got ? *got : 0);
  }
  uint64_t bytes() const { return std::filesystem::file_size(path_); }

  testing::TempFolder folder_;
  std::string path_;
  std::unique_ptr<Fd> fd_;
};

TEST_F(TextViewTest, ReadsFromAnywhere) {
  std::mt19937 random(3);
  std::string text, records;
  while (text.size() < 3'000'000) {
    const std::string line(random() % 200, static_cast<char>('a' + random() % 26));
    text += line + " caf\xc3\xa9 \xf0\x9f\x98\x80 " + std::to_string(random()) + "\n";
  }
  for (size_t at = 0; at < 1'500'000;) {
    const size_t size = random() % 50 == 0 ? 100'000 : random() % 300;
    records += docker_record(text.substr(at, size));
    at += size;
  }
  const std::string forms[] = {text, utf16(text, false, true), utf16(text, true, false), records};
  for (const std::string& form : forms) {
    put(form);
    const TextForm kind = *text_form(std::string_view(form).substr(0, 16));
    const std::string whole = text_of(kind, form);
    TextView view;
    EXPECT_EQ(view.size(fd(), bytes(), 0), whole.size());
    for (int i = 0; i < 300; ++i) {
      const uint64_t at = random() % (whole.size() + 10);
      const size_t size = random() % (i % 10 == 0 ? 300'000 : 2000);
      ASSERT_EQ(read(view, at, size), whole.substr(std::min<size_t>(at, whole.size()), size)) << at;
    }
    std::filesystem::remove(path_);
  }
}

TEST_F(TextViewTest, GrowsInPiecesOfAnySize) {
  const std::string text = "a caf\xc3\xa9 \xf0\x9f\x98\x80\nand so on\n";
  std::string records;
  for (int i = 0; i < 5; ++i) records += docker_record("line " + std::to_string(i));
  for (const std::string& form : {utf16(text, false, true), utf16(text, true, true), records}) {
    const std::string whole = text_of(*text_form(std::string_view(form).substr(0, 16)), form);
    TextView view;
    std::string known;
    for (const char byte : form) {
      put(std::string(1, byte));
      const uint64_t size = view.size(fd(), bytes(), 0);
      if (view.undecided()) continue;
      EXPECT_GE(size, known.size());
      known += read(view, known.size(), size - known.size());
      ASSERT_EQ(known, whole.substr(0, size));
    }
    EXPECT_EQ(known, whole);
    std::filesystem::remove(path_);
  }
}

// 100 MB of it cost a few KiB, and only some way ahead is looked at before it is wanted.
TEST_F(TextViewTest, KnowsNoMoreThanItNeeds) {
  const std::string block = utf16(std::string(999'999, 'x') + "\n", false, false);
  put("\xff\xfe");
  for (int i = 0; i < 30; ++i) put(block);
  TextView view;
  const uint64_t ahead = view.size(fd(), bytes(), 0);
  EXPECT_GT(ahead, 15'000'000u);
  EXPECT_LT(ahead, 20'000'000u);
  EXPECT_EQ(read(view, 29'999'990, 20), "xxxxxxxxx\n");
  EXPECT_EQ(view.size(fd(), bytes(), UINT64_MAX), 30'000'000u);
  const uint64_t place = view.bytes_before(20'000'000);
  EXPECT_NEAR(static_cast<double>(place), 40e6, 200e3);
}

TEST_F(TextViewTest, AShorterFileIsLookedAtAnew) {
  put(utf16("first\nsecond\n", false, true));
  TextView view;
  EXPECT_EQ(view.size(fd(), bytes(), 0), 13u);
  std::filesystem::resize_file(path_, 0);
  EXPECT_EQ(view.size(fd(), 0, 0), 0u);
  put("plain\n");
  EXPECT_EQ(view.size(fd(), bytes(), 0), 6u);
  EXPECT_TRUE(view.plain());
  EXPECT_EQ(read(view, 2, 10), "ain\n");
}

// What follows it says that a half of a surrogate pair is alone.
TEST_F(TextViewTest, ALoneSurrogateAtTheKnownEnd) {
  put(utf16("x", false, true) + "\x3d\xd8\x3d\xd8");
  TextView view;
  EXPECT_EQ(view.size(fd(), bytes(), 0), 4u);
  EXPECT_EQ(read(view, 0, 100), "x\xef\xbf\xbd");
  EXPECT_EQ(view.rest(bytes()), 2u);
}

TEST_F(TextViewTest, DamageEndsTheText) {
  const std::string good = docker_record("good");
  put(good + good + "\xff\xff\xff\xff" + good);
  TextView view;
  const uint64_t size = view.size(fd(), bytes(), 0);
  EXPECT_EQ(size, 2 * text_of(TextForm::docker_local, good).size());
  EXPECT_TRUE(view.damaged());
  EXPECT_EQ(view.rest(bytes()), good.size() + 4);
  EXPECT_EQ(read(view, size, 100), "");
  put(good);
  EXPECT_EQ(view.size(fd(), bytes(), 0), size);
}

// ---- the same by byte sources, packed and not

std::string all_of(const std::string& path, size_t ask, std::string* error = nullptr) {
  Result<std::unique_ptr<ByteSource>> source = open_bytes(path);
  if (!source) return source.error().text;
  std::string text, block(ask, ' ');
  for (;;) {
    const Result<size_t> got = (*source)->read(block.data(), block.size());
    if (!got && error != nullptr) *error = got.error().text;
    if (!got || *got == 0) return text;
    text.append(block, 0, *got);
  }
}
std::string packed(const std::string& path, const std::string& bytes) {
  const gzFile out = ::gzopen(path.c_str(), "wb");
  ::gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  ::gzclose(out);
  return path;
}

TEST_F(TextViewTest, ByteSourcesGiveTheSameText) {
  std::string text, records;
  for (int i = 0; i < 20'000; ++i) text += "line \xe2\x82\xac " + std::to_string(i) + "\n";
  for (int i = 0; i < 5000; ++i) records += docker_record("line " + std::to_string(i));
  const std::string gz = (folder_.path() / "x.gz").string();
  for (const std::string& form : {text, utf16(text, false, true), utf16(text, true, true), records,
                                  ""s, "x"s, "\xff"s, "\xff\xfe"s, "o\0"s, "\0\0"s}) {
    const std::string whole =
        text_of(text_form(std::string_view(form).substr(0, 16)).value_or(TextForm::plain), form);
    put(form);
    packed(gz, form);
    for (const size_t ask : {size_t{1}, size_t{7}, size_t{4096}, size_t{1 << 20}}) {
      EXPECT_EQ(all_of(path_, ask), whole);
      EXPECT_EQ(all_of(gz, ask), whole);
    }
    std::filesystem::remove(path_);
  }
}

TEST_F(TextViewTest, ByteSourcesTellDamage) {
  const std::string good = docker_record("good"), line = text_of(TextForm::docker_local, good);
  std::string error;
  put(good + good + "\xff\xff\xff\xff" + good);
  EXPECT_EQ(all_of(path_, 4096, &error), line + line);
  EXPECT_NE(error.find("x.log: a damaged record"), std::string::npos) << error;
  std::filesystem::remove(path_);
  put(good + good.substr(0, 20));
  EXPECT_EQ(all_of(path_, 4096, &error), line);
  EXPECT_NE(error.find("ends within a record"), std::string::npos) << error;
}

// A real daemon's files: numbers 208 to 400, a line of 17,000 q in two pieces, "last".
TEST(DockerLocal, ReadsWhatARealDaemonWrote) {
  const std::string folder = BLIP_SOURCE_DIR "/tests/tailer/docker-local/";
  const std::string text = all_of(folder + "container.log.2.gz", 4096) +
                           all_of(folder + "container.log.1.gz", 4096) +
                           all_of(folder + "container.log", 4096);
  std::vector<std::string> lines;
  for (size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    lines.push_back(text.substr(at, end - at));
  }
  ASSERT_EQ(lines.size(), 196u);
  for (int i = 208; i <= 400; ++i) {
    const std::string begin = "{\"log\":\"seq " + std::to_string(i) + " 17951952";
    EXPECT_EQ(lines[static_cast<size_t>(i - 208)].substr(0, begin.size()), begin);
  }
  EXPECT_EQ(lines[193].substr(0, 20), "{\"log\":\"qqqqqqqqqqqq");
  EXPECT_NE(lines[193].find("qq\",\"stream\":\"stdout\","), std::string::npos) << "a piece";
  EXPECT_NE(lines[194].find("qq\\n\",\"stream\":\"stdout\","), std::string::npos) << "the last";
  EXPECT_EQ(lines[193].substr(lines[193].find("\"time\"")),
            lines[194].substr(lines[194].find("\"time\"")));
  const auto q = [](const std::string& line) { return std::count(line.begin(), line.end(), 'q'); };
  EXPECT_EQ(q(lines[193]) + q(lines[194]), 17'000);
  EXPECT_EQ(lines[195].substr(0, 35), "{\"log\":\"last\\n\",\"stream\":\"stdout\",\"");
}

}  // namespace
}  // namespace blip
