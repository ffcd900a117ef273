// Attributes and gauges as they lie in a column:
//
//   {"certainty":"sure","lifetime_s":14520.2,"masked":true,"metric":"goroutines"}
//   {"goroutines":{"first":9.0,"high":41022.0,"last":41022.0,"low":9.0,"samples":1452}}
//
// Keys are sorted, so that the same content is the same text. Whole doubles keep their ".0" and
// with it their type.

#include "store/json.h"

#include <limits>
#include <nlohmann/json.hpp>

namespace blip {
namespace {
using Json = nlohmann::json;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A damaged text reads as an empty object.
Json parse(std::string_view text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? json : Json::object();
}

double number(const Json& json) {
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

double member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? std::numeric_limits<double>::quiet_NaN() : number(*found);
}
}  // namespace

std::string attributes_to_json(const Attributes& attributes) {
  Json object = Json::object();
  for (const auto& [name, value] : attributes) {
    std::visit([&slot = object[name]](const auto& held) { slot = held; }, value);
  }
  return dump(object);
}

Attributes attributes_from_json(std::string_view text) {
  Attributes attributes;
  const Json object = parse(text);
  for (const auto& [name, value] : object.items()) {
    switch (value.type()) {
      case Json::value_t::boolean:
        attributes[name] = value.get<bool>();
        break;
      case Json::value_t::number_integer:
      case Json::value_t::number_unsigned:
        attributes[name] = value.get<int64_t>();
        break;
      case Json::value_t::number_float:
      case Json::value_t::null:
        attributes[name] = number(value);
        break;
      case Json::value_t::string:
        attributes[name] = value.get<std::string>();
        break;
      default:
        break;
    }
  }
  return attributes;
}

std::string gauges_to_json(const Gauges& gauges) {
  Json object = Json::object();
  for (const auto& [name, gauge] : gauges) {
    object[name] = {{"first", gauge.first},
                    {"last", gauge.last},
                    {"low", gauge.low},
                    {"high", gauge.high},
                    {"samples", gauge.samples}};
  }
  return dump(object);
}

Gauges gauges_from_json(std::string_view text) {
  Gauges gauges;
  const Json object = parse(text);
  for (const auto& [name, value] : object.items()) {
    if (!value.is_object()) continue;
    GaugeLife gauge{.first = member(value, "first"),
                    .last = member(value, "last"),
                    .low = member(value, "low"),
                    .high = member(value, "high")};
    if (const auto samples = value.find("samples");
        samples != value.end() && samples->is_number_unsigned()) {
      gauge.samples = samples->get<uint64_t>();
    }
    gauges[name] = gauge;
  }
  return gauges;
}

}  // namespace blip
