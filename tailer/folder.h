// The names in a folder, at one moment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace blip {

struct FolderEntry {
  std::string name;
  uint64_t ino = 0;
  unsigned char type = 0;  // DT_REG, DT_DIR, DT_LNK, ... as readdir(3) says
  bool operator==(const FolderEntry&) const = default;
};

// Sorted by name, without "." and "..". readdir(3) may pass by a file that is renamed meanwhile,
// under both its names; so the folder is read until two readings agree (a few times at most). Empty
// when it cannot be read.
std::vector<FolderEntry> read_folder(const std::string& path);

}  // namespace blip
