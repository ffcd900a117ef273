// Where short cuts are kept: under the skeleton's key, or under that key and what was said.

#include "agent/shortcuts.h"

#include <algorithm>
#include <cstring>

#include "parsers/plain.h"
#include "parsers/prefix.h"

namespace blip {
namespace {
constexpr size_t kLinesAtOnce = 64;  // looked up ahead between looks at whether it is enough
}

std::optional<Part> Part::of(std::string_view text, const Shape& shape) {
  if (text.empty()) return Part();
  const char* const begin = shape.line.data();
  if (text.data() < begin || text.data() + text.size() > begin + shape.line.size()) {
    return std::nullopt;
  }
  const auto from = static_cast<uint32_t>(text.data() - begin);
  const uint32_t first = shape.skeletons.place_of(shape.at, from);
  const uint32_t last =
      shape.skeletons.place_of(shape.at, from + static_cast<uint32_t>(text.size()));
  if (first == kNone || last == kNone) return std::nullopt;
  return Part{first, last};
}

std::string_view Part::in(const Shape& shape) const {
  if (!present()) return {};
  const uint32_t places[] = {begin, end};
  uint32_t bytes[2];
  shape.skeletons.bytes_at(shape.at, places, 2, bytes);
  return shape.line.substr(bytes[0], bytes[1] - bytes[0]);
}

std::optional<Spots::Layout> Spots::Layout::of(std::initializer_list<const Part*> parts,
                                               const std::vector<Part>& more) {
  std::vector<uint32_t> places;
  const auto add = [&](const Part& part) {
    if (part.present()) places.insert(places.end(), {part.begin, part.end});
  };
  for (const Part* part : parts) add(*part);
  for (const Part& part : more) add(part);
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  if (places.size() > kMost) return std::nullopt;
  Layout layout;
  layout.count = static_cast<uint32_t>(places.size());
  std::copy(places.begin(), places.end(), layout.places.begin());
  return layout;
}

Spots::Spot Spots::Layout::find(const Part& part) const {
  if (!part.present()) return {};
  const auto number = [this](uint32_t place) {
    return static_cast<uint8_t>(std::find(places.begin(), places.begin() + count, place) -
                                places.begin());
  };
  return {number(part.begin), number(part.end)};
}

uint64_t Shortcuts::way_of(uint64_t key, const Skeleton& skeleton, const Spots& spots) {
  const auto mix = [&key](uint64_t value) { key = mixed(key, value); };
  for (const Spots::Spot& spot : skeleton.said) {
    const std::string_view text = spots[spot];
    mix(text.size());
    for (size_t at = 0; at < text.size(); at += 8) {
      uint64_t value = 0;
      std::memcpy(&value, text.data() + at, std::min<size_t>(8, text.size() - at));
      mix(value);
    }
  }
  if (skeleton.prefix.present()) mix(spots[skeleton.prefix].size());
  return key;
}

void Shortcuts::learn(uint64_t key, const Shape& shape, const Record& record,
                      const Learned& learned) {
  if (record.likeness == Likeness::none || record.said.count > Record::Said::kMost) return;
  if (!known(record.time) || record.sampled || !record.boot.empty() || learned.habit == 0) return;
  if (record.line.text.data() != shape.line.data()) return;
  Shortcut way;
  Parts parts;
  const auto holds_digit = [](std::string_view text) {
    return text.find_first_of("0123456789") != text.npos;
  };
  const auto put_part = [&](std::string_view text, Part& part) {
    const std::optional<Part> found = Part::of(text, shape);
    if (found) part = *found;
    return found.has_value();
  };
  const auto say = [&](std::string_view text) {
    return !holds_digit(text) || put_part(text, parts.said.emplace_back());
  };
  const auto* const said_end = record.said.texts.data() + record.said.count;
  if (!std::all_of(record.said.texts.data(), said_end, say) || !say(record.service)) return;
  const Field* duration = nullptr;
  for (const Field& field : record.fields) {
    if (holds_digit(field.name)) return;
    if (duration == nullptr || (!is_duration(duration->name) && is_duration(field.name))) {
      duration = &field;
    }
  }
  if (may_hold_literal(shape)) return;
  if (!put_part(record.stamp, parts.stamp) || !parts.stamp.present() ||
      !put_part(record.inner_stamp, parts.inner_stamp) || !put_part(record.pid, parts.pid) ||
      !put_part(record.version, parts.version) || !put_part(record.message, way.message)) {
    return;
  }
  if (record.likeness == Likeness::by_prefix) {
    parts.prefix = {0, way.message.present() ? way.message.begin : shape.at.size};
    const char* const body = record.body.data();
    if (body >= shape.line.data() && body <= shape.line.data() + shape.line.size()) {
      const uint32_t place =
          shape.skeletons.place_of(shape.at, static_cast<uint32_t>(body - shape.line.data()));
      if (place <= parts.prefix.end) parts.prefix.begin = place;
    }
  }
  Lesson lesson;
  if (duration != nullptr) {
    lesson.duration_name = duration->name;
    if (is_duration(duration->name) && !put_part(duration->value, parts.duration)) return;
  }
  const bool constant = std::any_of(record.said.texts.data(), said_end, [&](std::string_view text) {
    return text.data() == record.version.data() && text.size() == record.version.size();
  });
  if (constant || !holds_digit(record.version)) lesson.constant_version = record.version;
  way.quality = record.quality;
  way.level = record.level;
  way.habit = learned.habit;
  way.route = learned.route;
  way.dull = learned.dull;
  const std::optional<Spots::Layout> layout =
      Spots::Layout::of({&parts.stamp, &parts.inner_stamp, &parts.pid, &parts.version,
                         &parts.duration, &parts.prefix},
                        parts.said);
  if (!layout) return;
  way.stamp = layout->find(parts.stamp);
  way.inner_stamp = layout->find(parts.inner_stamp);
  way.pid = layout->find(parts.pid);
  way.version = layout->find(parts.version);
  way.duration = layout->find(parts.duration);
  lesson.skeleton = {*layout, {}, layout->find(parts.prefix)};
  for (const Part& part : parts.said) lesson.skeleton.said.push_back(layout->find(part));
  lesson.direct = parts.said.empty() && !parts.prefix.present();
  lesson.key = key;
  Spots spots;
  spots.find(*layout, shape);
  lesson.way_key = way_of(key, lesson.skeleton, spots);
  lesson.way = std::move(way);
  learn(std::move(lesson));
}

void Shortcuts::learn_undated(uint64_t key, const Shape& shape, const Record& record) {
  const bool bare = record.message.data() == shape.line.data() &&
                    record.message.size() == shape.line.size() && record.level == Level::unknown &&
                    record.pid.empty() && record.service.empty() && record.host.empty() &&
                    record.version.empty() && record.fields.empty() && record.said.count == 0;
  if (!bare || record.format != "plain" || record.likeness == Likeness::none) return;
  if (!never_dated(shape.line) || index_.find(key) != nullptr || may_hold_literal(shape)) return;
  Lesson lesson;
  lesson.key = key;
  lesson.direct = true;
  lesson.way.undated = true;
  learn(std::move(lesson));
}

bool Shortcuts::may_hold_literal(const Shape& shape) {
  traces_.scan(shape.skeletons.skeleton_of(shape.at), hits_);
  return !hits_.empty();
}

void Shortcuts::learn(Lesson lesson) {
  if (put_off_) {
    lessons_.push_back(std::move(lesson));
  } else {
    put(std::move(lesson));
  }
}

void Shortcuts::take_in() {
  for (Lesson& lesson : lessons_) put(std::move(lesson));
  lessons_.clear();
}

void Shortcuts::put(Lesson lesson) {
  if (entries_.size() + 2 > kMost || texts_.size() + 2 > kMost) forget();
  Shortcut& shortcut = lesson.way;
  if (!lesson.duration_name.empty()) shortcut.duration_name = number_of(lesson.duration_name);
  if (!lesson.constant_version.empty()) {
    shortcut.constant_version = number_of(lesson.constant_version);
  }
  const bool direct = lesson.direct;
  const uint32_t* found = index_.find(lesson.key);
  if (found == nullptr) {
    index_.put(lesson.key, static_cast<uint32_t>(entries_.size()));
    entries_.push_back(
        {direct, 0, 0, std::move(lesson.skeleton), direct ? std::move(shortcut) : Shortcut()});
    if (direct) return;
  } else {
    Entry& known = entries_[*found];
    if (shortcut.undated || known.direct != direct || !(known.skeleton == lesson.skeleton)) return;
    if (direct) {
      known.way = std::move(shortcut);
      return;
    }
  }
  found = index_.find(lesson.way_key);
  if (found != nullptr) {
    entries_[*found].way = std::move(shortcut);
    return;
  }
  index_.put(lesson.way_key, static_cast<uint32_t>(entries_.size()));
  entries_.push_back({true, 0, 0, {}, std::move(shortcut)});
}

void Shortcuts::look_ahead(std::string_view text, const Skeletons& skeletons, uint32_t habit,
                           const std::function<bool()>& enough, Ahead& ahead) {
  const std::vector<Skeletons::Line>& lines = skeletons.lines();
  ahead.found.clear();
  ahead.forgotten = forgotten_;
  uint32_t used = 0;  // of ahead.bytes
  Spots spots;
  for (size_t i = 0; i < lines.size() && (i % kLinesAtOnce != 0 || !enough()); ++i) {
    if (i + kSoon < lines.size()) {
      soon(key_of(lines[i + kSoon].hash, habit));
      sooner(key_of(lines[i + kSooner].hash, habit));
    }
    const Skeletons::Line& line = lines[i];
    const uint32_t size = line.end - line.begin;
    Ahead::Found& one = ahead.found.emplace_back(Ahead::Found{kNone, used, habit});
    if (habit == 0 || size > kMostBytes) continue;
    if (ahead.bytes.size() < used + Spots::kMost) ahead.bytes.resize(2 * (used + Spots::kMost));
    const Shape shape{text.substr(line.begin, size), skeletons, line};
    one.entry = find_entry(key_of(line.hash, habit), shape, spots, ahead.bytes.data() + used);
    if (one.entry == kNone) continue;
    used += spots.count();
    const Shortcut& way = entries_[one.entry].way;
    if (!way.undated) habit = way.habit;
  }
  ahead.habit = habit;
}

void Shortcuts::clear() {
  lessons_.clear();
  forget();
}

void Shortcuts::forget() {
  index_.clear();
  entries_.clear();
  texts_.clear();
  ++forgotten_;
}

uint32_t Shortcuts::number_of(std::string_view text) {
  auto found = std::find(texts_.begin(), texts_.end(), text);
  if (found == texts_.end()) found = texts_.emplace(found, text);
  return static_cast<uint32_t>(found - texts_.begin()) + 1;
}

}  // namespace blip
