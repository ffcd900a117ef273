// The journal as `journalctl -o json` prints it and blip's own reader spools it, one entry a line,
// members in any order:
//
//   {"__CURSOR":"s=6f...","__REALTIME_TIMESTAMP":"1710144902630302","_BOOT_ID":"1f...","PRIORITY":
//   "6","_PID":"4711","_SYSTEMD_UNIT":"orders.service","MESSAGE":"listening on :8080"}
//   {... "_PID":"1","UNIT":"orders.service","MESSAGE_ID":"39f5...","MESSAGE":"Started Order Desk."}
//   {... "MESSAGE":[27,91,51,49,109,...]}      bytes that are no printable text
//   {... "MESSAGE":["one","two"]}              a field that stands twice: the first counts
//   {... "MESSAGE":null}                       a field that journalctl thought too long
//
// The unit is the service, and MESSAGE the program's own line, read again by the body formats. What
// systemd says of a unit may name it by its description alone, or not at all; the entry's
// MESSAGE_ID and UNIT say what is meant, and the message is completed to the form in which systemd
// itself names units: "Started orders.service - Order Desk.", "orders.service: Process 7 (node) of
// user 0 dumped core.". So one set of rules knows systemd's words, wherever they stand.

#include <simdjson.h>

#include <algorithm>
#include <iterator>

#include "core/record.h"
#include "parsers/json_object.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr size_t kMaxService = 128;

// Text of the members that are asked for; empty where there is none.
struct Entry {
  std::string_view received, sent, message, message_id, priority, host, identifier, command;
  std::string_view pid, said_pid, transport, unit, user_unit, about, about_user, dumped,
      dumped_user;
  std::string_view stream, line_break, container, container_id, piece_id, more;
};

struct Member {
  std::string_view name;
  std::string_view Entry::*text;
};

constexpr Member kMembers[] = {
    {"__REALTIME_TIMESTAMP", &Entry::received},
    {"_SOURCE_REALTIME_TIMESTAMP", &Entry::sent},
    {"MESSAGE", &Entry::message},
    {"MESSAGE_ID", &Entry::message_id},
    {"PRIORITY", &Entry::priority},
    {"_HOSTNAME", &Entry::host},
    {"SYSLOG_IDENTIFIER", &Entry::identifier},
    {"_COMM", &Entry::command},
    {"_PID", &Entry::pid},
    {"SYSLOG_PID", &Entry::said_pid},
    {"_TRANSPORT", &Entry::transport},
    {"_SYSTEMD_UNIT", &Entry::unit},
    {"_SYSTEMD_USER_UNIT", &Entry::user_unit},
    {"UNIT", &Entry::about},
    {"USER_UNIT", &Entry::about_user},
    {"COREDUMP_UNIT", &Entry::dumped},
    {"COREDUMP_USER_UNIT", &Entry::dumped_user},
    {"_STREAM_ID", &Entry::stream},
    {"_LINE_BREAK", &Entry::line_break},
    {"CONTAINER_NAME", &Entry::container},
    {"CONTAINER_ID_FULL", &Entry::container_id},
    {"CONTAINER_PARTIAL_ID", &Entry::piece_id},
    {"CONTAINER_PARTIAL_MESSAGE", &Entry::more},
};

ondemand::parser& parser() {
  static thread_local ondemand::parser instance;  // buffers only
  return instance;
}

class EntryReader {
 public:
  EntryReader(std::string_view text, Scratch& scratch) : text_(text), scratch_(scratch) {}

  bool read(Entry& entry) {
    ondemand::document document;
    const auto bytes = simdjson::padded_string_view(text_.data(), text_.size(),
                                                    text_.size() + simdjson::SIMDJSON_PADDING);
    if (parser().iterate(bytes).get(document) != simdjson::SUCCESS) return false;
    ondemand::object members;
    if (document.get_object().get(members) != simdjson::SUCCESS) return false;
    for (auto found : members) {
      ondemand::field member;
      if (std::move(found).get(member) != simdjson::SUCCESS) return false;
      const char* const key = member.key().raw();
      const std::string_view rest(key, static_cast<size_t>(text_.data() + text_.size() - key));
      const std::string_view name = rest.substr(0, rest.find('"'));
      const auto* const wanted =
          std::find_if(std::begin(kMembers), std::end(kMembers),
                       [name](const Member& one) { return one.name == name; });
      if (wanted == std::end(kMembers)) continue;
      if (!keep(member.value(), entry.*wanted->text)) return false;
    }
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS;  // nothing follows
  }

