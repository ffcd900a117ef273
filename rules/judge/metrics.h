// What a metric's name says of it, in any spelling: "sample#memory_quota", "rssMb", "open handles".
#pragma once

#include <string_view>

namespace blip {

enum class MetricKind {
  held,    // what a process holds: handles, goroutines, queues
  memory,  // the same, of memory: several names for one thing
  heap,    // memory that a collector takes back now and then
  delay,   // a latency, lag or pause: drifts.cc's
  limit,   // a quota or ceiling of another metric
  total,   // named as a sum over time: a counter, unless it is seen to fall
};

MetricKind kind_of_metric(std::string_view name);

}  // namespace blip
