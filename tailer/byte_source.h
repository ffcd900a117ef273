// The text of one file: plain, gzip, Zstandard or standard input, and in any form of text_form.h;
// told by its first bytes, not by its name.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "core/result.h"

namespace blip {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Reads up to `size` bytes; 0 at the end. An error ("truncated gzip ...") comes after all bytes
  // that could be unpacked were given.
  virtual Result<size_t> read(char* to, size_t size) = 0;
  // Bytes taken from the disk so far (packed), for progress.
  virtual uint64_t taken() const = 0;
};

// Opens `path` ("-": standard input). The error names the path and what to do.
Result<std::unique_ptr<ByteSource>> open_bytes(const std::string& path);

// Do these first bytes of a file look like a program, an image, a database: anything but a log?
bool looks_binary(std::string_view head);

}  // namespace blip
