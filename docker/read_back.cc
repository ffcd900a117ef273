// base.log.3, .2, .1, base.log: from the oldest to the live one, which may be rotated at any
// moment. A file is known by its inode: what comes next is the file that is one place younger than
// where that inode lies now.

#include "docker/read_back.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "docker/log_entry.h"

namespace blip::docker {
namespace {
constexpr size_t kBatch = 256 * 1024;
constexpr size_t kLongestLine = 2 << 20;  // of one JSON line

uint64_t inode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

uint64_t lines_in(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string bytes(kBatch, '\0');
  uint64_t lines = 0;
  for (ssize_t n = 1; file && (n = ::read(file.get(), bytes.data(), bytes.size())) > 0;) {
    lines += static_cast<uint64_t>(std::count(bytes.begin(), bytes.begin() + n, '\n'));
  }
  return lines;
}
}  // namespace

ReadBack::ReadBack(std::string base, int files, ReadAsk ask)
    : base_(std::move(base)), files_(files), ask_(ask) {}

std::string ReadBack::path(int age) const {
  return base_ + (age == 0 ? "" : "." + std::to_string(age));
}

// To the file behind the one at hand; none: nothing changes.
void ReadBack::next_file() {
  int age = files_;  // the oldest, where ours is gone or there was none
  for (int i = 0; i < files_ && inode_ != 0; ++i) {
    if (inode_of(path(i)) == inode_) age = i;
  }
  while (--age >= 0) {
    Fd next(::open(path(age).c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info {};
    if (!next || ::fstat(next.get(), &info) != 0 || info.st_ino == inode_) continue;
    file_ = std::move(next);
    inode_ = info.st_ino;
    at_ = 0;
    rest_.clear();
    return;
  }
}

void ReadBack::skip_to_tail() {
  if (ask_.tail < 0) return;
  uint64_t lines = 0;
  for (int age = 0; age < files_; ++age) lines += lines_in(path(age));
  skip_ = lines - std::min<uint64_t>(lines, static_cast<uint64_t>(ask_.tail));
}

bool ReadBack::more(std::string& out) {
  if (!begun_) {
    begun_ = true;
    skip_to_tail();
  }
  if (over_) return false;
  const auto read = [this](std::string& bytes) {
    bytes.resize(kBatch);
    const ssize_t n =
        file_ ? ::pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at_)) : 0;
    bytes.resize(n > 0 ? static_cast<size_t>(n) : 0);
    at_ += bytes.size();
  };
  std::string bytes;
  read(bytes);
  if (bytes.empty()) {
    const uint64_t before = inode_;
    // Whoever rotates has written all before; so once there is a next file, this one is complete.
    const bool rotated = before == 0 || inode_of(path(0)) != before;
    if (rotated) {
      read(bytes);
      if (bytes.empty()) {
        next_file();
        if (inode_ == before) return false;
        read(bytes);
      }
    }
    if (bytes.empty()) return inode_ != before;
  }
  rest_ += bytes;
  std::string scratch;
  size_t begin = 0;
  for (size_t end = rest_.find('\n'); end != rest_.npos; end = rest_.find('\n', begin)) {
    const std::string_view line = std::string_view(rest_).substr(begin, end - begin);
    begin = end + 1;
    if (skip_ > 0) {
      --skip_;
      continue;
    }
    LogEntry entry;
    if (!read_line(line, scratch, entry)) continue;
    if (entry.time_ns / 1000 < ask_.since_us) continue;
    if (entry.time_ns / 1000 > ask_.until_us) {
      over_ = true;
      break;
    }
    append_frame(entry, out);
  }
  rest_.erase(0, begin);
  if (rest_.size() > kLongestLine) rest_.clear();
  return true;
}

}  // namespace blip::docker
