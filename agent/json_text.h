// JSON values that the forms of an event share. Only for the .cc files that build JSON: the library
// header is a heavy one.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/event.h"

namespace blip {

using Json = nlohmann::ordered_json;

Json time_json(Time time);                     // null when unknown
Json planned_json(std::optional<bool> known);  // null when unknown
Json attributes_json(const Event& event);      // sorted by name
std::string one_line(const Json& json);

}  // namespace blip
