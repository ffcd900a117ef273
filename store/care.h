// Care of the file: what is in it, is it sound, and a copy of it while it is written.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/time.h"

namespace blip {

struct StoreInfo {
  int schema = 0;
  uint64_t bytes = 0;                                  // of the file
  uint64_t log_bytes = 0;                              // of the write-ahead log beside it
  uint64_t free_bytes = 0;                             // within the file, to be filled again
  std::vector<std::pair<std::string, uint64_t>> rows;  // "events" -> how many
  Time first = kNoTime, last = kNoTime;                // of its dated events
  Time pruned = kNoTime;                               // the latest line that pruning drew
};

Result<StoreInfo> store_info(const std::string& path);

// What is wrong with it, and what to do; empty: it is sound. Reads all of it. An error: it cannot
// even be opened.
struct StoreFault {
  std::string what, remedy;
};
Result<std::vector<StoreFault>> check_store(const std::string& path);

// Copies the store as it is at one moment to `target`, which must not exist, while others write.
// `progress` is told of pages done and all pages. Whole or not at all.
Status backup_store(const std::string& path, const std::string& target,
                    const std::function<void(uint64_t, uint64_t)>& progress = {});

}  // namespace blip
