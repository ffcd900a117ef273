// blip: open /var/log/app.log: Permission denied; run as a member of the group adm
//
// A reader that closed its end early (`blip events | head`) ends blip by SIGPIPE, as it ends any
// filter. A full disk behind stdout is an error and is told once, at the end.
//
// The pager is begun only when all is known, as it is only then known to be needed; its own colours
// and its leaving at the end of a short text (LESS=FRX) are as with git.

#include "cli/print.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "cli/pager.h"
#include "cli/render/escape.h"

namespace blip {

namespace {
bool paging = false;
std::string kept;  // while paging

// Lines as the terminal will show them, without wrapping.
bool fits_screen(const std::string& text) {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return true;
  return std::count(text.begin(), text.end(), '\n') < size.ws_row;
}

// False: it could not be begun, and nothing was shown.
bool shown_by_pager(const std::string& text) {
  const char* chosen = std::getenv("PAGER");
  const std::string pager = chosen == nullptr ? "less" : chosen;
  if (pager.empty() || pager == "cat") return false;
  setenv("LESS", "FRX", 0);
  setenv("LESSCHARSET", "utf-8", 0);
  const auto before = signal(SIGPIPE, SIG_IGN);  // who leaves early has seen enough
  FILE* pipe = popen(pager.c_str(), "w");
  bool shown = false;
  if (pipe != nullptr) {
    // Ctrl-C is for the pager; less goes on after it.
    const auto interrupt = signal(SIGINT, SIG_IGN);
    std::fwrite(text.data(), 1, text.size(), pipe);
    const int status = pclose(pipe);
    constexpr int kNotFound = 127 << 8;
    shown = status != -1 && status != kNotFound;
    signal(SIGINT, interrupt);
  }
  signal(SIGPIPE, before);
  return shown;
}
}  // namespace

void page_output() { paging = isatty(STDOUT_FILENO) != 0; }

void print(std::string_view text) {
  if (paging) {
    kept += text;
  } else {
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
}

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
  if (!kept.empty()) {
    const std::string text = std::exchange(kept, {});
    if (!fits_screen(text) && shown_by_pager(text)) return true;
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  note(std::string("write standard output: ") + std::strerror(errno));
  return false;
}

}  // namespace blip
