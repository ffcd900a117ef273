// One line, redrawn in place:
//
//   scanning  6 files  412 MiB  ██████████████████████░░░░  83 %  1.1 GiB/s  ETA 0:07
//   scanning  1 file  88 MiB  1.1 GiB/s                          (stdin: its end is not known)
//
// How often it is redrawn is the scan's choice. The wall clock is read here and nowhere near a
// detector: speed is for the person who waits.

#include "cli/render/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "cli/render/style.h"
#include "cli/render/units.h"
#include "cli/render/utf8.h"

namespace blip {
namespace {
std::string bar(double part, size_t columns, bool ascii) {
  const auto full = static_cast<size_t>(part * static_cast<double>(columns));
  std::string out;
  for (size_t i = 0; i < columns; ++i) out += i < full ? (ascii ? "#" : "█") : (ascii ? "." : "░");
  return out;
}

std::string eta(double seconds) {
  char text[32];
  const auto whole = static_cast<unsigned>(std::clamp(seconds, 0.0, 359'999.0));
  std::snprintf(text, sizeof text, "ETA %u:%02u", whole / 60, whole % 60);
  return text;
}
}  // namespace

std::string progress_line(const Progress& progress, double elapsed_s, size_t width, bool ascii) {
  const auto done = static_cast<double>(progress.bytes_done);
  const double speed = elapsed_s > 0 ? done / elapsed_s : 0;
  std::string head = "scanning  " + counted(progress.files, "file", "files") + "  " +
                     bytes_text(progress.bytes_done);
  std::string tail = "  " + bytes_text(static_cast<uint64_t>(std::min(speed, 1e18))) + "/s";
  if (progress.bytes_total == 0) return cut_to(head + tail, width, "");
  const auto total = static_cast<double>(progress.bytes_total);
  const double part = std::clamp(done / total, 0.0, 1.0);
  char percent[16];
  std::snprintf(percent, sizeof percent, "  %2.0f %%", part * 100);
  tail = percent + tail;
  if (speed > 0) tail += "  " + eta((total - done) / speed);
  const size_t taken = display_width(head + tail) + 2;
  if (width > taken + 4) head += "  " + bar(part, std::min<size_t>(width - taken, 26), ascii);
  return cut_to(head + tail, width, "");
}

ProgressBar::ProgressBar(bool wanted, bool ascii)
    : ascii_(ascii), begin_(std::chrono::steady_clock::now()) {
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  // A full last column would wrap on some terminals.
  if (wanted && !dumb) width_ = terminal_width(STDERR_FILENO);
  if (width_ != 0) --width_;
}

ProgressBar::~ProgressBar() { wipe(); }

void ProgressBar::show(const Progress& progress) {
  if (width_ == 0) return;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin_;
  const std::string line = progress_line(progress, elapsed.count(), width_, ascii_);
  std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  drawn_ = true;
}

void ProgressBar::wipe() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace blip
