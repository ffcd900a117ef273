// /var/lib/blip/blip.db-spool/journal.log and journal.log.1: the same two names as any rotated log.

#include "agent/spool.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace blip {
namespace {
constexpr uint64_t kTail = 64 << 10;  // of a last line that is looked at

// How a pipe stands where splice(2) found nothing to move.
bool has_ended(int pipe) {
  pollfd look{pipe, POLLIN, 0};
  return ::poll(&look, 1, 0) == 1 && (look.revents & POLLHUP) != 0 && (look.revents & POLLIN) == 0;
}
}  // namespace

Error Spool::failed(const char* what) const {
  return Error{std::string(what) + " " + path_ + ": " + std::strerror(errno)};
}

Result<Spool> Spool::open(std::string path, uint64_t limit) {
  Spool spool;
  spool.path_ = std::move(path);
  spool.limit_ = limit;
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(spool.path_).parent_path(), error);
  if (error) {
    return Error{"make the folder of " + spool.path_ + ": " + error.message()};
  }
  if (Status opened = spool.reopen(); !opened) return opened.error();
  spool.has_rotated_ = ::access(spool.rotated().c_str(), F_OK) == 0;
  return spool;
}

Status Spool::reopen() {
  // Without O_APPEND: splice(2) refuses such files. There is one writer, at size_.
  file_ = Fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file_) return failed("open");
  struct stat now;
  if (::fstat(file_.get(), &now) != 0) return failed("stat");
  size_ = static_cast<uint64_t>(now.st_size);
  return Done{};
}

std::string Spool::last_line() const {
  std::string tail;
  const auto read_end = [&tail](int fd, uint64_t size) {
    const uint64_t from = size > kTail ? size - kTail : 0;
    tail.resize(size - from);
    const ssize_t got = ::pread(fd, tail.data(), tail.size(), static_cast<off_t>(from));
    tail.resize(got > 0 ? static_cast<size_t>(got) : 0);
  };
  read_end(file_.get(), size_);
  if (tail.find('\n') == tail.npos) {
    const Fd before(::open(rotated().c_str(), O_RDONLY | O_CLOEXEC));
    struct stat now;
    if (before && ::fstat(before.get(), &now) == 0) {
      read_end(before.get(), static_cast<uint64_t>(now.st_size));
    }
  }
  const size_t end = tail.rfind('\n');
  if (end == tail.npos) return "";
  tail.resize(end);
  const size_t begin = tail.rfind('\n');
  return begin == tail.npos ? tail : tail.substr(begin + 1);
}

Status Spool::cut_torn_line() {
  char block[4096];
  for (uint64_t end = size_; end > 0;) {
    const uint64_t from = end > sizeof block ? end - sizeof block : 0;
    const ssize_t got =
        ::pread(file_.get(), block, static_cast<size_t>(end - from), static_cast<off_t>(from));
    if (got != static_cast<ssize_t>(end - from)) return failed("read");
    const std::string_view text(block, static_cast<size_t>(got));
    const size_t newline = text.rfind('\n');
    if (newline == text.npos && from > 0) {
      end = from;
      continue;
    }
    const uint64_t keep = newline == text.npos ? 0 : from + newline + 1;
    if (keep == size_) return Done{};
    if (::ftruncate(file_.get(), static_cast<off_t>(keep)) != 0) return failed("truncate");
    size_ = keep;
    return Done{};
  }
  return Done{};
}

Status Spool::append(std::string_view lines) {
  uint64_t at = size_;
  while (!lines.empty()) {
    const ssize_t n = ::pwrite(file_.get(), lines.data(), lines.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      // Half of it must not be taken for a line: it comes again.
      const Error error = failed("write");
      if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) return failed("truncate");
      return error;
    }
    lines.remove_prefix(static_cast<size_t>(n));
    at += static_cast<uint64_t>(n);
  }
  size_ = at;
  if (::fdatasync(file_.get()) != 0) return failed("sync");
  return Done{};
}

Result<uint64_t> Spool::splice_from(int pipe, uint64_t at_most, bool& ended) {
  ended = false;
  uint64_t moved = 0;
  while (moved < at_most) {
    auto at = static_cast<off64_t>(size_);
    const ssize_t n = ::splice(pipe, nullptr, file_.get(), &at, at_most - moved, SPLICE_F_NONBLOCK);
    if (n > 0) {
      moved += static_cast<uint64_t>(n);
      size_ = static_cast<uint64_t>(at);
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) return failed("move the pipe's bytes to");
    ended = n == 0 || has_ended(pipe);
    break;
  }
  if (moved > 0 && ::fdatasync(file_.get()) != 0) return failed("sync");
  return moved;
}

Status Spool::tidy(bool rotated_is_read) {
  if (has_rotated_ && rotated_is_read) {
    if (::unlink(rotated().c_str()) != 0 && errno != ENOENT) return failed("remove the rotated");
    has_rotated_ = false;
  }
  if (size_ < limit_ || has_rotated_) return Done{};
  // A line should not lie in two files; but a stream without newlines must not grow for ever.
  char last = 0;
  if (::pread(file_.get(), &last, 1, static_cast<off_t>(size_ - 1)) != 1) return failed("read");
  if (last != '\n' && size_ < 2 * limit_) return Done{};
  if (::rename(path_.c_str(), rotated().c_str()) != 0) return failed("rename");
  has_rotated_ = true;
  return reopen();
}

}  // namespace blip
