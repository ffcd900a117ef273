// Disks of logs that are full: what programs say there is lost before anybody can read it, and
// they seem to be silent.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace blip {

class FullDisks {
 public:
  // Looks at the file systems of these folders. Told are those that became full since the last
  // look, by one of their folders; one that can't be asked is not full.
  std::vector<std::string> look(const std::set<std::string>& folders);

 private:
  std::set<unsigned long> full_;  // by file system id
};

}  // namespace blip
