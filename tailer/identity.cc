// An inode number alone is no identity: on ext4 the next file made gets the number of the one just
// removed, nearly always.
//
//   unlink app.log, create app.log:   dev 254:0   ino 131077   born 12:00:01.0  ->  12:07:45.2
//
// Birth time tells them apart, and on ext4 and its kin so does the generation. Network file systems
// have neither; there the bytes before the offset decide (follower.cc).

#include "tailer/identity.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "core/fd.h"

namespace blip {
namespace {
int64_t nanoseconds(const statx_timestamp& stamp) {
  return stamp.tv_sec * 1'000'000'000LL + stamp.tv_nsec;
}

std::optional<FileLook> look(int fd, const char* path, int flags) {
  struct statx info {};
  if (::statx(fd, path, flags, STATX_BASIC_STATS | STATX_BTIME, &info) != 0) return std::nullopt;
  FileLook look;
  look.id.dev = makedev(info.stx_dev_major, info.stx_dev_minor);
  look.id.ino = info.stx_ino;
  if (info.stx_mask & STATX_BTIME) look.id.born_ns = nanoseconds(info.stx_btime);
  look.size = info.stx_size;
  look.mtime_ns = nanoseconds(info.stx_mtime);
  look.links = info.stx_nlink;
  look.regular = S_ISREG(info.stx_mode);
  return look;
}
}  // namespace

std::optional<FileLook> look_at(const std::string& path) { return look(AT_FDCWD, path.c_str(), 0); }
std::optional<FileLook> look_at(int fd) { return look(fd, "", AT_EMPTY_PATH); }

uint32_t generation_of(int fd) {
  // Declared as a long, written as an int by most file systems.
  uint32_t version[2] = {};
  return ::ioctl(fd, FS_IOC_GETVERSION, version) == 0 ? version[0] : 0;
}

std::optional<bool> another_generation(const std::string& path, const FileIdentity& than) {
  if (than.generation == 0) return false;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return std::nullopt;
  const uint32_t now = generation_of(fd.get());
  return now != 0 && now != than.generation;
}

bool same_file(const FileIdentity& a, const FileIdentity& b) {
  if (!a.known() || a.dev != b.dev || a.ino != b.ino) return false;
  if (a.born_ns != 0 && b.born_ns != 0 && a.born_ns != b.born_ns) return false;
  return a.generation == 0 || b.generation == 0 || a.generation == b.generation;
}

}  // namespace blip
