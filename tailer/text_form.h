// Files whose bytes are not UTF-8 lines, and how they become such. Everything behind this, offsets
// and markers and keys among it, is about the text, not about the bytes it was made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blip {

enum class TextForm : uint8_t {
  plain,         // as it is
  utf16_le,      // with its byte order mark, or seen to be by its first two characters
  utf16_be,      // likewise
  docker_local,  // the records of Docker's `local` log driver
};

// What a file that begins so holds. Nothing: kTextHead bytes or fewer don't tell yet.
std::optional<TextForm> text_form(std::string_view head);
inline constexpr size_t kTextHead = 13;

// One character or one record is never longer.
inline constexpr size_t kTextUnit = (1 << 20) + 8;

struct TextPart {
  size_t taken = 0;      // bytes that became text; what is left of them is not whole
  bool damaged = false;  // it never will be
};
// Appends the text of `bytes`, which stand at `at` of their file, to `text`, until that holds
// `enough`. What comes out does not depend on where `bytes` end, nor on `enough`.
TextPart to_text(TextForm form, uint64_t at, std::string_view bytes, size_t enough,
                 std::string& text);

}  // namespace blip
