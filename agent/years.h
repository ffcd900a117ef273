// Year-less time stamps (`Jun 24 12:35:00`) are read by a file's mtime, and copies lose theirs.
#pragma once

#include <string>

#include "agent/scan.h"
#include "core/time.h"
#include "tailer/inputs.h"

namespace blip {

// Do the stamps of this log name no year? Its newest file with a time among its first lines says
// it; true where none has. False for what can be read only once (a pipe).
bool lacks_year(const Source& source, const ScanOptions& options);

// The time of the last dated line of such a log with years, as the end of its newest file with
// bytes tells it. Unknown: the end does not (it is packed, a pipe, without stamps), one must read
// the log.
Time last_time(const Source& source, const ScanOptions& options);

// What the logs beside a year-less one say about when they were written.
class YearHint {
 public:
  // A log with years: its last line's time, and its file's mtime.
  void saw(Time last_line, Time mtime);
  // No later than this was the year-less file written: its own mtime, unless the mtimes here are
  // those of a copy (months after the last line), and then a day after the last dated line.
  Time latest(Time mtime) const;

 private:
  Time last_ = kNoTime;
  bool copied_ = false;
};

}  // namespace blip
