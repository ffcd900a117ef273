// dockerd's log frames, and the JSON lines that they become.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace blip::docker {

// What one frame says. Borrowed from its bytes.
struct LogEntry {
  std::string_view source;  // "stdout", "stderr"
  int64_t time_ns = 0;
  std::string_view line;  // without a newline; any bytes
  bool partial = false;   // a piece of a line ...
  bool last = false;      // ... and its last one
  // Of the driver's own frames, which stand where it had to drop the container's.
  uint64_t lost_frames = 0, lost_bytes = 0;
};

inline constexpr size_t kMaxFrame = 1 << 20;  // dockerd's are 16 KiB and a little
inline constexpr size_t kFrameHeader = 4;

// The whole frame's size with its header, once `bytes` holds the header; else 0. SIZE_MAX: no frame
// begins here.
size_t frame_size(std::string_view bytes);

// False: not an entry.
bool decode_entry(std::string_view frame, LogEntry& entry);

// A frame of the driver's own: "here `frames` frames are missing".
std::string loss_frame(uint64_t frames, uint64_t bytes, int64_t time_ns);

// Appends the JSON lines of all whole frames in `bytes`, each with `attrs` (a JSON object's text,
// or "") as json-file writes them, and returns how many bytes were used. A pure function of its
// arguments: after a kill the same bytes give the same lines. What is no frame is passed over to
// the next that surely is one, and told by a line of loss; `end`: no more bytes will follow these,
// so what is left unfinished is told and used up too.
size_t append_lines(std::string_view bytes, std::string_view attrs, bool end, std::string& out);

// The way back, for `docker logs`: one of those lines, without its newline, as what it was made of.
// Borrowed from `scratch`. False: it is no line of a container's.
bool read_line(std::string_view json, std::string& scratch, LogEntry& entry);
// Appends a frame as dockerd reads them: of source, time and line.
void append_frame(const LogEntry& entry, std::string& out);

}  // namespace blip::docker
