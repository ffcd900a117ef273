// /var/lib/blip/blip.db.lock, while the agent runs:
//
//   pid 2211
//   command agent
//   since 2024-06-24T19:50:53.000Z
//
// The lock is flock(2)'s, and the text only says whose it is: a killed holder leaves its text
// behind and no lock. The file stays, because to unlink it would let two processes lock two files
// of one name.

#include "agent/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "core/time.h"

namespace blip {
namespace {
constexpr mode_t kFileMode = 0660;    // as the store's own
constexpr size_t kTextLimit = 512;    // bytes
constexpr size_t kCommandLimit = 64;  // bytes

// The same file for every name of the store.
std::string lock_path(const std::string& db_path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::weakly_canonical(db_path, error);
  return (error ? db_path : real.string()) + ".lock";
}

LockHolder read_holder(int fd) {
  char buffer[kTextLimit];
  const ssize_t size = pread(fd, buffer, sizeof buffer, 0);
  LockHolder holder;
  std::string_view rest(buffer, size > 0 ? static_cast<size_t>(size) : 0);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const size_t space = line.find(' ');
    if (space == line.npos) continue;
    const std::string_view name = line.substr(0, space), value = line.substr(space + 1);
    if (name == "pid") std::from_chars(value.data(), value.data() + value.size(), holder.pid);
    if (name == "command") holder.command = value;
    if (name == "since") holder.since = value;
  }
  return holder;
}

Error held(const std::string& db_path, const LockHolder& holder) {
  std::string who = "another blip";
  if (holder.pid > 0) who = "blip " + holder.command + ", pid " + std::to_string(holder.pid);
  if (!holder.since.empty()) who += ", since " + holder.since;
  return {db_path + " is held by " + who + ": end it, or name another file with --db"};
}
}  // namespace

Result<StoreLock> StoreLock::take(const std::string& db_path, const std::string& command) {
  if (db_path.empty()) return StoreLock(Fd());
  const std::string path = lock_path(db_path);
  Fd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode));
  if (!file) {
    const int why = errno;
    return Error{"open " + path + ": " + std::generic_category().message(why) +
                 (why == ENOENT ? ": make its folder" : ": change its rights") +
                 ", or name another file with --db"};
  }
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return held(db_path, read_holder(file.get()));
    return Error{"lock " + path + ": " + std::generic_category().message(errno)};
  }
  const Time now = std::chrono::floor<Micros>(std::chrono::system_clock::now());
  const std::string text = "pid " + std::to_string(getpid()) + "\ncommand " +
                           command.substr(0, kCommandLimit) + "\nsince " + format_rfc3339(now) +
                           "\n";
  // A full disk may lose the text; the lock holds without it.
  if (ftruncate(file.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = pwrite(file.get(), text.data(), text.size(), 0);
  }
  return StoreLock(std::move(file));
}

std::optional<LockHolder> lock_holder(const std::string& db_path) {
  const Fd file(open(lock_path(db_path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  // A shared lock, so that two who only look don't take each other for a holder.
  if (!file || flock(file.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
    return std::nullopt;
  }
  return read_holder(file.get());
}

}  // namespace blip
