// Reading JSON of others, where any part may be missing or of another type. Only for the .cc files
// that take such JSON apart: the library header is a heavy one.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace blip {

// What `object` holds under `name`; null where it is no object or has no such member.
template <class Json>
const Json& part(const Json& object, const char* name) {
  static const Json none;
  if (!object.is_object()) return none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

// The same, of a string; "" where it is none.
template <class Json>
std::string text_at(const Json& object, const char* name) {
  const Json& found = part(object, name);
  return found.is_string() ? found.template get<std::string>() : std::string();
}

}  // namespace blip
