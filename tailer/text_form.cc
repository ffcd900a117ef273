// ff fe 6f 00 6b 00 0a 00       UTF-16, little-endian: "ok\n"
// fe ff 00 6f 00 6b 00 0a       UTF-16, big-endian: "ok\n"
// 6f 00 6b 00 0a 00             the same where copytruncate has cut the mark away
// 00 00 00 18 0a 06 s t d o u   Docker's local log driver (docker_local.cc)
//
// The mark is no text. A half of a surrogate pair without the other becomes U+FFFD.

#include "tailer/text_form.h"

#include <algorithm>

#include "tailer/docker_local.h"

namespace blip {
namespace {
static_assert(kTextHead >= kDockerHead && kTextUnit >= kDockerRecordLimit + 8);

constexpr size_t kUnmarked = 4;  // bytes of two characters

bool ascii(char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; }

// Two ASCII characters, each with a NUL behind it (`first` 0) or before it (1), as far as it goes.
bool alternates(std::string_view head, size_t first) {
  head = head.substr(0, kUnmarked);
  for (size_t i = 0; i < head.size(); ++i) {
    if (i % 2 == first ? !ascii(head[i]) : head[i] != 0) return false;
  }
  return true;
}

void append_utf8(uint32_t code, std::string& out) {
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

TextPart from_utf16(bool big, uint64_t at, std::string_view bytes, size_t enough,
                    std::string& text) {
  constexpr uint32_t kMark = 0xfeff, kReplacement = 0xfffd;
  const auto unit = [&](size_t i) -> uint32_t {
    const auto low = static_cast<unsigned char>(bytes[i + (big ? 1 : 0)]);
    const auto high = static_cast<unsigned char>(bytes[i + (big ? 0 : 1)]);
    return static_cast<uint32_t>(high) << 8 | low;
  };
  size_t i = 0;
  while (bytes.size() - i >= 2 && text.size() < enough) {
    const uint32_t code = unit(i);
    const bool leads = code >= 0xd800 && code < 0xdc00, trails = code >= 0xdc00 && code < 0xe000;
    if (leads) {
      if (bytes.size() - i < 4) break;
      const uint32_t other = unit(i + 2);
      if (other >= 0xdc00 && other < 0xe000) {
        append_utf8(0x10000 + ((code - 0xd800) << 10) + (other - 0xdc00), text);
        i += 4;
        continue;
      }
    }
    i += 2;
    if (code == kMark && at + i == 2) continue;
    append_utf8(leads || trails ? kReplacement : code, text);
  }
  return {i, false};
}
}  // namespace

std::optional<TextForm> text_form(std::string_view head) {
  if (head.empty()) return std::nullopt;
  const DockerHead docker = docker_head(head);
  if (docker == DockerHead::yes) return TextForm::docker_local;
  if (head.starts_with("\xff\xfe")) return TextForm::utf16_le;
  if (head.starts_with("\xfe\xff")) return TextForm::utf16_be;
  const bool half_mark = head == "\xff" || head == "\xfe";
  const bool little = alternates(head, 0), big = alternates(head, 1);
  if (head.size() >= kUnmarked && (little || big)) {
    return little ? TextForm::utf16_le : TextForm::utf16_be;
  }
  if (half_mark || little || big || docker == DockerHead::too_short) return std::nullopt;
  return TextForm::plain;
}

TextPart to_text(TextForm form, uint64_t at, std::string_view bytes, size_t enough,
                 std::string& text) {
  switch (form) {
    case TextForm::plain:
      break;
    case TextForm::utf16_le:
      return from_utf16(false, at, bytes, enough, text);
    case TextForm::utf16_be:
      return from_utf16(true, at, bytes, enough, text);
    case TextForm::docker_local: {
      const DockerRecords read = read_docker_records(bytes, enough, text);
      return {read.taken, read.damaged};
    }
  }
  text.append(bytes);
  return {bytes.size(), false};
}

}  // namespace blip
