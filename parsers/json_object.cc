// One object a line, as JSON loggers write it. The same things under many names:
//
//   {"name":"api","hostname":"web-1","pid":4711,"level":30,"msg":"hi","time":"2015-03-01T10:00:00Z"}
//   {"@timestamp":"...","log.level":"warn","message":"slow","service":{"name":"cart"},"took_ms":812}
//   {"timestamp": "...", "levelname": "INFO", "name": "app.db", "message": "ready", "process":
//   3671}
//
// simdjson walks the object once; texts without a backslash stay views into the line. What the
// members are called is a table below, so a new logger is a row.

#include "parsers/json_object.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <new>

#include "parsers/prefix.h"

namespace blip {
namespace {

namespace ondemand = simdjson::ondemand;

// What a detector can use of one line; a hostile object with a million numbers costs no more.
constexpr size_t kMaxFields = 32;
constexpr size_t kMaxNestedName = 64;  // bytes of "metrics.rss"

struct Role {
  std::string_view name;
  JsonText JsonObject::*member;
  uint8_t rank;  // of several names in one object the lowest is believed
};

constexpr Role kRoles[] = {
    {"time", &JsonObject::time, 0},
    {"@timestamp", &JsonObject::time, 0},
    {"timestamp", &JsonObject::time, 1},
    {"ts", &JsonObject::time, 1},
    {"t", &JsonObject::time, 2},
    {"t.$date", &JsonObject::time, 2},  // MongoDB
    {"datetime", &JsonObject::time, 2},
    {"asctime", &JsonObject::time, 2},
    {"date", &JsonObject::time, 3},
    {"__REALTIME_TIMESTAMP", &JsonObject::time, 0},  // journalctl -o json
    {"level", &JsonObject::level, 0},
    {"severity", &JsonObject::level, 0},
    {"levelname", &JsonObject::level, 0},
    {"log.level", &JsonObject::level, 0},
    {"loglevel", &JsonObject::level, 1},
    {"lvl", &JsonObject::level, 1},
    {"s", &JsonObject::level, 2},
    {"PRIORITY", &JsonObject::level, 0},
    {"severity_text", &JsonObject::level, 1},  // OpenTelemetry
    {"body", &JsonObject::message, 2},
    {"msg", &JsonObject::message, 0},
    {"message", &JsonObject::message, 0},
    {"MESSAGE", &JsonObject::message, 0},
    {"short_message", &JsonObject::message, 0},  // GELF
    {"event", &JsonObject::message, 1},
    {"log", &JsonObject::message, 2},
    {"err.message", &JsonObject::error, 0},
    {"error.message", &JsonObject::error, 0},
    {"error", &JsonObject::error, 1},
    {"err", &JsonObject::error, 1},
    {"pid", &JsonObject::pid, 0},
    {"process_id", &JsonObject::pid, 0},
    {"process.pid", &JsonObject::pid, 0},
    {"_PID", &JsonObject::pid, 0},
    {"SYSLOG_PID", &JsonObject::pid, 1},
    {"process", &JsonObject::pid, 1},
    {"service", &JsonObject::service, 0},
    {"service.name", &JsonObject::service, 0},
    {"SYSLOG_IDENTIFIER", &JsonObject::service, 0},
    {"app", &JsonObject::service, 1},
    {"application", &JsonObject::service, 1},
    {"name", &JsonObject::name, 0},
    {"hostname", &JsonObject::host, 0},
    {"host.name", &JsonObject::host, 0},
    {"_HOSTNAME", &JsonObject::host, 0},
    {"host", &JsonObject::host, 1},
    {"version", &JsonObject::version, 0},
    {"service.version", &JsonObject::version, 0},
    {"app_version", &JsonObject::version, 1},
    {"build", &JsonObject::version, 1},
    {"v", &JsonObject::schema, 0},
};

// The rows by a hash of their name's ends, each in the first free slot from there on.
constexpr size_t kSlots = 128;

constexpr size_t slot_of(std::string_view name) {
  const auto first = static_cast<unsigned char>(name.front());
  const auto last = static_cast<unsigned char>(name.back());
  return (first * 5 + last * 11 + name.size() * 19) % kSlots;
}

constexpr std::array<const Role*, kSlots> index_roles() {
  static_assert(std::size(kRoles) * 2 < kSlots, "a full index finds no end");
  std::array<const Role*, kSlots> index{};
  for (const Role& role : kRoles) {
    size_t slot = slot_of(role.name);
    while (index[slot] != nullptr) slot = (slot + 1) % kSlots;
    index[slot] = &role;
  }
  return index;
}

constexpr std::array<const Role*, kSlots> kIndex = index_roles();

const Role* find_role(std::string_view name) {
  if (name.empty()) return nullptr;
  for (size_t slot = slot_of(name); kIndex[slot] != nullptr; slot = (slot + 1) % kSlots) {
    if (kIndex[slot]->name == name) return kIndex[slot];
  }
  return nullptr;
}

// Numbers that name or classify something and measure nothing.
bool is_code(std::string_view name) {
  static constexpr std::string_view kCodes[] = {"id",   "code", "status", "statusCode",
                                                "port", "line", "lineno", "thread",
                                                "tid",  "ppid", "uid",    "gid"};
  static constexpr std::string_view kEnds[] = {"_id",     "Id",   "ID",   "_code",
                                               "_status", "Port", "_port"};
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return std::find(std::begin(kCodes), std::end(kCodes), last) != std::end(kCodes) ||
         std::any_of(std::begin(kEnds), std::end(kEnds),
                     [&](std::string_view end) { return last.ends_with(end); });
}

// Buffers of the parser only: nothing that is read stays in it, texts are copied to the scratch.
ondemand::parser& parser() {
  static thread_local ondemand::parser instance;
  // Unescaping needs the tables that otherwise the first document brings.
  constexpr size_t kFirstCapacity = 4096;
  if (instance.capacity() == 0 && instance.allocate(kFirstCapacity) != simdjson::SUCCESS) {
    throw std::bad_alloc();
  }
  return instance;
}

class ObjectReader {
 public:
  ObjectReader(std::string_view text, Scratch& scratch, std::vector<Field>& fields)
      : text_(text), scratch_(scratch), fields_(fields) {}

