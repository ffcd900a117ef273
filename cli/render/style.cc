// What stdout can show. A terminal gets colour and lines that fit; a pipe gets neither, whatever
// the environment says, so that output is the same bytes everywhere:
//
//   blip restarts            colour, cut to the window
//   blip restarts | less     no colour, whole lines
//   NO_COLOR=1, TERM=dumb    no colour (no-color.org); --color always overrides
//
// Only how; what stands in the output is each command's.

#include "cli/render/style.h"

#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace blip {
namespace {
constexpr size_t kNarrowest = 40;  // below this tables are unreadable anyway

bool environment_has(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool dumb_terminal() {
  const char* term = std::getenv("TERM");
  return term == nullptr || std::string_view(term) == "dumb";
}

bool locale_is_utf8() {
  const locale_t user = newlocale(LC_CTYPE_MASK, "", nullptr);
  if (user == nullptr) return false;
  const bool utf8 = std::string_view(nl_langinfo_l(CODESET, user)) == "UTF-8";
  freelocale(user);
  return utf8;
}
}  // namespace

std::string Style::paint(Tint tint, std::string_view text) const {
  static constexpr std::string_view kCodes[] = {"", "1", "2", "31", "33", "32"};
  if (!colour || tint == Tint::plain || text.empty()) return std::string(text);
  std::string out = "\x1b[";
  out.append(kCodes[static_cast<size_t>(tint)]).append("m").append(text).append("\x1b[0m");
  return out;
}

size_t terminal_width(int fd) {
  if (isatty(fd) == 0) return 0;
  if (const char* columns = std::getenv("COLUMNS")) {
    const long asked = std::strtol(columns, nullptr, 10);
    if (asked > 0) return std::max(kNarrowest, static_cast<size_t>(std::min(asked, 10'000L)));
  }
  winsize size = {};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return std::max(kNarrowest, static_cast<size_t>(size.ws_col));
}

Style style_of_stdout(Colour colour, bool ascii) {
  const size_t width = terminal_width(STDOUT_FILENO);
  const bool terminal = width != 0;
  return {.colour = colour == Colour::always || (colour == Colour::automatic && terminal &&
                                                 !environment_has("NO_COLOR") && !dumb_terminal()),
          .ascii = ascii || (terminal && !locale_is_utf8()),
          .width = width};
}

}  // namespace blip
