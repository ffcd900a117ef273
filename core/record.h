// A line that a parser understood: who says what, when, how loudly.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/line.h"
#include "core/time.h"

namespace blip {

// Spelled as stored and printed. Order is severity.
enum class Level : uint8_t { unknown, trace, debug, info, notice, warn, error, fatal };

std::string_view level_name(Level level);

// "WARN", "warning", "E", "Error", "CRIT" ... in any case; unknown when it is no level word.
Level level_from_name(std::string_view word);
// bunyan and pino: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal.
Level level_from_number(int number);

// When may a line be taken for one like another of the same words, without being read?
enum class Likeness : uint8_t {
  none,       // nobody looked at its format for that
  by_prefix,  // if as many bytes stand before the message, for formats count digits there
  by_syntax,  // always
};

struct Field {
  std::string_view name, value;  // value: raw text, quotes taken off
};

// Borrowed like the Line it was read from: every view points into the line or into the reader's
// scratch and is valid until the next line is read.
struct Record {
  Line line = {};
  Time time = kNoTime;
  TimeQuality quality = TimeQuality::none;
  Level level = Level::unknown;
  std::string_view format = {};   // name of the innermost format that understood it
  std::string_view service = {};  // as the format names it; empty: the stream's own service
  std::string_view host = {};
  std::string_view pid = {};      // digits
  std::string_view version = {};  // version or build hash the line says it runs under
  std::string_view boot = {};     // id of the host's boot in which it was said
  bool sampled = false;           // says what a sampler saw of the service, not what that said
  std::string_view message = {};  // decoded: prefix taken off, JSON unescaped, colours stripped
  std::string_view body = {};     // what the innermost envelope held; empty: there is none
  // For who knows a line from one like it, how its values were read; views into the line as well.
  std::string_view stamp = {};        // what gave `time`
  std::string_view inner_stamp = {};  // in an envelope that has a time: what was its body's
  // Other values that had a say: a status, a level that is a number. Beyond kMost: too many.
  struct Said {
    static constexpr size_t kMost = 4;
    std::array<std::string_view, kMost> texts = {};
    size_t count = 0;
    void add(std::string_view text) {
      if (count < kMost) texts[count] = text;
      ++count;
    }
  } said = {};
  Likeness likeness = Likeness::none;
  // Fields the format knows by name and that detectors want: numbers of a METRICS tag, numeric
  // members of a JSON object (nested ones as "metrics.rss"). Not every member; never ids.
  std::vector<Field> fields = {};

  void clear() {
    std::vector<Field> keep = std::move(fields);
    keep.clear();
    *this = Record{};
    fields = std::move(keep);  // its capacity serves the next line
  }
};

}  // namespace blip
