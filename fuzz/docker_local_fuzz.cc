// Any bytes as records of Docker's local log driver, and as UTF-16: in one piece, in pieces, and
// read from anywhere. Must not crash, and must give the same text.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tailer/text_view.h"

namespace blip {
namespace {
// As it comes from a file that grows by `step` bytes.
std::string grown(TextForm form, std::string_view bytes, size_t step, size_t enough) {
  std::string text;
  size_t at = 0;
  for (size_t end = 0; end < bytes.size();) {
    end = std::min(bytes.size(), end + step);
    for (;;) {
      const TextPart part = to_text(form, at, bytes.substr(at, end - at), enough, text);
      if (part.taken > end - at) std::abort();
      at += part.taken;
      if (part.damaged) return text;
      if (part.taken == 0) break;
      enough += text.size();
    }
  }
  return text;
}
}  // namespace
}  // namespace blip

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using blip::TextForm;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const TextForm form : {TextForm::docker_local, TextForm::utf16_le, TextForm::utf16_be}) {
    const std::string whole = blip::grown(form, bytes, size, SIZE_MAX / 2);
    if (whole.size() > 6 * size + 200 * (size / 8 + 1)) std::abort();
    if (blip::grown(form, bytes, 1 + size % 7, 1) != whole) std::abort();
  }
  // The same through a file, whatever form it seems to have.
  static const int file = [] {
    std::string name = "/tmp/blip-fuzz-XXXXXX";
    const int fd = ::mkstemp(name.data());
    ::unlink(name.c_str());
    return fd;
  }();
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, data, size, 0) < 0) return 0;
  blip::TextView view;
  uint64_t known = view.size(file, size / 2, 0);
  if (view.undecided()) known = 0;
  const uint64_t end = view.size(file, size, UINT64_MAX);
  if (end < known) std::abort();
  std::string text(end + 1, '?');
  const blip::Result<size_t> got = view.read(file, 0, text.data(), text.size());
  if (!got || *got != end) std::abort();
  const uint64_t from = end / 3;
  std::string part(end + 1, '?');
  const blip::Result<size_t> some = view.read(file, from, part.data(), part.size());
  if (!some || *some != end - from || part.compare(0, *some, text, from, *some) != 0) std::abort();
  return 0;
}
