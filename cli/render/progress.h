// The bar that a long scan shows on stderr, when that is a terminal.
#pragma once

#include <chrono>
#include <string>

#include "agent/scan.h"

namespace blip {

// "scanning  6 files  412 MiB  ██████░░  83 %  1.1 GiB/s  ETA 0:07", within `width` columns.
std::string progress_line(const Progress& progress, double elapsed_s, size_t width, bool ascii);

// Draws over its own line, and wipes it at its end.
class ProgressBar {
 public:
  ProgressBar(bool wanted, bool ascii);  // draws only if wanted and stderr is a terminal
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const Progress& progress);
  void wipe();  // before something else is written to the terminal

 private:
  size_t width_ = 0;  // 0: does not draw
  bool ascii_ = false, drawn_ = false;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace blip
