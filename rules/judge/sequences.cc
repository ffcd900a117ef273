// What a user's rule tells of several lines (rules/sequence.h): so many within a time, one after
// another, one that stays away. For each key (the values of `by`) by itself:
//
//   count: 3, within: 10m, by: ip     10:00 login failed 7.7.7.7   1
//                                     10:04 login failed 7.7.7.7   2
//                                     10:05 login failed 8.8.8.8   1
//                                     10:09 login failed 7.7.7.7   3: told, and quiet until 10:19
//
//   not_followed_by: done, within: 30s     10:00:00 job 7 begins   waits until 10:00:30
//                                          10:00:31 ...            told, with the line of 10:00:00
//
// Time is the logs' own. A deadline has passed when anything of the service, or enough of the other
// logs, is later (Docket::has_come). Lines without a time take no part.

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "core/anchor_state.h"
#include "rules/judge/judge.h"
#include "rules/judge/span_text.h"
#include "rules/sequence.h"

namespace blip {
namespace {
constexpr size_t kMostRules = 1024;   // of one service, by their terms
constexpr size_t kMostKeys = 4096;    // of one rule; those heard of last stay
constexpr size_t kMostHeld = 65'536;  // lines counted at once, over all keys of a rule
constexpr size_t kMostTold = 10'000;  // events of one rule; the latest stay
constexpr size_t kRows = 4;           // lines quoted: the latest
constexpr Micros kInstant{1};

struct Row {
  Anchor at;
  Time time = kNoTime;
  TimeQuality quality = TimeQuality::none;
  std::string text;
};

struct Counted {
  Time time;
  uint64_t value = 0;  // with `distinct`: each stands once, with its latest time
};

struct Key {
  std::deque<Counted> window;  // at most `count` of them, none older than `within`
  std::deque<Row> rows;        // the latest lines
  bool reached = false;        // enough lines came; waiting for what follows
  Time first = kNoTime, reached_at = kNoTime;
  Time quiet_until = kNoTime;
  uint64_t untold = 0;   // lines, or pairs, that the quiet swallowed since the last event
  Time heard = kNoTime;  // of its latest line
};

struct Rule {
  std::string id;
  Terms terms;
  std::map<std::string, Key, std::less<>> keys;
  size_t held = 0;  // entries of all windows
  std::deque<Event> told;
};

Row row_of(const Signal& signal) { return {signal.at, signal.time, signal.quality, signal.text}; }

void forget(Key& key) {
  key.window.clear();
  key.rows.clear();
  key.reached = false;
}

bool is_late(const Rule& rule, const Key& key, Time now) {
  return key.reached && now > key.reached_at + rule.terms.within;
}

// `at`: the line it is told of. `end`: what follows was waited for until then; else kNoTime.
Event event_of(const Rule& rule, std::string_view name, const Key& key, const Row& at, Time end) {
  Event event;
  event.kind = EventKind::match;
  event.at = at.at;
  event.id = event_id(at.at, event.kind, rule.id);
  event.time = at.time;
  event.end = end;
  event.quality = at.quality;
  event.severity = rule.terms.severity;
  event.title = rule.terms.title;
  std::string values;
  for (const std::string& by : rule.terms.by) {
    const std::string_view value = name.substr(0, name.find(kKeyJoint));
    name.remove_prefix(std::min(name.size(), value.size() + 1));
    event.attributes[by] = std::string(value);
    if (!value.empty()) values.append(" ").append(value);
  }
  if (!values.empty()) event.title += ":" + values;
  event.attributes["rule"] = rule.id;
  event.attributes["count"] = static_cast<int64_t>(rule.terms.count);
  event.attributes["seconds"] = seconds_of((known(end) ? end : at.time) - key.first);
  if (key.untold > 0) event.attributes["untold"] = static_cast<int64_t>(key.untold);
  for (const Row& row : key.rows) {
    event.evidence.push_back({.signal = "match",
                              .weight = 0,
                              .at = row.at,
                              .file = {},
                              .time = row.time,
                              .text = row.text});
  }
  if (known(end)) {
    event.evidence.push_back({.signal = "absence",
                              .weight = 0,
                              .at = {},
                              .file = {},
                              .time = end,
                              .text = "what was to follow did not come within " +
                                      time_span(seconds_of(rule.terms.within))});
  }
  return event;
}

void tell(Rule& rule, std::string_view name, Key& key, const Row& at, Time end) {
  const Time now = known(end) ? end : at.time;
  if (known(key.quiet_until) && now < key.quiet_until) {
    ++key.untold;
  } else {
    rule.told.push_back(event_of(rule, name, key, at, end));
    if (rule.told.size() > kMostTold) rule.told.pop_front();
    key.quiet_until = now + rule.terms.cooldown;
    key.untold = 0;
  }
  forget(key);
}

// What was waited for and cannot come in time any more.
void expire(Rule& rule, std::string_view name, Key& key, Time now) {
  if (!is_late(rule, key, now)) return;
  if (rule.terms.next == Follow::unwanted) {
    const Row at = key.rows.back();
    tell(rule, name, key, at, key.reached_at + rule.terms.within);
  } else {
    key.reached = false;
  }
}

// A line of the rule.
void count(Rule& rule, std::string_view name, Key& key, const Signal& signal) {
  const Terms& terms = rule.terms;
  const Time now = signal.time;
  if (terms.next == Follow::unwanted && key.reached) {
    if (!terms.itself) return;  // one wait at a time: it speaks for those that come meanwhile
    key.reached = false;
  }
  if (terms.next == Follow::none && known(key.quiet_until) && now < key.quiet_until) {
    ++key.untold;
    return;
  }
  if (terms.distinct) {
    std::erase_if(key.window, [&](const Counted& one) { return one.value == signal.fingerprint; });
  }
  key.window.push_back({now, signal.fingerprint});
  while (key.window.size() > terms.count ||
         (terms.count > 1 && now - key.window.front().time > terms.within)) {
    key.window.pop_front();
  }
  key.rows.push_back(row_of(signal));
  if (key.rows.size() > kRows) key.rows.pop_front();
  if (key.window.size() < terms.count) return;
  key.first = key.window.front().time;
  if (terms.next == Follow::none) return tell(rule, name, key, row_of(signal), kNoTime);
  key.reached = true;
  key.reached_at = now;
}

// What is to follow.
void follow(Rule& rule, std::string_view name, Key& key, const Signal& signal) {
  if (rule.terms.next == Follow::unwanted) return forget(key);
  if (!key.reached) return;
  key.rows.push_back(row_of(signal));
  tell(rule, name, key, row_of(signal), kNoTime);
}

bool is_idle(const Rule& rule, const Key& key, Time now) {
  if (key.reached || (known(key.quiet_until) && now < key.quiet_until)) return false;
  return key.window.empty() || now - key.window.back().time > rule.terms.within;
}

// Room for more: without those of whom nothing is awaited, then without those heard of longest ago.
void make_room(Rule& rule, Time now) {
  constexpr size_t kKeysAfter = kMostKeys / 8 * 7, kHeldAfter = kMostHeld / 8 * 7;
  std::vector<std::pair<Time, std::string>> rest;
  rule.held = 0;
  for (auto at = rule.keys.begin(); at != rule.keys.end();) {
    expire(rule, at->first, at->second, now);
    if (is_idle(rule, at->second, now)) {
      at = rule.keys.erase(at);
      continue;
    }
    rule.held += at->second.window.size();
    rest.emplace_back(at->second.heard, at->first);
    ++at;
  }
  std::sort(rest.begin(), rest.end());
  for (const auto& [heard, name] : rest) {
    if (rule.keys.size() <= kKeysAfter && rule.held <= kHeldAfter) break;
    const auto found = rule.keys.find(name);
    rule.held -= found->second.window.size();
    rule.keys.erase(found);
  }
}

class Sequences : public Judge {
 public:
  void weigh(const Signal& signal) override {
    if (!known(signal.time)) return;
    latest_ = std::max(latest_, signal.time);
    if (signal.kind != SignalKind::rule_line) return;
    Rule* const rule = rule_of(signal);
    if (rule == nullptr) return;
    const bool next = signal.subject.starts_with(kNextOf);
    auto found = rule->keys.find(signal.frame);
    if (found == rule->keys.end()) {
      if (next) return;
      if (rule->keys.size() >= kMostKeys) make_room(*rule, signal.time);
      found = rule->keys.emplace(signal.frame, Key()).first;
    }
    auto& [name, key] = *found;
    const size_t before = key.window.size();
    expire(*rule, name, key, signal.time);
    (next ? follow : count)(*rule, name, key, signal);
    key.heard = signal.time;
    rule->held += key.window.size();
    rule->held -= before;
    if (rule->held >= kMostHeld) make_room(*rule, signal.time);
  }

