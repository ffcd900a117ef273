// A file as text that can be read anywhere: a plain one as it is, at no cost; another by turning
// its bytes into text from the nearest place that is remembered. Offsets are those of the text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "tailer/text_form.h"

namespace blip {

// pread(2) until `size` bytes are there, or the file ends.
Result<size_t> read_at(int fd, uint64_t offset, char* to, size_t size);

// Of one file, over as many descriptors as it takes. A default-constructed one knows nothing yet.
class TextView {
 public:
  // The file is now `bytes` long: how much text is in it, as far as that is known; at least up to
  // 16 MiB behind `wanted`, if there is so much. An unfinished character or record at its end is
  // not counted. A file that got shorter is looked at anew.
  uint64_t size(int fd, uint64_t bytes, uint64_t wanted);
  // Up to `size` bytes of text; fewer at the end.
  Result<size_t> read(int fd, uint64_t offset, char* to, size_t size) {
    return plain() ? read_at(fd, offset, to, size) : read_text(fd, offset, to, size);
  }

  // Also while it is not known yet: undecided() says so.
  bool plain() const { return !form_ || *form_ == TextForm::plain; }
  bool undecided() const { return !form_; }
  bool records() const { return form_ == TextForm::docker_local; }
  // No text will ever come of what stands behind the known text.
  bool damaged() const { return damaged_; }
  // Bytes of the file behind the known text, of `bytes` in all.
  uint64_t rest(uint64_t bytes) const { return bytes - std::min(bytes, end_.bytes); }
  // About where in the file this text stands; exact at its end, damaged bytes counted as passed.
  uint64_t bytes_before(uint64_t offset) const {
    if (plain()) return offset;
    if (offset < end_.text) return place(offset).bytes;
    return damaged_ ? bytes_ : end_.bytes;
  }

 private:
  struct Place {
    uint64_t text = 0, bytes = 0;
  };
  // The one before `offset`.
  const Place& place(uint64_t offset) const;
  Result<size_t> read_text(int fd, uint64_t offset, char* to, size_t size);
  void go_on(int fd, uint64_t wanted);
  void remember(Place at);

  std::optional<TextForm> form_;
  bool damaged_ = false;
  uint64_t bytes_ = 0;  // the file's, as last told
  Place end_;           // of the known text
  std::vector<Place> places_;
  uint64_t stride_ = 0;
};

}  // namespace blip
