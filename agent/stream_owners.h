// Which source each stream key belongs to, so that two hosts' stderr files that begin alike stay
// two streams, and a file that was moved stays one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/checkpoint.h"

namespace blip {

class StreamOwners {
 public:
  explicit StreamOwners(const std::vector<Checkpoint>& stored);
  // Is the key another source's whose file is still there?
  bool taken(uint64_t key, const std::string& source) const;
  void own(const StreamInfo& stream);

 private:
  struct Owner {
    std::string source, path;
  };
  std::map<uint64_t, Owner> owners_;
};

}  // namespace blip