 private:
  bool keep(ondemand::value value, std::string_view& text) {
    ondemand::json_type type;
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == ondemand::json_type::string) {
      text = decoded(value.raw_json_token());
    } else if (type == ondemand::json_type::array) {
      ondemand::array array;
      if (value.get_array().get(array) != simdjson::SUCCESS) return false;
      return keep_array(array, text);
    }
    return true;
  }

  bool keep_array(ondemand::array array, std::string_view& text) {
    std::string& room = this->room();
    const size_t at = room.size();
    bool first = true, bytes = false;
    for (auto found : array) {
      ondemand::value element;
      if (std::move(found).get(element) != simdjson::SUCCESS) return false;
      ondemand::json_type type;
      if (element.type().get(type) != simdjson::SUCCESS) return false;
      if (type == ondemand::json_type::string && first) {
        text = decoded(element.raw_json_token());
      } else if (type == ondemand::json_type::array && first) {
        ondemand::array inner;  // a field of bytes that stands twice
        if (element.get_array().get(inner) != simdjson::SUCCESS) return false;
        if (deep_) return false;
        deep_ = true;
        const bool sound = keep_array(inner, text);
        deep_ = false;
        if (!sound) return false;
      } else if (type == ondemand::json_type::number && (first || bytes)) {
        uint64_t byte = 0;
        if (element.get_uint64().get(byte) != simdjson::SUCCESS || byte > 255) return false;
        room += static_cast<char>(byte);
        bytes = true;
      }
      first = false;
    }
    if (bytes) text = std::string_view(room).substr(at);
    return true;
  }

  std::string_view decoded(std::string_view token) {
    while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') {
      token.remove_suffix(1);
    }
    if (token.size() < 2) return {};
    const std::string_view inside = token.substr(1, token.size() - 2);
    if (inside.find('\\') == std::string_view::npos) return inside;
    std::string& room = this->room();
    const size_t at = room.size();
    if (!decode_json_string(token, room)) return inside;
    return std::string_view(room).substr(at);
  }

  // All decoded texts share one string. Each is at most as long as its part of the line, so that
  // together they fit and it never moves.
  std::string& room() {
    if (room_ == nullptr) room_ = &scratch_.take(text_.size());
    return *room_;
  }

  std::string_view text_;
  Scratch& scratch_;
  std::string* room_ = nullptr;
  bool deep_ = false;
};

// "1710144902630302" -> that many microseconds; kNoTime if it is no such number.
Time time_of(std::string_view digits) {
  constexpr size_t kLeast = 10, kMost = 17;  // 1970-01-01T02:46 to the year 5138
  if (digits.size() < kLeast || digits.size() > kMost) return kNoTime;
  int64_t us = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return kNoTime;
    us = us * 10 + (c - '0');
  }
  return time_from_us(us);
}

// The instance part of a unit that lives for one connection, as systemd numbers them:
// "3-10.0.0.1:22-10.0.0.9:53712" (TCP), "0-4719-0" (a local socket: counter, pid, uid).
bool is_connection(std::string_view instance) {
  std::string_view rest = instance;
  if (take_digits(rest).empty() || !take(rest, "-")) return false;
  if (instance.find(':') != std::string_view::npos) return true;
  return !take_digits(rest).empty() && take(rest, "-") && !take_digits(rest).empty() &&
         rest.empty();
}

// "orders.service" -> "orders"; "" for what is no service, like a session's scope.
std::string_view service_of_unit(std::string_view unit) {
  constexpr std::string_view kSuffix = ".service";
  if (unit.size() <= kSuffix.size() || !unit.ends_with(kSuffix)) return {};
  unit.remove_suffix(kSuffix.size());
  const size_t at = unit.find('@');
  if (at != std::string_view::npos && at > 0 && is_connection(unit.substr(at + 1))) {
    unit = unit.substr(0, at);
  }
  return unit;
}

std::string_view service_of(const Entry& entry) {
  if (entry.transport == "kernel") return entry.identifier.empty() ? "kernel" : entry.identifier;
  std::string_view unit = service_of_unit(entry.user_unit);
  if (unit.empty()) unit = service_of_unit(entry.unit);
  if (!entry.container.empty()) {
    // Docker's unit is the daemon's. Podman's, made by quadlet, calls its container by its name.
    std::string_view name = entry.container;
    return take(name, "systemd-") && name == unit ? unit : entry.container;
  }
  if (!unit.empty()) return unit;
  return entry.identifier.empty() ? entry.command : entry.identifier;
}

// What an id of systemd's catalogue (systemd/sd-messages.h) is about: the job of a unit, whose
// message says what is done to which description, or the unit itself.
enum class About { job, unit, core };

struct Known {
  std::string_view id;
  About about;
};

