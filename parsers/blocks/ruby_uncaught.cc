// A Ruby exception with its backtrace, as the interpreter prints one that nobody rescued:
//
//   /srv/app/worker.rb:12:in `fetch': undefined method `name' for nil:NilClass (NoMethodError)
//
//       user.name
//           ^^^^^
//           from /srv/app/worker.rb:30:in `block in run'
//           from bin/worker:5:in `<main>'
//
// Since 3.4 the names are quoted 'Worker#fetch'. Programs print the same of errors they survive
// (Exception#full_message), so what follows decides. A thread's is announced as "terminated with
// exception" and is no death.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "ruby_uncaught";
constexpr size_t kMostQuoted = 12;  // lines between head and first frame

struct Head {
  Place place;
  std::string_view message;  // "undefined method ... (NoMethodError)"
};

// "FILE:LINE:in `METHOD': MESSAGE (Class)"
std::optional<Head> read_head(std::string_view text) {
  size_t in = text.find(":in `");
  if (in == std::string_view::npos) in = text.find(":in '");
  if (in == std::string_view::npos || is_indented(text)) return std::nullopt;
  const size_t quote = text.find("': ", in + 5);
  const auto place = read_place(text.substr(0, in));
  if (quote == std::string_view::npos || !place || contains(place->file, " ")) return std::nullopt;
  const std::string_view message = text.substr(quote + 3);
  const size_t open = message.rfind('(');
  if (open == std::string_view::npos || open + 2 >= message.size()) return std::nullopt;
  const char first = message[open + 1];
  if (first < 'A' || first > 'Z' || contains(message.substr(open), " ")) return std::nullopt;
  return Head{*place, message};
}

bool starts(std::string_view message) { return read_head(message).has_value(); }

// A trace that a death cut may end in "\tfrom ", with no place behind it: that is no frame.
bool is_frame(std::string_view message) {
  return is_indented(message) && trimmed(message).starts_with("from ");
}

Next next(BlockLines lines, std::string_view message) {
  if (is_frame(message)) return Next::more;
  if (message.starts_with("\t ... ") || message.starts_with("Did you mean?")) return Next::more;
  // The line that failed, quoted, and what it may have meant, stand before the first frame.
  const bool before_frames = lines.size() < kMostQuoted && !is_frame(lines.back());
  return before_frames && (is_blank(message) || is_indented(message)) ? Next::unsure : Next::before;
}

Origin origin_of(std::string_view file) {
  if (file.starts_with('<') || contains(file, "/lib/ruby/")) {
    return contains(file, "/gems/") ? Origin::library : Origin::runtime;
  }
  return contains(file, "/gems/") || contains(file, "/bundle/") ? Origin::library : Origin::app;
}

BlockSummary summarise(BlockLines lines) {
  const auto head = read_head(lines[0]);
  if (!head) return {};  // a line over the limit, cut
  FramePicker top;
  top.offer(origin_of(head->place.file), "", head->place);
  bool frames = false;
  for (const std::string& line : lines) {
    if (!is_frame(line)) continue;
    frames = true;
    const std::string_view frame = trimmed(line).substr(5);
    const auto place = read_place(frame.substr(0, frame.find(":in ")));
    if (place && !top.done()) top.offer(origin_of(place->file), "", *place);
  }
  // A script's own first lines have no frames below.
  if (!frames && !contains(lines[0], "<main>")) return {};
  BlockSummary summary = summary_of(kName, head->message, top, Fatality::maybe);
  summary.out_of_memory = contains(head->message, "(NoMemoryError)");
  return summary;
}
}  // namespace

extern const BlockSpec ruby_uncaught_block = {.name = kName,
                                              .last = ")",
                                              .weak = true,
                                              .starts = starts,
                                              .next = next,
                                              .summarise = summarise};
}  // namespace blip
