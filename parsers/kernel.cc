// The kernel's ring as dmesg prints it:
//
//   [   74.456883] login[6175]: segfault at dc810091 eip dc810091 esp bffa0380 error 5
//   <6>[   12.345678] random: crng init done
//   [   74.456883][  T812] with the task that printed it
//   ^ seconds since the boot, six decimals, padded to five before the point
//
// Without the boot's time these are no times. `dmesg -T` writes whole dates, which are plain's;
// behind a syslog tag syslog takes the seconds off.

#include "core/record.h"
#include "parsers/prefix.h"

namespace blip {
namespace {

bool parse(std::string_view text, const ParseContext&, Record& record) {
  std::string_view rest = text;
  Level level = Level::unknown;
  if (take(rest, "<")) {
    const std::string_view priority = take_digits(rest);
    if (priority.size() != 1 || !take(rest, ">")) return false;
    level = level_of_severity(priority[0] - '0');
  }
  if (rest.size() < 14 || !take(rest, "[")) return false;
  const size_t before = rest.size();
  skip_spaces(rest);
  if (take_digits(rest).empty() || before - rest.size() < 5 || !take(rest, ".")) return false;
  if (take_digits(rest).size() != 6 || !take(rest, "]")) return false;
  if (take(rest, "[")) {  // "[  T812]", "[    C0]"
    skip_spaces(rest);
    if (!take(rest, "T") && !take(rest, "C")) return false;
    if (take_digits(rest).empty() || !take(rest, "]")) return false;
  }
  if (!take(rest, " ") && !rest.empty()) return false;
  record.level = level;
  record.service = "kernel";
  record.message = rest;
  return true;
}
}  // namespace

extern const ParserSpec kernel_parser = {"kernel", Layer::body, Width::narrow, parse};
}  // namespace blip