constexpr Known kKnown[] = {
    {"7d4958e842da4a758f6c1cdc7b36dcc5", About::job},   // starting
    {"39f53479d3a045ac8e11786248231fbf", About::job},   // started
    {"be02cf6855d2428ba40df7e9d022f03d", About::job},   // start failed
    {"de5b426a63be47a7b6ac3eaac82e2f6f", About::job},   // stopping
    {"9d1aaa27d60140bd96365438aad20286", About::job},   // stopped
    {"d34d037fff1847e6ae669a370e694725", About::job},   // reloading
    {"7b05ebc668384222baa8881179cfda54", About::job},   // reloaded
    {"5eb03494b6584870a536b337290809b3", About::unit},  // restart scheduled
    {"7ad2d189f7e94e70a38c781354912448", About::unit},  // ended well
    {"d9b373ed55a64feb8242e02dbe79a49c", About::unit},  // failed, with its result
    {"641257651c1b4ec9a8624d7a40a9e1e7", About::unit},  // its program cannot be run
    {"98e322203f7a4ed290d09fe03c09fe15", About::unit},  // a process of it ended
    {"d989611b15e44c9dbf31e3c81256e4ed", About::unit},  // systemd-oomd killed in it
    {"fe6faa94e7774663a0da52717891d8ef", About::unit},  // the kernel's OOM killer killed in it
    {"fc2e22bc6ee647b6b90729ab34a250b1", About::core},  // a process left a core
};

constexpr std::string_view kJobWords[] = {"Starting ", "Started ", "Finished ",  "Failed to start ",
                                          "Stopping ", "Stopped ", "Reloading ", "Reloaded "};

// The message, made to name the unit that it is about.
std::string_view named(const Entry& entry, Scratch& scratch) {
  const auto* const known =
      std::find_if(std::begin(kKnown), std::end(kKnown),
                   [&entry](const Known& one) { return one.id == entry.message_id; });
  if (known == std::end(kKnown)) return entry.message;
  const bool core = known->about == About::core;
  const std::string_view user = core ? entry.dumped_user : entry.about_user;
  const std::string_view unit = !user.empty() ? user : core ? entry.dumped : entry.about;
  const std::string_view message = entry.message;
  if (service_of_unit(unit).empty() || unit.size() > 2 * kMaxService) return message;
  if (known->about != About::job) {
    if (message.starts_with(unit)) return message;
    return scratch.take(unit.size() + 2 + message.size()).append(unit).append(": ").append(message);
  }
  for (const std::string_view words : kJobWords) {
    if (!message.starts_with(words)) continue;
    const std::string_view rest = message.substr(words.size());
    // "Started orders.service." and "Started orders.service - Order Desk." name it.
    if (rest.starts_with(unit)) return message;
    return scratch.take(unit.size() + 3 + message.size())
        .append(words)
        .append(unit)
        .append(" - ")
        .append(rest);
  }
  return message;
}

// Which lines belong together: journald cuts a program's lines at LineMax=, container engines at
// 16 KiB.
Piece piece_of(const Entry& entry) {
  if (!entry.container.empty()) {
    const std::string_view id = entry.piece_id.empty() ? entry.container_id : entry.piece_id;
    return {id, {}, !id.empty() && entry.more == "true"};
  }
  return {entry.stream, {}, !entry.stream.empty() && entry.line_break == "line-max"};
}

bool parse(std::string_view text, const ParseContext& context, Record& record) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return false;
  if (text.find("__REALTIME_TIMESTAMP") == std::string_view::npos) return false;
  Entry entry;
  if (!EntryReader(text, *context.scratch).read(entry)) return false;
  const Time received = time_of(entry.received), sent = time_of(entry.sent);
  if (!known(received)) return false;
  record.time = known(sent) ? sent : received;
  record.quality = TimeQuality::exact;
  if (entry.priority.size() == 1 && entry.priority[0] >= '0' && entry.priority[0] <= '7') {
    record.level = level_of_severity(entry.priority[0] - '0');
  }
  record.host = entry.host;
  record.service = service_of(entry).substr(0, kMaxService);
  // What a container prints is sent by its engine, and bears the engine's pid.
  const std::string_view pid = entry.pid.empty() ? entry.said_pid : entry.pid;
  if (entry.container.empty() && is_pid(pid)) record.pid = pid;
  record.message = named(entry, *context.scratch);
  // The line that rules may look at in whole is the program's, not the entry with its many fields.
  record.line.text = record.message;
  if (context.piece != nullptr) *context.piece = piece_of(entry);
  return true;
}
}  // namespace

extern const ParserSpec journal_json_parser = {"journal_json", Layer::envelope, Width::narrow,
                                               parse};
}  // namespace blip
