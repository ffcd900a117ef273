// Bytes on the heap, with exactly as many readable bytes behind them as promised: the sanitizer
// sees what reads further.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>

namespace blip {

class ExactBytes {
 public:
  explicit ExactBytes(std::string_view text, size_t padding = 0)
      : bytes_(new char[text.size() + padding]), size_(text.size()) {
    if (!text.empty()) std::memcpy(bytes_.get(), text.data(), text.size());
    std::memset(bytes_.get() + text.size(), '\xa5', padding);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_;
};

}  // namespace blip
