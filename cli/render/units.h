// Quantities as people read them. None of these throws or prints nonsense for odd numbers: what is
// not finite is "?".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace blip {

std::string span_text(double seconds);     // "0.3 s", "30 s", "3 m 10 s", "4 h 02 m", "2 d 04 h"
std::string compact_span(double seconds);  // "4h02m", "1.3s": for columns
std::string rough_span(double seconds);    // "40 seconds", "5 hours", "3 days"
std::string count_text(uint64_t count);    // "2,914,332"
std::string bytes_text(uint64_t bytes);    // "512 B", "1.1 GiB", "412 MiB"
std::string number_text(double value);     // "40,812", "1.93", "0.004"

// A slope: "goroutines +130/min", "rss +1.9 MB/min" for metrics that count bytes.
std::string slope_text(std::string_view metric, double per_minute);

// "1 restart", "14 restarts", "2,914 files".
std::string counted(uint64_t count, std::string_view one, std::string_view many);

}  // namespace blip
