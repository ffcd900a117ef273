// Level words as programs write them, in any case:
//
//   trace finest V | debug fine D | info note I | notice | warn W | err error severe E | fatal crit
//   F
//
// Syslog, Python, Java, spdlog, PostgreSQL and MySQL are covered. Whether a word stands where a
// level stands is for the formats to say: "fine" is also an English word.

#include "core/record.h"

#include <array>

namespace blip {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"unknown", "trace", "debug", "info",
                                                    "notice",  "warn",  "error", "fatal"};

// Up to eight letters as one number, lower case: a word is then one comparison.
constexpr uint64_t packed(std::string_view word) {
  uint64_t value = 0;
  for (const char c : word) value = value << 8 | static_cast<unsigned char>(c | 0x20);
  return value;
}

Level long_name(std::string_view word) {
  const auto same = [&](std::string_view name) {
    if (word.size() != name.size()) return false;
    for (size_t i = 0; i < name.size(); ++i) {
      if ((word[i] | 0x20) != name[i]) return false;
    }
    return true;
  };
  if (same("information") || same("informational")) return Level::info;
  if (same("emergency")) return Level::fatal;
  return Level::unknown;
}

}  // namespace

std::string_view level_name(Level level) { return kNames[static_cast<size_t>(level)]; }

Level level_from_name(std::string_view word) {
  for (const char c : word) {
    // `| 0x20` below folds other bytes onto letters as well.
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) return Level::unknown;
  }
  if (word.size() > 8) return long_name(word);
  switch (packed(word)) {
    case packed("t"):
    case packed("v"):
    case packed("trace"):
    case packed("trc"):
    case packed("verbose"):
    case packed("silly"):
    case packed("finer"):
    case packed("finest"):
      return Level::trace;
    case packed("d"):
    case packed("debug"):
    case packed("dbg"):
    case packed("debg"):
    case packed("fine"):
    case packed("config"):
      return Level::debug;
    case packed("i"):
    case packed("info"):
    case packed("inf"):
    case packed("log"):
      return Level::info;
    case packed("n"):
    case packed("note"):
    case packed("notice"):
    case packed("system"):  // MySQL: its start and stop
      return Level::notice;
    case packed("w"):
    case packed("warn"):
    case packed("warning"):
    case packed("wrn"):
      return Level::warn;
    case packed("e"):
    case packed("error"):
    case packed("err"):
    case packed("eror"):
    case packed("severe"):
      return Level::error;
    case packed("f"):
    case packed("c"):
    case packed("fatal"):
    case packed("ftl"):
    case packed("crit"):
    case packed("critical"):
    case packed("alert"):
    case packed("emerg"):
    case packed("panic"):
    case packed("dpanic"):
      return Level::fatal;
    default:
      return Level::unknown;
  }
}

Level level_from_number(int number) {
  // Loggers allow levels of one's own between the named ones: 35 is still info. Three digits are
  // some other number.
  if (number < 10 || number > 99) return Level::unknown;
  if (number >= 60) return Level::fatal;
  if (number >= 50) return Level::error;
  if (number >= 40) return Level::warn;
  if (number >= 30) return Level::info;
  return number >= 20 ? Level::debug : Level::trace;
}

}  // namespace blip
