// One open, one or two reads, one close:
//
//   MemTotal:       24684092 kB          number_of(text, "MemTotal") = 24684092
//   anon 12288                           number_of(text, "anon") = 12288

#include "tailer/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "core/fd.h"

namespace blip {

int read_small_file(const std::string& path, std::string& out) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    out.clear();
    return errno;
  }
  out.resize(4096);
  size_t size = 0;
  for (;;) {
    const ssize_t n = ::read(file.get(), out.data() + size, out.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {  // a process that ended in between: ESRCH
      const int why = errno;
      out.clear();
      return why;
    }
    size += static_cast<size_t>(n);
    if (n == 0 || size >= kSmallFile) break;
    if (size == out.size()) out.resize(2 * size);
  }
  out.resize(size);
  return 0;
}

std::optional<uint64_t> number_in(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

std::optional<uint64_t> number_of(std::string_view text, std::string_view key) {
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    if (end == std::string_view::npos) end = text.size();
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    if (line.empty() || (line[0] != ':' && line[0] != ' ')) continue;
    const size_t digits = line.find_first_not_of(": \t");
    if (digits != std::string_view::npos) return number_in(line.substr(digits));
  }
  return std::nullopt;
}

}  // namespace blip
