// The bytes of a packed file or a pipe, whose first ones can be looked at before they are read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tailer/byte_source.h"

namespace blip {

class UnpackedBytes : public ByteSource {
 public:
  explicit UnpackedBytes(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  Result<size_t> read(char* to, size_t size) override;
  uint64_t taken() const override { return source_->taken(); }

  // The bytes that come next, at least `size` of them if there are so many.
  std::string_view head(size_t size);
  // Up to the first newline, at most `most` bytes.
  std::string_view first_line(size_t most);
  // Goes on to `offset`; false if the end comes first. The last KiB passed is in passed().
  bool skip_to(uint64_t offset);
  std::string_view passed() const { return passed_; }
  // Over NULs at the beginning; how many there were.
  uint64_t skip_nuls();

  uint64_t offset() const { return offset_; }
  const std::optional<Error>& error() const { return error_; }  // met ahead of what was read

 private:
  bool fetch();  // more into head_; false at the end

  std::unique_ptr<ByteSource> source_;
  std::string head_;
  size_t begin_ = 0;  // of what is left of it
  std::string passed_;
  uint64_t offset_ = 0;
  std::optional<Error> error_;
  bool at_end_ = false;
};

}  // namespace blip
