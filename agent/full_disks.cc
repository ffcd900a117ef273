// statvfs("/var/log"): 0 of 524288 blocks are available to those who write there

#include "agent/full_disks.h"

#include <sys/statvfs.h>

namespace blip {

std::vector<std::string> FullDisks::look(const std::set<std::string>& folders) {
  std::vector<std::string> fresh;
  std::set<unsigned long> seen, full;
  for (const std::string& folder : folders) {
    struct statvfs disk = {};
    if (::statvfs(folder.c_str(), &disk) != 0 || disk.f_blocks == 0) continue;
    if (!seen.insert(disk.f_fsid).second || disk.f_bavail > 0) continue;
    full.insert(disk.f_fsid);
    if (full_.count(disk.f_fsid) == 0) fresh.push_back(folder);
  }
  full_ = std::move(full);
  return fresh;
}

}  // namespace blip
