// One record, its length before and behind it (big-endian), a protobuf message between:
//
//   00 00 00 18  0a 06 "stdout"  10 9b e0 df bb 9a 92 f4 f4 18  1a 04 "last"  00 00 00 18
//                1: source       2: time, ns since 1970         3: line
//
//   {"log":"last\n","stream":"stdout","time":"2026-11-20T17:20:50.143875099Z"}
//
// A line over 16 KiB is cut into pieces: `4: partial` is set on each, and `5: metadata` holds
// `1: last` on the one that ends the line. Docker before 18.09 left the metadata away and `partial`
// too on the last piece.
//
// The text is json-file's to the byte, escapes among them, so that one parser reads both.

#include "tailer/docker_local.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>

namespace blip {
namespace {
constexpr size_t kFrame = 4;  // bytes of a length

uint32_t big_endian(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < kFrame; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

struct Entry {
  std::string_view source, line;
  int64_t time_ns = 0;
  bool partial = false, last = false;
};

// The part of protobuf that is needed: fields whose number and type are known, others passed by.
class Message {
 public:
  explicit Message(std::string_view message) : rest_(message) {}

  // The next field; false at the end, or where it is no message.
  bool next() {
    if (rest_.empty()) return false;
    uint64_t tag = 0;
    if (!varint(tag)) return fail();
    field = tag >> 3;
    switch (tag & 7) {
      case 0:
        bytes = {};
        return varint(number) || fail();
      case 1:
        return skip(8);
      case 2: {
        uint64_t size = 0;
        if (!varint(size) || size > rest_.size()) return fail();
        bytes = rest_.substr(0, static_cast<size_t>(size));
        number = 0;
        rest_.remove_prefix(bytes.size());
        return true;
      }
      case 5:
        return skip(4);
      default:
        return fail();
    }
  }
  bool good() const { return good_; }

  uint64_t field = 0, number = 0;
  std::string_view bytes;

 private:
  bool varint(uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return false;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool skip(size_t size) {
    if (size > rest_.size()) return fail();
    rest_.remove_prefix(size);
    field = 0;  // of no use
    return true;
  }
  bool fail() {
    good_ = false;
    return false;
  }

  std::string_view rest_;
  bool good_ = true;
};

std::optional<Entry> read_entry(std::string_view bytes) {
  Entry entry;
  Message message(bytes);
  while (message.next()) {
    if (message.field == 1) entry.source = message.bytes;
    if (message.field == 2) entry.time_ns = static_cast<int64_t>(message.number);
    if (message.field == 3) entry.line = message.bytes;
    if (message.field == 4) entry.partial = message.number != 0;
    if (message.field == 5) {
      Message metadata(message.bytes);
      while (metadata.next()) {
        if (metadata.field == 1) entry.last = metadata.number != 0;
      }
    }
  }
  if (!message.good()) return std::nullopt;
  return entry;
}

// Bytes of the UTF-8 character that `text` starts with; 0: it is none.
size_t utf8_length(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = at(0);
  const size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (size == 0 || first > 0xf4 || size > text.size()) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && at(1) < 0xa0) || (first == 0xf0 && at(1) < 0x90);
  const bool surrogate = first == 0xed && at(1) >= 0xa0;
  const bool beyond = first == 0xf4 && at(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : size;
}

bool as_it_is(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

void append_escaped(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  while (!text.empty()) {
    size_t plain = 0;
    while (plain < text.size() && as_it_is(text[plain])) ++plain;
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const char c = text.front();
    const size_t size = utf8_length(text);
    const std::string_view character = text.substr(0, size);
    if (size == 0) {
      out += "\\ufffd";
    } else if (character == "\xe2\x80\xa8" || character == "\xe2\x80\xa9") {
      out += character.back() == '\xa8' ? "\\u2028" : "\\u2029";
    } else if (size > 1) {
      out.append(character);
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\r') {
      out += c == '\n' ? "\\n" : "\\r";
    } else if (c == '\x7f') {
      out += c;
    } else {
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
}

// RFC 3339 with nanoseconds, their zeros at the end left away.
void append_time(int64_t time_ns, std::string& out) {
  using namespace std::chrono;
  const sys_time<nanoseconds> time{nanoseconds(time_ns)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss<nanoseconds> clock(time - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  out += text;
  if (const auto fraction = clock.subseconds().count(); fraction != 0) {
    std::snprintf(text, sizeof text, ".%09d", static_cast<int>(fraction));
    std::string_view digits = text;
    digits.remove_suffix(digits.size() - 1 - digits.find_last_not_of('0'));
    out += digits;
  }
  out += 'Z';
}

void append_line(const Entry& entry, std::string& out) {
  out += "{\"log\":\"";
  append_escaped(entry.line, out);
  if (!entry.partial || entry.last) out += "\\n";
  out += "\",\"stream\":\"";
  append_escaped(entry.source, out);
  out += "\",\"time\":\"";
  append_time(entry.time_ns, out);
  out += "\"}\n";
}
}  // namespace

DockerRecords read_docker_records(std::string_view bytes, size_t enough, std::string& text) {
  DockerRecords read;
  while (bytes.size() - read.taken >= kFrame && text.size() < enough) {
    const std::string_view rest = bytes.substr(read.taken);
    const uint32_t size = big_endian(rest);
    read.damaged = size == 0 || size > kDockerRecordLimit;
    if (read.damaged || rest.size() < size + 2 * kFrame) break;
    const std::optional<Entry> entry = read_entry(rest.substr(kFrame, size));
    read.damaged = big_endian(rest.substr(kFrame + size)) != size || !entry;
    if (read.damaged) break;
    append_line(*entry, text);
    read.taken += size + 2 * kFrame;
  }
  return read;
}

DockerHead docker_head(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.size() >= kFrame && (big_endian(head) == 0 || big_endian(head) > kDockerRecordLimit)) {
    return DockerHead::no;
  }
  for (const std::string_view source : {"\x0a\x06stdout\x10"sv, "\x0a\x06stderr\x10"sv}) {
    const std::string_view field = head.substr(std::min(kFrame, head.size())).substr(0, 9);
    if (field != source.substr(0, field.size())) continue;
    if (head.size() >= kDockerHead) return DockerHead::yes;
    return head.substr(0, 1) == std::string_view("\0", 1) ? DockerHead::too_short : DockerHead::no;
  }
  return DockerHead::no;
}

}  // namespace blip
