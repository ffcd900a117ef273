// What a log format is: one function that turns a text into a record, or says that it is not its.
//
// Formats come in two layers. An envelope wraps another text and leaves it in record.message:
// {"log":"INFO started\n","stream":"stdout","time":"..."} or `Jun 24 12:35:00 web-01 app[77]: ...`;
// what it wraps is read again, by the body formats. A body is the program's own line.
#pragma once

#include <string>
#include <string_view>

#include "core/record.h"
#include "core/time.h"

namespace blip {

// Owned by the reader of one stream; what a parser decodes lives here until the next line.
class Scratch {
 public:
  // An empty string with room for `size` bytes and kLinePadding more, so that its text may be
  // parsed again. It stays where it is until reset(), its text as well while it stays within that
  // size.
  std::string& take(size_t size);
  // Gives back what was taken since used() was `used`: a format that failed leaves nothing behind.
  size_t used() const { return used_; }
  void reset(size_t used = 0) { used_ = used; }

 private:
  // Two envelopes and a body take three each at most, colours one for each text.
  static constexpr size_t kTexts = 16;
  static constexpr size_t kKeepBytes = 64 << 10;  // longer ones are freed at their next use
  std::string texts_[kTexts];
  size_t used_ = 0;
};

// Container runtimes cut long lines. What an envelope knows about the text that it wraps:
struct Piece {
  std::string_view stream = {};  // "stdout": only pieces of one stream are joined; "": no pieces
  std::string_view time = {};    // as written, where the pieces of one line carry one and the same
  bool partial = false;          // its line goes on in the next piece of that stream
};

struct ParseContext {
  TimeContext time;
  Scratch* scratch = nullptr;
  Piece* piece = nullptr;  // set by envelopes that know; null where nobody asks
};

enum class Layer { envelope, body };

// The order in which formats are tried when a stream's usual one does not fit: narrow shapes that
// cannot be mistaken first, `fallback` (plain text) last.
enum class Width { narrow, wide, fallback };

struct ParserSpec {
  std::string_view name;  // as in `format:` of the configuration and `Record::format`
  Layer layer = Layer::body;
  Width width = Width::narrow;
  // Fills record (already cleared; record.line is set) from `text` and returns true, or returns
  // false quickly and leaves no trace in it. `text` is followed by kLinePadding readable bytes.
  // Must never throw, whatever the bytes are.
  bool (*parse)(std::string_view text, const ParseContext& context, Record& record) = nullptr;
  // Of lines with the same words, whose values are in record.stamp, pid, version and fields, or the
  // same in record.said: are they read alike?
  Likeness likeness = Likeness::none;
  // Does it refuse each line of which never_dated() (parsers/plain.h) holds?
  bool only_dated = false;
};

}  // namespace blip
