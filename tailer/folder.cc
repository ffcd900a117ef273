// A reading of /var/log/app while logrotate is at work:
//
//   app.log.2   app.log.3                 app.log and app.log.1 were moved past the reader
//   app.log     app.log.1   app.log.2     the next one, and the one after it: so it is

#include "tailer/folder.h"

#include <dirent.h>

#include <algorithm>
#include <string_view>

namespace blip {
namespace {
constexpr int kMostReadings = 6;

std::vector<FolderEntry> read_once(const std::string& path) {
  std::vector<FolderEntry> entries;
  DIR* dir = ::opendir(path.c_str());
  if (dir == nullptr) return entries;
  while (const dirent* one = ::readdir(dir)) {
    const std::string_view name = one->d_name;
    if (name != "." && name != "..") entries.push_back({one->d_name, one->d_ino, one->d_type});
  }
  ::closedir(dir);
  std::sort(entries.begin(), entries.end(),
            [](const FolderEntry& a, const FolderEntry& b) { return a.name < b.name; });
  return entries;
}
}  // namespace

std::vector<FolderEntry> read_folder(const std::string& path) {
  std::vector<FolderEntry> entries = read_once(path);
  for (int i = 1; i < kMostReadings; ++i) {
    std::vector<FolderEntry> again = read_once(path);
    if (again == entries) break;
    entries = std::move(again);
  }
  return entries;
}

}  // namespace blip
