// A batch, and where a kill may fall:
//
//   note   "stream K, raw bytes from R, when the file was S long"    <container>.writing, 32 bytes
//   write  lines                                                     the file grows past S
//   done   "stream K is read up to R2"                               <key>.done
//
// Before the note is replaced nothing has happened. Between note and done the file tells how much
// of the batch it has: the lines are made again from R and the first (size - S) bytes left out.

#include "docker/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/hash.h"
#include "docker/log_entry.h"

namespace blip::docker {
namespace {
constexpr size_t kBatch = 256 * 1024;  // raw bytes

struct Note {
  uint64_t key = 0, from = 0, size = 0, check = 0;
};
uint64_t key_number(const Stream& stream) { return hash_of(stream.start.fifo); }

std::string attrs_of(const Started& start) {
  using Json = nlohmann::json;
  return Json{{"blip.service", start.service}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}
}  // namespace

Spool::Spool(std::string run, std::string folder, std::string container, SpoolLimits limits)
    : run_(std::move(run)),
      folder_(std::move(folder)),
      container_(std::move(container)),
      limits_(limits) {
  const std::string note = run_ + "/" + container_ + ".writing";
  note_ = Fd(::open(note.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  Note cut;
  struct stat live {};
  if (::pread(note_.get(), &cut, sizeof cut, 0) != sizeof cut) return;
  if (cut.check != (cut.key ^ cut.from ^ cut.size)) return;
  const bool there = ::stat(path(0).c_str(), &live) == 0;
  // A file that is shorter than it was is another one: it was rotated right after that batch.
  cut_from_ = cut.from;
  cut_written_ = there && static_cast<uint64_t>(live.st_size) >= cut.size
                     ? static_cast<uint64_t>(live.st_size) - cut.size
                     : 0;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(cut.key));
  cut_key_ = text;
}

std::string Spool::path(int age) const {
  return folder_ + "/" + container_ + ".log" + (age == 0 ? "" : "." + std::to_string(age));
}

void Spool::add(std::shared_ptr<Stream> stream) {
  streams_.push_back(std::move(stream));
  std::sort(streams_.begin(), streams_.end(),
            [](const auto& a, const auto& b) { return a->start.number < b->start.number; });
}

bool Spool::open() {
  struct stat info {};
  // A file that somebody removed takes bytes and keeps none.
  if (file_ && ::fstat(file_.get(), &info) == 0 && info.st_nlink > 0) return true;
  file_ = Fd(::open(path(0).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (!file_ || ::fstat(file_.get(), &info) != 0) {
    trouble_ = "open " + path(0) + ": " + std::strerror(errno);
    file_ = Fd();
    return false;
  }
  size_ = static_cast<uint64_t>(info.st_size);
  return true;
}

Spool::Progress Spool::advance(const std::function<void(uint64_t)>& freed) {
  if (from_) {
    if (!flush()) return Progress::blocked;
    const uint64_t before = from_->consumed;
    finish();
    freed(until_ - before);
    return Progress::some;
  }
  const auto cut_short = [this](const auto& stream) { return stream->start.key() == cut_key_; };
  if (std::none_of(streams_.begin(), streams_.end(), cut_short)) cut_written_ = 0;
  for (const std::shared_ptr<Stream>& stream : streams_) {
    if (cut_written_ > 0 && !cut_short(stream)) continue;  // first things first
    const bool ended = stream->ended.load(std::memory_order_acquire);
    const uint64_t size = stream->size.load(std::memory_order_acquire);
    const uint64_t at = stream->consumed.load(std::memory_order_relaxed);
    if (at >= size) {
      if (!ended) continue;
      retire(std::shared_ptr<Stream>(stream));
      return Progress::some;
    }
    if (!open()) return Progress::blocked;
    size_t want = std::min<uint64_t>(size - at, kBatch);
    size_t used = 0;
    lines_.clear();
    for (;;) {
      bytes_.resize(want);
      const ssize_t n = ::pread(stream->raw.get(), bytes_.data(), want, static_cast<off_t>(at));
      bytes_.resize(n > 0 ? static_cast<size_t>(n) : 0);
      const bool all = at + bytes_.size() == size;
      const bool hopeless = bytes_.size() > kFrameHeader + kMaxFrame;
      used = append_lines(bytes_, attrs_of(stream->start), (ended && all) || hopeless, lines_);
      if (used > 0 || all || want >= size - at || n <= 0) break;
      want = std::min<uint64_t>(size - at, 2 * want);  // a frame larger than a batch
    }
    if (used == 0) continue;  // the rest of a frame is still to come
    if (cut_short(stream) && at == cut_from_) {
      const uint64_t written = std::min<uint64_t>(cut_written_, lines_.size());
      lines_.erase(0, written);
      cut_from_ = at + used;
      cut_written_ -= written;
    } else {
      cut_written_ = 0;
    }
    from_ = stream;
    until_ = at + used;
    if (!begin(*stream) || !flush()) return Progress::blocked;
    finish();
    freed(until_ - at);
    return Progress::some;
  }
  return Progress::nothing;
}

bool Spool::begin(const Stream& stream) {
  Note note{key_number(stream), stream.consumed, size_ - cut_written_, 0};
  note.check = note.key ^ note.from ^ note.size;
  // In memory as a rule; without it a kill would double lines, nothing worse.
  if (::pwrite(note_.get(), &note, sizeof note, 0) != sizeof note) {
    trouble_ = "write " + run_ + "/" + container_ + ".writing: " + std::strerror(errno);
  }
  return true;
}

bool Spool::flush() {
  size_t done = 0;
  while (done < lines_.size()) {
    const ssize_t n = ::write(file_.get(), lines_.data() + done, lines_.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      trouble_ = "write " + path(0) + ": " + std::strerror(errno);
      lines_.erase(0, done);
      return false;
    }
    done += static_cast<size_t>(n);
    size_ += static_cast<uint64_t>(n);
  }
  lines_.clear();
  trouble_.clear();
  return true;
}

void Spool::finish() {
  from_->consume(until_);
  from_.reset();
  if (size_ >= limits_.file) rotate();
}

// The next note will be of a file that is shorter than this one; see the constructor.
void Spool::rotate() {
  for (int age = limits_.files - 1; age > 0; --age) {
    ::rename(path(age - 1).c_str(), path(age).c_str());  // the eldest is replaced: its time is over
  }
  file_ = Fd();
}

void Spool::retire(const std::shared_ptr<Stream>& stream) {
  // A run's last words are on the disk before it is forgotten.
  if (file_) ::fdatasync(file_.get());
  forget_start(run_, stream->start);
  std::erase(streams_, stream);
  if (!streams_.empty()) return;
  ::unlink((run_ + "/" + container_ + ".writing").c_str());
}

}  // namespace blip::docker
