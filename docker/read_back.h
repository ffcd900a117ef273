// A container's lines from its spool, as the frames that dockerd shows for `docker logs`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/fd.h"

namespace blip::docker {

struct ReadAsk {
  int64_t since_us = INT64_MIN, until_us = INT64_MAX;  // of lines, both included
  int64_t tail = -1;                                   // the last so many of all; -1: all
};

class ReadBack {
 public:
  // `base`: the live file's path. `files`: how many there may be of it.
  ReadBack(std::string base, int files, ReadAsk ask);

  // Appends frames of what there is to `out`, about `kBatch` bytes of lines at most. False: there
  // is no more now; later there may be.
  bool more(std::string& out);
  // A line behind `until` came: nothing will follow.
  bool over() const { return over_; }

 private:
  std::string path(int age) const;
  void next_file();
  void skip_to_tail();

  const std::string base_;
  const int files_;
  const ReadAsk ask_;
  Fd file_;
  uint64_t inode_ = 0, at_ = 0;
  uint64_t skip_ = 0;  // lines that come before the asked tail
  bool begun_ = false, over_ = false;
  std::string rest_;  // a line whose newline has not come
};

}  // namespace blip::docker