  bool read(JsonObject& object) {
    ondemand::document document;
    const auto bytes = simdjson::padded_string_view(text_.data(), text_.size(),
                                                    text_.size() + simdjson::SIMDJSON_PADDING);
    if (parser().iterate(bytes).get(document) != simdjson::SUCCESS) return false;
    ondemand::object members;
    if (document.get_object().get(members) != simdjson::SUCCESS) return false;
    if (!walk(members, {}, object)) return false;
    name_sample();
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS;  // nothing follows
  }

 private:
  bool walk(ondemand::object members, std::string_view outer, JsonObject& object) {
    for (auto found : members) {
      ondemand::field member;
      if (std::move(found).get(member) != simdjson::SUCCESS) return false;
      const std::string_view name = full_name(outer, member.key());
      ondemand::json_type type;
      if (member.value().type().get(type) != simdjson::SUCCESS) return false;
      if (type == ondemand::json_type::object) {
        if (!outer.empty() || name.empty()) continue;
        ondemand::object inner;
        if (member.value().get_object().get(inner) != simdjson::SUCCESS) return false;
        if (!walk(inner, name, object)) return false;
      } else if (type == ondemand::json_type::string || type == ondemand::json_type::number) {
        if (!name.empty()) keep(name, member.value(), object);
      }
    }
    return true;
  }

  // The key as written, escapes and all: no logger has any there. "" if it is too long.
  std::string_view full_name(std::string_view outer, ondemand::raw_json_string key) {
    const char* begin = key.raw();
    const char* end = text_.data() + text_.size();
    const std::string_view rest(begin, static_cast<size_t>(end - begin));
    const std::string_view name = rest.substr(0, rest.find('"'));
    if (outer.empty()) return name;
    if (outer.size() + 1 + name.size() > kMaxNestedName) return {};
    // One string for all nested names, never grown, so that the views into it hold.
    constexpr size_t kNames = 4 * kMaxFields * kMaxNestedName;
    if (names_ == nullptr) names_ = &scratch_.take(kNames);
    if (names_->size() + kMaxNestedName > kNames) return {};
    const size_t at = names_->size();
    names_->append(outer).append(1, '.').append(name);
    return std::string_view(*names_).substr(at);
  }

  void keep(std::string_view name, ondemand::value value, JsonObject& object) {
    std::string_view token = value.raw_json_token();
    while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') {
      token.remove_suffix(1);
    }
    const bool number = token.empty() || token[0] != '"';
    const Role* role = find_role(name);
    if (role == nullptr) {
      if (!number && token.size() >= 2 && token.size() <= kMaxNestedName / 2) {
        const std::string_view text = token.substr(1, token.size() - 2);
        if (name == "metric")
          metric_ = text;
        else if (label_.empty() && text.find(' ') == std::string_view::npos)
          label_ = text;
      }
      if (number && fields_.size() < kMaxFields && is_number(token) && !is_code(name)) {
        fields_.push_back({name, token});
      }
      return;
    }
    JsonText& kept = object.*role->member;
    if (role->rank < kept.rank) kept = {number ? token : decoded(token), number, role->rank};
  }

  // {"metric":"memory_bytes","cgroup":"notes","value":17}: the number is named by the metric, and
  // by the first other text, which tells whose it is.
  void name_sample() {
    if (metric_.empty()) return;
    for (Field& field : fields_) {
      if (field.name != "value") continue;
      if (label_.empty()) {
        field.name = metric_;
        return;
      }
      constexpr size_t kNames = 4 * kMaxFields * kMaxNestedName;
      if (names_ == nullptr) names_ = &scratch_.take(kNames);
      if (names_->size() + kMaxNestedName > kNames) return;
      const size_t at = names_->size();
      names_->append(metric_).append(1, ' ').append(label_);
      field.name = std::string_view(*names_).substr(at);
      return;
    }
  }

