// Spans of time for people: "0.3 s", "47 s", "25 m", "4 h 02 m", "2 d 04 h".
#pragma once

#include <string>

namespace blip {

std::string time_span(double seconds);

}  // namespace blip
