// app.log ends on 2014-06-24 and has an mtime of 2026: the syslog beside it is of 2014, too.

#include "agent/years.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "core/fd.h"
#include "parsers/reader.h"
#include "tailer/identity.h"
#include "tailer/lines.h"
#include "tailer/text_view.h"

namespace blip {
namespace {
constexpr size_t kLook = 64 * 1024;  // bytes of a file's head that are tried
constexpr size_t kEnd = 4 * 1024;    // and of its end: of each log, while none is read yet
constexpr Micros kCopied =
    std::chrono::days(30);  // an mtime this long after the last line is a copy's

enum class Which { first, last };

class OneTime : public RecordSink {
 public:
  explicit OneTime(Which which) : which_(which) {}
  void on_record(const Record& record) override {
    if (known(record.time) && !done()) time = record.time;
  }
  bool done() const { return which_ == Which::first && known(time); }
  Time time = kNoTime;

 private:
  const Which which_;
};

// The time of the first or last dated line, read as if the file had been written by then.
Time time_in(const Chunk& chunk, Which which, const ScanOptions& options, std::chrono::year year) {
  const Time latest = std::chrono::sys_days(year / std::chrono::July / 1);
  RecordReader reader(ReaderOptions{options.format, options.utc_offset, latest});
  OneTime one(which);
  uint64_t number = 0;
  for_each_line(chunk, number, [&](const Line& line) {
    if (!one.done()) reader.read(line, one);
  });
  return one.time;
}

// A stamp that names its year says the same whenever it is read.
struct TwoReadings {
  TwoReadings(const Chunk& chunk, Which which, const ScanOptions& options)
      : early(time_in(chunk, which, options, std::chrono::year(1999))),
        late(time_in(chunk, which, options, std::chrono::year(2009))) {}
  const Time early, late;
};

enum class Stamps { with_year, without_year, none };

Stamps stamps_of(const std::string& path, const ScanOptions& options) {
  Result<std::unique_ptr<ByteSource>> bytes = open_bytes(path);
  if (!bytes) return Stamps::none;
  ChunkReader chunks(std::move(*bytes), kLook);
  const auto next = chunks.next();
  if (!next || !*next) return Stamps::none;
  const TwoReadings first(**next, Which::first, options);
  if (!known(first.early) && !known(first.late)) return Stamps::none;
  return first.early == first.late ? Stamps::with_year : Stamps::without_year;
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

Time last_time(const Source& source, const ScanOptions& options) {
  const auto written = std::find_if(source.files.rbegin(), source.files.rend(),
                                    [](const InputFile& file) { return file.size > 0; });
  if (written == source.files.rend()) return kNoTime;
  const std::string& path = written->path;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return kNoTime;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  const std::optional<FileLook> look = fd ? look_at(fd.get()) : std::nullopt;
  if (!look) return kNoTime;
  const size_t size = std::min<uint64_t>(kEnd, look->size);
  std::string bytes(size + kLinePadding, '\0');
  const Result<size_t> got = read_at(fd.get(), look->size - size, bytes.data(), size);
  if (!got) return kNoTime;
  std::string_view text = std::string_view(bytes).substr(0, *got);
  if (size < look->size) text = text.substr(std::min(text.find('\n'), text.size()));
  text = text.substr(0, text.rfind('\n') + 1);  // the last line may not be there in full
  if (text.empty() || looks_binary(text)) return kNoTime;
  const TwoReadings last(Chunk{text}, Which::last, options);
  return last.early == last.late ? last.early : kNoTime;
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