  void settle(Docket& docket) override {
    const auto add = [&docket](Event event) {
      event.service = docket.service;
      docket.events.push_back(std::move(event));
    };
    for (const auto& [terms, rule] : rules_) {
      for (const Event& event : rule.told) add(event);
      if (rule.terms.next != Follow::unwanted) continue;
      for (const auto& [name, key] : rule.keys) {
        if (!key.reached) continue;
        const Time end = key.reached_at + rule.terms.within;
        if (known(key.quiet_until) && end < key.quiet_until) continue;
        const Time after = end + kInstant;  // at `end` it would still be in time
        if (latest_ >= after || docket.has_come(after, key.reached_at + kInstant)) {
          add(event_of(rule, name, key, key.rows.back(), end));
        }
      }
    }
  }

  void save(StateWriter& out) const override;
  void restore(StateReader& in) override;

 private:
  // Null: no terms that can be read, or too many.
  Rule* rule_of(const Signal& signal) {
    const std::string_view id = std::string_view(signal.subject).substr(kLineOf.size());
    std::string name = std::string(id) + ' ' + signal.detail;
    const auto found = rules_.find(name);
    if (found != rules_.end()) return &found->second;
    std::optional<Terms> terms = read_terms(signal.detail);
    if (!terms || rules_.size() >= kMostRules) return nullptr;
    Rule& rule = rules_[std::move(name)];
    rule.id = id;
    rule.terms = *std::move(terms);
    return &rule;
  }

