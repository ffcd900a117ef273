// "MESSAGE=served \"7\"\nin 3 ms", "_PID=4711" and the rest of an entry's fields become
//
//   {"__CURSOR":"s=...","_PID":"4711","MESSAGE":"served \"7\"\nin 3 ms"}
//
// the shape in which journalctl prints entries as JSON, but that fields are always text.

#include "tailer/journal_line.h"

#include <algorithm>
#include <array>

#include "tailer/chunk_reader.h"
#include "tailer/journal.h"

namespace blip {
namespace {
constexpr size_t kMessageLimit = 512 << 10, kFieldLimit = 2 << 10;  // bytes as written

// In byte order.
constexpr std::array<std::string_view, 46> kKept = {
    "CONTAINER_ID",
    "CONTAINER_ID_FULL",
    "CONTAINER_NAME",
    "CONTAINER_PARTIAL_ID",
    "CONTAINER_PARTIAL_LAST",
    "CONTAINER_PARTIAL_MESSAGE",
    "CONTAINER_TAG",
    "COREDUMP_COMM",
    "COREDUMP_EXE",
    "COREDUMP_PID",
    "COREDUMP_SIGNAL",
    "COREDUMP_SIGNAL_NAME",
    "COREDUMP_TIMESTAMP",
    "COREDUMP_UNIT",
    "COREDUMP_USER_UNIT",
    "EXIT_CODE",
    "EXIT_STATUS",
    "IMAGE_NAME",
    "INVOCATION_ID",
    "JOB_RESULT",
    "JOB_TYPE",
    "MESSAGE",
    "MESSAGE_ID",
    "N_RESTARTS",
    "OBJECT_PID",
    "OBJECT_SYSTEMD_UNIT",
    "OBJECT_SYSTEMD_USER_UNIT",
    "PRIORITY",
    "SYSLOG_IDENTIFIER",
    "SYSLOG_PID",
    "UNIT",
    "UNIT_RESULT",
    "USER_INVOCATION_ID",
    "USER_UNIT",
    "_COMM",
    "_HOSTNAME",
    "_LINE_BREAK",
    "_PID",
    "_SOURCE_MONOTONIC_TIMESTAMP",
    "_SOURCE_REALTIME_TIMESTAMP",
    "_STREAM_ID",
    "_SYSTEMD_INVOCATION_ID",
    "_SYSTEMD_UNIT",
    "_SYSTEMD_USER_UNIT",
    "_TRANSPORT",
    "_UID",
};
static_assert(kKept.size() <= 64, "one bit each");
static_assert(std::is_sorted(kKept.begin(), kKept.end()));
constexpr size_t kLongestName = 32;
// The addresses and fields with their names and quotes, and the message.
static_assert((kKept.size() + 8) * (kFieldLimit + kLongestName + 16) + kMessageLimit <
              kJournalLine);
static_assert(kJournalLine <= kLineLimit, "a follower takes such a line in whole");

// How many bytes the UTF-8 sequence at the start of `text` has; 0 if it is none.
size_t sequence_length(std::string_view text) {
  const auto byte = [&text](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto follows = [&byte](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if ((first & 0xf0) == 0xe0) {
    const bool overlong = first == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = first == 0xed && byte(1) > 0x9f;
    return !overlong && !surrogate && follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && byte(1) < 0x90;
    const bool beyond = first == 0xf4 && byte(1) > 0x8f;
    return !overlong && !beyond && follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

void append_control(unsigned char c, std::string& to) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '\n':
      to += "\\n";
      return;
    case '\t':
      to += "\\t";
      return;
    case '\r':
      to += "\\r";
      return;
    default:
      to.append("\\u00").append(1, kHex[c >> 4]).append(1, kHex[c & 15]);
  }
}
}  // namespace

void append_json(std::string_view text, size_t limit, std::string& to) {
  const size_t end = to.size() + limit;
  to += '"';
  while (!text.empty() && to.size() < end) {
    const auto c = static_cast<unsigned char>(text[0]);
    size_t length = 1;
    if (c == '"' || c == '\\') {
      to.append(1, '\\').append(1, text[0]);
    } else if (c < 0x20) {
      append_control(c, to);
    } else if (c < 0x80) {
      to += text[0];
    } else if ((length = sequence_length(text)) > 0) {
      to.append(text.substr(0, length));
    } else {
      length = 1;
      to += "\xef\xbf\xbd";
    }
    text.remove_prefix(length);
  }
  to += '"';
}

void JournalLine::member(std::string_view name, std::string_view value, size_t limit) {
  if (to_.size() > begin_ + 1) to_ += ',';
  to_.append(1, '"').append(name).append("\":");
  append_json(value, limit, to_);
}

void JournalLine::address(std::string_view name, std::string_view value) {
  member(name, value, kFieldLimit);
}

void JournalLine::field(std::string_view data) {
  const size_t equals = data.substr(0, kLongestName + 1).find('=');
  if (equals == std::string_view::npos) return;
  const std::string_view name = data.substr(0, equals);
  const auto kept = std::lower_bound(kKept.begin(), kKept.end(), name);
  if (kept == kKept.end() || *kept != name) return;
  const uint64_t bit = uint64_t{1} << (kept - kKept.begin());
  if ((seen_ & bit) != 0) return;
  seen_ |= bit;
  member(name, data.substr(equals + 1), name == "MESSAGE" ? kMessageLimit : kFieldLimit);
}

}  // namespace blip
