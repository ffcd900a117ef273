// Preloaded into the agent: what a stale cache of a network file system does. A file's size goes
// back to what it was a while ago, now and then, and its time of change with it.

#include <dlfcn.h>
#include <sys/stat.h>

#include <atomic>

extern "C" __attribute__((visibility("default"))) int statx(int folder, const char* path, int flags,
                                                            unsigned mask,
                                                            struct statx* info) noexcept {
  using Statx = int (*)(int, const char*, int, unsigned, struct statx*);
  static const auto real = reinterpret_cast<Statx>(dlsym(RTLD_NEXT, "statx"));
  static std::atomic<unsigned> calls = 0;
  const int result = real(folder, path, flags, mask, info);
  const bool log = result == 0 && (info->stx_mode & S_IFMT) == S_IFREG;
  if (log && ++calls % 3 == 0) {
    info->stx_size -= info->stx_size / (2 + calls % 5);
    info->stx_mtime.tv_sec -= 1;
  }
  return result;
}
