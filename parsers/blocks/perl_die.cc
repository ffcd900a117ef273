// Perl's die, uncaught:
//
//   Can't call method "balance" on an undefined value at /srv/app/daemon.pl line 21, <GEN0> line 7.
//           main::relay("eu") called at /srv/app/daemon.pl line 40
//
// Warnings have the same shape; those of the interpreter itself are known by their words and kill
// nobody. The first line alone is whole, the calls behind it come from Carp. "Out of memory!" names
// no line and is matched as a signature.

#include "parsers/blocks/text.h"

namespace blip {
namespace {
using namespace blocks;

constexpr std::string_view kName = "perl_die";

struct Death {
  std::string_view message;
  Place place;
};

// "MESSAGE at FILE line N." where FILE may be "-e" or "(eval 3)".
std::optional<Death> read_death(std::string_view text) {
  if (text.size() < 3 || text.back() != '.' || !is_digit(text[text.size() - 2])) {
    return std::nullopt;
  }
  text.remove_suffix(1);
  size_t line = text.rfind(" line ");
  // The file that was being read is named after a comma: ", <$fh> line 42", ", <STDIN> chunk 1".
  if (const size_t comma = text.rfind(", <"); comma != std::string_view::npos) {
    text = text.substr(0, comma);
    line = text.rfind(" line ");
  }
  if (line == std::string_view::npos || !is_digits(text.substr(line + 6))) return std::nullopt;
  const size_t at = text.rfind(" at ", line);
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  const std::string_view file = text.substr(at + 4, line - std::min(line, at + 4));
  if (file.empty() || (contains(file, " ") && !file.starts_with("(eval "))) return std::nullopt;
  return Death{text.substr(0, at), {file, text.substr(line + 6)}};
}

bool starts(std::string_view message) { return read_death(message).has_value(); }

Next next(BlockLines, std::string_view message) {
  if (starts_with_any(message, {"BEGIN failed--compilation aborted at ",
                                "Compilation failed in require at "})) {
    return Next::more;
  }
  const bool call = message.starts_with('\t') &&
                    (contains(message, " called at ") || contains(message, "...propagated at "));
  return call ? Next::more : Next::before;
}

bool is_warning(std::string_view message) {
  return starts_with_any(message,
                         {"Use of uninitialized value", "Argument \"", "Deep recursion on ",
                          "Odd number of elements in ", "Subroutine ", "Useless use of ",
                          "Wide character in ", "Name \"", "Possible "});
}

BlockSummary summarise(BlockLines lines) {
  const auto death = read_death(lines[0]);
  if (!death) return {};  // a line over the limit, cut
  FramePicker top;
  top.offer(Origin::app, "", death->place);
  const Fatality fatality = is_warning(death->message) ? Fatality::no : Fatality::maybe;
  return summary_of(kName, death->message, top, fatality);
}
}  // namespace

extern const BlockSpec perl_die_block = {.name = kName,
                                         .last = ".",
                                         .weak = true,
                                         .starts = starts,
                                         .next = next,
                                         .summarise = summarise};
}  // namespace blip
