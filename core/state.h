// State of sensors and judges as bytes: fields in fixed order, little-endian, a checksum at the
// end. A blob names its owner and version; another version or a bad sum is refused, never
// converted, and the owner starts anew. Reading is bounds-checked: a damaged store must not crash
// blip.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/hash.h"
#include "core/time.h"

namespace blip {

class StateWriter {
 public:
  void u64(uint64_t value) {
    for (int i = 0; i < 8; ++i) bytes_ += static_cast<char>(value >> (8 * i));
  }
  void i64(int64_t value) { u64(static_cast<uint64_t>(value)); }
  void f64(double value) { u64(std::bit_cast<uint64_t>(value)); }
  void flag(bool value) { bytes_ += value ? '\1' : '\0'; }
  void time(Time value) { i64(to_us(value)); }
  void text(std::string_view value) {
    u64(value.size());
    bytes_ += value;
  }
  // The finished blob.
  std::string seal(std::string_view owner, uint32_t version) const {
    StateWriter out;
    out.text(owner);
    out.u64(version);
    out.text(bytes_);
    out.u64(hash_of(out.bytes_));
    return std::move(out.bytes_);
  }

 private:
  std::string bytes_;
};

// Every read past the end, or of an impossible length, sets !ok() and yields zero.
class StateReader {
 public:
  // Checks owner, version and sum; !ok() if any differs.
  StateReader(std::string_view blob, std::string_view owner, uint32_t version) : rest_(blob) {
    const std::string_view summed = blob.substr(0, blob.size() < 8 ? 0 : blob.size() - 8);
    const bool right = text() == owner && u64() == version;
    const std::string_view body = text();
    ok_ = ok_ && right && u64() == hash_of(summed) && rest_.empty();
    rest_ = ok_ ? body : std::string_view();
  }
  uint64_t u64() {
    if (!take(8)) return 0;
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) {
      value |= static_cast<uint64_t>(static_cast<unsigned char>(taken_[i])) << (8 * i);
    }
    return value;
  }
  int64_t i64() { return static_cast<int64_t>(u64()); }
  double f64() { return std::bit_cast<double>(u64()); }
  bool flag() { return take(1) && taken_[0] != '\0'; }
  Time time() { return time_from_us(i64()); }
  std::string_view text() {
    const uint64_t size = u64();
    return take(size) ? taken_ : std::string_view();
  }
  // A number of elements that follow, each of at least one byte: refuses lengths that cannot be.
  uint64_t count() {
    const uint64_t n = u64();
    if (n <= rest_.size()) return n;
    ok_ = false;
    return 0;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  bool take(uint64_t n) {
    if (!ok_ || n > rest_.size()) {
      ok_ = false;
      return false;
    }
    taken_ = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return true;
  }
  std::string_view rest_, taken_;
  bool ok_ = true;
};

}  // namespace blip
