// A stream may hold several programs. Names split it, and where there are none, the shapes of their
// time stamps keep them apart as lanes of one service:
//
//   2023-07-01 00:00:03,371 - shop.main - INFO - ...     lane "0000-00-00 0"
//   1688169607.113175 lookup key=08223 size=4093 437us   lane "0000000000.0"
//   Traceback (most recent call last):                   no stamp: the lane of the line before
//   blip_probe=1 time=... service=nginx ...              about nginx, not by it: "blip_probe"

#include "agent/lanes.h"

namespace blip {
namespace {
constexpr size_t kShape = 12;  // bytes of a line that show its stamp's shape

// Digits as 0, letters as a: "[2020-05-05 1" -> "[0000-00-00 0".
void set_shape(std::string_view text, std::string& shape) {
  shape.resize(std::min(kShape, text.size()));
  for (size_t i = 0; i < shape.size(); ++i) {
    const char c = text[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    shape[i] = c >= '0' && c <= '9' ? '0' : letter ? 'a' : c;
  }
}
}  // namespace

Lanes::Place Lanes::place(const Record& record) {
  const bool dated = known(record.time);
  if (dated) time_ = record.time;
  const TimeQuality quality = dated          ? record.quality
                              : known(time_) ? TimeQuality::estimated
                                             : TimeQuality::none;
  if (same_as_before(record, dated)) return {service_, lane_, turn_, time_, quality};
  before_.first = service_;
  before_.second = lane_;
  const bool named = !record.service.empty();
  if (named && record.service != named_) named_ = record.service;
  if (!forced_.empty()) {
    service_ = forced_;
  } else if (named) {
    service_ = named_;
  } else if (service_.empty() || dated) {
    service_ = named_.empty() ? fallback_ : named_;
  }
  if (record.sampled) {
    lane_ = record.format;  // its pids are the sampler's choice, not those of the service's lines
  } else if (named || record.format == "docker_json") {
    lane_.clear();
  } else if (dated && record.format == "plain") {
    set_shape(record.line.text, lane_);
  } else if (dated) {
    lane_ = record.format;
  }
  format_ = record.format;
  if (turn_ == 0 || before_.first != service_ || before_.second != lane_) ++turn_;
  return {service_, lane_, turn_, time_, quality};
}

// The short cut for steady streams: nothing that decides the place has changed.
bool Lanes::same_as_before(const Record& record, bool dated) const {
  return turn_ > 0 && dated && record.format == format_ && record.format != "plain" &&
         (record.service.empty() ? named_.empty() : record.service == named_);
}

void Lanes::save(StateWriter& out) const {
  out.text(named_);
  out.text(service_);
  out.text(lane_);
  out.time(time_);
}

void Lanes::restore(StateReader& in) {
  named_ = in.text();
  service_ = in.text();
  lane_ = in.text();
  time_ = in.time();
}

}  // namespace blip
