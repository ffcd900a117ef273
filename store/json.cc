// Attributes and gauges as they lie in a column:
//
//   {"certainty":"sure","lifetime_s":14520.2,"masked":true,"metric":"goroutines"}
//   {"goroutines":{"first":9.0,"high":41022.0,"last":41022.0,"low":9.0,"samples":1452}}
//
// Keys are sorted, so that the same content is the same text. Whole doubles keep their ".0" and
// with it their type.

#include "store/json.h"

#include <algorithm>
#include <charconv>
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

// {"frame":"store.go:217","lifetime_s":18842.0,"masked":true}: what nearly all of it is, printable
// ASCII without escapes, lists and exponents. It takes a fifth of the time that any JSON takes.
// False: it is something else, which is for the real parser to judge.
class PlainReader {
 public:
  explicit PlainReader(std::string_view text) : rest_(text) {}

  // `member(name)` reads the value.
  template <class Member>
  bool object(const Member& member) {
    if (!take('{')) return false;
    if (take('}')) return true;
    do {
      std::string_view name;
      if (!string(name) || !take(':') || !member(name)) return false;
    } while (take(','));
    return take('}');
  }
  bool value(Attribute& value) {
    std::string_view text;
    if (!string(text)) return word(value) || number(value);
    value = std::string(text);
    return true;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool string(std::string_view& value) {
    if (!rest_.starts_with('"')) return false;
    size_t end = 1;
    while (end < rest_.size() && rest_[end] != '"') {
      const auto c = static_cast<unsigned char>(rest_[end++]);
      if (c < 0x20 || c > 0x7e || c == '\\') return false;
    }
    if (end == rest_.size()) return false;
    value = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
  }
  bool word(Attribute& value) {
    for (const bool truth : {false, true}) {
      const std::string_view name = truth ? "true" : "false";
      if (!rest_.starts_with(name)) continue;
      rest_.remove_prefix(name.size());
      value = truth;
      return true;
    }
    return false;
  }
  // Whole ones of at most 18 digits, and decimals, both without an exponent.
  bool number(Attribute& value) {
    const size_t size = std::min(rest_.find_first_not_of("-.0123456789"), rest_.size());
    const std::string_view digits = rest_.substr(0, size);
    const bool whole = digits.find('.') == digits.npos;
    const size_t first = digits.starts_with('-') ? 1 : 0;
    const bool json = size > first && digits[first] != '.' && digits.back() != '.' &&
                      (digits[first] != '0' || size == first + 1 || digits[first + 1] == '.');
    if (!json || (whole && size > 18)) return false;
    const char* const end = digits.data() + size;
    int64_t integer = 0;
    double real = 0;
    const std::from_chars_result read = whole ? std::from_chars(digits.data(), end, integer)
                                              : std::from_chars(digits.data(), end, real);
    if (read.ec != std::errc() || read.ptr != end) return false;
    if (whole) {
      value = integer;
    } else {
      value = real;
    }
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_;
};

bool read_plain(std::string_view text, Attributes& attributes) {
  PlainReader reader(text);
  const auto member = [&](std::string_view name) {
    Attribute value;
    if (!reader.value(value)) return false;
    // They come sorted: it is the last.
    attributes.insert_or_assign(attributes.end(), std::string(name), std::move(value));
    return true;
  };
  return reader.object(member) && reader.at_end();
}

bool read_plain(std::string_view text, Gauges& gauges) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  PlainReader reader(text);
  const auto gauge = [&](std::string_view metric) {
    GaugeLife& life = gauges[std::string(metric)];
    life = {.first = kNone, .last = kNone, .low = kNone, .high = kNone};
    return reader.object([&](std::string_view name) {
      Attribute value;
      if (!reader.value(value)) return false;
      if (name == "samples") {
        const auto* count = std::get_if<int64_t>(&value);
        if (count != nullptr && *count >= 0) life.samples = static_cast<uint64_t>(*count);
        return count != nullptr && *count >= 0;
      }
      const auto* real = std::get_if<double>(&value);
      if (real == nullptr) return false;
      if (name == "first") life.first = *real;
      if (name == "last") life.last = *real;
      if (name == "low") life.low = *real;
      if (name == "high") life.high = *real;
      return true;
    });
  };
  return reader.object(gauge) && reader.at_end();
}
}  // namespace

Attributes attributes_from_json(std::string_view text) {
  Attributes attributes;
  if (read_plain(text, attributes)) return attributes;
  attributes.clear();
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
  if (read_plain(text, gauges)) return gauges;
  gauges.clear();
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
