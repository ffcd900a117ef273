// PHP's last words of a request, or of a script, where they take several lines:
//
//   PHP Fatal error:  Uncaught RuntimeException: boom in /srv/app/index.php:12
//   Stack trace:
//   #0 /srv/app/index.php(20): run()
//   #1 {main}
//     thrown in /srv/app/index.php on line 12
//
// A server's worker goes on with the next request; a script on the command line is dead. What
// follows decides. Errors of one line ("Allowed memory size of ...") are the signatures'.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "php_fatal";
constexpr std::string_view kHeads[] = {"PHP Fatal error:  Uncaught ", "Fatal error: Uncaught "};

// Each names its place at the end.
bool is_head(std::string_view message) {
  return starts_with_any(message, kHeads) && contains(message, " in ");
}

bool is_frame(std::string_view message) {
  return message.size() > 2 && message[0] == '#' && is_digit(message[1]);
}

Next next(BlockLines lines, std::string_view message) {
  if (message.starts_with("  thrown in ")) return Next::last;
  if (is_head(message)) return Next::before;
  if (is_frame(message) || message.starts_with("Stack trace:") ||
      message.starts_with("PHP Stack trace:") || message.starts_with("Next ")) {
    return Next::more;
  }
  // A message of several lines, before the trace.
  return is_frame(lines.back()) ? (is_blank(message) ? Next::more : Next::before) : Next::unsure;
}

// "... in /srv/app/index.php:12", "... in /srv/app/a.php on line 7"
std::optional<Place> place_of(std::string_view text) {
  const size_t in = text.rfind(" in /");
  if (in == std::string_view::npos) return std::nullopt;
  const std::string_view where = trimmed(text.substr(in + 4));
  const size_t line = where.find(" on line ");
  if (line == std::string_view::npos) return read_place(where);
  if (!is_digits(where.substr(line + 9))) return std::nullopt;
  return Place{where.substr(0, line), where.substr(line + 9)};
}

Origin origin_of(std::string_view file) {
  return contains(file, "/vendor/") ? Origin::library : Origin::app;
}

BlockSummary summarise(BlockLines lines) {
  const std::string_view head = lines[0];
  std::string_view message = trimmed(head.substr(head.find(": ") + 2));
  FramePicker top;
  if (const auto place = place_of(head)) top.offer(origin_of(place->file), "", *place);
  for (const std::string& line : lines) {
    if (top.done() || !is_frame(line)) continue;
    // "#0 /srv/app/index.php(20): run()"
    const size_t begin = line.find(' '), open = line.find('(');
    if (begin == std::string::npos || open == std::string::npos || open < begin) continue;
    const std::string_view frame = line;
    const size_t close = frame.find(')', open);
    const std::string_view number =
        frame.substr(open + 1, close == std::string_view::npos ? close : close - open - 1);
    if (!is_digits(number)) continue;
    const Place place{frame.substr(begin + 1, open - begin - 1), number};
    top.offer(origin_of(place.file), "", place);
  }
  if (const size_t in = message.rfind(" in /"); in != std::string_view::npos) {
    message = message.substr(0, in);
  }
  return summary_of(kName, message, top, Fatality::maybe);
}
}  // namespace

extern const BlockSpec php_fatal_block = {
    .name = kName, .first = "PF", .starts = is_head, .next = next, .summarise = summarise};
}  // namespace blip
