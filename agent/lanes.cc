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
  catch_up();
  const bool dated = known(record.time);
  if (dated) time_ = record.time;
  const TimeQuality quality = dated          ? record.quality
                              : known(time_) ? TimeQuality::estimated
                                             : TimeQuality::none;
  auto& [service, lane] = owner_;
  if (same_as_before(record, dated) || goes_along(record, dated)) {
    return {service, lane, place_, time_, quality};
  }
  const bool named = !record.service.empty();
  if (named && record.service != named_) name(record.service);
  if (!forced_.empty() || named || dated || service.empty()) service = service_now();
  if (record.sampled) {
    lane = record.format;  // its pids are the sampler's choice, not those of the service's lines
  } else if (named || record.format == "docker_json") {
    lane.clear();
  } else if (dated && record.format == "plain") {
    set_shape(record.line.text, lane);
  } else if (dated) {
    lane = record.format;
  }
  by_name_ = named;
  dated_ = dated;
  format_ = record.format;
  format_name_ = record.format.data();
  find_place();
  return {service, lane, place_, time_, quality};
}

void Lanes::name(std::string_view service) {
  named_ = service;
  ++names_;
}

const std::string& Lanes::service_now() const {
  return !forced_.empty() ? forced_ : named_.empty() ? fallback_ : named_;
}

void Lanes::find_place() {
  if (place_ < owners_.size() && *owners_[place_] == owner_) return;
  auto found = numbers_.find(owner_);
  if (found == numbers_.end() && numbers_.size() < kMaxPlaces) {
    found = numbers_.emplace(owner_, static_cast<uint32_t>(numbers_.size())).first;
    owners_.push_back(&found->first);
  }
  place_ = found == numbers_.end() ? kMaxPlaces - 1 : found->second;
}

// The short cut for steady streams: nothing that decides the place has changed.
bool Lanes::same_as_before(const Record& record, bool dated) const {
  return place_ < owners_.size() && dated && dated_ && record.format == format_ &&
         record.format != "plain" &&
         (record.service.empty() ? named_.empty() : by_name_ && record.service == named_);
}

// Likewise for lines of a trace: the second without a time, and without a name.
bool Lanes::goes_along(const Record& record, bool dated) const {
  return place_ < owners_.size() && !dated && !dated_ && !by_name_ && record.service.empty() &&
         !record.sampled && record.format.data() == format_name_ &&
         record.format != "docker_json" && !owner_.first.empty() && *owners_[place_] == owner_;
}

std::optional<Lanes::Route> Lanes::route(const Record& record) const {
  if (*owners_[place_] != owner_) return std::nullopt;  // of those without a number of their own
  const bool named = !record.service.empty();
  return Route{place_, record.format, names_, named, !named && record.format == "plain"};
}

bool Lanes::leads(const Route& route, std::string_view line) {
  if (route.by_name) return true;
  const auto& [service, lane] = *owners_[route.place];
  if (route.names != names_) {
    catch_up();
    if (service != service_now()) return false;
  }
  if (!route.by_shape) return true;
  set_shape(line, shape_);
  return shape_ == lane;
}

void Lanes::passed(const Route& route, Time time) {
  time_ = time;
  dated_ = true;
  const bool alike = route.place == place_ && route.by_name == by_name_;
  if (alike && route.format.data() == format_name_) return;
  format_name_ = route.format.data();
  place_ = route.place;
  by_name_ = route.by_name;
  passed_ = route.format;
  if (!route.by_name) return;
  latest_named_ = place_;
  ++names_;
}

// What place() needs of the lines that went by since.
void Lanes::catch_up() {
  if (passed_.empty()) return;
  owner_ = *owners_[place_];
  format_ = passed_;
  passed_ = {};
  if (latest_named_ != kNone && forced_.empty()) named_ = owners_[latest_named_]->first;
  latest_named_ = kNone;
}

void Lanes::save(StateWriter& out) {
  catch_up();
  out.text(named_);
  out.text(owner_.first);
  out.text(owner_.second);
  out.time(time_);
}

void Lanes::restore(StateReader& in) {
  named_ = in.text();
  owner_.first = in.text();
  owner_.second = in.text();
  time_ = in.time();
}

}  // namespace blip