  std::string_view decoded(std::string_view token) {
    if (token.size() < 2) return {};
    const std::string_view inside = token.substr(1, token.size() - 2);
    if (inside.find('\\') == std::string_view::npos) return inside;
    // All decoded texts share one string. Each is at most as long as its part of the line, so that
    // together they fit and it never moves.
    if (decoded_ == nullptr) decoded_ = &scratch_.take(text_.size());
    const size_t at = decoded_->size();
    if (!decode_json_string(token, *decoded_)) return inside;
    return std::string_view(*decoded_).substr(at);
  }

  std::string_view text_;
  std::string_view metric_, label_;
  Scratch& scratch_;
  std::vector<Field>& fields_;
  std::string* names_ = nullptr;
  std::string* decoded_ = nullptr;
};

// Each byte that is not part of a UTF-8 sequence becomes '?'.
std::string_view repaired(std::string_view text, Scratch& scratch) {
  std::string& out = scratch.take(text.size());
  for (size_t i = 0; i < text.size();) {
    size_t length = 1;
    if (static_cast<unsigned char>(text[i]) >= 0x80) {
      length = 2;
      while (length <= 4 && !simdjson::validate_utf8(text.substr(i, length))) ++length;
      if (length > 4 || i + length > text.size()) length = 0;
    }
    if (length == 0) {
      out += '?';
      ++i;
    } else {
      out += text.substr(i, length);
      i += length;
    }
  }
  return out;
}

void fill_time(const JsonText& found, const ParseContext& context, Record& record) {
  if (!found.present()) return;
  if (const auto stamp = parse_stamp(found.text, context.time)) set_time(*stamp, record);
}

Level level_of(const JsonText& found) {
  if (found.text.empty() || !is_digit(found.text[0])) return level_from_name(found.text);
  if (found.text.size() > 3) return Level::unknown;
  int number = 0;
  for (const char c : found.text) {
    if (!is_digit(c)) return Level::unknown;
    number = number * 10 + (c - '0');
  }
  return number < 10 ? level_of_severity(number) : level_from_number(number);
}

}  // namespace

bool decode_json_string(std::string_view quoted, std::string& out) {
  if (quoted.size() < 2 || quoted.front() != '"' || quoted.back() != '"') return false;
  // The decoder runs to the closing quote: make sure that it is one.
  const size_t backslashes = quoted.size() - 2 - quoted.find_last_not_of('\\', quoted.size() - 2);
  if (backslashes % 2 != 0) return false;
  const size_t before = out.size();
  out.resize(before + quoted.size() + simdjson::SIMDJSON_PADDING);  // it writes whole vectors
  auto* end = reinterpret_cast<uint8_t*>(out.data() + before);
  const ondemand::raw_json_string raw(reinterpret_cast<const uint8_t*>(quoted.data() + 1));
  std::string_view text;
  const bool decoded = parser().unescape(raw, end).get(text) == simdjson::SUCCESS;
  out.resize(before + (decoded ? text.size() : 0));
  return decoded;
}

std::optional<JsonObject> read_json_object(std::string_view text, const ParseContext& context,
                                           std::vector<Field>& fields) {
  static_assert(kLinePadding >= simdjson::SIMDJSON_PADDING, "simdjson reads past the line");
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return std::nullopt;
  JsonObject object;
  const size_t used = context.scratch->used();
  if (ObjectReader(text, *context.scratch, fields).read(object)) return object;
  fields.clear();
  context.scratch->reset(used);
  if (simdjson::validate_utf8(text)) return std::nullopt;
  object = {};
  if (ObjectReader(repaired(text, *context.scratch), *context.scratch, fields).read(object)) {
    return object;
  }
  fields.clear();
  return std::nullopt;
}

void fill_record(const JsonObject& object, std::string_view text, const ParseContext& context,
                 Record& record) {
  fill_time(object.time, context, record);
  record.level = level_of(object.level);
  record.said.add(object.level.text);
  if (is_pid(object.pid.text)) {
    record.pid = object.pid.text;
  } else {
    record.said.add(object.pid.text);
  }
  record.host = object.host.text;
  record.version = object.version.text;
  const std::string_view message = object.message.text;
  const std::string_view error = object.error.number ? std::string_view() : object.error.text;
  if (message.empty() && error.empty()) {
    record.message = object.message.present() ? message : text;
  } else if (message.empty() || message.find(error) != std::string_view::npos) {
    record.message = message.empty() ? error : message;
  } else {
    std::string& joined = context.scratch->take(message.size() + 2 + error.size());
    record.message = joined.append(message).append(": ").append(error);
  }
}

}  // namespace blip
