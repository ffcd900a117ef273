// blip: open /var/log/app.log: Permission denied; run as a member of the group adm
//
// A reader that closed its end early (`blip events | head`) ends blip by SIGPIPE, as it ends any
// filter. A full disk behind stdout is an error and is told once, at the end.

#include "cli/print.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/render/escape.h"

namespace blip {

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void note(std::string_view text) {
  std::string out = "blip: ";
  for (bool more = true; more;) {
    const size_t end = std::min(text.find('\n'), text.size());
    out += visible(text.substr(0, end)) + "\n";
    more = end < text.size();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::fwrite(out.data(), 1, out.size(), stderr);
}

int fail(ExitCode code, const Error& why) {
  note(why.text);
  return code;
}

bool flush_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  note(std::string("write standard output: ") + std::strerror(errno));
  return false;
}

}  // namespace blip
