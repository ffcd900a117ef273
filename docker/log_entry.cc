// A frame is a length, big-endian, and a protobuf message of five fields:
//
//   00 00 00 2e | 0a 06 stdout | 10 86 b5 ca 82 f7 8a f4 f4 18 | 1a 1a server: listening on :8080
//   ^ length      ^ 1: source    ^ 2: nanoseconds, a varint       ^ 3: the line
//   ... 20 01 | 2a LEN 08 01 12 LEN id 18 03                        4: partial; 5: last, id,
//   ordinal
//
// and becomes a line in the shape of Docker's own json-file log:
//
//   {"log":"server: listening on :8080\n","stream":"stdout","attrs":{...},"time":"2026-...Z"}
//
// A piece of a line has no "\n" in its log, unless it is the last one. Bytes that are not UTF-8
// stay as they are: this file is read by blip, which can.

#include "docker/log_entry.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace blip::docker {
namespace {
constexpr uint32_t kLostFrames = 100, kLostBytes = 101;  // fields that dockerd does not know

struct Cursor {
  std::string_view rest;
  bool sound = true;

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && !rest.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    sound = false;
    return 0;
  }
  std::string_view bytes() {
    const uint64_t size = varint();
    if (!sound || size > rest.size()) {
      sound = false;
      return {};
    }
    const std::string_view text = rest.substr(0, size);
    rest.remove_prefix(size);
    return text;
  }
  void skip(uint32_t wire) {
    if (wire == 0) {
      varint();
    } else if (wire == 2) {
      bytes();
    } else {
      const size_t size = wire == 1 ? 8 : 4;
      sound = sound && (wire == 1 || wire == 5) && rest.size() >= size;
      if (sound) rest.remove_prefix(size);
    }
  }
};

void append_varint(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

std::string_view header(size_t size, char (&text)[kFrameHeader]) {
  for (size_t i = 0; i < kFrameHeader; ++i) {
    text[i] = static_cast<char>(size >> (8 * (kFrameHeader - 1 - i)));
  }
  return {text, kFrameHeader};
}

void append_escaped(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text[i];
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    }
  }
  out.append(text, plain, text.size() - plain);
}

// "2026-11-20T17:06:30.306929773Z"
void append_time(int64_t ns, std::string& out) {
  thread_local int64_t second = INT64_MIN;
  thread_local char text[40];
  thread_local size_t size = 0;
  int64_t whole = ns / 1'000'000'000, part = ns % 1'000'000'000;
  if (part < 0) {
    part += 1'000'000'000;
    --whole;
  }
  if (whole != second) {
    const time_t now = static_cast<time_t>(whole);
    tm parts = {};
    gmtime_r(&now, &parts);
    size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", &parts);
    second = whole;
  }
  out.append(text, size);
  char digits[9];
  for (int i = 8; i >= 0; --i, part /= 10) digits[i] = static_cast<char>('0' + part % 10);
  out.append(digits, sizeof digits).append("Z");
}

void append_line(const LogEntry& entry, std::string_view attrs, std::string& out) {
  out += "{\"log\":\"";
  append_escaped(entry.line, out);
  if (!entry.partial || entry.last) out += "\\n";
  out += "\",\"stream\":\"";
  append_escaped(entry.source, out);
  out += '"';
  if (!attrs.empty()) out.append(",\"attrs\":").append(attrs);
  out += ",\"time\":\"";
  append_time(entry.time_ns, out);
  out += "\"}\n";
}

// {"blip":"lost","lines":12,"bytes":3400,"attrs":{...},"time":"2026-..."}: no "log", so no program
// in a container can make one up.
void append_loss(uint64_t frames, uint64_t bytes, int64_t time_ns, std::string_view attrs,
                 std::string& out) {
  out += "{\"blip\":\"lost\",\"lines\":" + std::to_string(frames) +
         ",\"bytes\":" + std::to_string(bytes);
  if (!attrs.empty()) out.append(",\"attrs\":").append(attrs);
  out += ",\"time\":\"";
  append_time(time_ns, out);
  out += "\"}\n";
}

// Every frame of dockerd's begins so; inside one the same bytes are no accident.
constexpr size_t kMark = kFrameHeader + 9;
bool begins_frame(std::string_view bytes) {
  if (bytes.size() < kMark) return false;
  const std::string_view source = bytes.substr(kFrameHeader, 9);
  return (source == "\x0a\x06stdout\x10" || source == "\x0a\x06stderr\x10") &&
         frame_size(bytes) != SIZE_MAX;
}

bool begins_loss(std::string_view bytes) {
  return bytes[kFrameHeader] == '\x10' && frame_size(bytes) < 64;
}

size_t next_frame(std::string_view bytes) {
  for (size_t at = 1; at + kMark <= bytes.size(); ++at) {
    if (bytes[at + kFrameHeader] == '\x0a' && begins_frame(bytes.substr(at))) return at;
  }
  return std::string_view::npos;
}
}  // namespace

size_t frame_size(std::string_view bytes) {
  if (bytes.size() < kFrameHeader) return 0;
  size_t size = 0;
  for (size_t i = 0; i < kFrameHeader; ++i) size = size << 8 | static_cast<unsigned char>(bytes[i]);
  return size == 0 || size > kMaxFrame ? SIZE_MAX : kFrameHeader + size;
}

