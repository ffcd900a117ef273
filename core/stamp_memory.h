// Reads the time stamps of one stream, whose lines come in bursts: a stamp with the text of the one
// before is the same time, and one that differs from it in its fraction is that much later.
//
//   2014-06-24T19:50:53.|006354514|Z"     head, digits, and what follows with one byte more
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"

namespace blip {

class StampMemory {
 public:
  // As parse_stamp(text, context), as long as utc_offset, latest and zone stay.
  std::optional<Stamp> read(std::string_view text, const TimeContext& context) {
    if (!head_.empty() && begins(text, head_) && near_enough(context)) {
      std::string_view rest = text;
      rest.remove_prefix(head_.size());
      int64_t micros = 0;
      if (fraction_) {
        const size_t before = rest.size();
        micros = take_fraction(rest);
        if (rest.size() == before) return learn(text, context);
      }
      if (begins(rest, tail_)) {
        rest.remove_prefix(tail_.size() - 1);  // its last byte is behind the stamp
        if (!may_go_on(rest)) {
          const size_t length = text.size() - rest.size();
          return Stamp{base_ + Micros(micros), static_cast<uint32_t>(length), zone_,
                       std::string_view(text.data(), length)};
        }
      }
    }
    return learn(text, context);
  }
  void forget() { head_.clear(); }

 private:
  static constexpr std::chrono::hours kNear{24};
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  // starts_with(), without a call for so few bytes.
  static bool begins(std::string_view text, std::string_view with) {
    const size_t size = with.size();
    if (text.size() < size) return false;
    if (size < 8) return std::equal(with.begin(), with.end(), text.begin());
    const auto differ = [&](size_t at) {
      uint64_t a = 0, b = 0;
      std::memcpy(&a, text.data() + at, sizeof a);
      std::memcpy(&b, with.data() + at, sizeof b);
      return a ^ b;
    };
    uint64_t difference = differ(size - 8);
    for (size_t at = 0; at + 8 < size; at += 8) difference |= differ(at);
    return difference == 0;
  }

  // Leading digits, as those behind a second's point; beyond the microsecond they add nothing.
  static int64_t take_fraction(std::string_view& text) {
    int64_t micros = 0, unit = 100'000;
    for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), unit /= 10) {
      micros += unit * (text[0] - '0');
    }
    return micros;
  }

  // A year that is not written is that nearest to the time before: from there it stays the same.
  bool near_enough(const TimeContext& context) const {
    return known(context.near) && context.near - base_ < kNear && base_ - context.near < kNear;
  }

  // Digits behind a stamp may be a zone or a year in one line and none in another.
  static bool may_go_on(std::string_view behind) {
    const auto begins = [](char c) { return is_digit(c) || c == '+' || c == '-'; };
    return begins(behind[0]) || (behind[0] == ' ' && behind.size() > 1 && begins(behind[1]));
  }

  std::optional<Stamp> learn(std::string_view text, const TimeContext& context) {
    head_.clear();
    const std::optional<Stamp> stamp = parse_stamp(text, context);
    // Something must tell where it ends.
    if (!stamp || stamp->length >= text.size()) return stamp;
    if (may_go_on(text.substr(stamp->length))) return stamp;
    const std::string_view whole = text.substr(0, stamp->length + 1);
    size_t point = whole.find_first_of(".,");
    if (point != whole.npos && (point == 0 || !is_digit(whole[point - 1]) ||
                                point + 1 >= stamp->length || !is_digit(whole[point + 1]))) {
      point = whole.npos;
    }
    fraction_ = point != whole.npos;
    head_ = whole.substr(0, fraction_ ? point + 1 : whole.size() - 1);
    std::string_view rest = whole.substr(head_.size());
    const int64_t micros = fraction_ ? take_fraction(rest) : 0;
    tail_ = rest;
    base_ = stamp->time - Micros(micros);
    zone_ = stamp->has_zone;
    return stamp;
  }

  std::string head_, tail_;
  bool fraction_ = false, zone_ = false;
  Time base_ = kNoTime;
};

}  // namespace blip
