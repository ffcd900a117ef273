// Which source each stream key belongs to, so that two hosts' stderr files that begin alike stay
// two streams, and a file that was moved stays one.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/checkpoint.h"
#include "tailer/inputs.h"

namespace blip {

// For several threads at once.
class StreamOwners {
 public:
  explicit StreamOwners(const std::vector<Checkpoint>& stored);
  // Is the key another source's whose file is still there?
  bool taken(uint64_t key, const std::string& source) const;
  // As !taken(), and from now on the key is this source's.
  bool claim(uint64_t key, const std::string& source);
  void own(const StreamInfo& stream);

 private:
  struct Owner {
    std::string source;
    std::string path;  // empty: claimed, nothing of it is stored yet
  };
  bool taken_from(const std::string& source, uint64_t key) const;  // locked
  mutable std::mutex mutex_;
  std::map<uint64_t, Owner> owners_;
};

// Parts the sources into rows. Those of different rows cannot claim the same stream, so the order
// in which they are read does not matter; those of one row are to be read in its order, which is
// theirs in `sources`. Looks at the first lines of files with the same base name. Each row holds
// indices into `sources`; the rows are in the order of their first.
std::vector<std::vector<size_t>> rows_of(const std::vector<Source>& sources);

}  // namespace blip
