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

namespace {
// Takes the members of one flat object as they are read: lists have thousands of rows.
class MemberReader : public nlohmann::json_sax<Json> {
 public:
  explicit MemberReader(Attributes& into) : into_(into) {}
  bool null() override { return put(std::numeric_limits<double>::quiet_NaN()); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override {
    return put(static_cast<int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return ++depth_, true; }
  bool end_object() override { return --depth_, true; }
  bool start_array(size_t) override { return start_object(0); }
  bool end_array() override { return end_object(); }
  bool key(string_t& name) override {
    if (depth_ == 1) name_ = std::move(name);
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool put(Attribute value) {
    if (depth_ == 1) into_[name_] = std::move(value);
    return true;
  }

  Attributes& into_;
  std::string name_;
  int depth_ = 0;
};
}  // namespace

Attributes attributes_from_json(std::string_view text) {
  Attributes attributes;
  MemberReader reader(attributes);
  if (!text.starts_with('{') || !Json::sax_parse(text, &reader)) attributes.clear();
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
