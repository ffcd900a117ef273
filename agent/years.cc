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

enum class Stamps { with_year, without_year, none };

Stamps stamps_of(const std::string& path, const ScanOptions& options) {
  Result<std::unique_ptr<ByteSource>> bytes = open_bytes(path);
  if (!bytes) return Stamps::none;
  ChunkReader chunks(std::move(*bytes), kLook);
  const auto next = chunks.next();
  if (!next || !*next) return Stamps::none;
  // A stamp that names its year says the same whenever it is read.
  const Time early = first_time(**next, options, std::chrono::year(1999));
  const Time late = first_time(**next, options, std::chrono::year(2009));
  if (!known(early) && !known(late)) return Stamps::none;
  return early == late ? Stamps::with_year : Stamps::without_year;
}
}  // namespace

bool lacks_year(const Source& source, const ScanOptions& options) {
  for (auto file = source.files.rbegin(); file != source.files.rend(); ++file) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file->path, error)) return false;
    const Stamps stamps = stamps_of(file->path, options);
    if (stamps != Stamps::none) return stamps == Stamps::without_year;
  }
  return true;
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
