// Which file is this? What the file system says about a path or a descriptor, in one look.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/checkpoint.h"

namespace blip {

struct FileLook {
  FileIdentity id;
  uint64_t size = 0;
  int64_t mtime_ns = 0;
  uint32_t links = 0;  // 0: removed
  bool regular = false;
};

// Nothing: errno says why. A path is looked at without opening it, so its generation is not known.
std::optional<FileLook> look_at(const std::string& path);
std::optional<FileLook> look_at(int fd);  // without the generation, which takes a call of its own
uint32_t generation_of(int fd);

// Is `path`, which looks the same by name and birth time, another file all the same? File systems
// count birth in ticks of milliseconds, and a file's number may be used again within one. Where
// there is no generation: no. Without the right to ask for it: nullopt.
std::optional<bool> another_generation(const std::string& path, const FileIdentity& than);

// Birth time and generation count where both sides have them.
bool same_file(const FileIdentity& a, const FileIdentity& b);

}  // namespace blip
