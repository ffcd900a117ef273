// What the name of a metric tells about its values.
#pragma once

#include <string_view>

namespace blip {

// "rss", "heap_used", "cgroup_memory_bytes": bytes, as far as anyone can tell by a name.
inline bool counts_bytes(std::string_view metric) {
  for (const std::string_view word : {"rss", "heap", "memory", "bytes", "alloc"}) {
    if (metric.find(word) != metric.npos) return true;
  }
  return false;
}

}  // namespace blip
