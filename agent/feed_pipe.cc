// sources: [{pipe: /run/app.fifo, service: app}, {stdin: true}]
//
// The FIFO is held open for writing as well: it never ends, however often its writers come and go.
// What no longer fits into the spool stays in the pipe and holds its writer back, as pipes do.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "agent/feeder.h"

namespace blip {
namespace {
using Clock = std::chrono::steady_clock;
constexpr uint64_t kSlice = 1 << 20;  // bytes before other sources have their turn

class PipeFeeder : public Feeder {
 public:
  explicit PipeFeeder(std::string path) : path_(std::move(path)) { (void)open(); }

  // The folder and the name tell the service, as with files.
  std::string spool_name() const override {
    return path_ == "-" ? "stdin.log" : "pipe" + path_ + ".log";
  }

  // A torn last line stays: the rest of it is still in the pipe.
  Status begin(Spool&, Time) override { return pipe_ ? Status(Done{}) : open(); }

  int fd() const override { return ended_ ? -1 : pipe_.get(); }
  Clock::time_point due() const override { return Clock::time_point::max(); }

  Result<bool> feed(Spool& spool, Time) override {
    if (ended_ || !pipe_) return false;
    if (is_file_) return copy(spool);
    const Result<uint64_t> moved = spool.splice_from(pipe_.get(), kSlice, ended_);
    if (!moved) return moved.error();
    return *moved == kSlice;
  }

 private:
  Status open() {
    if (path_ == "-") {
      pipe_ = Fd(STDIN_FILENO);
    } else {
      struct stat before;
      if (::stat(path_.c_str(), &before) != 0) return failed();
      if (!S_ISFIFO(before.st_mode)) {
        return Error{path_ + " is no FIFO; follow it as a file, or make one: mkfifo " + path_};
      }
      pipe_ = Fd(::open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
      if (!pipe_) return failed();
    }
    struct stat now;
    if (::fstat(pipe_.get(), &now) != 0) return failed();
    is_file_ = !S_ISFIFO(now.st_mode);
    return Done{};
  }
  Error failed() const { return Error{"pipe " + path_ + ": " + std::strerror(errno)}; }

  // Standard input that is a file, a terminal, a socket: nothing to splice from.
  Result<bool> copy(Spool& spool) {
    if (taken_.empty()) {
      taken_.resize(64 << 10);
      const ssize_t n = ::read(pipe_.get(), taken_.data(), taken_.size());
      taken_.resize(n > 0 ? static_cast<size_t>(n) : 0);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
      if (n < 0) return failed();
      ended_ = n == 0;
    }
    const Status kept = spool.append(taken_);
    if (!kept) return kept.error();
    taken_.clear();
    return !ended_;
  }

  std::string path_;
  Fd pipe_;
  std::string taken_;  // and not yet in the spool
  bool is_file_ = false, ended_ = false;
};
}  // namespace

std::shared_ptr<Feeder> pipe_feeder(std::string path) {
  return std::make_shared<PipeFeeder>(std::move(path));
}

}  // namespace blip
