// How far a stream has been read, and what is needed to recognise it when it is met again.
#pragma once

#include <cstdint>
#include <string>

#include "core/time.h"

namespace blip {

// One physical incarnation of a log: a file, a rotated file, a container log.
struct StreamInfo {
  uint64_t key = 0;    // hash(base name without rotation suffix, first line up to 1,024 bytes, n)
  std::string source;  // the rotation set it belongs to: folder and base name
  std::string path;    // where it was last seen
  std::string format;  // the format most of it had
  Time first = kNoTime, last = kNoTime;  // times of its first and last dated line
};

struct Checkpoint {
  StreamInfo stream;
  uint64_t offset = 0;  // everything before it is in the store
  uint64_t number = 0;  // lines before it
  uint64_t marker = 0;  // hash of up to 1,024 bytes just before offset: "same content"
  bool whole = false;   // read to its end, and its last line ended
};

}  // namespace blip