  std::map<std::string, Rule, std::less<>> rules_;  // by id and terms
  Time latest_ = kNoTime;                           // of anything of the service
};

// An event is saved as what event_of() made it of, as far as it holds it.
void save_event(const Event& event, StateWriter& out) {
  save_anchor(out, event.at);
  out.time(event.time);
  out.time(event.end);
  out.u64(static_cast<uint64_t>(event.quality));
  out.text(event.title);
  out.u64(event.attributes.size());
  for (const auto& [name, value] : event.attributes) {
    out.text(name);
    out.u64(value.index());
    if (const auto* text = std::get_if<std::string>(&value)) out.text(*text);
    if (const auto* number = std::get_if<int64_t>(&value)) out.i64(*number);
    if (const auto* real = std::get_if<double>(&value)) out.f64(*real);
  }
  out.u64(event.evidence.size());
  for (const Evidence& row : event.evidence) {
    out.text(row.signal);
    save_anchor(out, row.at);
    out.time(row.time);
    out.text(row.text);
  }
}

Event restore_event(const Rule& rule, StateReader& in) {
  Event event;
  event.kind = EventKind::match;
  event.severity = rule.terms.severity;
  event.at = restore_anchor(in);
  event.id = event_id(event.at, event.kind, rule.id);
  event.time = in.time();
  event.end = in.time();
  event.quality = static_cast<TimeQuality>(std::min<uint64_t>(in.u64(), 3));
  event.title = in.text();
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
    Attribute& value = event.attributes[std::string(in.text())];
    const uint64_t kind = in.u64();
    if (kind == 1) value = in.i64();
    if (kind == 2) value = in.f64();
    if (kind == 3) value = std::string(in.text());
  }
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
    Evidence& row = event.evidence.emplace_back();
    row.signal = in.text();
    row.weight = 0;
    row.at = restore_anchor(in);
    row.time = in.time();
    row.text = in.text();
  }
  return event;
}

void save_key(const Key& key, StateWriter& out) {
  out.u64(key.window.size());
  for (const Counted& one : key.window) {
    out.time(one.time);
    out.u64(one.value);
  }
  out.u64(key.rows.size());
  for (const Row& row : key.rows) {
    save_anchor(out, row.at);
    out.time(row.time);
    out.u64(static_cast<uint64_t>(row.quality));
    out.text(row.text);
  }
  out.flag(key.reached);
  for (const Time time : {key.first, key.reached_at, key.quiet_until, key.heard}) out.time(time);
  out.u64(key.untold);
}

Key restore_key(StateReader& in) {
  Key key;
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
    const Time time = in.time();
    key.window.push_back({time, in.u64()});
  }
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
    Row& row = key.rows.emplace_back();
    row.at = restore_anchor(in);
    row.time = in.time();
    row.quality = static_cast<TimeQuality>(std::min<uint64_t>(in.u64(), 3));
    row.text = in.text();
  }
  key.reached = in.flag() && !key.rows.empty();
  for (Time* time : {&key.first, &key.reached_at, &key.quiet_until, &key.heard}) *time = in.time();
  key.untold = in.u64();
  return key;
}

void Sequences::save(StateWriter& out) const {
  out.time(latest_);
  out.u64(rules_.size());
  for (const auto& [name, rule] : rules_) {
    out.text(name);
    out.u64(rule.id.size());
    out.u64(rule.keys.size());
    for (const auto& [values, key] : rule.keys) {
      out.text(values);
      save_key(key, out);
    }
    out.u64(rule.told.size());
    for (const Event& event : rule.told) save_event(event, out);
  }
}

void Sequences::restore(StateReader& in) {
  rules_.clear();
  latest_ = in.time();
  for (uint64_t n = in.count(); n > 0 && in.ok(); --n) {
    const std::string name(in.text());
    const size_t id = std::min<size_t>(in.u64(), name.size());
    const std::optional<Terms> terms =
        read_terms(std::string_view(name).substr(std::min(id + 1, name.size())));
    Rule rule;
    rule.id = name.substr(0, id);
    if (terms) rule.terms = *terms;
    for (uint64_t keys = in.count(); keys > 0 && in.ok(); --keys) {
      std::string values(in.text());
      rule.held += (rule.keys[std::move(values)] = restore_key(in)).window.size();
    }
    for (uint64_t told = in.count(); told > 0 && in.ok(); --told) {
      rule.told.push_back(restore_event(rule, in));
    }
    if (terms) rules_[name] = std::move(rule);
  }
}
}  // namespace

extern const JudgeSpec sequences_judge = {"sequences", 1, 0,
                                          [] { return std::unique_ptr<Judge>(new Sequences); }};
}  // namespace blip