bool decode_entry(std::string_view frame, LogEntry& entry) {
  entry = {};
  Cursor at{frame.substr(kFrameHeader)};
  while (at.sound && !at.rest.empty()) {
    const uint64_t tag = at.varint();
    const auto field = static_cast<uint32_t>(tag >> 3);
    const auto wire = static_cast<uint32_t>(tag & 7);
    if (field == 1 && wire == 2) {
      entry.source = at.bytes();
    } else if (field == 2 && wire == 0) {
      entry.time_ns = static_cast<int64_t>(at.varint());
    } else if (field == 3 && wire == 2) {
      entry.line = at.bytes();
    } else if (field == 4 && wire == 0) {
      entry.partial = at.varint() != 0;
    } else if (field == 5 && wire == 2) {
      Cursor inner{at.bytes()};
      while (at.sound && inner.sound && !inner.rest.empty()) {
        const uint64_t of = inner.varint();
        if (of == (1 << 3 | 0)) {
          entry.last = inner.varint() != 0;
        } else {
          inner.skip(static_cast<uint32_t>(of & 7));
        }
      }
      at.sound = at.sound && inner.sound;
    } else if (field == kLostFrames && wire == 0) {
      entry.lost_frames = at.varint();
    } else if (field == kLostBytes && wire == 0) {
      entry.lost_bytes = at.varint();
    } else {
      at.skip(wire);
    }
  }
  return at.sound && entry.time_ns != 0 &&
         (entry.source == "stdout" || entry.source == "stderr" || entry.lost_frames != 0);
}

std::string loss_frame(uint64_t frames, uint64_t bytes, int64_t time_ns) {
  std::string body;
  append_varint(2 << 3 | 0, body);
  append_varint(static_cast<uint64_t>(time_ns), body);
  append_varint(kLostFrames << 3 | 0, body);
  append_varint(frames, body);
  append_varint(kLostBytes << 3 | 0, body);
  append_varint(bytes, body);
  char text[kFrameHeader];
  return std::string(header(body.size(), text)) + body;
}

size_t append_lines(std::string_view bytes, std::string_view attrs, bool end, std::string& out) {
  size_t used = 0;
  int64_t time_ns = 0;  // of the entry before
  while (used < bytes.size()) {
    const std::string_view rest = bytes.substr(used);
    const bool strange = rest.size() >= kMark && !begins_frame(rest) && !begins_loss(rest);
    const size_t size = strange ? SIZE_MAX : frame_size(rest);
    const bool whole = size != SIZE_MAX && size != 0 && size <= rest.size();
    LogEntry entry;
    if (whole && decode_entry(rest.substr(0, size), entry)) {
      if (entry.lost_frames != 0) {
        append_loss(entry.lost_frames, entry.lost_bytes, entry.time_ns, attrs, out);
      } else {
        append_line(entry, attrs, out);
      }
      time_ns = entry.time_ns;
      used += size;
      continue;
    }
    if (!whole && size != SIZE_MAX && !end) break;  // the rest of it will come
    // No frame: on to the next. Told with that one's time, in the call that finds it.
    const size_t next = next_frame(rest);
    if (next == std::string_view::npos) {
      if (!end) break;
      if (time_ns != 0) append_loss(0, rest.size(), time_ns, attrs, out);
      return bytes.size();
    }
    Cursor stamp{rest.substr(next + kMark)};
    time_ns = static_cast<int64_t>(stamp.varint());
    append_loss(0, next, time_ns, attrs, out);
    used += next;
  }
  return used;
}

bool read_line(std::string_view json, std::string& scratch, LogEntry& entry) {
  entry = {};
  scratch.clear();
  const auto take = [&json](std::string_view text) {
    if (!json.starts_with(text)) return false;
    json.remove_prefix(text.size());
    return true;
  };
  if (!take("{\"log\":\"")) return false;
  while (!json.empty() && json.front() != '"') {
    if (json.front() != '\\') {
      const size_t plain = std::min(json.find_first_of("\"\\"), json.size());
      scratch.append(json.substr(0, plain));
      json.remove_prefix(plain);
      continue;
    }
    if (json.size() < 2) return false;
    const char c = json[1];
    json.remove_prefix(2);
    if (c == 'u') {
      // Only bytes below 0x20 are written so.
      unsigned byte = 0;
      if (json.size() < 4 || std::sscanf(std::string(json.substr(0, 4)).c_str(), "%4x", &byte) != 1)
        return false;
      scratch += static_cast<char>(byte);
      json.remove_prefix(4);
    } else {
      scratch += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
    }
  }
  if (!take("\",\"stream\":\"")) return false;
  if (take("stdout\"")) {
    entry.source = "stdout";
  } else if (take("stderr\"")) {
    entry.source = "stderr";
  } else {
    return false;
  }
  // "2026-11-20T17:06:30.306929773Z", the last member.
  const size_t at = json.rfind("\"time\":\"");
  if (at == std::string_view::npos) return false;
  const std::string stamp(json.substr(at + 8));
  tm parts = {};
  long ns = 0;
  if (std::sscanf(stamp.c_str(), "%d-%d-%dT%d:%d:%d.%9ldZ", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &ns) != 7) {
    return false;
  }
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  entry.time_ns = timegm(&parts) * 1'000'000'000LL + ns;
  entry.line = scratch;
  return true;
}

void append_frame(const LogEntry& entry, std::string& out) {
  std::string body;
  append_varint(1 << 3 | 2, body);
  append_varint(entry.source.size(), body);
  body += entry.source;
  append_varint(2 << 3 | 0, body);
  append_varint(static_cast<uint64_t>(entry.time_ns), body);
  if (!entry.line.empty()) {
    append_varint(3 << 3 | 2, body);
    append_varint(entry.line.size(), body);
    body += entry.line;
  }
  char text[kFrameHeader];
  out.append(header(body.size(), text)).append(body);
}

}  // namespace blip::docker
