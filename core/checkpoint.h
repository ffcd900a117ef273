// How far a stream has been read, and what is needed to recognise it when it is met again.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "core/time.h"

namespace blip {

// "The same file": what the file system says. Inode numbers are used again at once; birth time and,
// on ext4 and its kin, the generation tell the new file from the old.
struct FileIdentity {
  uint64_t dev = 0, ino = 0;  // ino 0: not a file (stdin, a journal), or not known
  int64_t born_ns = 0;        // statx birth time; 0: the file system has none
  uint32_t generation = 0;    // FS_IOC_GETVERSION; 0: the file system has none

  bool known() const { return ino != 0; }
  auto operator<=>(const FileIdentity&) const = default;
};

// "The same content": the bytes just before an offset.
struct Marker {
  uint32_t size = 0;  // bytes hashed, up to kMarkerBytes
  uint64_t hash = 0;  // hash_of() them

  bool operator==(const Marker&) const = default;
};
inline constexpr size_t kMarkerBytes = 1024;

// One physical incarnation of a log: a file, a rotated file, a container log.
struct StreamInfo {
  uint64_t key = 0;                      // hash(base name without rotation suffix, first line, n)
  std::string source;                    // the rotation set it belongs to: folder and base name
  std::string path;                      // where it was last seen
  std::string format;                    // the format most of it had
  uint64_t first_line = 0;               // hash of its first line, up to kFirstLine bytes
  FileIdentity file;                     // of `path`, when last seen
  Time first = kNoTime, last = kNoTime;  // times of its first and last dated line
};
inline constexpr size_t kFirstLine = 1024;  // bytes of a first line that make a stream's key

struct Checkpoint {
  StreamInfo stream;
  uint64_t begin = 0;   // where it begins: not 0 only where a file was cut back in place
  uint64_t offset = 0;  // everything before it is in the store
  uint64_t number = 0;  // lines before it
  Marker marker;        // of the bytes before `offset`
  bool whole = false;   // read to its end, its last line ended, and nothing more will come
};

}  // namespace blip
