// app.log ends on 2014-06-24 and has an mtime of 2026: the syslog beside it is of 2014, too.

#include "agent/years.h"

#include <algorithm>
#include <filesystem>

#include "parsers/reader.h"
#include "tailer/lines.h"

namespace blip {
namespace {
constexpr size_t kLook = 64 * 1024;  // bytes of a file's head that are tried
constexpr Micros kCopied =
    std::chrono::days(30);  // an mtime this long after the last line is a copy's

class FirstTime : public RecordSink {
 public:
  void on_record(const Record& record) override {
    if (!known(time)) time = record.time;
  }
  Time time = kNoTime;
};

// The time of the first dated line, read as if the file had been written by then.
Time first_time(const Chunk& chunk, const ScanOptions& options, std::chrono::year year) {
  const Time latest = std::chrono::sys_days(year / std::chrono::July / 1);
  RecordReader reader(ReaderOptions{options.format, options.utc_offset, latest});
  FirstTime first;
  uint64_t number = 0;
  for_each_line(chunk, number, [&](const Line& line) {
    if (!known(first.time)) reader.read(line, first);
  });
  return first.time;
}
}  // namespace

bool lacks_year(const std::string& path, const ScanOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;  // a pipe's bytes come once
  Result<std::unique_ptr<ByteSource>> bytes = open_bytes(path);
  if (!bytes) return false;
  ChunkReader chunks(std::move(*bytes), kLook);
  const auto next = chunks.next();
  if (!next || !*next) return false;
  // A stamp that names its year says the same whenever it is read.
  return first_time(**next, options, std::chrono::year(1999)) !=
         first_time(**next, options, std::chrono::year(2009));
}

void YearHint::saw(Time last_line, Time mtime) {
  if (!known(last_line) || !known(mtime)) return;
  last_ = std::max(last_, last_line);
  copied_ |= mtime - last_line > kCopied;
}

Time YearHint::latest(Time mtime) const {
  if (!copied_ || !known(last_)) return mtime;
  return std::min(mtime, last_ + std::chrono::days(1));
}

}  // namespace blip
