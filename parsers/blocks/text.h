// What the block specs share: reading frames, and the summary with its fingerprint. Views point
// into the arguments; nothing throws, whatever the bytes are.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/blocks/block.h"

namespace blip::blocks {

inline constexpr size_t kMessageBytes = 256;  // of a summary's message
inline constexpr size_t kFrameBytes = 128;    // of a summary's frame

bool is_blank(std::string_view text);
bool is_indented(std::string_view text);  // begins with a space or a tab, and is not blank
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_digits(std::string_view text);  // and not empty
std::string_view trimmed(std::string_view text);
// The prefixes are not empty. Where it runs on many lines, hand it a constexpr array.
inline bool starts_with_any(std::string_view text, std::span<const std::string_view> prefixes) {
  for (const std::string_view prefix : prefixes) {  // most fail at once, without a call
    if (!text.empty() && text[0] == prefix[0] && text.starts_with(prefix)) return true;
  }
  return false;
}
inline bool starts_with_any(std::string_view text,
                            std::initializer_list<std::string_view> prefixes) {
  return starts_with_any(text, std::span(prefixes.begin(), prefixes.size()));
}
bool contains(std::string_view text, std::string_view part);
// What a shell says after the core was dumped: "Aborted", "Aborted (core dumped)".
bool is_abort_word(std::string_view text);
// At most `limit` bytes, and no half of a UTF-8 character at the end.
std::string_view clip(std::string_view text, size_t limit);
// "/srv/app/svc.go" -> "svc.go", also with backslashes.
std::string_view base_name(std::string_view path);

// "src/main.rs:4:13" -> {"src/main.rs", "4"}; the column may be missing.
struct Place {
  std::string_view file, line;
};
std::optional<Place> read_place(std::string_view text);

// A line "    at priceOf (/srv/app/server.js:75:46)" or "\tat Main.main(Main.java:73)". The
// function is empty where there is none; `place` is what the parentheses hold, "Native Method" too.
struct AtFrame {
  std::string_view function, place;
};
std::optional<AtFrame> read_at_frame(std::string_view message);

// The class name of an error, wherever it stands in a line: "TypeError: x is not a function",
// "checkout failed: java.io.IOException: closed", "Error [ERR_HTTP]: ...", "java.lang.Error".
struct ErrorName {
  size_t begin = 0;     // of the name; what stands before it is the application's own words
  bool dotted = false;  // a package stands before the class, as Java prints it
};
std::optional<ErrorName> find_error_name(std::string_view message);

// Whose code a frame is. People want their own; a library's is better than none; the runtime's
// (panic machinery, event loop, thread pool) tells nothing.
enum class Origin { app, library, runtime };

// Takes the frames from the innermost on and keeps the first one of the best origin.
class FramePicker {
 public:
  void offer(Origin origin, std::string_view function, const Place& place);
  // A frame without file and line, as the JVM and V8 name native ones: "libc.so.6+0x85f14".
  void offer_name(std::string_view name);
  bool done() const { return best_ == Origin::app; }
  const std::string& frame() const { return frame_; }        // "svc.go:169", or empty
  const std::string& function() const { return function_; }  // "main.dispatch.func2"

 private:
  Origin best_ = Origin::runtime;
  std::string frame_, function_;
};

// The top frame of a JavaScript stack (js_stack.cc); node_uncaught reads the same frames.
FramePicker pick_js_frame(BlockLines lines);

// Fills in message, frame and fingerprint; `name` is the spec's.
BlockSummary summary_of(std::string_view name, std::string_view message, const FramePicker& top,
                        Fatality fatality);

}  // namespace blip::blocks
