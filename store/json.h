// Open-ended members as the JSON text they are stored as. What JSON cannot carry is told here:
// bytes that are no UTF-8 come back as U+FFFD, numbers that are not finite as NaN.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/event.h"
#include "core/run.h"

namespace blip {

using Attributes = std::map<std::string, Attribute, std::less<>>;
using Gauges = std::map<std::string, GaugeLife, std::less<>>;

std::string attributes_to_json(const Attributes& attributes);
Attributes attributes_from_json(std::string_view text);  // what is none is left out
std::string gauges_to_json(const Gauges& gauges);
Gauges gauges_from_json(std::string_view text);

}  // namespace blip
